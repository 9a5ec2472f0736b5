//! A case of a large party has changed: which of the others' findings may be others now?
//!
//! What another case means to one is a function of the two ([`bearing`]), so only cases for which that function has
//! another result need to be told. Beside that there are neighbours (the last channel, surveys) and history. Whom it
//! may concern is marked by pages; one message at a time goes round them ([`super::large`]), however many
//! cases have changed since.

use std::ops::Range;

use smol_str::SmolStr;

use super::bearing::{ECHO_MS, JOURNEY_MS, bearing, is_case, is_close};
use super::index::{Book, due, meet};
use super::members::{HISTORY_MS, Member};
use super::near::{around, may_be_again};
use super::place::Place;
use super::sums::{Sums, has};
use crate::desk::State;
use crate::desk::message::CaseRef;
use crate::desk::summary::Summary;
use crate::model::Millis;
use crate::processor::Corrupt;

/// A member as it was and as it is.
#[derive(Debug)]
pub struct Changed<'m> {
    case: CaseRef,
    before: Option<&'m Member>,
    now: &'m Member,
    /// The last score of the party was another.
    scored: bool,
}

impl<'m> Changed<'m> {
    /// A member that has changed; `sums`: those of the party before.
    pub fn new(before: Option<&'m Member>, now: &'m Member, sums: &Sums, book: &Book) -> Self {
        Self {
            case: now.case,
            before,
            now,
            scored: sums.last_score != book.sums().last_score,
        }
    }

    /// Marks whoever may have to be told.
    ///
    /// # Errors
    ///
    /// State that cannot be read.
    pub fn mark(&self, book: &mut Book, state: &mut State<'_>) -> Result<(), Corrupt> {
        if self.scored {
            book.mark_all(due::HISTORY);
        }
        let (before, now) = (self.before.and_then(case), case(self.now));
        if before != now {
            self.mark_concerned(before, now, book, state)?;
            self.mark_history(before, now, book, state)?;
        }
        let moved = match (before, now) {
            (Some(before), Some(now)) => (before.opened_at, &before.channel) != (now.opened_at, &now.channel),
            (before, now) => before.is_some() != now.is_some(),
        };
        if moved || self.is_survey_news() {
            self.mark_neighbours(book, state)?;
        }
        Ok(())
    }

    fn is_survey_news(&self) -> bool {
        let told = |member: &'m Member| (member.standing, member.survey.as_ref());
        let is_survey = |member: &Member| member.survey.is_some();
        is_survey(self.now) && self.before.map(told) != Some(told(self.now))
    }

    /// The cases to which this one means something else now.
    fn mark_concerned(
        &self,
        before: Option<&Summary>,
        now: Option<&Summary>,
        book: &mut Book,
        state: &mut State<'_>,
    ) -> Result<(), Corrupt> {
        let mut pages = Vec::new();
        for me in [before, now].into_iter().flatten() {
            let stage = if me.public { has::OFFSTAGE } else { has::ONSTAGE };
            let close = around(me.opened_at, ECHO_MS);
            let journey = around(me.opened_at, JOURNEY_MS);
            let wanted = |sums: &Sums, places: &_| {
                sums.cases > 0 && (sums.has(stage | has::INVITES) || meet(places, &close))
            };
            pages.extend(book.pages_in(&journey, wanted, state)?);
            if is_about(before) != is_about(now) {
                let solved = |sums: &Sums, _: &_| may_be_again(sums, me.opened_at);
                pages.extend(book.pages_in(&everything(), solved, state)?);
            }
        }
        let mut concerned = Vec::new();
        for page in pages {
            let is_marked = page.due & due::FINDINGS != 0;
            if is_marked || concerned.iter().any(|known| page.is(known)) {
                continue;
            }
            let members = book.members(&page, state)?;
            if members.iter().any(|member| self.concerns(member, before, now)) {
                concerned.push(page);
            }
        }
        book.mark(&concerned, due::FINDINGS, state)
    }

    fn concerns(&self, other: &Member, before: Option<&Summary>, now: Option<&Summary>) -> bool {
        if !is_case(other) || other.case == self.case {
            return false;
        }
        let them = &other.summary;
        let is_near = |me: &Summary| is_close(them, me);
        let compares = match (before.is_some_and(is_near), now.is_some_and(is_near)) {
            (false, true) => !other.is_compared(),
            (was, is) => was && !is,
        };
        compares || before.and_then(|me| bearing(them, me)) != now.and_then(|me| bearing(them, me))
    }

    /// The cases beside it: the later one's last channel, the earlier one's surveys.
    fn mark_neighbours(&self, book: &mut Book, state: &mut State<'_>) -> Result<(), Corrupt> {
        let has_surveys = book.sums().has(has::SURVEYS) || self.now.survey.is_some();
        for place in self.before.into_iter().chain([self.now]).map(Place::of) {
            let earlier = match has_surveys {
                true => book.before(place, state)?,
                false => None,
            };
            let later = book.after(place, state)?;
            for beside in earlier.into_iter().chain(later).map(|member| Place::of(&member)) {
                let pages = book.pages_in(&from_to(beside, beside), |_, _| true, state)?;
                book.mark(&pages, due::FINDINGS, state)?;
            }
        }
        Ok(())
    }

    /// The later cases in whose history it counts otherwise now.
    fn mark_history(
        &self,
        before: Option<&Summary>,
        now: Option<&Summary>,
        book: &mut Book,
        state: &mut State<'_>,
    ) -> Result<(), Corrupt> {
        let opened = |me: Option<&Summary>| me.map(|me| me.opened_at);
        let span = if opened(before) == opened(now) {
            // Those that opened between: for earlier ones it was not unanswered before nor is now, for later ones
            // it was and is.
            let since = |me: Option<&Summary>| me.map(Summary::unanswered_since);
            let (Some(opened), Some(was), Some(is)) = (opened(now), since(before), since(now)) else {
                return Ok(());
            };
            let (from, to) = (was.min(is).max(opened), was.max(is));
            if was == is {
                return Ok(());
            }
            Place::before(from)..Place::before(to).min(Place::after(opened.plus(HISTORY_MS)))
        } else {
            let all = [opened(before), opened(now)].into_iter().flatten();
            let spans = all.map(|at| Place::before(at)..Place::after(at.plus(HISTORY_MS)));
            let hull = spans.reduce(|a, b| a.start.min(b.start)..a.end.max(b.end));
            hull.unwrap_or(Place::END..Place::END)
        };
        let pages = book.pages_in(&span, |sums, _| sums.handled > 0, state)?;
        let is_later = |member: &Member| {
            let is_handled = is_case(member) && member.summary.handled;
            is_handled && member.case != self.case && span.contains(&Place::of(member))
        };
        let mut concerned = Vec::with_capacity(pages.len());
        for page in pages {
            let is_all_later = page.is_within(&span) && page.sums.handled > 1;
            if is_all_later || book.members(&page, state)?.iter().any(is_later) {
                concerned.push(page);
            }
        }
        book.mark(&concerned, due::HISTORY, state)
    }
}

fn everything() -> Range<Place> {
    Place::before(Millis(i64::MIN))..Place::END
}

/// What rule 16 looks at.
fn is_about(me: Option<&Summary>) -> Option<(Millis, &[Option<SmolStr>; 3])> {
    me.map(|me| (me.opened_at, &me.matter))
}

/// The case that a member is, if anything is left of it.
fn case(member: &Member) -> Option<&Summary> {
    let summary = &member.summary;
    (is_case(member) && summary.opened_at > Millis(i64::MIN)).then_some(summary)
}

fn from_to(from: Place, to: Place) -> Range<Place> {
    from..Place::after(to.at)
}
