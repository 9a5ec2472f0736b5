//! A party: what the CRM says of a person, and their cases.
//!
//! A customer's record claims its identifiers at their actors, and may point to another customer.
//! Cases join and leave by notes; the party answers each with what it has found. What only shows
//! across cases (rules 9, 10, 16 to 18, 20) and ranking (rule 11) will be folds over its members,
//! beside [`members::history`].

pub mod customer;
pub mod members;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::message::{CaseNote, Claim, Findings, Moved, Standing};
use super::row::Row;
use super::{Desk, Effects, Message, State, keys, misdirected};
use crate::processor::{ActorKey, Corrupt, Rejection};

use customer::CustomerState;
use members::{Member, Members, Noted};

/// The main row of a party.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PartyRow {
    /// What the CRM says, if it ever said anything.
    pub customer: Option<Box<CustomerState>>,
    /// Rises with each message sent.
    pub number: u64,
    /// The party's cases.
    pub members: Members,
}

/// One apply of a party.
pub struct Actor<'a, 's> {
    desk: &'a Desk,
    key: ActorKey,
    state: &'a mut State<'s>,
    effects: &'a mut Effects,
}

impl<'a, 's> Actor<'a, 's> {
    /// An apply of the party `key`.
    pub fn new(desk: &'a Desk, key: ActorKey, state: &'a mut State<'s>, effects: &'a mut Effects) -> Self {
        Self {
            desk,
            key,
            state,
            effects,
        }
    }

    /// The party gets a message.
    ///
    /// # Errors
    ///
    /// State that cannot be read, or a message that is not for a party.
    pub fn apply(mut self, message: &Message) -> Result<(), Rejection> {
        let mut row = self.read()?;
        row.number += 1;
        match message {
            Message::Case(note) => self.noted(&mut row, note)?,
            Message::Known(record) => {
                let customer = row
                    .customer
                    .get_or_insert_with(|| Box::new(CustomerState::new(&record.customer_id)));
                let news = customer.take(record);
                self.customer(&mut row, news)?;
            }
            Message::Dropped { customer_id, at } => {
                let customer = row
                    .customer
                    .get_or_insert_with(|| Box::new(CustomerState::new(customer_id)));
                let news = customer.dropped(*at);
                self.customer(&mut row, news)?;
            }
            Message::SpreadParty(block) => {
                let members = Members::block(self.key, *block, self.state)?;
                let others = row.members.at_hand(self.key, self.state)?;
                members.iter().for_each(|member| self.tell(&row, member, &others));
                if block + 1 < row.members.blocks() {
                    self.effects.resume(self.key, Message::SpreadParty(block + 1));
                }
            }
            _ => return Err(misdirected(self.key)),
        }
        self.effects
            .store(keys::head(self.key), Row::Party(Box::new(row)));
        Ok(())
    }

    fn read(&mut self) -> Result<PartyRow, Corrupt> {
        match self.state.get(&keys::head(self.key))? {
            None => Ok(PartyRow::default()),
            Some(Row::Party(row)) => Ok((**row).clone()),
            Some(_) => Err(Corrupt("a party's main row is of another kind".into())),
        }
    }

    /// A case has joined, changed or left.
    fn noted(&mut self, row: &mut PartyRow, note: &CaseNote) -> Result<(), Rejection> {
        let noted = row.members.take(self.key, note, self.state, self.effects)?;
        if noted == Noted::First && note.standing == Standing::Member {
            let others = row.members.others_at_hand(self.key, note.case, self.state)?;
            self.tell(row, &Member::from(note), &others);
        }
        Ok(())
    }

    /// The CRM's record has changed: claim, and tell all cases.
    fn customer(&mut self, row: &mut PartyRow, news: customer::News) -> Result<(), Rejection> {
        let Some(customer) = &row.customer else {
            return Ok(());
        };
        for identifier in news.claims {
            let claim = Claim {
                customer_id: customer.customer_id.clone(),
                number: row.number,
                since: identifier.since,
                holds: identifier.holds,
            };
            let to = self.desk.keys().identifier(&identifier.identifier);
            self.effects.tell(to, Message::Claim(Box::new(claim)));
        }
        if news.cases_care {
            let members = row.members.at_hand(self.key, self.state)?;
            members.iter().for_each(|member| self.tell(row, member, &members));
            if row.members.blocks() > 0 {
                self.effects.resume(self.key, Message::SpreadParty(0));
            }
        }
        Ok(())
    }

    /// Tells a case where the record points, and, if it stays here, what has been found.
    fn tell(&mut self, row: &PartyRow, member: &Member, others: &[Member]) {
        let case = member.case;
        let next = row.customer.as_ref().and_then(|customer| customer.merged_into());
        // A case that joins a customer who is nobody else's, and never was, need not be told so.
        let was_moved = row
            .customer
            .as_ref()
            .is_some_and(|customer| customer.was_ever_merged());
        if was_moved
            && member.standing != Standing::Gone
            && let Some(customer) = &row.customer
        {
            let moved = Moved {
                author: case.author,
                customer_id: customer.customer_id.clone(),
                number: row.number,
                next: next.map(Into::into),
            };
            self.effects.tell(case.actor(), Message::Moved(Box::new(moved)));
        }
        if member.standing == Standing::Member && (next.is_none() || member.settled) {
            let findings = Findings {
                author: case.author,
                membership: member.membership,
                number: row.number,
                profile: row.customer.as_ref().and_then(|customer| customer.profile()),
                history: members::history(member, others),
                again: None,
            };
            self.effects
                .tell(case.actor(), Message::Findings(Arc::new(findings)));
        }
    }
}
