//! The tally of a brand and channel: puts the shards together and decides, hour by hour in the order of
//! event time.
//!
//! Each hour that is not decided to its end has a row of its own, which wakes when the lateness bound has
//! passed for its next minute with something in it; so have the waits that began in an hour. The main row wakes
//! a moment after the hours that end at the same time.

use smol_str::SmolStr;

use super::advocacy::Compared;
use super::deaf::DeafSpell;
use super::head::TallyRow;
use super::hour::{Decided, OpenHour};
use super::sums::Sums;
use super::surge::{Surge, SurgeWatch};
use super::waits::{Bounds, OpenWaits, WaitsNote};
use super::{Counted, Hour, ShardNote, hour_of, hour_row, minute_of};
use crate::config::rules::{SignalRules, Span, SurgeRules};
use crate::desk::keys::{self, part};
use crate::desk::row::Row;
use crate::desk::signal::{Details, emit};
use crate::desk::{Desk, Effects, State};
use crate::model::{Millis, Signal, SignalKind};
use crate::processor::{ActorKey, Context, Corrupt, Rejection, RowKey};

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
        let mut hour = match self.hour(note.hour)? {
            Some(hour) => hour,
            None => {
                let mut head = self.head()?.unwrap_or_else(|| TallyRow::new(note.of.clone()));
                let is_late = head.settled.is_some_and(|settled| note.hour <= settled);
                if is_late {
                    self.late(&mut head, note);
                } else {
                    head.open += 1;
                }
                self.store_head(head, Millis(i64::MIN));
                if is_late {
                    return Ok(());
                }
                OpenHour::new(note.hour)
            }
        };
        let had_sealed = hour.is_sealed();
        let whole = hour.take(note, self.rules().lateness);
        if !whole.is_empty() {
            let mut sealed = self.sealed(note.hour, had_sealed)?;
            whole.iter().for_each(|sums| sealed.merge(sums));
            let key = hour_row(self.key, part::SEALED, note.hour);
            self.effects.store(key, Row::Sealed(Box::new(sealed)));
        }
        self.store_hour(hour);
        Ok(())
    }

    /// A note of an hour that is decided: its cases change nothing, replies are known all the same, and
    /// surveys count among those before.
    fn late(&mut self, head: &mut TallyRow, note: &ShardNote) {
        let replies: Vec<Millis> = note.sums.replies(note.hour).collect();
        let surveys = note.sums.surveys.iter().copied();
        if !(replies.is_empty() && note.sums.surveys.is_empty()) {
            head.happened_in(note.hour);
        }
        head.deaf.replied(&replies, 0);
        head.advocacy
            .add(note.hour, surveys, self.rules().advocacy_hours());
    }

    /// A shard tells who waits, of those who began in an hour.
    pub fn waits(mut self, note: &WaitsNote) -> Result<(), Rejection> {
        let Some(bounds) = Bounds::of(self.rules()) else {
            return Ok(()); // deaf channels are not looked for any more
        };
        let mut waits = match self.waits_of(note.hour)? {
            Some(waits) => waits,
            None => {
                let mut head = self.head()?.unwrap_or_else(|| TallyRow::new(note.of.clone()));
                head.open += 1;
                self.store_head(head, Millis(i64::MIN));
                OpenWaits::new(note.hour, bounds)
            }
        };
        waits.take(note, self.cx.now, bounds);
        self.store_waits(waits);
        Ok(())
    }

    /// An hour has something to decide, or the main row has.
    pub fn wake(mut self, key: RowKey) -> Result<(), Rejection> {
        let Some(mut head) = self.head()? else {
            return Ok(());
        };
        let mut after = Millis(i64::MIN);
        match key.part {
            part::OPEN_HOUR => self.decide(&mut head, key)?,
            part::OPEN_WAITS => self.decide_waits(&mut head, key)?,
            _ => {
                self.judge(&mut head);
                after = self.cx.now;
            }
        }
        if head
            .forgotten_at(self.rules())
            .is_some_and(|at| at <= self.cx.now)
        {
            self.forget(&head);
        } else {
            self.store_head(head, after);
        }
        Ok(())
    }

    /// Nothing has happened for long, or all of it was taken back: nothing is left.
    fn forget(&mut self, head: &TallyRow) {
        for issue in [None].into_iter().chain(head.issues.keys().map(Some)) {
            let row = self.watch_row(issue);
            self.effects.delete(row);
        }
        self.effects.delete(keys::head(self.key));
    }

    /// Minutes of an hour are decided.
    fn decide(&mut self, head: &mut TallyRow, key: RowKey) -> Result<(), Rejection> {
        let Some(mut hour) = self.hour(key.index.cast_signed())? else {
            return Ok(());
        };
        let rules = self.rules();
        let sealed = self.sealed(hour.hour, hour.is_sealed())?;
        let decided = hour.decide(&sealed, self.cx.now, rules.lateness);
        for issue in head.forget_issues(decided.end) {
            let row = self.watch_row(Some(&issue));
            self.effects.delete(row);
        }
        if let Some(all) = decided.opened.get(&None) {
            head.happened_in(hour.hour);
            let cases: i64 = all.values().copied().map(i64::from).sum();
            head.deaf.opened(u64::try_from(cases).unwrap_or(0));
        }
        if let Some(surge) = &rules.surge {
            self.watch(head, &decided, surge)?;
        }
        if decided.is_over {
            let (replies, surveys) = (hour.replies(&sealed), hour.surveys(&sealed));
            if !(replies.is_empty() && surveys.is_empty()) {
                head.happened_in(hour.hour);
            }
            let since = replies.last().map(|last| hour.opened_since(&sealed, *last));
            head.deaf.replied(&replies, since.unwrap_or(0));
            head.advocacy.add(hour.hour, surveys, rules.advocacy_hours());
            head.settled = head.settled.max(Some(hour.hour));
            head.open = head.open.saturating_sub(1);
            self.effects.delete(key);
            if hour.is_sealed() {
                let sealed = hour_row(self.key, part::SEALED, hour.hour);
                self.effects.delete(sealed);
            }
        } else {
            self.store_hour(hour);
        }
        Ok(())
    }

    /// Rule 22, of those who began to wait in an hour.
    fn decide_waits(&mut self, head: &mut TallyRow, key: RowKey) -> Result<(), Rejection> {
        let Some(mut waits) = self.waits_of(key.index.cast_signed())? else {
            return Ok(());
        };
        let bounds = Bounds::of(self.rules()); // none any more: then it is over
        if let Some(bounds) = bounds {
            for since in waits.decide(self.cx.now, bounds) {
                self.waited(head, since, bounds.after)?;
            }
        }
        if bounds.is_some() && !waits.is_over(self.cx.now) {
            self.store_waits(waits);
            return Ok(());
        }
        head.open = head.open.saturating_sub(1);
        self.effects.delete(key);
        Ok(())
    }

    /// A customer has waited too long.
    fn waited(&mut self, head: &mut TallyRow, since: Millis, after: Span) -> Result<(), Corrupt> {
        // The hour in which it was too long may not be decided to its end.
        let hour = hour_of(minute_of(since.plus(after.ms())));
        head.happened_in(hour);
        let replies = match self.hour(hour)? {
            None => Vec::new(),
            Some(open) => {
                let sealed = self.sealed(hour, open.is_sealed())?;
                open.replies(&sealed)
            }
        };
        if let Some(spell) = head.deaf.waited(since, after, &replies) {
            emit(deaf_signal(&head.of, spell, after), self.effects);
        }
        Ok(())
    }

    /// Rule 14, for the brand and channel and each of its issues that had cases.
    fn watch(&mut self, head: &mut TallyRow, decided: &Decided, rules: &SurgeRules) -> Result<(), Corrupt> {
        for (issue, minutes) in &decided.opened {
            let last = minutes.keys().next_back().copied().unwrap_or(decided.end);
            if issue.as_ref().is_some_and(|issue| !head.watches(issue, last)) {
                continue;
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

    /// Rule 13: a window may be over.
    fn judge(&mut self, head: &mut TallyRow) {
        let rules = self.rules();
        let hours = rules.advocacy_hours();
        if head.window_decided_at(rules).is_some_and(|at| at <= self.cx.now) {
            for compared in head.advocacy.close(hours) {
                emit(advocacy_signal(&head.of, &compared, hours), self.effects);
            }
        }
    }

    fn head(&mut self) -> Result<Option<TallyRow>, Corrupt> {
        match self.state.get(&keys::head(self.key))? {
            None => Ok(None),
            Some(Row::Tally(row)) => Ok(Some((**row).clone())),
            Some(_) => Err(Corrupt("a tally's main row is of another kind".into())),
        }
    }

    /// Stores the main row, which wants to be woken later than `after`.
    fn store_head(&mut self, mut head: TallyRow, after: Millis) {
        head.schedule(after, self.rules());
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

    /// The sealed sums of an hour, if it has any.
    fn sealed(&mut self, hour: Hour, has_any: bool) -> Result<Sums, Corrupt> {
        if !has_any {
            return Ok(Sums::default());
        }
        match self.state.get(&hour_row(self.key, part::SEALED, hour))? {
            Some(Row::Sealed(sums)) => Ok((**sums).clone()),
            _ => Err(Corrupt("the sealed sums of a tally's hour are missing".into())),
        }
    }

    fn waits_of(&mut self, hour: Hour) -> Result<Option<OpenWaits>, Corrupt> {
        match self.state.get(&hour_row(self.key, part::OPEN_WAITS, hour))? {
            None => Ok(None),
            Some(Row::OpenWaits(row)) => Ok(Some((**row).clone())),
            Some(_) => Err(Corrupt("a tally's waits are of another kind".into())),
        }
    }

    fn store_waits(&mut self, waits: OpenWaits) {
        let key = hour_row(self.key, part::OPEN_WAITS, waits.hour);
        self.effects.store(key, Row::OpenWaits(Box::new(waits)));
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
        .maybe("last_reply", spell.last_reply.map(|at| at.0));
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
