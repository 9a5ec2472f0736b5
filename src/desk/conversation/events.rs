//! Case events are the difference between two folds.

use super::fact::{Fact, Said};
use super::fold::{Fold, Mark};
use super::folding;
use super::level::Level;
use super::patience::Overdue;
use super::promise::Promise;
use super::reply_limit::Standing;
use super::surveys;
use super::view::{Judged, View};
use crate::desk::score::{Scored, Scores};
use crate::model::{CaseEventType, CaseId, Details, EventId, Millis, PromiseState, ResponseKind, SlaState};

/// What happened to a case, before the record of it is written.
#[derive(Clone, Debug, PartialEq)]
pub struct Happened {
    /// What.
    pub kind: CaseEventType,
    /// Its name: the same whenever the same thing is found to have happened. See [`Happened::name`].
    pub id: EventId,
    /// Event time.
    pub at: Millis,
    /// More about it, without personal data.
    pub details: Details,
}

impl Happened {
    /// Whether it takes back what was told before, so that the same may happen once more.
    pub fn takes_back(&self) -> bool {
        use CaseEventType::{Corrected, Edited, Joined, SlaRetracted, Withdrawn};
        matches!(self.kind, Corrected | Edited | Joined | SlaRetracted | Withdrawn)
    }

    /// Its event id in a case of which something was `taken_back` so often. A reply that goes to
    /// another case and comes back is two events: under one id, whoever reads each id once would
    /// see it go and not come back.
    pub fn name(&self, case: CaseId, taken_back: u32) -> EventId {
        if taken_back == 0 {
            return self.id;
        }
        let again = [&*self.id.to_string(), &*taken_back.to_string()];
        EventId::new(case, self.kind.symbol(), &again)
    }
}

/// What a fact is to a case that has changed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum News<'a> {
    /// The case has it now and had it not.
    Gained(&'a Fact),
    /// The case had it; now another has, or none.
    Lost(&'a Fact),
    /// A higher revision replaced it.
    Edited(&'a Fact),
    /// Its author took it out.
    Withdrawn(&'a Fact),
}

/// A case at a time, to be compared.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    /// Its fold.
    pub fold: &'a Fold,
    /// The fold, judged.
    pub view: &'a View,
}

/// Everything that happened between `old` and `new`, in the order it is told.
pub fn difference(
    case: CaseId,
    old: Option<Side<'_>>,
    new: Option<Side<'_>>,
    news: &[News<'_>],
) -> Vec<Happened> {
    let mut told = Told {
        case,
        happened: Vec::new(),
    };
    let opens = new.filter(|_| old.is_none()).map(|new| &new.fold.opened);
    if let Some(first) = opens {
        told.mark(CaseEventType::Opened, first);
    }
    // That tells of the first message; of each later one there is an event of its own.
    let is_told = |news: &&News<'_>| {
        matches!(news, News::Gained(fact)
            if fact.customer().is_some() && opens.is_some_and(|first| first.id == fact.id))
    };
    for news in news.iter().filter(|news| !is_told(news)) {
        told.news(*news);
    }
    if let Some(new) = new {
        told.milestones(old, new);
        told.limit(old, new, news);
        told.unanswered(old, new);
        told.levels(old, new);
        told.promises(old, new);
        told.transfers(old, new);
        told.follow_up(old, new);
        told.stars(old, new);
    }
    told.happened
}

struct Told {
    case: CaseId,
    happened: Vec<Happened>,
}

impl Told {
    fn say(&mut self, kind: CaseEventType, at: Millis, cause: &[&str], details: &[(&str, &str)]) {
        let id = EventId::new(self.case, kind.symbol(), cause);
        let details = details.iter().copied().collect();
        self.happened.push(Happened {
            kind,
            id,
            at,
            details,
        });
    }

    fn mark(&mut self, kind: CaseEventType, mark: &Mark) {
        self.say(kind, mark.at, &[&mark.id], &[("message", &mark.id)]);
    }

    fn corrected(&mut self, at: Millis, what: &str, cause: &str) {
        self.say(
            CaseEventType::Corrected,
            at,
            &[what, cause],
            &[("what", what), ("message", cause)],
        );
    }

    fn news(&mut self, news: News<'_>) {
        match news {
            News::Gained(fact) => self.gained(fact),
            News::Lost(fact) => match folding::scored(fact) {
                Some(scored) => self.happened.push(surveys::not_given(self.case, &scored)),
                None => self.corrected(fact.at, "message_of_another_case", &fact.id),
            },
            News::Edited(fact) => self.revision(CaseEventType::Edited, fact),
            News::Withdrawn(fact) => self.revision(CaseEventType::Withdrawn, fact),
        }
    }

    fn revision(&mut self, kind: CaseEventType, fact: &Fact) {
        let revision = fact.revision.to_string();
        let details = [("message", &*fact.id), ("revision", &revision)];
        self.say(kind, fact.at, &[&fact.id, &revision], &details);
    }

    fn gained(&mut self, fact: &Fact) {
        let cause = [&*fact.id];
        let message = ("message", &*fact.id);
        match &fact.said {
            Said::Customer(_) => self.say(CaseEventType::CustomerMessage, fact.at, &cause, &[message]),
            Said::Company(said) => {
                if said.kind == ResponseKind::Human {
                    let team = said.team.as_deref().map(|team| ("team", team));
                    let elsewhere = said.elsewhere.as_ref().map(|_| ("elsewhere", "true"));
                    let details: Vec<_> = [message].into_iter().chain(team).chain(elsewhere).collect();
                    self.say(CaseEventType::Replied, fact.at, &cause, &details);
                }
                if let Some(channel) = &said.invites_to {
                    let details = [message, ("channel", channel)];
                    self.say(CaseEventType::ChannelInvited, fact.at, &cause, &details);
                }
            }
            Said::Changed(_) => {}
            Said::Surveyed(_) => {
                let scored = folding::scored(fact);
                self.happened
                    .extend(scored.map(|scored| surveys::given(self.case, &scored)));
            }
        }
    }

    /// Rule 12: stars of reviews have changed.
    fn stars(&mut self, old: Option<Side<'_>>, new: Side<'_>) {
        let (none, now) = (Scores::default(), &new.fold.scores);
        let before = old.map_or(&none, |old| &old.fold.scores);
        if before == now {
            return;
        }
        // Stars that were changed once more take nothing back.
        let has_later = |was: &Scored| {
            let mut later = now.iter().filter(|is| is.is_stars() && is.id == was.id);
            later.any(|is| was.order(is).is_lt() || (was.at == is.at && was.revision < is.revision))
        };
        let gone = before.iter().filter(|was| !now.iter().any(|is| is == *was));
        let gone = gone.filter(|was| was.is_stars() && !has_later(was) && !now.has_forgotten(was));
        self.happened
            .extend(gone.map(|scored| surveys::not_given(self.case, scored)));
        let new = now.iter().filter(|is| !before.iter().any(|was| was == *is));
        self.happened.extend(
            new.filter(|scored| scored.is_stars())
                .map(|scored| surveys::given(self.case, scored)),
        );
    }

    /// Moments that a case has or has not: told when they come or change, corrected when they go.
    fn milestones(&mut self, old: Option<Side<'_>>, new: Side<'_>) {
        use CaseEventType::{Acknowledged, Answered, LetGo, Pending, Resolved};
        type Moment = for<'a> fn(Side<'a>) -> Option<&'a Mark>;
        let moments: [(CaseEventType, &str, Moment, bool); 5] = [
            (
                Acknowledged,
                "acknowledged",
                |s| s.fold.acknowledged.as_ref(),
                true,
            ),
            (
                Answered,
                "answered",
                |s| s.view.answered.as_ref().map(|answer| &answer.mark),
                true,
            ),
            (Pending, "pending", |s| s.fold.pending.as_ref(), false),
            (Resolved, "resolved", |s| s.fold.resolved.as_ref(), false),
            (LetGo, "let_go", |s| s.fold.let_go.as_ref(), false),
        ];
        if let Some(old) = old
            && old.fold.opened != new.fold.opened
        {
            self.corrected(new.fold.opened.at, "opened", &new.fold.opened.id);
        }
        if let Some(old) = old
            && new.fold.reopened > old.fold.reopened
        {
            let count = new.fold.reopened.to_string();
            self.say(
                CaseEventType::Reopened,
                new.fold.cycle_at,
                &[&count],
                &[("count", &count)],
            );
        }
        for (kind, name, moment, lasting) in moments {
            match (old.and_then(moment), moment(new)) {
                (before, Some(now)) if before != Some(now) => self.mark(kind, now),
                // A status ends in its time; what had happened once can only have been wrong.
                (Some(before), None) if lasting => self.corrected(before.at, name, &before.id),
                _ => {}
            }
        }
    }

    /// Rule 8: the reply that reached the limit, and each one past it.
    fn limit(&mut self, old: Option<Side<'_>>, new: Side<'_>, news: &[News<'_>]) {
        let cycle = new.fold.reopened.to_string();
        let before = old.map(|old| old.view.standing);
        let reply = news.iter().rev().find_map(|news| match news {
            News::Gained(fact) => Some((fact.at, &*fact.id)),
            _ => None,
        });
        let (at, id) = reply.unwrap_or((new.fold.last_company_at.unwrap_or(new.fold.opened.at), ""));
        match (before, new.view.standing) {
            (before, now) if before == Some(now) => {}
            (_, Standing::Reached) => {
                self.say(
                    CaseEventType::ReplyLimitReached,
                    at,
                    &[&cycle, "reached", id],
                    &[("message", id)],
                );
            }
            (_, Standing::Exceeded { by }) => {
                let by = by.to_string();
                let details = [("message", id), ("by", &by)];
                self.say(
                    CaseEventType::ReplyLimitExceeded,
                    at,
                    &[&cycle, &by, id],
                    &details,
                );
            }
            _ => {}
        }
    }

    /// Rule 21.
    fn promises(&mut self, old: Option<Side<'_>>, new: Side<'_>) {
        use PromiseState::{Broken, Kept, None as NoPromise, Running};
        let same = |side: Side<'_>, promise: &Promise| {
            let mut all = side.fold.promises.iter();
            all.find(|other| (&other.made, other.by) == (&promise.made, promise.by))
                .map_or(NoPromise, |other| other.state(side.view.now))
        };
        for promise in new.fold.promises.iter() {
            let was = old.map_or(NoPromise, |old| same(old, promise));
            let now = promise.state(new.view.now);
            if was == now {
                continue;
            }
            self.promise_was(promise, was);
            let by = promise.by.0.to_string();
            let cause = [&*promise.made.id, &*by];
            let details = [("message", &*promise.made.id), ("by_ms", &*by)];
            match (now, &promise.kept) {
                (Kept, Some(kept)) => self.say(CaseEventType::PromiseKept, kept.at, &cause, &details),
                (Broken, _) => self.say(CaseEventType::PromiseBroken, promise.by, &cause, &details),
                (Running | NoPromise | Kept, _) => {}
            }
        }
        for old in old.into_iter().filter(|_| !new.fold.promises.is_full()) {
            for promise in old.fold.promises.iter() {
                if same(new, promise) == NoPromise {
                    self.promise_was(promise, promise.state(old.view.now));
                }
            }
        }
    }

    /// What was said of a promise is not so.
    fn promise_was(&mut self, promise: &Promise, state: PromiseState) {
        let what = match state {
            PromiseState::Kept => "promise_kept",
            PromiseState::Broken => "promise_broken",
            PromiseState::Running | PromiseState::None => return,
        };
        self.corrected(promise.by, what, &promise.made.id);
    }

    /// Rule 17.
    fn transfers(&mut self, old: Option<Side<'_>>, new: Side<'_>) {
        let none: &[Mark] = &[];
        let before = old.map_or(none, |old| &old.fold.handling.marks);
        let now: &[Mark] = &new.fold.handling.marks;
        for mark in now.iter().filter(|mark| !before.contains(mark)) {
            self.mark(CaseEventType::Transferred, mark);
        }
        // Where more are remembered than fit, the earliest are forgotten, not taken back.
        let forgotten = new.fold.handling.transfers as usize - now.len();
        for mark in before.iter().filter(|mark| !now.contains(mark)).skip(forgotten) {
            self.corrected(mark.at, "transferred", &mark.id);
        }
    }

    /// Rule 18.
    fn follow_up(&mut self, old: Option<Side<'_>>, new: Side<'_>) {
        let Some(now) = &new.view.follow_up else { return };
        let was = old.and_then(|old| old.view.follow_up.as_ref());
        let was = was.filter(|was| was.resolved == now.resolved);
        let resolved = &*now.resolved.id;
        let at = now.at.0.to_string();
        match (was.is_some_and(|was| was.is_due), now.is_due) {
            (false, true) => {
                let details = [("message", resolved)];
                self.say(CaseEventType::FollowUpDue, now.at, &[resolved, &at], &details);
            }
            (true, false) => self.corrected(now.at, "follow_up_due", resolved),
            _ => {}
        }
        let done_before = was.and_then(|was| was.done.as_ref());
        match &now.done {
            Some(done) if done_before != Some(done) => {
                let details = [("message", &*done.id)];
                self.say(
                    CaseEventType::FollowUpDone,
                    done.at,
                    &[resolved, &done.id],
                    &details,
                );
            }
            _ => {}
        }
    }

    /// Rule 7, of each wait.
    fn unanswered(&mut self, old: Option<Side<'_>>, new: Side<'_>) {
        let none: &[Overdue] = &[];
        let before = old.map_or(none, |old| &old.view.patience.overdue);
        let now: &[Overdue] = &new.view.patience.overdue;
        let is_in = |list: &[Overdue], overdue: &Overdue| list.iter().any(|other| other.is(overdue));
        for overdue in now.iter().filter(|overdue| !is_in(before, overdue)) {
            let deadline = overdue.since.0.to_string();
            let details = [("message", &*overdue.first), ("deadline_ms", &*deadline)];
            let cause = ["patience", &*overdue.first, &*deadline];
            self.say(CaseEventType::Unanswered, overdue.since, &cause, &details);
        }
        for overdue in before.iter().filter(|overdue| !is_in(now, overdue)) {
            if !new.view.patience.gave_way(overdue) {
                let deadline = overdue.since.0.to_string();
                let details = [("what", "unanswered"), ("message", &*overdue.first)];
                let cause = ["unanswered", &*overdue.first, &*deadline];
                self.say(CaseEventType::Corrected, overdue.since, &cause, &details);
            }
        }
    }

    /// Rule 5.
    fn levels(&mut self, old: Option<Side<'_>>, new: Side<'_>) {
        let none: &[Judged] = &[];
        let before = old.map_or(none, |old| &old.view.clocks);
        let now: &[Judged] = &new.view.clocks;
        // The clock of the same message; of one that waited several times, of the same time.
        let is_same =
            |other: &Judged, judged: &Judged| (other.level, &other.first) == (judged.level, &judged.first);
        let has = |list: &[Judged], judged: &Judged| {
            list.iter()
                .any(|other| is_same(other, judged) && other.from == judged.from)
        };
        let same = |list: &'_ [Judged], others: &[Judged], judged: &Judged| {
            let is_it = |other: &&Judged| {
                is_same(other, judged)
                    && (other.from == judged.from || !has(others, other) && !has(list, judged))
            };
            list.iter().find(is_it).cloned()
        };
        let breached = |judged: &Judged| judged.judgement.state == SlaState::Breached;
        for judged in now {
            let was = same(before, now, judged);
            if breached(judged) && !was.as_ref().is_some_and(breached) {
                self.level(CaseEventType::SlaBreached, judged, judged.judgement.deadline);
            } else if judged.judgement.at_risk && !was.is_some_and(|was| was.judgement.at_risk) {
                self.level(CaseEventType::SlaAtRisk, judged, judged.judgement.deadline);
            }
        }
        for judged in before.iter().filter(|judged| breached(judged)) {
            // A wait that was closed late before this change is not judged again: only its own
            // change brings it up.
            let now = same(now, before, judged);
            let gone = now.is_none() && judged.level != Level::Next;
            if gone || now.is_some_and(|now| !breached(&now)) {
                self.level(CaseEventType::SlaRetracted, judged, judged.judgement.deadline);
            }
        }
    }

    fn level(&mut self, kind: CaseEventType, judged: &Judged, at: Millis) {
        let deadline = judged.judgement.deadline.0.to_string();
        let level = judged.level.name();
        let details = [("level", level), ("deadline_ms", &deadline)];
        self.say(kind, at, &[level, &judged.first, &deadline], &details);
    }
}
