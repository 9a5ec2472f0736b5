//! The cases of a party: a few are in its main row, those of a large party in an [index](super::index). Surveys that
//! name a person only stand among them.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::index::Index;
use super::surveys;
use crate::desk::keys::part;
use crate::desk::message::{CaseNote, CaseRef, History, Standing};
use crate::desk::summary::Summary;
use crate::desk::survey::Answer;
use crate::processor::{ActorKey, RowKey};

/// Cases in the main row at most.
pub const INLINE: usize = 16;
/// How long back a party's history reaches, in milliseconds.
pub const HISTORY_MS: i64 = 90 * 24 * 3600 * 1000;

/// What a party knows of a case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Member {
    /// Which case.
    pub case: CaseRef,
    /// The membership of the latest note.
    pub membership: u32,
    /// The number of the latest note.
    pub number: u32,
    /// How it stands.
    pub standing: Standing,
    /// It stays though the customer's record may point elsewhere.
    pub settled: bool,
    /// What it told of itself.
    pub summary: Summary,
    /// The survey that it is; then it is no case.
    pub survey: Option<Answer>,
    /// A digest of the findings it was last told in this membership; zero: none.
    pub told: u64,
    /// A digest of the history it was told with them.
    pub told_history: u32,
}

impl Member {
    /// Whether it has been told that others opened close to it.
    pub fn is_compared(&self) -> bool {
        self.told & 1 != 0
    }

    /// Whether another note of it says no more than this one.
    pub fn says_the_same(&self, other: &Self) -> bool {
        (self.standing, &self.survey) == (other.standing, &other.survey) && self.summary == other.summary
    }

    /// Whether it is the party's: as a case of its own, or within another of theirs.
    pub fn is_theirs(&self) -> bool {
        matches!(self.standing, Standing::Member | Standing::Joined)
    }
}

/// What a note was to a party.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noted {
    /// More about a membership that is known.
    More,
    /// The first note of a case that was not known.
    First,
    /// The first note of another membership than the one that was known.
    Again,
}

/// A party's cases.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Members {
    inline: SmallVec<[Member; 1]>,
    /// Where they are if they are many; then none is inline.
    pub index: Option<Box<Index>>,
}

impl From<&CaseNote> for Member {
    /// What a case tells of itself is kept for as long as it is the party's: of one that has left, nothing
    /// must be there when its person is forgotten.
    fn from(note: &CaseNote) -> Self {
        let stays = note.standing == Standing::Member;
        let mut survey = note.survey.clone();
        if let Some(answer) = survey.as_mut().filter(|_| !stays) {
            answer.scored.id = Default::default();
        }
        Self {
            case: note.case,
            membership: note.membership,
            number: note.number,
            standing: note.standing,
            settled: note.settled,
            summary: if stays {
                note.summary.clone()
            } else {
                Summary::nothing(note.summary.case_id, Default::default())
            },
            survey,
            told: 0,
            told_history: 0,
        }
    }
}

impl Members {
    /// Whether they are many, or will be with this one.
    pub fn are_many(&self, with: CaseRef) -> bool {
        let is_known = || self.inline.iter().any(|member| member.case == with);
        self.index.is_some() || self.inline.len() == INLINE && !is_known()
    }

    /// Takes a case's note: the case as it is now, to be [kept](Self::keep), unless the note is old.
    pub fn take(&self, note: &CaseNote) -> Option<(Member, Noted)> {
        let known = self.inline.iter().find(|member| member.case == note.case);
        let Some(known) = known else {
            return Some((note.into(), Noted::First));
        };
        let mut member = known.clone();
        let noted = update(&mut member, note)?;
        Some((member, noted))
    }

    /// Keeps a case that has changed.
    pub fn keep(&mut self, member: Member) {
        match self.inline.iter_mut().find(|known| known.case == member.case) {
            Some(known) => *known = member,
            None => self.inline.push(member),
        }
    }

    /// The cases, if they are few.
    pub fn few(&self) -> &[Member] {
        &self.inline
    }

    /// The cases of the main row, which go into an index.
    pub fn take_inline(&mut self) -> SmallVec<[Member; 1]> {
        std::mem::take(&mut self.inline)
    }

    /// Whether there never was one.
    pub fn is_empty(&self) -> bool {
        self.inline.is_empty() && self.index.is_none()
    }
}

/// The history of a party as one of its few cases sees it.
pub fn history(of: &Member, members: &[Member]) -> History {
    let place = |member: &Member| (member.summary.opened_at, member.summary.case_id);
    let mut history = History {
        last_score: {
            let others = members.iter().filter(|member| member.case != of.case);
            surveys::last_score(others.chain([of])).map(|scored| scored.score)
        },
        ..History::default()
    };
    for other in members
        .iter()
        .filter(|m| m.standing == Standing::Member && m.survey.is_none() && m.case != of.case)
    {
        history.open_cases += u32::from(other.summary.open);
        // Of two cases that opened at one moment, the one with the smaller id is the earlier.
        let before = of.summary.opened_at.since(other.summary.opened_at);
        if place(other) < place(of) && before <= HISTORY_MS {
            history.complaints_90d += 1;
            history.unanswered_90d += u32::from(other.summary.was_unanswered_by(of.summary.opened_at));
        }
    }
    history
}

/// The case as a newer note tells it; `None` if the note is not newer.
pub fn update(known: &mut Member, note: &CaseNote) -> Option<Noted> {
    if (note.membership, note.number) <= (known.membership, known.number) {
        return None;
    }
    let first = note.membership > known.membership;
    let (told, told_history) = if first {
        (0, 0)
    } else {
        (known.told, known.told_history)
    };
    *known = Member {
        told,
        told_history,
        ..note.into()
    };
    Some(if first { Noted::Again } else { Noted::More })
}

/// The row that says where a case of a large party stands.
pub fn locator(party: ActorKey, case: CaseRef) -> RowKey {
    // Two cases of one party on one row would need a collision of 64 of a keyed hash's bits.
    let index = (case.conversation as u64) ^ ((case.conversation >> 64) as u64) ^ case.author.rotate_left(32);
    RowKey {
        actor: party,
        part: part::MEMBER,
        index,
    }
}

#[cfg(test)]
mod tests {
    use super::{Member, history};
    use crate::desk::message::{CaseRef, History, Standing};
    use crate::desk::summary::Summary;
    use crate::model::{CaseId, Millis};

    #[test]
    fn history_counts_the_other_cases() {
        const DAY: i64 = 24 * 3600 * 1000;
        let case = |n: u64, day: i64, open, was_unanswered, standing| Member {
            case: CaseRef {
                conversation: n.into(),
                author: n,
            },
            membership: 1,
            number: 1,
            standing,
            settled: false,
            summary: Summary {
                opened_at: Millis(day * DAY),
                open,
                was_unanswered,
                ..Summary::nothing(CaseId::default(), "email".into())
            },
            survey: None,
            told: 0,
            told_history: 0,
        };
        let members = [
            case(1, 100, true, true, Standing::Member), // the one that asks
            case(2, 99, true, true, Standing::Member),
            case(3, 10, false, false, Standing::Member),
            case(4, 9, true, true, Standing::Member), // too long ago
            case(5, 101, true, false, Standing::Member), // later
            case(6, 99, true, true, Standing::Watcher), // another party's
            case(7, 99, true, true, Standing::Gone),
        ];
        let expected = History {
            complaints_90d: 2,
            unanswered_90d: 1,
            open_cases: 3,
            last_score: None,
        };
        assert_eq!(history(&members[0], &members), expected);
    }
}
