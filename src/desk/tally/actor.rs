//! The tally of a brand and channel: puts the shards together and decides, hour by hour in the order of
//! event time.
//!
//! Each hour that is not decided to its end has a row of its own, which wakes when the lateness bound has
//! passed for its next minute with something in it. The main row wakes a moment after the hours that end at the
//! same time.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::advocacy::{Advocacy, Compared};
use super::baseline::Minute;
use super::deaf::{Deaf, DeafSpell};
use super::hour::{Decided, OpenHour};
use super::surge::{FORGOTTEN, Surge, SurgeWatch};
use super::{Counted, Hour, ISSUES, ShardNote, hour_of, hour_row, minute_of};
use crate::config::rules::{SignalRules, Span, SurgeRules};
use crate::desk::keys::{self, part};
use crate::desk::row::Row;
use crate::desk::signal::{Details, emit};
use crate::desk::{Desk, Effects, State};
use crate::model::{Millis, Signal, SignalKind};
use crate::processor::{ActorKey, Context, Corrupt, Rejection, RowKey};

/// Minutes of a day.
const DAY: i64 = 24 * super::HOUR;

/// The main row of a tally.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TallyRow {
    /// What is counted.
    of: Counted,
    /// The last hour that was decided to its end.
    settled: Option<Hour>,
    deaf: Deaf,
    advocacy: Advocacy,
    /// The issues that are watched, and the day on which each was last seen.
    issues: BTreeMap<SmolStr, i64>,
    /// When there is something to decide of it.
    pub due: Option<Millis>,
}

impl TallyRow {
    fn new(of: Counted) -> Self {
        Self {
            of,
            settled: None,
            deaf: Deaf::default(),
            advocacy: Advocacy::default(),
            issues: BTreeMap::new(),
            due: None,
        }
    }

    /// Says when it wants to be woken: later than `after`.
    fn schedule(&mut self, after: Millis, rules: &SignalRules) {
        let decided = [self.deaf_decided_at(rules), self.window_decided_at(rules)];
        self.due = decided.into_iter().flatten().filter(|at| *at > after).min();
    }

    fn deaf_decided_at(&self, rules: &SignalRules) -> Option<Millis> {
        self.deaf.decided_at(rules.deaf_after?, rules.lateness)
    }

    /// A moment later than the hour that ends at the same time.
    fn window_decided_at(&self, rules: &SignalRules) -> Option<Millis> {
        let ends_at = self.advocacy.ends_at(rules.advocacy_hours())?;
        Some(ends_at.plus(rules.lateness.ms() + 1))
    }

    /// Whether an issue is watched by itself, from now on if there is room; with the one that gives way.
    fn watches(&mut self, issue: &SmolStr, minute: Minute) -> (bool, Option<SmolStr>) {
        let day = minute.div_euclid(DAY);
        if let Some(seen) = self.issues.get_mut(issue) {
            *seen = day;
            return (true, None);
        }
        let mut gone = None;
        if self.issues.len() >= ISSUES {
            let oldest = self
                .issues
                .iter()
                .min_by_key(|(name, seen)| (**seen, (*name).clone()));
            let forgotten = oldest.filter(|(_, seen)| (day - **seen) * DAY > FORGOTTEN);
            gone = forgotten.map(|(name, _)| name.clone());
            match &gone {
                Some(name) => _ = self.issues.remove(name),
                None => return (false, None),
            }
        }
        self.issues.insert(issue.clone(), day);
        (true, gone)
    }
}

/// One apply of a tally.
pub struct Actor<'a, 's> {
    desk: &'a Desk,
    key: ActorKey,
    state: &'a mut State<'s>,
    cx: &'a Context,
    effects: &'a mut Effects,
}

impl<'a, 's> Actor<'a, 's> {
    /// An apply of the tally `key`.
    pub fn new(
        desk: &'a Desk,
        key: ActorKey,
        state: &'a mut State<'s>,
        cx: &'a Context,
        effects: &'a mut Effects,
    ) -> Self {
        Self {
            desk,
            key,
            state,
            cx,
            effects,
        }
    }

    fn rules(&self) -> &'a SignalRules {
        &self.desk.settings().signals
    }

    /// A shard tells what it has counted of an hour.
    pub fn note(mut self, note: &ShardNote) -> Result<(), Rejection> {
        match self.head()? {
            None => self.store_head(TallyRow::new(note.of.clone())),
            Some(mut head) if head.settled.is_some_and(|settled| note.hour <= settled) => {
                self.late(&mut head, note);
                head.schedule(Millis(i64::MIN), self.rules());
                self.store_head(head);
                return Ok(());
            }
            Some(_) => {}
        }
        let mut hour = self.hour(note.hour)?.unwrap_or_else(|| OpenHour::new(note.hour));
        hour.take(note, self.rules().lateness);
        self.store_hour(hour);
        Ok(())
    }

    /// A note of an hour that is decided: its cases change nothing, who waits and a reply are known all the
    /// same, and surveys count among those before.
    fn late(&mut self, head: &mut TallyRow, note: &ShardNote) {
        if let Some(minute) = note.sums.waits().min() {
            let until = self.cx.now.plus(self.rules().lateness.ms());
            head.deaf
                .spoke_late(note.hour * super::HOUR + i64::from(minute), until);
        }
        if note.sums.was_replied_in() {
            head.deaf.replied(note.hour);
        }
        let surveys = note.sums.surveys.iter().copied();
        head.advocacy
            .add(note.hour, surveys, self.rules().advocacy_hours());
    }

    /// An hour has something to decide, or the main row has.
    pub fn wake(mut self, key: RowKey) -> Result<(), Rejection> {
        let Some(mut head) = self.head()? else {
            return Ok(());
        };
        let after = if key.part == part::HEAD {
            self.judge(&mut head)?;
            self.cx.now
        } else {
            self.decide(&mut head, key)?;
            Millis(i64::MIN)
        };
        head.schedule(after, self.rules());
        self.store_head(head);
        Ok(())
    }

    /// Minutes of an hour are decided.
    fn decide(&mut self, head: &mut TallyRow, key: RowKey) -> Result<(), Rejection> {
        let Some(mut hour) = self.hour(key.index.cast_signed())? else {
            return Ok(());
        };
        let rules = self.rules();
        let decided = hour.decide(self.cx.now, rules.lateness);
        if let Some(minute) = decided.spoke {
            head.deaf.spoke(minute);
        }
        let all = decided.opened.get(&None);
        let cases: i64 = all.map_or(0, |minutes| minutes.values().copied().map(i64::from).sum());
        head.deaf.opened(u64::try_from(cases).unwrap_or(0));
        if let Some(surge) = &rules.surge {
            self.watch(head, &decided, surge)?;
        }
        if decided.is_over {
            if hour.was_replied_in() {
                head.deaf.replied(hour.hour);
            }
            head.advocacy
                .add(hour.hour, hour.surveys(), rules.advocacy_hours());
            head.settled = head.settled.max(Some(hour.hour));
            self.effects.delete(key);
        } else {
            self.store_hour(hour);
        }
        Ok(())
    }

    /// Rule 14, for the brand and channel and each of its issues that had cases.
    fn watch(&mut self, head: &mut TallyRow, decided: &Decided, rules: &SurgeRules) -> Result<(), Corrupt> {
        for (issue, minutes) in &decided.opened {
            let last = minutes.keys().next_back().copied().unwrap_or(decided.end);
            if let Some(issue) = issue {
                let (is_watched, gone) = head.watches(issue, last);
                if let Some(gone) = gone {
                    let row = self.watch_row(Some(&gone));
                    self.effects.delete(row);
                }
                if !is_watched {
                    continue;
                }
            }
            let row = self.watch_row(issue.as_ref());
            let mut watch = match self.state.get(&row)? {
                Some(Row::Watch(watch)) => (**watch).clone(),
                _ => SurgeWatch::default(),
            };
            for (minute, cases) in minutes {
                watch.count(*minute, *cases);
            }
            for surge in watch.decide(decided.end, rules) {
                emit(
                    surge_signal(&head.of, issue.as_deref(), surge, rules),
                    self.effects,
                );
            }
            self.effects.store(row, Row::Watch(Box::new(watch)));
        }
        Ok(())
    }

    /// Rules 13 and 22: a window may be over, a customer may have waited too long.
    fn judge(&mut self, head: &mut TallyRow) -> Result<(), Rejection> {
        let rules = self.rules();
        let now = self.cx.now;
        let is_due = |at: Option<Millis>| at.is_some_and(|at| at <= now);
        if let Some(after) = rules.deaf_after
            && is_due(head.deaf_decided_at(rules))
            && !self.was_replied_before(head.deaf.too_long_at(after))?
            && let Some(spell) = head.deaf.tell(after)
        {
            emit(deaf_signal(&head.of, spell, after), self.effects);
        }
        let hours = rules.advocacy_hours();
        if is_due(head.window_decided_at(rules)) {
            for compared in head.advocacy.close(hours) {
                emit(advocacy_signal(&head.of, &compared, hours), self.effects);
            }
        }
        Ok(())
    }

    /// Whether a person replied in the hour of this time, which may not be over.
    fn was_replied_before(&mut self, at: Option<Millis>) -> Result<bool, Corrupt> {
        let hour = at.map(|at| hour_of(minute_of(at)));
        let open = match hour {
            Some(hour) => self.hour(hour)?,
            None => None,
        };
        Ok(open.is_some_and(|open| open.was_replied_in()))
    }

    fn head(&mut self) -> Result<Option<TallyRow>, Corrupt> {
        match self.state.get(&keys::head(self.key))? {
            None => Ok(None),
            Some(Row::Tally(row)) => Ok(Some((**row).clone())),
            Some(_) => Err(Corrupt("a tally's main row is of another kind".into())),
        }
    }

    fn store_head(&mut self, head: TallyRow) {
        self.effects
            .store(keys::head(self.key), Row::Tally(Box::new(head)));
    }

    fn hour(&mut self, hour: Hour) -> Result<Option<OpenHour>, Corrupt> {
        match self.state.get(&hour_row(self.key, part::OPEN_HOUR, hour))? {
            None => Ok(None),
            Some(Row::OpenHour(row)) => Ok(Some((**row).clone())),
            Some(_) => Err(Corrupt("a tally's hour is of another kind".into())),
        }
    }

    fn store_hour(&mut self, hour: OpenHour) {
        let key = hour_row(self.key, part::OPEN_HOUR, hour.hour);
        self.effects.store(key, Row::OpenHour(Box::new(hour)));
    }

    fn watch_row(&self, issue: Option<&SmolStr>) -> RowKey {
        RowKey {
            actor: self.key,
            part: part::WATCH,
            index: issue.map_or(0, |issue| self.desk.keys().short(&["issue", issue])),
        }
    }
}

fn about(of: &Counted) -> Details {
    Details::default()
        .maybe("brand", of.brand.as_ref())
        .with("channel", &of.channel)
}

fn surge_signal(of: &Counted, issue: Option<&str>, surge: Surge, rules: &SurgeRules) -> Signal {
    let details = about(of)
        .maybe("issue", issue)
        .at("since", surge.from)
        .with(
            "method",
            "one-sided CUSUM of negative binomial counts against a seasonal baseline",
        )
        .with("factor", rules.factor)
        .with("threshold", format!("{:.2}", rules.evidence));
    Signal {
        kind: SignalKind::Surge,
        key: of.signal_key(issue),
        at: surge.at,
        window: surge.at.since(surge.from),
        observed: surge.observed as f64,
        expected: surge.expected,
        details: details.into(),
    }
}

fn deaf_signal(of: &Counted, spell: DeafSpell, after: Span) -> Signal {
    let details = about(of)
        .at("since", spell.since)
        .maybe("last_reply_before", spell.last_reply.map(|at| at.0));
    Signal {
        kind: SignalKind::DeafChannel,
        key: of.signal_key(None),
        at: spell.at,
        window: after.ms(),
        observed: spell.cases as f64,
        expected: 0.0,
        details: details.into(),
    }
}

fn advocacy_signal(of: &Counted, compared: &Compared, hours: i64) -> Signal {
    let interval = compared.difference.interval();
    let share = |share: f64| format!("{share:.4}");
    let details = about(of)
        .with("instrument", compared.scale.symbol())
        .with("association", "yes: nobody drew lots for who gets an answer")
        .with(
            "method",
            "difference of shares of promoters; Newcombe's interval, method 10, 95 %",
        )
        .with("interval_low", share(interval.low))
        .with("interval_high", share(interval.high))
        .with("answered_surveyed", compared.answered.surveyed)
        .with("answered_promoters", compared.answered.promoters)
        .with("unanswered_surveyed", compared.unanswered.surveyed)
        .with("unanswered_promoters", compared.unanswered.promoters)
        .maybe("before", compared.before.is_none().then_some("unknown"));
    Signal {
        kind: SignalKind::Advocacy,
        key: format!("{}/{}", of.signal_key(None), compared.scale.symbol()).into(),
        at: compared.at,
        window: hours * 3_600_000,
        observed: compared.difference.value(),
        expected: compared.before.map_or(0.0, |before| before.value()),
        details: details.into(),
    }
}
