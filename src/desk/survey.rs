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
use super::conversation::who::{Asked, Who};
use super::figures::{FORGOTTEN, FORGOTTEN_LATE, SURVEYS, SURVEYS_KNOWN};
use super::forgetting::{Forget, hidden};
use super::message::{CaseRef, Standing};
use super::row::Row;
use super::score::{Score, Scored};
use super::summary::Summary;
use super::{Desk, Effects, Message, State, keys, misdirected};
use crate::model::{CaseId, Survey, SurveyAbout};
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
}

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
        // Rule 1: a duplicate has no effect.
        (Message::Surveyed(_), Some(_)) => {
            effects.count(SURVEYS_KNOWN, 1);
            return Ok(());
        }
        (Message::Surveyed(survey), None) => {
            effects.count(SURVEYS, 1);
            begin(desk, key, survey, effects)
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

fn begin(desk: &Desk, key: ActorKey, survey: &Survey, effects: &mut Effects) -> SurveyRow {
    let mut who = Who::default();
    let given = survey.customer.iter().flat_map(|person| &person.identifiers);
    for identifier in given.take(MENTIONS) {
        let actor = desk.keys().identifier(identifier);
        who.asked.push(Asked {
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
    SurveyRow { answer, who }
}

/// The person is forgotten: the survey leaves their party, and keeps its score and nothing of who gave it.
fn forget_author(desk: &Desk, key: ActorKey, row: &mut SurveyRow, effects: &mut Effects) {
    let scored = &mut row.answer.scored;
    scored.id = hidden(desk.keys(), &scored.id);
    for party_key in row.who.parties() {
        let nothing = Summary::nothing(CaseId::default(), Default::default());
        let mut note = row.who.note(me(key), &party_key, Standing::Gone, nothing);
        note.survey = Some(row.answer.clone());
        effects.tell(desk.keys().party(&party_key), Message::Case(Box::new(note)));
    }
    row.who = Who::default();
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
        let nothing = Summary::nothing(CaseId::default(), Default::default());
        let mut note = row.who.note(me(key), &party_key, standing, nothing);
        note.survey = Some(row.answer.clone());
        effects.tell(desk.keys().party(&party_key), Message::Case(Box::new(note)));
    }
}
