//! What a case tells of itself, to be counted.
//!
//! It is a function of the case's row, and what is told is the difference between the row as it was and as it
//! is now. So nothing need be kept of what was told, and nothing is told twice.

use smallvec::SmallVec;
use smol_str::SmolStr;

use super::baseline::Minute;
use super::{CaseCounts, Count, Counted, Hour, SHARDS, SurveyCell, hour_of, minute_of};
use crate::config::rules::Span;
use crate::desk::conversation::case::CaseRow;
use crate::desk::conversation::fold::Fold;
use crate::desk::conversation::surveys;
use crate::desk::keys::Keys;
use crate::desk::summary::REMEMBERED;
use crate::model::{Advocacy, Millis};
use crate::processor::ActorKey;

/// Replies that a case remembers; of more, the earliest are forgotten.
pub const REPLIES: usize = 16;

/// Moments in order, and from when on all are remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Times {
    times: SmallVec<[Millis; 2]>,
    from: Millis,
}

/// All that a case tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told<'r> {
    brand: Option<&'r SmolStr>,
    issue: Option<&'r SmolStr>,
    opened: Minute,
    /// When each wait began that was longer than a channel may be without a reply, or will be if it goes on.
    waited: Times,
    /// When people replied.
    replied: Times,
    surveyed: Option<(Hour, SurveyCell)>,
}

impl<'r> Told<'r> {
    /// What a case tells, where a channel may be without a reply for `deaf_after`; `None` if no message is
    /// left of it.
    ///
    /// Of surveys only those are told whose customer waited for an answer; whether they had one, by rule 12.
    pub fn of(row: &'r CaseRow, deaf_after: Option<Span>, patience: Span) -> Option<Self> {
        let fold = row.fold.as_deref()?;
        let scored = surveys::shown(fold, &row.who).filter(|_| fold.waits > 0);
        Some(Self {
            brand: fold.brand(),
            issue: fold.issue(),
            opened: minute_of(fold.opened.at),
            waited: waited(row, fold, deaf_after),
            replied: Times {
                times: fold.replies.iter().copied().collect(),
                from: remembered_from(REPLIES, fold.replies.len(), fold.replies.first().copied()),
            },
            surveyed: scored.map(|scored| {
                let cell = SurveyCell {
                    scale: scored.score.scale,
                    answered: fold.was_answered(scored.at, patience),
                    promoter: scored.score.advocacy() == Advocacy::Promoter,
                };
                (hour_of(minute_of(scored.at)), cell)
            }),
        })
    }

    /// What is news to the shards of this channel, from what was told before to what is now.
    pub fn news(
        before: Option<&Self>,
        now: Option<&Self>,
        channel: &SmolStr,
        shard: u8,
    ) -> SmallVec<[CaseCounts; 1]> {
        if before == now {
            return SmallVec::new();
        }
        let brand = |told: Option<&Self>| told.map(|told| told.brand.cloned());
        let is_moved = before.is_some() && now.is_some() && brand(before) != brand(now);
        let steps: &[_] = if is_moved {
            &[(before, None), (None, now)]
        } else {
            &[(before, now)]
        };
        let notes = steps.iter().filter_map(|(before, now)| {
            let of = Counted {
                brand: brand(*before).or(brand(*now)).flatten(),
                channel: channel.clone(),
            };
            let counts = difference(*before, *now);
            (!counts.is_empty()).then_some(CaseCounts { of, shard, counts })
        });
        notes.collect()
    }

    fn opening(&self) -> (Minute, Option<&SmolStr>) {
        (self.opened, self.issue)
    }
}

/// The shard of a conversation's cases.
pub fn shard_of(conversation: ActorKey) -> u8 {
    (conversation.hash % u128::from(SHARDS)) as u8
}

/// The actor of a shard.
pub fn shard_key(keys: &Keys, of: &Counted, shard: u8) -> ActorKey {
    keys.tally(of.brand.as_deref(), &of.channel, Some(shard))
}

/// What takes what was told before to what is told now, of one brand and channel.
fn difference(before: Option<&Told<'_>>, now: Option<&Told<'_>>) -> SmallVec<[Count; 2]> {
    let mut counts = SmallVec::new();
    let opening = |told: Option<&Told<'_>>| told.map(|told| (told.opened, told.issue.cloned()));
    if before.map(Told::opening) != now.map(Told::opening) {
        for (opening, by) in [(opening(before), -1), (opening(now), 1)] {
            counts.extend(opening.map(|(minute, issue)| Count::Opened { minute, issue, by }));
        }
    }
    let waited = changes(before, now, |told| &told.waited);
    counts.extend(waited.map(|(from, by)| Count::Waited { from, by }));
    let replied = changes(before, now, |told| &told.replied);
    counts.extend(replied.map(|(at, by)| Count::Replied { at, by }));
    let surveyed = |told: Option<&Told<'_>>| told.and_then(|told| told.surveyed);
    if surveyed(before) != surveyed(now) {
        for (survey, by) in [(surveyed(before), -1), (surveyed(now), 1)] {
            counts.extend(survey.map(|(hour, cell)| Count::Surveyed { hour, cell, by }));
        }
    }
    counts
}

/// Waits that were longer than `deaf_after`, or will be if they go on. Whoever is forgotten waits no more.
fn waited(row: &CaseRow, fold: &Fold, deaf_after: Option<Span>) -> Times {
    let waits = &fold.journey.waits;
    let over = waits.iter().map(|wait| (wait.from, wait.to));
    let open = fold.open.iter().map(|wait| (wait.first.at, row.forgotten));
    let too_long = |(from, to): (Millis, Option<Millis>)| {
        let is_so = deaf_after.is_some_and(|after| to.is_none_or(|to| to.since(from) > after.ms()));
        is_so.then_some(from)
    };
    Times {
        times: over.chain(open).filter_map(too_long).collect(),
        from: remembered_from(REMEMBERED, waits.len(), waits.first().map(|wait| wait.from)),
    }
}

/// From when on all of a list are remembered that holds `most` at most.
fn remembered_from(most: usize, len: usize, first: Option<Millis>) -> Millis {
    first.filter(|_| len >= most).unwrap_or(Millis(i64::MIN))
}

/// A person replies after all other replies of a case: of each hour, the first and the last are remembered.
/// They show all that other customers may ask: whether somebody replied after they had spoken, and in time.
pub fn remember_reply(replies: &mut SmallVec<[Millis; 0]>, at: Millis) {
    let is_of_its_hour = |reply: &Millis| hour_of(minute_of(*reply)) == hour_of(minute_of(at));
    let of_its_hour = replies
        .iter()
        .rev()
        .take_while(|reply| is_of_its_hour(reply))
        .count();
    if of_its_hour >= 2 || replies.last() == Some(&at) {
        replies.pop();
    } else if replies.len() == REPLIES {
        replies.remove(0);
    }
    replies.push(at);
}

/// The times that are gone, and those that are new. Of more than are remembered, the earliest give way: they
/// stay told.
fn changes<'t>(
    before: Option<&'t Told<'_>>,
    now: Option<&'t Told<'_>>,
    of: fn(&'t Told<'_>) -> &'t Times,
) -> impl Iterator<Item = (Millis, i8)> {
    let times = |told: Option<&'t Told<'_>>| told.map_or(&[][..], |told| &of(told).times);
    let (was, is) = (times(before), times(now));
    let from = now.map_or(Millis(i64::MIN), |told| of(told).from);
    let gone = was
        .iter()
        .filter(move |time| !is.contains(time) && **time >= from);
    let new = is.iter().filter(move |time| !was.contains(time));
    gone.map(|time| (*time, -1)).chain(new.map(|time| (*time, 1)))
}

#[cfg(test)]
mod tests {
    use super::{Count, REPLIES, SurveyCell, Times, Told, remember_reply};
    use crate::model::{Millis, SurveyScale};
    use smallvec::SmallVec;
    use smol_str::SmolStr;

    fn waited(from: i64, by: i8) -> Count {
        Count::Waited {
            from: Millis(from),
            by,
        }
    }

    fn replied_at(at: i64, by: i8) -> Count {
        Count::Replied { at: Millis(at), by }
    }

    fn times(times: &[i64]) -> Times {
        Times {
            times: times.iter().map(|at| Millis(*at)).collect(),
            from: Millis(i64::MIN),
        }
    }

    #[test]
    fn only_what_changes_is_told() {
        let (acme, zeta, parcel) = (SmolStr::new("acme"), SmolStr::new("zeta"), SmolStr::new("parcel"));
        let opened = Told {
            brand: Some(&acme),
            issue: None,
            opened: 100,
            waited: times(&[100]),
            replied: times(&[]),
            surveyed: None,
        };
        let cell = SurveyCell {
            scale: SurveyScale::Csat1To5,
            answered: true,
            promoter: true,
        };
        let surveyed = |by| Count::Surveyed { hour: 9, cell, by };
        let open = |minute, issue: Option<&SmolStr>, by| Count::Opened {
            minute,
            issue: issue.cloned(),
            by,
        };
        let replied = Told {
            waited: times(&[]), // the reply was in time
            replied: times(&[200]),
            ..opened.clone()
        };
        let asked = Told {
            surveyed: Some((9, cell)),
            ..replied.clone()
        };
        let other = Told {
            brand: Some(&zeta),
            ..asked.clone()
        };
        let about = Told {
            issue: Some(&parcel),
            ..replied.clone()
        };
        let earlier = Told {
            opened: 90,
            waited: times(&[90]),
            ..opened.clone()
        };
        let told = [replied_at(200, 1)];
        let back = [replied_at(200, -1)];
        //   before         now             then these are told, by brand
        for (before, now, wanted) in [
            (None, None, vec![]),
            (
                None,
                Some(&opened),
                vec![("acme", vec![open(100, None, 1), waited(100, 1)])],
            ),
            (Some(&opened), Some(&opened), vec![]),
            (
                Some(&opened),
                Some(&replied),
                vec![("acme", vec![waited(100, -1), replied_at(200, 1)])],
            ),
            (Some(&replied), Some(&asked), vec![("acme", vec![surveyed(1)])]),
            (
                Some(&opened),
                Some(&earlier),
                vec![(
                    "acme",
                    vec![
                        open(100, None, -1),
                        open(90, None, 1),
                        waited(100, -1),
                        waited(90, 1),
                    ],
                )],
            ),
            (
                Some(&replied),
                Some(&about),
                vec![("acme", vec![open(100, None, -1), open(100, Some(&parcel), 1)])],
            ),
            (
                Some(&asked),
                None,
                vec![(
                    "acme",
                    [&[open(100, None, -1)], &back[..], &[surveyed(-1)]].concat(),
                )],
            ),
            (
                Some(&asked),
                Some(&other),
                vec![
                    (
                        "acme",
                        [&[open(100, None, -1)], &back[..], &[surveyed(-1)]].concat(),
                    ),
                    (
                        "zeta",
                        [&[open(100, None, 1)], &told[..], &[surveyed(1)]].concat(),
                    ),
                ],
            ),
        ] {
            let notes = Told::news(before, now, &"chat".into(), 3);
            let notes = notes
                .into_iter()
                .map(|note| (note.of.brand, note.counts.into_vec()));
            let wanted = wanted
                .into_iter()
                .map(|(brand, counts)| (Some(brand.into()), counts));
            assert_eq!(
                notes.collect::<Vec<_>>(),
                wanted.collect::<Vec<_>>(),
                "{before:?} {now:?}"
            );
        }
    }

    #[test]
    fn of_the_replies_of_an_hour_the_first_and_the_last_are_remembered() {
        const HOUR: i64 = 3_600_000;
        //   given replies                             then these are remembered
        for (replies, wanted) in [
            (vec![1], vec![1]),
            (vec![1, 1, 2], vec![1, 2]),
            (vec![1, 2, 3, 4], vec![1, 4]),
            (vec![1, 2, HOUR, HOUR + 1], vec![1, 2, HOUR, HOUR + 1]),
            (
                (0..20).map(|n| n * HOUR).collect(),
                (4..20).map(|n| n * HOUR).collect(),
            ),
        ] {
            let mut remembered = SmallVec::new();
            for at in &replies {
                remember_reply(&mut remembered, Millis(*at));
            }
            let remembered: Vec<_> = remembered.iter().map(|at: &Millis| at.0).collect();
            assert_eq!(remembered, wanted, "{replies:?}");
            assert!(remembered.len() <= REPLIES);
        }
    }
}
