//! An identifier: who claims it, which cases mention it.
//!
//! Cases ask once and are told again whenever the answer changes. The actor does not know its own
//! value: its key is a hash, and nothing else is kept.

pub mod claims;

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::crowd::Crowd;
use super::message::{CaseRef, Owner};
use super::row::Row;
use super::{Effects, Message, State, keys, misdirected};
use crate::processor::{ActorKey, Corrupt, Rejection};

use claims::{Claims, Verdict};

/// The main row of an identifier.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct IdentifierRow {
    /// Who claims it.
    pub claims: Claims,
    /// The verdict last told.
    pub verdict: Verdict,
    /// Rises with each change of the verdict; 1 is the first.
    pub number: u64,
    /// The cases that mention it.
    pub cases: Crowd,
}

/// The identifier gets a message.
///
/// # Errors
///
/// State that cannot be read, or a message that is not for an identifier.
pub fn apply(
    key: ActorKey,
    message: &Message,
    state: &mut State<'_>,
    effects: &mut Effects,
) -> Result<(), Rejection> {
    let mut row = read(key, state)?;
    match message {
        Message::Ask(case) => {
            row.cases.add(key, *case, effects);
            tell(key, &row, *case, effects);
        }
        Message::Claim(claim) => {
            if !row.claims.take(claim) {
                return Ok(());
            }
            let verdict = row.claims.verdict();
            if verdict != row.verdict {
                row.verdict = verdict;
                row.number += 1;
                row.cases
                    .newest()
                    .iter()
                    .for_each(|case| tell(key, &row, *case, effects));
                if row.cases.blocks() > 0 {
                    effects.resume(key, Message::SpreadOwner(0));
                }
            }
        }
        Message::SpreadOwner(block) => {
            for case in Crowd::block(key, *block, state)? {
                tell(key, &row, case, effects);
            }
            if block + 1 < row.cases.blocks() {
                effects.resume(key, Message::SpreadOwner(block + 1));
            }
            return Ok(());
        }
        _ => return Err(misdirected(key)),
    }
    effects.store(keys::head(key), Row::Identifier(Box::new(row)));
    Ok(())
}

fn read(key: ActorKey, state: &mut State<'_>) -> Result<IdentifierRow, Corrupt> {
    match state.get(&keys::head(key))? {
        None => Ok(IdentifierRow {
            number: 1,
            ..IdentifierRow::default()
        }),
        Some(Row::Identifier(row)) => Ok((**row).clone()),
        Some(_) => Err(Corrupt("an identifier's main row is of another kind".into())),
    }
}

fn tell(key: ActorKey, row: &IdentifierRow, case: CaseRef, effects: &mut Effects) {
    let Verdict { owner, rivals } = &row.verdict;
    let answer = Owner {
        author: case.author,
        identifier: key.hash,
        number: row.number,
        customer_id: owner.clone(),
        rivals: SmallVec::from_vec(rivals.to_vec()),
    };
    effects.tell(case.actor(), Message::Owner(Box::new(answer)));
}
