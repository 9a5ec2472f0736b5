//! What a case counts as: a function of its row.
//!
//! Most of it the row says itself. What depends on the time and on the configuration it was judged by is
//! kept in the row as a [`Verdict`]: so what is counted is what was published, whatever is configured since.

use serde::{Deserialize, Serialize};

use super::surveyed::{CELLS, Heard, Surveyed};
use super::{
    BUCKETS, COUNTED_AMOUNTS, COUNTED_ONES, ChannelFigures, Counted, LEVELS, Place, bucket, stage_of_group,
};
use crate::desk::Effects;
use crate::desk::conversation::case::CaseRow;
use crate::desk::conversation::fold::Fold;
use crate::desk::conversation::reply_limit::Standing;
use crate::desk::conversation::surveys;
use crate::desk::conversation::view::View;
use crate::desk::party::links::Relation;
use crate::model::{EscalationCause, PromiseState, SlaState, Stage};
use crate::processor::totals::ONES;
use crate::processor::{Addend, Total};
use crate::text::Category;

/// The place of the first bucket of the times from opening to resolution, frozen time among them, of cases in which
/// somebody waited (rule 15).
const RESOLVED_WITHIN: usize = COUNTED_ONES + CELLS;
const _: () = assert!(RESOLVED_WITHIN + BUCKETS <= ONES);

/// The place of the amount of people times milliseconds until a public answer (rule 19).
const SEEN: usize = COUNTED_AMOUNTS;
/// That of people who see that there is none.
const WATCHING: usize = COUNTED_AMOUNTS + 1;
/// That of these people times the milliseconds from 1970 to the opening.
const WATCHING_SINCE: usize = COUNTED_AMOUNTS + 2;

/// The judgement of a case, as a bit for each thing that is so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict(u32);

// Rows keep them: the frequent ones first, since a small number takes fewer bytes.
const ANSWERED: u32 = 0;
const LOST: u32 = 1;
const SILENT: u32 = 2;
const REACHED: u32 = 3;
const EXCEEDED: u32 = 4;
const MET: u32 = 5;
const BREACHED: u32 = MET + LEVELS.len() as u32;
const SOLVED: u32 = BREACHED + LEVELS.len() as u32;
const NOT_SOLVED: u32 = SOLVED + 1;
const KEPT: u32 = SOLVED + 2;
const BROKEN: u32 = SOLVED + 3;
const DUE: u32 = SOLVED + 4;
const DONE: u32 = SOLVED + 5;
const HEARD: u32 = SOLVED + 6;

impl Verdict {
    /// Of a case at a time. `heard`: whether it had been answered when its customer was asked.
    pub fn of(view: &View, heard: bool) -> Self {
        let exceeded = matches!(view.standing, Standing::Exceeded { .. });
        let mut bits = 0;
        let mut set = |place: u32, holds: bool| bits |= u32::from(holds) << place;
        set(ANSWERED, view.answered.is_some());
        set(LOST, view.patience.is_lost);
        set(SILENT, view.closed_silently);
        set(REACHED, exceeded || view.standing == Standing::Reached);
        set(EXCEEDED, exceeded);
        let sla = &view.sla;
        for (level, state) in (0..).zip([sla.acknowledge, sla.answer, sla.next, sla.resolve]) {
            set(MET + level, state == SlaState::Met);
            set(BREACHED + level, state == SlaState::Breached);
        }
        set(SOLVED, view.first_contact == Some(true));
        set(NOT_SOLVED, view.first_contact == Some(false));
        set(KEPT, view.promise == PromiseState::Kept);
        set(BROKEN, view.promise == PromiseState::Broken);
        let follow_up = view.follow_up.as_ref();
        set(DUE, follow_up.is_some_and(|follow_up| follow_up.is_due));
        set(DONE, follow_up.is_some_and(|follow_up| follow_up.done.is_some()));
        set(HEARD, heard);
        Self(bits)
    }

    fn says(self, place: u32) -> bool {
        self.0 & (1 << place) != 0
    }
}

/// An addend in the making.
#[derive(Default)]
struct Conclusions(Addend);

impl Conclusions {
    fn one(&mut self, counted: Counted, holds: bool) {
        if let Place::One(place) = counted.place() {
            self.0.ones |= u128::from(holds) << place;
        }
    }

    fn amount(&mut self, counted: Counted, amount: impl Into<i128>) {
        if let Place::Amount(place) = counted.place() {
            self.0.amounts[place] = amount.into();
        }
    }

    /// What the facts say, and the judgement of them.
    fn add_fold(&mut self, fold: &Fold, row: &CaseRow) {
        let verdict = row.verdict;
        let waited = fold.waits > 0; // mere praise is in no figure of answers
        let answer = { fold.answered.as_ref() }.or(fold.bot_claim.as_ref());
        let answer = answer.filter(|_| waited && verdict.says(ANSWERED));
        let lost = verdict.says(LOST);
        let unanswered_waits = fold.unanswered.by(row.judged_at) + u32::from(lost);
        self.one(Counted::Opened, true);
        self.one(Counted::Expecting, waited);
        self.one(Counted::Answered, answer.is_some());
        self.one(Counted::Unanswered, unanswered_waits > 0);
        self.one(Counted::ClosedSilently, verdict.says(SILENT));
        self.one(Counted::LimitReached, verdict.says(REACHED));
        self.one(Counted::LimitExceeded, verdict.says(EXCEEDED));
        for (level, place) in (0..LEVELS.len()).zip(0..) {
            self.one(Counted::Met(level), verdict.says(MET + place));
            self.one(Counted::Breached(level), verdict.says(BREACHED + place));
        }
        self.one(Counted::SolvedAtFirst, verdict.says(SOLVED));
        self.one(Counted::NotSolvedAtFirst, verdict.says(NOT_SOLVED));
        self.one(Counted::PromisesKept, verdict.says(KEPT));
        self.one(Counted::PromisesBroken, verdict.says(BROKEN));
        self.one(Counted::FollowUpsDue, verdict.says(DUE));
        self.one(Counted::FollowUpsDone, verdict.says(DONE));
        self.one(Counted::Insulting, fold.severity.says(Category::Abuse));
        self.amount(Counted::UnansweredWaits, unanswered_waits);
        self.amount(Counted::Transfers, fold.handling.transfers);
        self.amount(Counted::Reopenings, fold.reopened);
        if let Some(answer) = answer.filter(|answer| !answer.untimed) {
            let ms = answer.mark.at.since(fold.opened.at);
            self.one(Counted::FirstResponse(bucket(ms)), true);
            self.amount(Counted::FirstResponseMs, ms);
        }
        if let Some(resolved) = &fold.resolved {
            let ms = resolved.at.since(fold.opened.at) - fold.frozen_ms;
            self.one(Counted::Resolved, true);
            self.one(Counted::Resolution(bucket(ms)), true);
            self.amount(Counted::ResolutionMs, ms);
            let whole = bucket(ms + fold.frozen_ms);
            self.0.ones |= u128::from(waited) << (RESOLVED_WITHIN + whole);
        }
        self.add_spectators(fold);
    }

    /// Rule 19: who sees that nobody answers.
    fn add_spectators(&mut self, fold: &Fold) {
        let audience = fold.audience.filter(|audience| *audience > 0);
        let Some(audience) = audience.filter(|_| fold.public && fold.waits > 0) else {
            return;
        };
        let (audience, amounts) = (i128::from(audience), &mut self.0.amounts);
        match fold.answered_publicly_at {
            Some(at) => amounts[SEEN] = audience * i128::from(at.since(fold.opened.at).max(0)),
            None => {
                amounts[WATCHING] = audience;
                amounts[WATCHING_SINCE] = audience * i128::from(fold.opened.at.0);
            }
        }
    }

    /// What the party has found: how the customer's other cases stand to this one, and what they scored.
    fn add_findings(&mut self, fold: &Fold, row: &CaseRow) {
        if let Some(links) = row.who.findings.as_ref().map(|found| &found.links) {
            let cause = links.escalation().map(|(_, cause)| cause);
            self.one(
                Counted::EscalatedUnanswered,
                cause == Some(EscalationCause::Unanswered),
            );
            self.one(
                Counted::EscalatedUnsolved,
                cause == Some(EscalationCause::Unsolved),
            );
            let is = |relation| links.first(relation).is_some();
            self.one(Counted::Switched, is(Relation::SwitchedTo));
            self.one(Counted::Chased, is(Relation::ChasedTo));
            self.one(Counted::Echoes, links.echo.is_some());
            self.amount(Counted::Bounces, links.bounces.len() as i128);
        }
        if let Some(scored) = surveys::shown(fold, &row.who) {
            let surveyed = Surveyed {
                scale: scored.score.scale,
                advocacy: scored.score.advocacy(),
                heard: match (fold.waits, row.verdict.says(HEARD)) {
                    (0, _) => Heard::NotAsked,
                    (_, true) => Heard::Answered,
                    (_, false) => Heard::Unanswered,
                },
            };
            self.0.ones |= 1 << surveyed.place();
        }
    }
}

/// What a case counts as; nothing, if its author has taken every message back.
pub fn addend(row: &CaseRow) -> Addend {
    let Some(fold) = row.fold.as_deref() else {
        return Addend::default();
    };
    let stage = if fold.public {
        Stage::Onstage
    } else {
        Stage::Offstage
    };
    let mut conclusions = Conclusions::default();
    conclusions.0.group = row.channel.group(stage);
    conclusions.add_fold(fold, row);
    conclusions.add_findings(fold, row);
    conclusions.0
}

/// Counts a case that counted as one thing and counts as another.
pub fn count_change(figures: ChannelFigures, before: &Addend, now: &Addend, effects: &mut Effects) {
    const COUNTED: u128 = (1 << COUNTED_ONES) - 1;
    let same = if before.group == now.group {
        before.ones & now.ones
    } else {
        0
    };
    for (addend, sign) in [(before, -1), (now, 1)] {
        if addend.is_nothing() {
            continue;
        }
        let stage = stage_of_group(addend.group);
        for place in Addend::places(addend.ones & COUNTED & !same) {
            effects.count(figures.at(stage, Place::One(place)), sign);
        }
        for (place, amount) in addend.amounts[..COUNTED_AMOUNTS].iter().enumerate() {
            let amount = i64::try_from(*amount).unwrap_or(i64::MAX);
            if amount != 0 {
                effects.count(figures.at(stage, Place::Amount(place)), sign * amount);
            }
        }
    }
}

/// Of how many cases in which somebody waited the first answer, or the resolution, took no longer than each of
/// [`super::BOUNDS`]; and how many there are of which it is known how long that took, or that it has not happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Within {
    /// By bound, those of smaller ones included.
    pub bounds: [i64; BUCKETS - 1],
    /// All.
    pub all: i64,
}

impl Within {
    /// Of first answers.
    pub fn answered(total: &Total) -> Self {
        let timed: i64 = (0..BUCKETS)
            .map(|n| Counted::FirstResponse(n).of_total(total))
            .sum();
        let untimed = Counted::Answered.of_total(total) - timed;
        let all = Counted::Expecting.of_total(total) - untimed;
        Self::of(|n| Counted::FirstResponse(n).of_total(total), all)
    }

    /// Of resolutions; frozen time is the customer's time, too.
    pub fn resolved(total: &Total) -> Self {
        let all = Counted::Expecting.of_total(total);
        Self::of(|n| total.ones[RESOLVED_WITHIN + n], all)
    }

    fn of(bucket: impl Fn(usize) -> i64, all: i64) -> Self {
        let mut sum = 0;
        let bounds = std::array::from_fn(|n| {
            sum += bucket(n);
            sum
        });
        Self { bounds, all }
    }
}

/// People times milliseconds that they saw no public answer (rule 19): of cases that got one, and of those
/// that have none yet at a time.
pub fn spectators(amounts: &[i128], now: i64) -> [i128; 2] {
    let waiting = amounts[WATCHING] * i128::from(now) - amounts[WATCHING_SINCE];
    [amounts[SEEN], waiting]
}

/// People who see cases without a public answer; who sees two counts twice.
pub fn watching(amounts: &[i128]) -> i128 {
    amounts[WATCHING]
}
