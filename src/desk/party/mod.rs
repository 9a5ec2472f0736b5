//! A party: what the CRM says of a person, their cases, and what they answered when asked.
//!
//! A customer's record claims its identifiers at their actors, and may point to another customer.
//! Cases join and leave by notes; the party tells each what it has found, whenever that changes. What
//! only shows across cases is a fold over its members: [`links`] (rules 9 and 16), [`surveys`] (rule 12),
//! [`members::history`]. Whom it is worth asking is found by [`panel`] (rule 20).

pub mod bearing;
pub mod customer;
#[cfg(test)]
mod exact;
mod forget;
pub mod index;
mod large;
pub mod links;
pub mod members;
pub mod merges;
mod near;
pub mod panel;
pub mod place;
mod spread;
mod sums;
pub mod surveys;
pub mod tiers;
mod worth;

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use smol_str::SmolStr;

use super::conversation::who::customer_key;
use super::forgetting::Mark;
use super::message::{CaseNote, Claim, Findings, Moved, Next, Standing};
use super::row::Row;
use super::signal::emit;
use super::{Desk, Effects, Message, State, keys, misdirected};
use crate::config::rules::SignalRules;
use crate::model::{Customer, Millis};
use crate::processor::{ActorKey, Context, Corrupt, Rejection};

use customer::CustomerState;
use index::due;
use links::Links;
use members::{Member, Members, Noted};
use merges::Merges;
use near::Near;
use panel::{Known, Panel, signal_key};

/// The main row of a party.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PartyRow {
    /// What the CRM says, if it ever said anything.
    pub customer: Option<Box<CustomerState>>,
    /// Rises with each message sent.
    pub number: u64,
    /// The party's cases.
    pub members: Members,
    /// Whom it is worth asking.
    pub panel: Panel,
    /// The customer was forgotten.
    pub forgotten: Option<Mark>,
    /// Records that point here, and what is left of a forgetting.
    pub merges: Option<Box<Merges>>,
}

impl PartyRow {
    /// When there may be a candidate to tell, or the mark of a forgotten customer goes.
    pub fn due(&self) -> Option<Millis> {
        let mark = self.forgotten.map(|mark| mark.until);
        self.panel.due.into_iter().chain(mark).min()
    }
}

/// One apply of a party.
pub struct Actor<'a, 's> {
    desk: &'a Desk,
    key: ActorKey,
    state: &'a mut State<'s>,
    cx: &'a Context,
    effects: &'a mut Effects,
}

impl<'a, 's> Actor<'a, 's> {
    /// An apply of the party `key`.
    pub fn new(
        desk: &'a Desk,
        key: ActorKey,
        state: &'a mut State<'s>,
        cx: &'a Context,
        effects: &'a mut Effects,
    ) -> Self {
        Self {
            desk,
            key,
            state,
            cx,
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
            Message::Known(record) if row.forgotten.is_some_and(|mark| record.updated_at <= mark.at) => {
                self.known_late(&mut row, record)?;
            }
            Message::Known(record) => self.known(&mut row, record)?,
            Message::Dropped { customer_id, at } => self.dropped(&mut row, customer_id, *at)?,
            Message::Merged(merged) => row.merges.get_or_insert_default().take(merged),
            Message::Forget(forget) => self.forgetting(&mut row, forget)?,
            Message::SpreadParty(sent) => self.tell_next(&mut row, *sent)?,
            _ => return Err(misdirected(self.key)),
        }
        self.effects
            .store(keys::head(self.key), Row::Party(Box::new(row)));
        Ok(())
    }

    /// The mark of a forgetting has stayed long enough.
    ///
    /// # Errors
    ///
    /// State that cannot be read.
    pub fn wake(mut self) -> Result<(), Rejection> {
        let (mut row, now) = (self.read()?, self.cx.now);
        row.forgotten.take_if(|mark| mark.until <= now);
        if row.forgotten.is_none() {
            row.let_go();
        }
        let head = keys::head(self.key);
        let nobody = row.forgotten.is_none() && row.customer.is_none() && row.merges.is_none();
        if nobody && row.members.is_empty() {
            self.effects.delete(head);
            return Ok(());
        }
        if row.panel.due.is_some_and(|due| due <= now) {
            self.tell_candidates(&mut row)?;
        }
        self.effects.store(head, Row::Party(Box::new(row)));
        Ok(())
    }

    /// The lateness bound has passed for something that makes the party worth asking (rule 20).
    fn tell_candidates(&mut self, row: &mut PartyRow) -> Result<(), Corrupt> {
        let SignalRules { panel, lateness, .. } = &self.desk.settings().signals;
        let many = self.worth_looking_at(row)?;
        let members = if row.members.index.is_some() {
            &many[..]
        } else {
            row.members.few()
        };
        let customer = row.customer.as_ref();
        let known = Known {
            members,
            lifetime_value: customer.and_then(|customer| customer.lifetime_value()),
        };
        for signal in row.panel.tell(known, panel, *lateness, self.cx.now) {
            emit(signal, self.effects);
        }
        Ok(())
    }

    fn read(&mut self) -> Result<PartyRow, Corrupt> {
        match self.state.get(&keys::head(self.key))? {
            None => Ok(PartyRow::default()),
            Some(Row::Party(row)) => Ok((**row).clone()),
            Some(_) => Err(Corrupt("a party's main row is of another kind".into())),
        }
    }

    /// A case has joined, changed or left: whatever that means to any case is told to it.
    fn noted(&mut self, row: &mut PartyRow, note: &CaseNote) -> Result<(), Rejection> {
        if row.members.are_many(note.case) {
            return self.noted_among_many(row, note);
        }
        let Some((mut member, noted)) = row.members.take(note) else {
            return Ok(());
        };
        self.greet(row, &member, noted);
        let others = row.members.few().iter().filter(|other| other.case != note.case);
        let mut all: SmallVec<[Member; 1]> = others.cloned().collect();
        self.tell_findings(row, &mut member, &all);
        let key = || signal_key(&note.party_key, self.desk.keys());
        if all.is_empty() {
            self.look_for_candidates(row, std::slice::from_ref(&member), key);
            row.members.keep(member);
            return Ok(());
        }
        row.members.keep(member.clone());
        let others = all.len();
        all.push(member);
        self.look_for_candidates(row, &all, key);
        for other in 0..others {
            let mut other = all[other].clone();
            if self.tell_findings(row, &mut other, &all) {
                row.members.keep(other);
            }
        }
        Ok(())
    }

    /// A case that joins is told where the customer's record points, or that the customer is forgotten.
    fn greet(&mut self, row: &PartyRow, member: &Member, noted: Noted) {
        if noted != Noted::More && member.is_theirs() {
            self.tell_whereabouts(row, member);
            // It had been on its way. One that was known had been told, unless it was another's: then it
            // only passes by, since the record that sent it there is gone.
            if noted == Noted::First && row.customer.is_none() {
                self.tell_forgotten(row, std::slice::from_ref(member));
            }
        }
    }

    /// The CRM's record of the customer.
    fn known(&mut self, row: &mut PartyRow, record: &Customer) -> Result<(), Rejection> {
        let customer = row
            .customer
            .get_or_insert_with(|| Box::new(CustomerState::new(&record.customer_id)));
        let pointed = customer.merged_into().map(SmolStr::from);
        let newest = customer.newest();
        let news = customer.take(record);
        let is_newest = customer.newest() != newest;
        if let Some(at) = news.dropped {
            self.tell_targets(row, pointed.as_deref());
            return self.dropped(row, &record.customer_id, at);
        }
        if let Some(merges) = row.merges.as_mut().filter(|_| is_newest) {
            (merges.erased, merges.asked) = (None, None);
            row.let_go();
        }
        self.tell_targets(row, pointed.as_deref());
        self.customer(row, news);
        Ok(())
    }

    /// The CRM's record has changed: claim, and tell all cases.
    fn customer(&mut self, row: &mut PartyRow, news: customer::News) {
        let (Some(customer), number) = (&row.customer, row.number) else {
            return;
        };
        for identifier in news.claims {
            let claim = Claim {
                customer_id: customer.customer_id.clone(),
                number,
                since: identifier.since,
                holds: identifier.holds,
            };
            let to = self.desk.keys().identifier(&identifier.identifier);
            self.effects.tell(to, Message::Claim(Box::new(claim)));
        }
        if news.cases_care {
            self.tell_all_cases(row);
        }
    }

    /// What the record says is another now: all cases are told.
    fn tell_all_cases(&mut self, row: &mut PartyRow) {
        let Some(customer) = &row.customer else { return };
        if row.members.index.is_some() {
            self.tell_many(row, due::FINDINGS | due::WHEREABOUTS);
            return;
        }
        let key = customer_key(&customer.customer_id);
        let members = row.members.few().to_vec();
        self.look_for_candidates(row, &members, || key);
        for member in &members {
            self.tell_whereabouts(row, member);
            let mut member = member.clone();
            if self.tell_findings(row, &mut member, &members) {
                row.members.keep(member);
            }
        }
    }

    fn customer_actor(&self, customer_id: &str) -> ActorKey {
        self.desk.keys().party(&customer_key(customer_id))
    }

    /// Rule 20: looks whether the party will be worth asking.
    fn look_for_candidates(&self, row: &mut PartyRow, members: &[Member], key: impl FnOnce() -> SmolStr) {
        let SignalRules { panel, lateness, .. } = &self.desk.settings().signals;
        let known = Known {
            members,
            lifetime_value: row
                .customer
                .as_ref()
                .and_then(|customer| customer.lifetime_value()),
        };
        row.panel.look(known, panel, *lateness, key);
    }

    /// Tells a case where the customer's record points.
    fn tell_whereabouts(&mut self, row: &PartyRow, member: &Member) {
        // A case that joins a customer who is nobody else's, and never was, need not be told so.
        let customer = row
            .customer
            .as_ref()
            .filter(|customer| customer.was_ever_merged());
        let Some(customer) = customer.filter(|_| member.standing != Standing::Gone) else {
            return;
        };
        let moved = Moved {
            author: member.case.author,
            customer_id: customer.customer_id.clone(),
            number: row.number,
            next: customer.merged_into().map(|target| Next {
                customer_id: target.into(),
                ended: customer.ended().is_some(),
            }),
        };
        self.effects
            .tell(member.case.actor(), Message::Moved(Box::new(moved)));
    }

    /// Tells a case that the record of a forgotten customer points nowhere.
    fn tell_left(&mut self, row: &PartyRow, customer_id: &str, member: &Member) {
        if member.standing == Standing::Gone {
            return;
        }
        let moved = Moved {
            author: member.case.author,
            customer_id: customer_id.into(),
            number: row.number,
            next: None,
        };
        self.effects
            .tell(member.case.actor(), Message::Moved(Box::new(moved)));
    }

    /// Tells a case of a party of few what has been found, if it does not know that yet. Says whether it did.
    fn tell_findings(&mut self, row: &PartyRow, member: &mut Member, others: &[Member]) -> bool {
        if !self.is_told(row, member) {
            return false;
        }
        let near = Near {
            is_compared: bearing::is_compared(member, others),
            history: members::history(member, others),
            others: Cow::Borrowed(others),
        };
        self.tell_found(row, member, near)
    }

    /// Whether a member is told what has been found: it is a case, and stays here.
    fn is_told(&self, row: &PartyRow, member: &Member) -> bool {
        let customer = row.customer.as_ref();
        let goes_on = customer.and_then(|customer| customer.merged_into()).is_some();
        let is_case = member.standing == Standing::Member && member.survey.is_none();
        is_case && (!goes_on || member.settled)
    }

    /// Tells a case what has been found, if it does not know that yet; a change of the history alone only if
    /// somebody handles it. Says whether it did.
    fn tell_found(&mut self, row: &PartyRow, member: &mut Member, near: Near<'_>) -> bool {
        let customer = row.customer.as_ref();
        let findings = Findings {
            author: member.case.author,
            membership: member.membership,
            number: row.number,
            profile: customer.and_then(|customer| customer.profile()),
            tier_then: customer.and_then(|customer| customer.tier_at(member.summary.opened_at)),
            history: near.history,
            links: Links::of(member, &near.others),
            surveys: surveys::of(member, &near.others),
            compared: near.is_compared,
        };
        let (digest, history) = (findings.digest(), findings.history_digest());
        let is_history_news = member.summary.handled && member.told_history != history;
        if member.told == digest && !is_history_news {
            return false;
        }
        (member.told, member.told_history) = (digest, history);
        self.effects
            .tell(member.case.actor(), Message::Findings(Arc::new(findings)));
        true
    }
}
