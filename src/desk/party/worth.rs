//! Of a large party, the members on which it rests whether it is worth asking (rule 20).
//!
//! Not all of them: those with a score; the case before each score; of a detractor's score, one case that was open
//! then, else the next that opened, and that was opened again; and cases that many can see. What [`super::panel`] finds of these, it would find of
//! all.

use std::ops::Range;

use super::bearing::is_case;
use super::index::Book;
use super::members::Member;
use super::panel::{is_detractor, is_open, scores_of};
use super::place::Place;
use super::sums::{Sums, has};
use crate::desk::State;
use crate::model::Millis;
use crate::processor::Corrupt;

/// The members that matter; `any_open`: it matters whether any case was open.
///
/// # Errors
///
/// State that cannot be read.
pub fn worth_looking_at(book: &Book, any_open: bool, state: &mut State<'_>) -> Result<Vec<Member>, Corrupt> {
    let mut found: Vec<Member> = Vec::new();
    let mut scores: Vec<(Millis, bool)> = Vec::new();
    let all = Place::before(Millis(i64::MIN))..Place::END;
    for page in book.pages_in(&all, |sums, _| sums.has(has::SCORES | has::WIDE), state)? {
        for member in book.members(&page, state)? {
            let known = scores.len();
            scores.extend(scores_of(member).map(|scored| (scored.at, is_detractor(scored))));
            if scores.len() > known || is_case(member) && member.summary.audience.is_some() {
                found.push(member.clone());
            }
        }
    }
    scores.sort_unstable();
    scores.dedup();
    let mut beside = Vec::new();
    for (at, is_detractor) in scores {
        beside.extend(book.before(Place::after(at), state)?);
        if !is_detractor || !any_open {
            continue;
        }
        let open = open_at(book, at, state)?;
        if open.is_none() {
            let next = book.after(Place::after(at), state)?;
            for (again, member) in next
                .map(|next| (next.summary.opened_at, next))
                .into_iter()
                .chain(reopened_after(book, at, state)?)
            {
                beside.extend(book.before(Place::after(again), state)?);
                beside.push(member);
            }
        }
        beside.extend(open);
    }
    for member in beside {
        if found.iter().all(|known| known.case != member.case) {
            found.push(member);
        }
    }
    Ok(found)
}

/// The latest case that was open at a moment.
fn open_at(book: &Book, at: Millis, state: &mut State<'_>) -> Result<Option<Member>, Corrupt> {
    let may_be = |sums: &Sums, _: &_| sums.may_be_open(at);
    for page in book.pages_in(&until(at), may_be, state)?.iter().rev() {
        let mut members = book.members(page, state)?.iter();
        if let Some(open) = members.rfind(|member| is_case(member) && is_open(&member.summary, at)) {
            return Ok(Some(open.clone()));
        }
    }
    Ok(None)
}

/// The case that was closed at a moment, and was the first to be opened again after it, and when that was.
fn reopened_after(
    book: &Book,
    at: Millis,
    state: &mut State<'_>,
) -> Result<Option<(Millis, Member)>, Corrupt> {
    let mut first: Option<(Millis, Member)> = None;
    for page in book.pages_in(&until(at), |sums, _| sums.may_be_open(at), state)? {
        for member in book
            .members(&page, state)?
            .iter()
            .filter(|member| is_case(member))
        {
            let open = member
                .summary
                .reopened()
                .filter(|again| *again > at && is_open(&member.summary, *again));
            let sooner = open
                .min()
                .filter(|open| first.as_ref().is_none_or(|(first, _)| open < first));
            if let Some(open) = sooner {
                first = Some((open, member.clone()));
            }
        }
    }
    Ok(first)
}

/// All that opened by a moment.
fn until(at: Millis) -> Range<Place> {
    Place::before(Millis(i64::MIN))..Place::after(at)
}
