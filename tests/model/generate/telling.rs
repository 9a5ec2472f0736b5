//! How a journey is told: which record arrives when, again or late; and who is forgotten when all have been.

use std::collections::BTreeSet;

use heard::model::Millis;
use smol_str::SmolStr;

use super::steps::Step;
use super::time::Gap;
use super::{Clock, Journey, Palette};
use crate::records::{Logged, Record};
use crate::rules::{DAY, HOUR, LATENESS, SECOND};

/// By how much records are late on the wall clock.
const DELAYS: [i64; 8] = [0, 0, 0, SECOND, HOUR, DAY, 3 * DAY, 10 * DAY];

/// Records, and in which order they are told: in that of these numbers.
#[derive(Default)]
pub(super) struct Telling {
    records: Vec<Logged>,
    tellings: Vec<Told>,
    /// After which forgetting the records are told that are added now, if after any.
    after: Option<Millis>,
}

/// What comes at the end, in this order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Turn {
    Forgetting,
    Again,
    After,
}

/// A telling of a record.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Told {
    /// What comes at a forgetting, or after it.
    after: Option<(Millis, Turn)>,
    /// What comes early, and what late.
    arrival: u8,
    record: usize,
}

impl Told {
    /// When it is heard of on the wall clock.
    fn heard(self, records: &[Logged]) -> Millis {
        let record = &records[self.record];
        let at = if record.is_absurd() {
            record.logged
        } else {
            record.at()
        };
        let delayed = at.plus(DELAYS[usize::from(self.arrival) / 32]);
        self.after.map_or(delayed, |(after, _)| delayed.max(after))
    }
}

impl Telling {
    /// The record of a step, once or twice.
    pub(super) fn add(&mut self, step: &Step, record: Logged) {
        let after = self.after.map(|at| (at, Turn::After));
        let record_number = self.records.len();
        let arrivals = [step.arrival].into_iter().chain(step.again);
        self.tellings.extend(arrivals.map(|arrival| Told {
            after,
            arrival,
            record: record_number,
        }));
        self.records.push(record);
    }

    /// Some of the customers are forgotten, one after the other, at moments after which nothing else has
    /// happened, nor been heard of. Then the first records come again. Says when the last of them was; `None`:
    /// there are no customers.
    pub(super) fn forget(
        &mut self,
        palette: &Palette,
        whom: &[(usize, Gap)],
        clock: Clock,
    ) -> Option<Millis> {
        let known = self.records.iter().filter_map(|record| match &record.record {
            Record::Known(customer) => Some(customer.customer_id.clone()),
            _ => None,
        });
        let known: Vec<SmolStr> = known.collect::<BTreeSet<_>>().into_iter().collect();
        if known.is_empty() {
            return None;
        }
        let happened = self
            .records
            .iter()
            .map(|record| record.at().max(record.logged))
            .max()?;
        let heard = self.tellings.iter().map(|told| told.heard(&self.records)).max()?;
        let mut at = match clock {
            Clock::Stands => happened,
            Clock::GoesBy => happened.max(heard),
        };
        let (told_before, mut first) = (self.tellings.clone(), None);
        for (n, gap) in whom {
            at = palette.later(at, Gap { way: 1, ..*gap }).max(at);
            first = first.or(Some(at));
            self.tellings.push(Told {
                after: Some((at, Turn::Forgetting)),
                arrival: 0,
                record: self.records.len(),
            });
            let record = Record::Dropped(known[n % known.len()].clone(), at);
            self.records.push(Logged { record, logged: at });
        }
        // Who was forgotten for longer than that may be known again by any record.
        let is_remembered = first.is_some_and(|first| at.since(first) < LATENESS);
        let again = told_before
            .iter()
            .filter(|told| is_remembered && told.arrival % 4 == 0);
        self.tellings.extend(again.map(|told| Told {
            after: Some((at, Turn::Again)),
            arrival: 0,
            ..*told
        }));
        self.after = Some(at);
        Some(at)
    }

    /// Whether what a record of after the forgetting means is promised: not when the CRM sends cases of then to
    /// somebody who was forgotten, by way of others too, nor when it says that one whose identifiers were a
    /// forgotten person's too does not have them any more.
    pub(super) fn is_clear(&self, record: &Record) -> bool {
        let is_forgotten = |id: &SmolStr| {
            let mut records = self.records.iter();
            records.any(|record| matches!(&record.record, Record::Dropped(dropped, _) if dropped == id))
        };
        match record {
            Record::Known(customer) => {
                let mut reached = BTreeSet::new();
                let mut waiting: Vec<&SmolStr> = customer.merged_into.iter().collect();
                while let Some(customer_id) = waiting.pop() {
                    if reached.insert(customer_id) {
                        waiting.extend(self.merges_of(customer_id));
                    }
                }
                let sends = reached.into_iter().any(is_forgotten);
                is_forgotten(&customer.customer_id) && !sends
            }
            _ => true,
        }
    }

    /// To whom any record of a customer points.
    fn merges_of(&self, id: &SmolStr) -> impl Iterator<Item = &SmolStr> {
        self.records
            .iter()
            .filter_map(move |record| match &record.record {
                Record::Known(customer) if customer.customer_id == *id => customer.merged_into.as_ref(),
                _ => None,
            })
    }
}

/// The journey that is told in this way.
pub(super) fn tell(telling: Telling, late: Vec<Logged>, now: Millis, clock: Clock) -> Journey {
    let Telling {
        records,
        mut tellings,
        ..
    } = telling;
    let (on_the_wall, now) = match clock {
        Clock::Stands => {
            tellings.sort();
            (None, now)
        }
        Clock::GoesBy => {
            tellings.sort_by_key(|told| (told.heard(&records), told.after, told.record));
            let heard: Vec<_> = tellings.iter().map(|told| told.heard(&records)).collect();
            let now = heard.last().map_or(now, |at| now.max(*at));
            (Some(heard), now)
        }
    };
    Journey {
        arrivals: tellings.iter().map(|told| told.record).collect(),
        records,
        on_the_wall,
        late,
        now,
    }
}
