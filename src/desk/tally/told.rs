//! What a case tells of itself, to be counted.
//!
//! It is a function of the case's row, and what is told is the difference between the row as it was and as it
//! is now. So nothing need be kept of what was told, and nothing is told twice.

use smallvec::SmallVec;
use smol_str::SmolStr;

use super::baseline::Minute;
use super::{CaseCounts, Count, Counted, Hour, SHARDS, SurveyCell, hour_of, minute_of};
use crate::desk::conversation::case::CaseRow;
use crate::desk::conversation::fold::{BOT_UNCONTESTED_MS, Fold};
use crate::desk::conversation::surveys;
use crate::desk::keys::Keys;
use crate::desk::summary::REMEMBERED;
use crate::model::{Advocacy, Millis};
use crate::processor::ActorKey;

/// Minutes or hours, in order.
type Times = SmallVec<[i64; 2]>;

/// All that a case tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told<'r> {
    brand: Option<&'r SmolStr>,
    issue: Option<&'r SmolStr>,
    opened: Minute,
    /// When each wait began, as far as it is remembered.
    spoke: Times,
    /// In which hours a person replied, likewise.
    replied: Times,
    surveyed: Option<(Hour, SurveyCell)>,
}

impl<'r> Told<'r> {
    /// What a case tells; `None` if no message is left of it.
    pub fn of(row: &'r CaseRow) -> Option<Self> {
        let fold = row.fold.as_deref()?;
        let over = fold.journey.waits.iter().map(|wait| wait.from);
        let open = fold.open.iter().map(|wait| wait.first.at);
        let scored = surveys::shown(fold, &row.who);
        Some(Self {
            brand: fold.brand(),
            issue: fold.issue(),
            opened: minute_of(fold.opened.at),
            spoke: once_each(over.chain(open).map(minute_of)),
            replied: once_each(fold.replied_in.iter().map(|hour| i64::from(*hour))),
            surveyed: scored.map(|scored| {
                let cell = SurveyCell {
                    scale: scored.score.scale,
                    answered: answered_at(fold, row.judged_at).is_some_and(|at| at <= scored.at),
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
    let spoke = changes(before, now, |told| &told.spoke);
    counts.extend(spoke.map(|(minute, by)| Count::Spoke { minute, by }));
    let replied = changes(before, now, |told| &told.replied);
    counts.extend(replied.map(|(hour, by)| Count::Replied { hour, by }));
    let surveyed = |told: Option<&Told<'_>>| told.and_then(|told| told.surveyed);
    if surveyed(before) != surveyed(now) {
        for (survey, by) in [(surveyed(before), -1), (surveyed(now), 1)] {
            counts.extend(survey.map(|(hour, cell)| Count::Surveyed { hour, cell, by }));
        }
    }
    counts
}

/// Each of some times in order, once.
fn once_each(times: impl Iterator<Item = i64>) -> Times {
    let mut times: Times = times.collect();
    times.dedup();
    times
}

/// The times that are gone, and those that are new. Of more than are remembered, the earliest give way: they
/// stay told.
fn changes<'t>(
    before: Option<&'t Told<'_>>,
    now: Option<&'t Told<'_>>,
    of: fn(&'t Told<'_>) -> &'t Times,
) -> impl Iterator<Item = (i64, i8)> {
    let times = |told: Option<&'t Told<'_>>| told.map_or(&[][..], |told| of(told));
    let (before, now) = (times(before), times(now));
    let gave_way = move |time: i64| now.len() >= REMEMBERED && now.first().is_some_and(|first| time < *first);
    let gone = before
        .iter()
        .filter(move |time| !now.contains(time) && !gave_way(**time));
    let new = now.iter().filter(move |time| !before.contains(time));
    gone.map(|time| (*time, -1)).chain(new.map(|time| (*time, 1)))
}

/// When the case was answered, as judged at a time: what a bot said counts once it has stood.
fn answered_at(fold: &Fold, judged_at: Millis) -> Option<Millis> {
    let bot = fold.bot_claim.as_ref();
    let stood = bot.filter(|claim| judged_at.since(claim.at) >= BOT_UNCONTESTED_MS);
    let answered = fold.answered.as_ref().map(|answer| &answer.mark);
    answered.or(stood).map(|mark| mark.at)
}

#[cfg(test)]
mod tests {
    use super::{Count, SurveyCell, Told};
    use crate::model::SurveyScale;
    use smallvec::SmallVec;
    use smol_str::SmolStr;

    fn spoke_at(minute: i64, by: i8) -> Count {
        Count::Spoke { minute, by }
    }

    #[test]
    fn only_what_changes_is_told() {
        let (acme, zeta, parcel) = (SmolStr::new("acme"), SmolStr::new("zeta"), SmolStr::new("parcel"));
        let opened = Told {
            brand: Some(&acme),
            issue: None,
            opened: 100,
            spoke: [100].into_iter().collect(),
            replied: SmallVec::new(),
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
            replied: [2].into_iter().collect(),
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
            spoke: [90].into_iter().collect(),
            ..opened.clone()
        };
        let (spoke, replied_at) = (spoke_at(100, 1), Count::Replied { hour: 2, by: 1 });
        let told = [spoke.clone(), replied_at.clone()];
        let back = [spoke_at(100, -1), Count::Replied { hour: 2, by: -1 }];
        //   before         now             then these are told, by brand
        for (before, now, wanted) in [
            (None, None, vec![]),
            (
                None,
                Some(&opened),
                vec![("acme", vec![open(100, None, 1), spoke.clone()])],
            ),
            (Some(&opened), Some(&opened), vec![]),
            (
                Some(&opened),
                Some(&replied),
                vec![("acme", vec![replied_at.clone()])],
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
                        spoke_at(100, -1),
                        spoke_at(90, 1),
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
}
