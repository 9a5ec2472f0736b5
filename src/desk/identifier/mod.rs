//! An identifier: who claims it, which cases mention it.
//!
//! Cases ask once and are told again whenever the answer changes. The actor does not know its own
//! value: its key is a hash, and nothing else is kept.

pub mod claims;

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::conversation::who::customer_key;
use super::crowd::Crowd;
use super::forgetting::{Forget, Forgotten, Mark, hidden, is_hidden};
use super::message::{CaseRef, Owner};
use super::row::Row;
use super::{Desk, Effects, Message, State, keys, misdirected};
use crate::model::Millis;
use crate::processor::{ActorKey, Context, Corrupt, Rejection};

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
    /// The person behind it was forgotten.
    pub forgotten: Option<Mark>,
}

/// The identifier gets a message.
///
/// # Errors
///
/// State that cannot be read, or a message that is not for an identifier.
pub fn apply(
    desk: &Desk,
    key: ActorKey,
    message: &Message,
    state: &mut State<'_>,
    cx: &Context,
    effects: &mut Effects,
) -> Result<(), Rejection> {
    let mut row = read(key, state)?;
    match message {
        Message::Ask(case) => {
            row.cases.add(key, *case, effects);
            tell(key, &row, *case, true, effects);
        }
        Message::Claim(claim) => {
            let name = || hidden(desk.keys(), &claim.customer_id);
            if row.claims.is_forgotten(claim, name) || !row.claims.take(claim) {
                return Ok(());
            }
            let verdict = row.claims.verdict();
            if verdict != row.verdict {
                row.verdict = verdict;
                tell_all(key, &mut row, effects);
            }
        }
        Message::Forget(forget) => match &**forget {
            Forget::Claim {
                customer_id,
                number,
                at,
            } => {
                let name = hidden(desk.keys(), customer_id);
                row.claims.forget(customer_id, *number, name);
                let verdict = row.claims.verdict();
                let is_news = Mark::renew(&mut row.forgotten, Mark::new(*at, cx, desk.settings()));
                if is_news || verdict != row.verdict {
                    row.verdict = verdict;
                    tell_all(key, &mut row, effects);
                }
            }
            Forget::Identifier { at } => {
                if Mark::renew(&mut row.forgotten, Mark::new(*at, cx, desk.settings())) {
                    forget_here(desk, key, &mut row, *at, effects);
                }
            }
            Forget::Spread(block) => {
                if let Some(mark) = row.forgotten {
                    for case in Crowd::block(key, *block, state)? {
                        tell_forget(case, mark.at, effects);
                    }
                }
                if block + 1 < row.cases.blocks() {
                    effects.resume(key, Message::Forget(Box::new(Forget::Spread(block + 1))));
                }
                return Ok(());
            }
            Forget::Author { .. }
            | Forget::Alone(_)
            | Forget::Carried(_)
            | Forget::Customer { .. }
            | Forget::Ended { .. }
            | Forget::Target { .. } => return Err(misdirected(key)),
        },
        Message::SpreadOwner(block) => {
            for case in Crowd::block(key, *block, state)? {
                tell(key, &row, case, false, effects);
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

/// The mark of a forgetting has stayed long enough.
///
/// # Errors
///
/// State that cannot be read.
pub fn wake(
    key: ActorKey,
    state: &mut State<'_>,
    cx: &Context,
    effects: &mut Effects,
) -> Result<(), Rejection> {
    let mut row = read(key, state)?;
    row.forgotten.take_if(|mark| mark.until <= cx.now);
    if row.forgotten.is_none() {
        row.claims.clear(is_hidden);
    }
    let has_cases = row.cases.blocks() > 0 || !row.cases.newest().is_empty();
    if row.forgotten.is_none() && row.claims.is_empty() && !has_cases {
        effects.delete(keys::head(key));
    } else {
        effects.store(keys::head(key), Row::Identifier(Box::new(row)));
    }
    Ok(())
}

/// Whoever this identifier names is forgotten: the cases that mention it, and what customers' records once
/// said of it. A record that still carries it is the CRM's to drop.
fn forget_here(desk: &Desk, key: ActorKey, row: &mut IdentifierRow, at: Millis, effects: &mut Effects) {
    for case in row.cases.newest() {
        tell_forget(*case, at, effects);
    }
    if row.cases.blocks() > 0 {
        effects.resume(key, Message::Forget(Box::new(Forget::Spread(0))));
    }
    for customer_id in row
        .claims
        .customers()
        .filter(|customer_id| !is_hidden(customer_id))
    {
        let party = desk.keys().party(&customer_key(customer_id));
        effects.tell(party, Message::Forget(Box::new(Forget::Carried(key.hash))));
    }
    tell_all(key, row, effects);
}

fn tell_forget(case: CaseRef, at: Millis, effects: &mut Effects) {
    let forget = Forget::Author {
        author: case.author,
        at,
        party: None,
    };
    effects.tell(case.actor(), Message::Forget(Box::new(forget)));
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

/// What is known of the identifier has changed: tells all cases.
fn tell_all(key: ActorKey, row: &mut IdentifierRow, effects: &mut Effects) {
    row.number += 1;
    for case in row.cases.newest() {
        tell(key, row, *case, false, effects);
    }
    if row.cases.blocks() > 0 {
        effects.resume(key, Message::SpreadOwner(0));
    }
}

fn tell(key: ActorKey, row: &IdentifierRow, case: CaseRef, is_new: bool, effects: &mut Effects) {
    let Verdict { owner, rivals } = &row.verdict;
    let answer = Owner {
        author: case.author,
        identifier: key.hash,
        number: row.number,
        customer_id: owner.clone(),
        rivals: SmallVec::from_vec(rivals.to_vec()),
        forgotten: row.forgotten.map(|mark| Forgotten {
            at: mark.at,
            late: is_new,
        }),
    };
    effects.tell(case.actor(), Message::Owner(Box::new(answer)));
}
