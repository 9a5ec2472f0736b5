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
use crate::model::{Advocacy, Millis};
use crate::processor::ActorKey;

/// All that a case tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told<'r> {
    brand: Option<&'r SmolStr>,
    issue: Option<&'r SmolStr>,
    opened: Minute,
    spoke: Option<Minute>,
    replied: Option<Hour>,
    surveyed: Option<(Hour, SurveyCell)>,
}

impl<'r> Told<'r> {
    /// What a case tells; `None` if no message is left of it.
    pub fn of(row: &'r CaseRow) -> Option<Self> {
        let fold = row.fold.as_deref()?;
        let wait = fold.open.as_ref().or(fold.last_wait.as_ref());
        let scored = surveys::shown(fold, &row.who);
        Some(Self {
            brand: fold.set.brand.as_ref().or(fold.told.brand.as_ref()),
            issue: fold.set.issue.as_ref().or(fold.told.issue.as_ref()),
            opened: minute_of(fold.opened.at),
            spoke: wait.map(|wait| minute_of(wait.first.at)),
            replied: fold.replied_in.map(i64::from),
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
    pub fn news(before: Option<Self>, now: Option<Self>, channel: &SmolStr, shard: u8) -> Vec<CaseCounts> {
        if before == now {
            return Vec::new();
        }
        let brand = |told: Option<Self>| told.map(|told| told.brand);
        let steps = match (before, now) {
            (Some(_), Some(_)) if brand(before) != brand(now) => vec![(before, None), (None, now)],
            _ => vec![(before, now)],
        };
        let notes = steps.into_iter().filter_map(|(before, now)| {
            let of = Counted {
                brand: brand(before).or(brand(now)).flatten().cloned(),
                channel: channel.clone(),
            };
            let counts = difference(before, now);
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

/// What takes what was told before to what is told now, of one brand and channel. That a customer waited
/// and a person replied stays told.
fn difference(before: Option<Told<'_>>, now: Option<Told<'_>>) -> SmallVec<[Count; 2]> {
    let mut counts = SmallVec::new();
    let opening = |told: &Option<Told<'_>>| told.as_ref().map(|told| (told.opened, told.issue.cloned()));
    if before.as_ref().map(Told::opening) != now.as_ref().map(Told::opening) {
        for (opening, by) in [(opening(&before), -1), (opening(&now), 1)] {
            counts.extend(opening.map(|(minute, issue)| Count::Opened { minute, issue, by }));
        }
    }
    let news = |of: fn(&Told<'_>) -> Option<i64>| {
        let now = now.as_ref().and_then(of);
        now.filter(|_| before.as_ref().and_then(of) != now)
    };
    counts.extend(news(|told| told.spoke).map(Count::Spoke));
    counts.extend(news(|told| told.replied).map(Count::Replied));
    let surveyed = |told: Option<Told<'_>>| told.and_then(|told| told.surveyed);
    if surveyed(before) != surveyed(now) {
        for (survey, by) in [(surveyed(before), -1), (surveyed(now), 1)] {
            counts.extend(survey.map(|(hour, cell)| Count::Surveyed { hour, cell, by }));
        }
    }
    counts
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
    use smol_str::SmolStr;

    #[test]
    fn only_what_changes_is_told() {
        let (acme, zeta, parcel) = (SmolStr::new("acme"), SmolStr::new("zeta"), SmolStr::new("parcel"));
        let opened = Told {
            brand: Some(&acme),
            issue: None,
            opened: 100,
            spoke: Some(100),
            replied: None,
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
            replied: Some(2),
            ..opened
        };
        let asked = Told {
            surveyed: Some((9, cell)),
            ..replied
        };
        let other = Told {
            brand: Some(&zeta),
            ..asked
        };
        let about = Told {
            issue: Some(&parcel),
            ..replied
        };
        let earlier = Told {
            opened: 90,
            spoke: Some(90),
            ..opened
        };
        let told = [Count::Spoke(100), Count::Replied(2)];
        //   before         now             then these are told, by brand
        for (before, now, wanted) in [
            (None, None, vec![]),
            (
                None,
                Some(opened),
                vec![("acme", vec![open(100, None, 1), Count::Spoke(100)])],
            ),
            (Some(opened), Some(opened), vec![]),
            (
                Some(opened),
                Some(replied),
                vec![("acme", vec![Count::Replied(2)])],
            ),
            (Some(replied), Some(asked), vec![("acme", vec![surveyed(1)])]),
            (
                Some(opened),
                Some(earlier),
                vec![(
                    "acme",
                    vec![open(100, None, -1), open(90, None, 1), Count::Spoke(90)],
                )],
            ),
            (
                Some(replied),
                Some(about),
                vec![("acme", vec![open(100, None, -1), open(100, Some(&parcel), 1)])],
            ),
            (
                Some(asked),
                None,
                vec![("acme", vec![open(100, None, -1), surveyed(-1)])],
            ),
            (
                Some(asked),
                Some(other),
                vec![
                    ("acme", vec![open(100, None, -1), surveyed(-1)]),
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
