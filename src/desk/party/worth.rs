//! Of a large party, the members on which it rests whether it is worth asking (rule 20).
//!
//! Not all of them: those with a score; the case before each score; of a detractor's score, one case that was open
//! then, else the next that opened; and cases that many can see. What [`super::panel`] finds of these, it would find of
//! all.

use super::index::Book;
use super::links::is_case;
use super::members::Member;
use super::panel::{is_detractor, is_open, score_of};
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
    for page in book.pages_in(&all, |sums| sums.has(has::SCORES | has::WIDE), state)? {
        for member in book.members(&page, state)? {
            let score = score_of(member);
            scores.extend(score.map(|scored| (scored.at, is_detractor(scored))));
            if score.is_some() || is_case(member) && member.summary.audience.is_some() {
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
        match open_at(book, at, state)? {
            Some(open) => beside.push(open),
            None => {
                let next = book.after(Place::after(at), state)?;
                if let Some(next) = next {
                    beside.extend(book.before(Place::after(next.summary.opened_at), state)?);
                    beside.push(next);
                }
            }
        }
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
    let by_then = Place::before(Millis(i64::MIN))..Place::after(at);
    let may_be = |sums: &Sums| sums.may_be_open(at);
    for page in book.pages_in(&by_then, may_be, state)?.iter().rev() {
        let mut members = book.members(page, state)?.iter();
        if let Some(open) = members.rfind(|member| is_case(member) && is_open(&member.summary, at)) {
            return Ok(Some(open.clone()));
        }
    }
    Ok(None)
}
