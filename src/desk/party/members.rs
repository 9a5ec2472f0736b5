//! The cases of a party: a few in its main row, those of a large party in rows of their own. Surveys that
//! name a person only stand among them.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::surveys;
use crate::desk::crowd::Crowd;
use crate::desk::keys::part;
use crate::desk::message::{CaseNote, CaseRef, History, Standing};
use crate::desk::row::Row;
use crate::desk::summary::Summary;
use crate::desk::survey::Answer;
use crate::desk::{Effects, State};
use crate::processor::{ActorKey, Corrupt, RowKey};

/// Cases in the main row at most.
const INLINE: usize = 16;
/// How long back a party's history reaches, in milliseconds.
const HISTORY_MS: i64 = 90 * 24 * 3600 * 1000;

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
    more: Crowd,
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
        }
    }
}

impl Members {
    /// Takes a case's note: the case as it is now, to be [kept](Self::keep), unless the note is old.
    ///
    /// # Errors
    ///
    /// State that cannot be read.
    pub fn take(
        &mut self,
        party: ActorKey,
        note: &CaseNote,
        state: &mut State<'_>,
        effects: &mut Effects,
    ) -> Result<Option<(Member, Noted)>, Corrupt> {
        let known = self.inline.iter().find(|member| member.case == note.case);
        let known = match known {
            Some(member) => Some(member.clone()),
            None => match state.get(&row(party, note.case))? {
                Some(Row::Member(member)) => Some((**member).clone()),
                _ => None,
            },
        };
        let Some(mut member) = known else {
            if self.inline.len() == INLINE {
                self.more.add(party, note.case, effects);
            }
            return Ok(Some((note.into(), Noted::First)));
        };
        Ok(update(&mut member, note).map(|noted| (member, noted)))
    }

    /// Keeps a case that has changed.
    pub fn keep(&mut self, party: ActorKey, member: Member, effects: &mut Effects) {
        match self.inline.iter().position(|known| known.case == member.case) {
            Some(place) => self.inline[place] = member,
            // None of a large party's further cases: those come only when there is no place here.
            None if self.inline.len() < INLINE => self.inline.push(member),
            None => effects.store(row(party, member.case), Row::Member(Box::new(member))),
        }
    }

    /// The cases at hand: those of the main row, and the newest others. `rest` says how many blocks
    /// of further ones there are.
    ///
    /// # Errors
    ///
    /// State that cannot be read.
    pub fn at_hand(&self, party: ActorKey, state: &mut State<'_>) -> Result<Vec<Member>, Corrupt> {
        let mut members = self.inline.to_vec();
        members.extend(read(party, self.more.newest(), state)?);
        Ok(members)
    }

    /// The same without one case: its row may have been stored by this very apply, which cannot read it
    /// yet.
    ///
    /// # Errors
    ///
    /// State that cannot be read.
    pub fn others_at_hand(
        &self,
        party: ActorKey,
        but: CaseRef,
        state: &mut State<'_>,
    ) -> Result<Vec<Member>, Corrupt> {
        let inline = self.inline.iter().filter(|member| member.case != but);
        let mut members: Vec<Member> = inline.cloned().collect();
        let newest = self.more.newest().iter().copied();
        let newest: SmallVec<[CaseRef; 8]> = newest.filter(|case| *case != but).collect();
        members.extend(read(party, &newest, state)?);
        Ok(members)
    }

    /// Whether there never was one.
    pub fn is_empty(&self) -> bool {
        self.inline.is_empty()
    }

    /// How many blocks of further cases there are.
    pub fn blocks(&self) -> u32 {
        self.more.blocks()
    }

    /// The cases of a block.
    ///
    /// # Errors
    ///
    /// State that cannot be read.
    pub fn block(party: ActorKey, block: u32, state: &mut State<'_>) -> Result<Vec<Member>, Corrupt> {
        let cases = Crowd::block(party, block, state)?;
        read(party, &cases, state)
    }
}

/// The history of a party as one of its cases sees it, over the cases at hand.
pub fn history(of: &Member, members: &[Member]) -> History {
    let place = |member: &Member| (member.summary.opened_at, member.summary.case_id);
    let mut history = History {
        last_score: surveys::last_score(members).map(|scored| scored.score),
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
            history.unanswered_90d += u32::from(other.summary.was_unanswered);
        }
    }
    history
}

fn read(party: ActorKey, cases: &[CaseRef], state: &mut State<'_>) -> Result<Vec<Member>, Corrupt> {
    let mut members = Vec::with_capacity(cases.len());
    for &case in cases {
        match state.get(&row(party, case))? {
            Some(Row::Member(member)) => members.push((**member).clone()),
            _ => return Err(Corrupt("a case of a large party is missing".into())),
        }
    }
    Ok(members)
}

/// The case as a newer note tells it; `None` if the note is not newer.
fn update(known: &mut Member, note: &CaseNote) -> Option<Noted> {
    if (note.membership, note.number) <= (known.membership, known.number) {
        return None;
    }
    let first = note.membership > known.membership;
    let told = if first { 0 } else { known.told };
    *known = Member { told, ..note.into() };
    Some(if first { Noted::Again } else { Noted::More })
}

fn row(party: ActorKey, case: CaseRef) -> RowKey {
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
