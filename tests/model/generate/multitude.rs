//! Multitudes: many people who speak of a brand in a channel, so that what shows only in the sum shows.

use std::collections::BTreeSet;

use heard::model::{
    Complaint, Customer, Millis, Person, Response, ResponseKind, Sensitive, Survey, SurveyScale, Update,
};
use proptest::prelude::*;
use proptest::sample::select;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::people::{MATTER, SAME_MATTER, identifiers};
use super::{Clock, Journey};
use crate::records::{Logged, Record};
use crate::rules::{BEGIN, DAY, HOUR, MINUTE, MS, SECOND};

/// The day of the first: a Tuesday.
const FIRST_DAY: i64 = BEGIN.0 / DAY * DAY;

/// People who speak one after the other.
#[derive(Clone, Debug)]
struct Crowd {
    begin: i64,
    people: usize,
    apart: i64,
    /// Brand and channel, of two each.
    place: usize,
    issue: Option<&'static str>,
    /// Whether all say the same.
    chorus: bool,
    /// Of so many, one speaks twice, the CRM knows one, one comes to another brand later, one is deleted.
    twice: usize,
    known: usize,
    moved: usize,
    deleted: usize,
    /// After what time every so many are answered.
    answered: Option<(usize, i64)>,
    scores: Option<Scores>,
}

/// What customers are asked.
#[derive(Clone, Copy, Debug)]
struct Scores {
    scale: SurveyScale,
    after: i64,
    /// Every so many are promoters, of those who were answered and of those who were not.
    promoters: (usize, usize),
}

const PLACES: [(Option<&str>, &str); 4] = [
    (Some("north"), "social"),
    (None, "social"),
    (Some("north"), "email"),
    (None, "email"),
];

/// How many of a crowd, one after the other at what distance, and whether they say the same and are asked.
fn shape() -> impl Strategy<Value = (usize, i64, bool, bool)> {
    let trickle = (1..50_usize, select(vec![10 * MINUTE, HOUR, 3 * HOUR, DAY]));
    let burst = (
        8..70_usize,
        select(vec![MS, SECOND, 5 * SECOND, 20 * SECOND, MINUTE]),
    );
    let asked = (60..130_usize, select(vec![MINUTE, 10 * MINUTE, 40 * MINUTE]));
    let apart = vec![
        MINUTE,
        HOUR,
        6 * HOUR,
        30 * HOUR,
        2 * DAY - MS,
        2 * DAY,
        2 * DAY + MS,
    ];
    let chorus = (8..25_usize, select(apart));
    prop_oneof![
        3 => trickle.prop_map(|(people, apart)| (people, apart, false, false)),
        4 => burst.prop_map(|(people, apart)| (people, apart, false, false)),
        2 => asked.prop_map(|(people, apart)| (people, apart, false, true)),
        2 => chorus.prop_map(|(people, apart)| (people, apart, true, false)),
    ]
}

fn crowd() -> impl Strategy<Value = Crowd> {
    let day = prop_oneof![12 => 0..9_i64, 1 => 40..60_i64];
    // The same hours again and again: what is usual at one is not at another.
    let minute = select(vec![0, 9 * 60, 9 * 60 + 50, 10 * 60, 23 * 60 + 30]);
    let place = (
        0..PLACES.len(),
        select(vec![None, None, Some("parcel"), Some("bill")]),
    );
    let seldom = || prop_oneof![3 => Just(usize::MAX), 1 => 2..9_usize];
    let people = (seldom(), seldom(), seldom(), seldom());
    let after = select(vec![SECOND, HOUR, DAY, 3 * DAY - MS, 3 * DAY, 3 * DAY + MS]);
    let answered = prop::option::weighted(0.5, (1..4_usize, after));
    use SurveyScale::{Csat1To5, Nps0To10, Stars1To5};
    let scores = (
        select(vec![Nps0To10, Nps0To10, Csat1To5, Stars1To5]),
        select(vec![0, HOUR, 2 * DAY]),
        (1..5_usize, 1..5_usize),
    );
    (day, minute, shape(), place, people, answered, scores).prop_map(
        |(day, minute, shape, (place, issue), people, answered, scores)| {
            let (many, apart, chorus, is_asked) = shape;
            let (twice, known, moved, deleted) = people;
            let (scale, after, promoters) = scores;
            let scores = is_asked.then_some(Scores {
                scale,
                after,
                promoters,
            });
            Crowd {
                begin: FIRST_DAY + day * DAY + minute * MINUTE,
                people: many,
                apart,
                place,
                issue,
                chorus,
                twice,
                known,
                moved,
                // Who has been heard has been heard.
                deleted: if chorus { usize::MAX } else { deleted },
                // Of those who are asked every other is answered, soon.
                answered: if is_asked { Some((2, SECOND)) } else { answered },
                scores,
            }
        },
    )
}

/// Up to five crowds, most of them in one place.
pub fn multitude(clock: Clock) -> impl Strategy<Value = Journey> {
    let crowds = prop::collection::vec((crowd(), prop::bool::weighted(0.7), any::<bool>()), 1..6);
    let after = select(vec![0, 10 * MINUTE, DAY, 8 * DAY, 40 * DAY]);
    (crowds, after, any::<u64>(), any::<bool>()).prop_map(move |(crowds, after, seed, in_order)| {
        let first = crowds[0].0.place;
        let mut records = Vec::new();
        for (number, (crowd, is_there, again)) in crowds.into_iter().enumerate() {
            let place = if is_there { first } else { crowd.place };
            let crowd = Crowd { place, ..crowd };
            crowd.speak(number, clock, &mut records);
            // Weeks are compared with those before.
            if crowd.scores.is_some() && again {
                let begin = crowd.begin + 7 * DAY;
                Crowd { begin, ..crowd }.speak(number + 10, clock, &mut records);
            }
        }
        let latest = records
            .iter()
            .map(|record| record.at())
            .max()
            .expect("somebody spoke");
        let now = latest.plus(after);
        told(
            records,
            now,
            clock,
            &mut ChaCha8Rng::seed_from_u64(seed),
            in_order,
        )
    })
}

impl Crowd {
    /// What they say, and what follows.
    fn speak(&self, number: usize, clock: Clock, records: &mut Vec<Logged>) {
        let (brand, channel) = PLACES[self.place];
        let every = |n: usize, of: usize| n % of == of - 1;
        let mut write = |record: Record| {
            let logged = record.at();
            records.push(Logged { record, logged });
        };
        let mut who = BTreeSet::new();
        for n in 0..self.people {
            // No two crowds speak at one moment.
            let at = Millis(self.begin + n as i64 * self.apart + 100 * number as i64);
            let person = if every(n, self.twice) { n - 1 } else { n };
            let name = format!("p{number}x{person}");
            let identifier = match channel {
                "email" => ("email", "", format!("{name}@b")),
                _ => ("handle", "", name.clone()),
            };
            let identifiers = identifiers(&[(identifier.0, identifier.1, &identifier.2)]);
            if every(person, self.known) && who.insert(person) {
                write(Record::Known(Customer {
                    customer_id: name.clone().into(),
                    identifiers: identifiers.clone(),
                    updated_at: Millis(FIRST_DAY - DAY),
                    ..Customer::default()
                }));
            }
            let conversation = format!("k{number}n{n}");
            let words = match (self.chorus, n % 2) {
                (false, _) => format!("{number} {n} {n}{n} my parcel number {n}{number}{n} has not come"),
                (true, 0) => MATTER.to_owned(),
                (true, _) => SAME_MATTER.to_owned(),
            };
            let said = Complaint {
                id: format!("m.{conversation}").into(),
                source: "s".into(),
                channel: channel.into(),
                conversation_id: Some(conversation.as_str().into()),
                author: Person {
                    display_name: None,
                    identifiers,
                },
                text: Some(Sensitive(words)),
                occurred_at: at,
                brand: brand.map(Into::into),
                issue: self.issue.map(Into::into),
                ..Complaint::default()
            };
            write(Record::Said(said.clone()));
            // By the wall clock, what is said before and changes later than the bound decides nothing anew.
            if clock == Clock::Stands && every(n, self.deleted) {
                write(Record::Said(Complaint {
                    revision: 1,
                    deleted: true,
                    edited_at: Some(at.plus(HOUR)),
                    ..said
                }));
            }
            if clock == Clock::Stands && every(n, self.moved) {
                write(Record::Updated(Update {
                    id: format!("u.{conversation}").into(),
                    source: "s".into(),
                    channel: channel.into(),
                    conversation_id: conversation.as_str().into(),
                    occurred_at: at.plus(HOUR),
                    brand: Some("south".into()),
                    issue: Some("other".into()),
                    ..Update::default()
                }));
            }
            let answered = self.answered.filter(|(of, _)| every(n, *of));
            if let Some((_, after)) = answered {
                write(Record::Replied(Response {
                    id: format!("r.{conversation}").into(),
                    source: "s".into(),
                    channel: channel.into(),
                    conversation_id: conversation.as_str().into(),
                    kind: ResponseKind::Human,
                    occurred_at: at.plus(after),
                    ..Response::default()
                }));
            }
            if let Some(scores) = self.scores {
                let (promoters, others) = scores.promoters;
                let of = if answered.is_some() { promoters } else { others };
                let score = match (every(n / 2, of), scores.scale) {
                    (true, SurveyScale::Nps0To10) => 9.0,
                    (true, _) => 5.0,
                    (false, _) => [1.0, 4.0][n % 2],
                };
                write(Record::Surveyed(Survey {
                    id: format!("s.{conversation}").into(),
                    source: "s".into(),
                    channel: Some(channel.into()),
                    conversation_id: Some(conversation.as_str().into()),
                    score,
                    scale: scores.scale,
                    occurred_at: at.plus(scores.after).plus(MINUTE),
                    ..Survey::default()
                }));
            }
        }
    }
}

/// Told in the order of time, or in any; by the wall clock, each within the bound.
fn told(
    mut records: Vec<Logged>,
    now: Millis,
    clock: Clock,
    rng: &mut ChaCha8Rng,
    in_order: bool,
) -> Journey {
    const DELAYS: [i64; 5] = [0, SECOND, MINUTE, 5 * MINUTE, 9 * MINUTE];
    records.sort_by_key(|record| record.at());
    let mut arrivals: Vec<usize> = (0..records.len()).collect();
    if clock == Clock::Stands {
        if !in_order {
            arrivals.shuffle(rng);
        }
        return Journey {
            records,
            arrivals,
            on_the_wall: None,
            late: Vec::new(),
            now,
        };
    }
    let mut delay = || {
        if in_order {
            0
        } else {
            DELAYS[rng.random_range(0..DELAYS.len())]
        }
    };
    let mut heard: Vec<_> = records
        .iter()
        .map(|record| record.at().plus(delay()))
        .zip(arrivals)
        .collect();
    heard.sort();
    let (times, arrivals): (Vec<_>, Vec<_>) = heard.into_iter().unzip();
    let latest = times.last().copied().expect("somebody spoke");
    Journey {
        records,
        arrivals,
        on_the_wall: Some(times),
        late: Vec::new(),
        now: now.max(latest),
    }
}
