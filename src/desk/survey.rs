//! A survey that names a person and no conversation (rule 12).
//!
//! Whose it is, it finds out as a case does: it asks its identifiers, decides its party from the answers,
//! joins it, and moves on when a customer record changes them. Which of the party's cases it belongs to
//! is for the party to say.

use serde::{Deserialize, Serialize};

use super::conversation::fact::{Mention, NOBODY};
use super::conversation::fold::MENTIONS;
use super::conversation::identify::HOPS;
use super::conversation::record;
use super::conversation::version::{Digest, KEPT};
use super::conversation::who::{Asked, Who};
use super::figures::{FORGOTTEN, FORGOTTEN_LATE, SURVEYS, SURVEYS_KNOWN, SURVEYS_REVISED};
use super::forgetting::{Forget, hidden};
use super::message::{CaseRef, Standing};
use super::row::Row;
use super::score::{Score, Scored};
use super::summary::Summary;
use super::{Desk, Effects, Message, State, keys, misdirected};
use crate::model::{CaseId, Identifier, Millis, Survey, SurveyAbout};
use crate::processor::{ActorKey, Context, Corrupt, Rejection};

/// What a customer answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The score.
    pub scored: Scored,
    /// What it was about.
    pub about: SurveyAbout,
}

/// The row of a survey.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SurveyRow {
    /// What was answered.
    pub answer: Answer,
    /// Who answered.
    pub who: Who,
    /// What this version of the answer is known by, and the earliest time at which the log had it (rule 1).
    pub known: (Millis, Digest),
    /// Versions that gave way to it.
    pub others: Vec<Version>,
}

/// A version of an answer that gave way to another: the later by the log stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Version {
    /// What was answered.
    pub answer: Answer,
    /// Its time in the log, and what it is known by.
    pub known: (Millis, Digest),
    /// Who answered.
    pub identifiers: Vec<Identifier>,
}

/// Versions of an answer that are kept beside the one that stands.
const OTHERS: usize = KEPT - 1;

/// The survey gets a message.
///
/// # Errors
///
/// State that cannot be read, or a message that is not for a survey.
pub fn apply(
    desk: &Desk,
    key: ActorKey,
    message: &Message,
    state: &mut State<'_>,
    cx: &Context,
    effects: &mut Effects,
) -> Result<(), Rejection> {
    let known = read(key, state)?;
    let row = match (message, known) {
        (Message::Surveyed { survey, logged }, Some(mut row)) => {
            if !revise(desk, key, &mut row, version(desk, survey, *logged), effects) {
                return Ok(());
            }
            join(desk, key, &mut row, cx, effects);
            row
        }
        (Message::Surveyed { survey, logged }, None) => {
            effects.count(SURVEYS, 1);
            begin(desk, key, version(desk, survey, *logged), effects)
        }
        (Message::Owner(_) | Message::Moved(_) | Message::Forget(_), None) => return Ok(()),
        (message, Some(mut row)) => {
            let is_news = match message {
                Message::Owner(answer) => row.who.owner(answer),
                Message::Moved(moved) => row.who.moved(moved),
                Message::Forget(forget) => match **forget {
                    Forget::Author { at, .. } => {
                        if row.answer.scored.at <= at && !row.who.is_nobody() {
                            effects.count(FORGOTTEN, 1);
                            forget_author(desk, key, &mut row, effects);
                            effects.store(keys::head(key), Row::Survey(Box::new(row)));
                        }
                        return Ok(());
                    }
                    _ => return Err(misdirected(key)),
                },
                _ => return Err(misdirected(key)),
            };
            if !is_news {
                return Ok(());
            }
            match row.who.forgotten(&mentions(&row)) {
                Some(forgotten) if row.answer.scored.at <= forgotten.at => {
                    effects.count(if forgotten.late { FORGOTTEN_LATE } else { FORGOTTEN }, 1);
                    forget_author(desk, key, &mut row, effects);
                }
                _ => join(desk, key, &mut row, cx, effects),
            }
            row
        }
        _ => return Err(misdirected(key)),
    };
    effects.store(keys::head(key), Row::Survey(Box::new(row)));
    Ok(())
}

fn read(key: ActorKey, state: &mut State<'_>) -> Result<Option<SurveyRow>, Corrupt> {
    match state.get(&keys::head(key))? {
        None => Ok(None),
        Some(Row::Survey(row)) => Ok(Some((**row).clone())),
        Some(_) => Err(Corrupt("a survey's row is of another kind".into())),
    }
}

fn me(key: ActorKey) -> CaseRef {
    CaseRef {
        conversation: key.hash,
        author: NOBODY,
    }
}

fn version(desk: &Desk, survey: &Survey, logged: Millis) -> Version {
    let answer = Answer {
        scored: Scored {
            at: survey.occurred_at,
            id: format!("{}/{}", survey.source, survey.id).into(),
            revision: 0,
            score: Score {
                value: survey.score,
                scale: survey.scale,
            },
        },
        about: survey.about,
    };
    let given = survey.customer.iter().flat_map(|person| &person.identifiers);
    Version {
        answer,
        known: (logged, Digest::of_survey(desk.keys(), survey)),
        identifiers: given.take(MENTIONS).cloned().collect(),
    }
}

fn begin(desk: &Desk, key: ActorKey, version: Version, effects: &mut Effects) -> SurveyRow {
    let mut row = SurveyRow {
        answer: version.answer,
        who: Who::default(),
        known: version.known,
        others: Vec::new(),
    };
    ask(desk, key, &mut row, &version.identifiers, effects);
    row
}

/// Asks identifiers for their owner, and no others any more.
fn ask(desk: &Desk, key: ActorKey, row: &mut SurveyRow, identifiers: &[Identifier], effects: &mut Effects) {
    row.who
        .asked
        .retain(|asked| identifiers.contains(&asked.identifier));
    for identifier in identifiers {
        if row.who.asked.iter().any(|asked| asked.identifier == *identifier) {
            continue;
        }
        let actor = desk.keys().identifier(identifier);
        row.who.asked.push(Asked {
            identifier: identifier.clone(),
            mention: record::mention(desk.keys(), identifier),
            actor: actor.hash,
            number: 0,
            owner: None,
            rivals: Default::default(),
            forgotten: None,
        });
        effects.tell(actor, Message::Ask(me(key)));
    }
}

/// Rule 1: one more version of the answer, or one of them again. Says whether anything has changed.
fn revise(desk: &Desk, key: ActorKey, row: &mut SurveyRow, came: Version, effects: &mut Effects) -> bool {
    let digest = came.known.1;
    // Of who was forgotten, nothing is left that another version could be compared with.
    let is_gone = row.who.is_nobody() && row.others.is_empty();
    let others = row.others.iter_mut().map(|version| &mut version.known);
    let same = others.chain([&mut row.known]).find(|known| known.1 == digest);
    let is_known = same.is_some();
    effects.count(
        if is_known || is_gone {
            SURVEYS_KNOWN
        } else {
            SURVEYS_REVISED
        },
        1,
    );
    match same {
        _ if is_gone => return false,
        Some(known) if known.0 <= came.known.0 => return false,
        Some(known) => known.0 = came.known.0,
        None => row.others.push(came),
    }
    let asked = row.who.asked.iter().map(|asked| asked.identifier.clone());
    let standing = Version {
        answer: row.answer.clone(),
        known: row.known,
        identifiers: asked.collect(),
    };
    let mut all = std::mem::take(&mut row.others);
    all.push(standing);
    all.sort_by_key(|version| version.known);
    if let Some(latest) = all.pop() {
        (row.answer, row.known) = (latest.answer, latest.known);
        ask(desk, key, row, &latest.identifiers, effects);
    }
    all.drain(..all.len().saturating_sub(OTHERS));
    row.others = all;
    if let Some(party) = row.who.party.as_ref().map(|party| party.key.clone()) {
        tell(desk, key, row, &party, Standing::Member, effects);
    }
    true
}

/// Tells a party how the survey stands to it.
fn tell(
    desk: &Desk,
    key: ActorKey,
    row: &mut SurveyRow,
    party_key: &str,
    standing: Standing,
    effects: &mut Effects,
) {
    let nothing = Summary::nothing(CaseId::default(), Default::default());
    let mut note = row.who.note(me(key), party_key, standing, nothing);
    note.survey = Some(row.answer.clone());
    effects.tell(desk.keys().party(party_key), Message::Case(Box::new(note)));
}

/// The person is forgotten: the survey leaves their party, and keeps its score and nothing of who gave it.
fn forget_author(desk: &Desk, key: ActorKey, row: &mut SurveyRow, effects: &mut Effects) {
    let scored = &mut row.answer.scored;
    scored.id = hidden(desk.keys(), &scored.id);
    for party_key in row.who.parties() {
        tell(desk, key, row, &party_key, Standing::Gone, effects);
    }
    row.who = Who::default();
    row.others = Vec::new();
}

fn mentions(row: &SurveyRow) -> Vec<Mention> {
    row.who.asked.iter().map(|asked| asked.mention).collect()
}

/// Decides the party anew; if it is another, leaves the old one and joins it.
fn join(desk: &Desk, key: ActorKey, row: &mut SurveyRow, cx: &Context, effects: &mut Effects) {
    let Some((party, way)) = row.who.decide(&mentions(row), &desk.settings().identity) else {
        return;
    };
    // A loop ends where it is (ENGINE.md 15).
    if row.who.party.as_ref() == Some(&party) || cx.hops >= HOPS {
        return;
    }
    let way: Vec<_> = way.into_iter().map(Into::into).collect();
    let joined = (party.key.clone(), Standing::Member);
    let left = row.who.join(Some(party), &way);
    for (party_key, standing) in left.into_iter().chain([joined]) {
        tell(desk, key, row, &party_key, standing, effects);
    }
}
