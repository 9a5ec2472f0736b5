//! Of all members of a large party, those that matter to one of its cases: read by the spans that the rules name.

use std::borrow::Cow;
use std::ops::Range;

use super::bearing::{ECHO_MS, JOURNEY_MS, bearing, is_case, is_close};
use super::index::{Book, meet};
use super::members::{HISTORY_MS, Member};
use super::place::Place;
use super::sums::{Sums, has};
use super::surveys::ASKS_BACK_MS;
use crate::desk::State;
use crate::desk::conversation::resolution::QUIET;
use crate::desk::message::History;
use crate::desk::summary::Summary;
use crate::model::Millis;
use crate::processor::Corrupt;

/// What matters to a case.
#[derive(Debug)]
pub struct Near<'m> {
    /// Members that mean something to it.
    pub others: Cow<'m, [Member]>,
    /// Whether another case opened so close to it that one of them may repeat the other (rule 10).
    pub is_compared: bool,
    /// The party's history, as it sees it.
    pub history: History,
}

/// All that matters to a case of the party.
///
/// # Errors
///
/// State that cannot be read.
pub fn near(of: &Member, book: &Book, state: &mut State<'_>) -> Result<Near<'static>, Corrupt> {
    let me = &of.summary;
    let history = history(of, book, state)?;
    let (mut others, mut is_compared) = (Vec::new(), false);
    if me.opened_at > Millis(i64::MIN) {
        let spans = Spans::of(me);
        let wanted = |sums: &Sums, places: &_| sums.cases > 0 && spans.want(sums, places);
        for page in book.pages_in(&spans.all(), wanted, state)? {
            let members = book.members(&page, state)?.iter();
            for other in members.filter(|other| is_case(other) && other.case != of.case) {
                is_compared |= is_close(me, &other.summary);
                if bearing(me, &other.summary).is_some() {
                    others.push(other.clone());
                }
            }
        }
        neighbours(of, book, &mut others, state)?;
    }
    Ok(Near {
        others: others.into(),
        is_compared,
        history,
    })
}

/// The case before, which was the last channel; the case after, and the surveys until then (rule 12).
fn neighbours(
    of: &Member,
    book: &Book,
    others: &mut Vec<Member>,
    state: &mut State<'_>,
) -> Result<(), Corrupt> {
    let mut add = |member: Member| {
        if others.iter().all(|known| known.case != member.case) {
            others.push(member);
        }
    };
    let place = Place::of(of);
    book.before(place, state)?.into_iter().for_each(&mut add);
    if !book.sums().has(has::SURVEYS) {
        return Ok(());
    }
    let next = book.after(place, state)?;
    let end = Place::after(place.at.plus(ASKS_BACK_MS));
    let asks = place..next.as_ref().map_or(end, |next| end.min(Place::of(next)));
    for page in book.pages_in(&asks, |sums, _| sums.has(has::SURVEYS), state)? {
        let members = book.members(&page, state)?.iter();
        let surveys = members.filter(|member| member.survey.is_some() && asks.contains(&Place::of(member)));
        surveys.cloned().for_each(&mut add);
    }
    next.into_iter().for_each(&mut add);
    Ok(())
}

fn history(of: &Member, book: &Book, state: &mut State<'_>) -> Result<History, Corrupt> {
    let opened_at = of.summary.opened_at;
    let span = Place::before(opened_at.plus(-HISTORY_MS))..Place::of(of);
    let (complaints_90d, unanswered_90d) = match opened_at {
        Millis(i64::MIN) => (0, 0),
        _ => book.count(&span, opened_at, state)?,
    };
    let sums = book.sums();
    Ok(History {
        complaints_90d,
        unanswered_90d,
        open_cases: sums.open - u32::from(of.summary.open).min(sums.open),
        last_score: sums.last_score.map(|last| last.score),
    })
}

/// The stretches of time in which other cases may mean something to a case.
#[derive(Debug)]
struct Spans {
    close: Range<Place>,
    journey: Range<Place>,
    again: Option<Range<Place>>,
    /// Cases that matter within the journey.
    kinds: u8,
}

impl Spans {
    fn of(me: &Summary) -> Self {
        let invites = !me.journey.invitations.is_empty();
        Self {
            close: around(me.opened_at, ECHO_MS),
            journey: around(me.opened_at, JOURNEY_MS),
            again: me
                .first_resolved_at
                .map(|at| Place::before(at)..Place::before(at.plus(QUIET.ms()))),
            kinds: match (invites, me.public) {
                (true, _) => has::ONSTAGE | has::OFFSTAGE,
                (false, true) => has::OFFSTAGE,
                (false, false) => has::ONSTAGE,
            },
        }
    }

    fn all(&self) -> Range<Place> {
        let again = self.again.clone().unwrap_or(self.journey.clone());
        self.journey.start.min(again.start)..self.journey.end.max(again.end)
    }

    fn want(&self, sums: &Sums, places: &Range<Place>) -> bool {
        meet(places, &self.close)
            || sums.has(self.kinds) && meet(places, &self.journey)
            || self.again.as_ref().is_some_and(|again| meet(places, again))
    }
}

/// All places within so many milliseconds of a moment.
pub fn around(at: Millis, ms: i64) -> Range<Place> {
    Place::before(at.plus(-ms))..Place::after(at.plus(ms))
}

/// Whether cases that were resolved first in a time, so that the customer came again with this case (rule 16).
pub fn may_be_again(sums: &Sums, opened_at: Millis) -> bool {
    sums.solved_at
        .is_some_and(|(from, to)| from < opened_at && opened_at.since(to) < QUIET.ms())
}
