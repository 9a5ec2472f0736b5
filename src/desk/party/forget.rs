//! A customer is forgotten, or only what was left of a merge is cleaned up.
//!
//! | the CRM drops a record that | then |
//! |---|---|
//! | points to nobody | the customer is forgotten: record, claims, cases |
//! | points to another customer | that was the end of the merge's clean-up: claims and cases stay with the other |
//! | points to one who was forgotten | the customer is forgotten, too |
//! | closes a ring of which every record is dropped by now | all of them are forgotten |
//! | was dropped like that, and the one it points to is forgotten later | the customer is forgotten then |
//!
//! Whichever of records and droppings is processed first.

use super::customer::{self, CustomerState};
use super::index::due;
use super::members::Member;
use super::merges::{Erased, Merges};
use super::panel::Panel;
use super::{Actor, PartyRow};
use crate::desk::Message;
use crate::desk::figures::FORGOTTEN_LATE;
use crate::desk::forgetting::{Forget, Mark, own_id};
use crate::desk::keys::kind;
use crate::desk::message::Merged;
use crate::desk::misdirected;
use crate::model::{Customer, Identifier, Millis};
use crate::processor::{ActorKey, Corrupt, Rejection};

/// Records that a question goes by at most on its way along the pointers.
const STEPS: u8 = 64;

impl Actor<'_, '_> {
    /// A message that is about forgetting.
    pub(super) fn forgetting(&mut self, row: &mut PartyRow, forget: &Forget) -> Result<(), Rejection> {
        match forget {
            Forget::Carried(identifier) => self.forget_carried(row, *identifier),
            Forget::Customer { at } => match &row.customer {
                Some(customer) if customer.ended().is_some() => self.forget_ended(row, *at)?,
                Some(customer) if customer.merged_into().is_some() => {
                    row.merges.get_or_insert_default().asked = Some(*at);
                }
                _ => {} // its record is dropped as well
            },
            Forget::Ended { origin, steps } => self.asked_whether_any_is_left(row, *origin, *steps)?,
            Forget::Target { at } => self.forget_ended(row, *at)?,
            Forget::Author { .. }
            | Forget::Alone(_)
            | Forget::Claim { .. }
            | Forget::Identifier { .. }
            | Forget::Spread(_) => {
                return Err(misdirected(self.key));
            }
        }
        Ok(())
    }

    /// The CRM has dropped the record.
    pub(super) fn dropped(
        &mut self,
        row: &mut PartyRow,
        customer_id: &str,
        at: Millis,
    ) -> Result<(), Rejection> {
        let was_asked = row.merges.as_ref().is_some_and(|merges| merges.asked.is_some());
        let points = |customer: &CustomerState| customer.merged_into().is_some();
        match &row.customer {
            Some(customer) if points(customer) && !was_asked => self.end(row, at),
            _ => Ok(self.forget(row, customer_id, at)?),
        }
    }

    /// The end of a merge's clean-up: cases and claims stay with the customer to whom the record pointed.
    fn end(&mut self, row: &mut PartyRow, at: Millis) -> Result<(), Rejection> {
        let Some(customer) = &mut row.customer else {
            return Ok(());
        };
        if customer.end(at) {
            self.tell_all_cases(row);
        }
        self.ask_whether_any_is_left(row, self.key.hash, 0);
        Ok(())
    }

    /// Asks the customer to whom the record points whether anybody is left for whom it stands.
    fn ask_whether_any_is_left(&mut self, row: &PartyRow, origin: u128, steps: u8) {
        if let Some(target) = self.target(row) {
            let forget = Forget::Ended { origin, steps };
            self.effects.tell(target, Message::Forget(Box::new(forget)));
        }
    }

    /// Somebody's record was dropped that leads here. If this one's was dropped as well, the question goes on; if
    /// it comes back to where it began, nobody is left in the ring.
    fn asked_whether_any_is_left(
        &mut self,
        row: &mut PartyRow,
        origin: u128,
        steps: u8,
    ) -> Result<(), Rejection> {
        let ended = row.customer.as_ref().map(|customer| customer.ended());
        let erased = row.merges.as_ref().and_then(|merges| merges.erased);
        match (ended, erased) {
            (Some(Some(at)), _) if origin == self.key.hash => self.forget_ended(row, at)?,
            (Some(Some(_)), _) if steps < STEPS => self.ask_whether_any_is_left(row, origin, steps + 1),
            (None, Some(Erased { at, .. })) => self.tell_source(origin, at),
            _ => {}
        }
        Ok(())
    }

    /// The customer to whom the record points is forgotten, or a command said to forget this one: what the record
    /// left goes now, if it was dropped.
    fn forget_ended(&mut self, row: &mut PartyRow, at: Millis) -> Result<(), Corrupt> {
        let customer = row.customer.as_ref();
        let ended = customer.and_then(|customer| Some((customer.customer_id.clone(), customer.ended()?)));
        match ended {
            Some((customer_id, ended)) => self.forget(row, &customer_id, at.max(ended)),
            None => Ok(()),
        }
    }

    /// The customer to whom the record points.
    fn target(&self, row: &PartyRow) -> Option<ActorKey> {
        let customer_id = row.customer.as_ref()?.merged_into()?;
        Some(self.customer_actor(customer_id))
    }

    fn tell_source(&mut self, source: u128, at: Millis) {
        let to = ActorKey {
            kind: kind::PARTY,
            hash: source,
        };
        let forget = Forget::Target { at };
        self.effects.tell(to, Message::Forget(Box::new(forget)));
    }

    /// The record points to another customer than `before`: both are told.
    pub(super) fn tell_targets(&mut self, row: &PartyRow, before: Option<&str>) {
        let now = row.customer.as_ref().and_then(|customer| customer.merged_into());
        if before == now {
            return;
        }
        for (target, points) in [(before, false), (now, true)] {
            let Some(target) = target else { continue };
            let merged = Merged {
                source: self.key.hash,
                number: row.number,
                points,
            };
            self.effects
                .tell(self.customer_actor(target), Message::Merged(merged));
        }
    }

    /// The customer is to be forgotten: the record, its claims, and the cases that are theirs. Those that were
    /// sent on to another customer stay that one's.
    fn forget(&mut self, row: &mut PartyRow, customer_id: &str, at: Millis) -> Result<(), Corrupt> {
        let customer = row.customer.take();
        // The log had the newest record before, whatever its own time says.
        let newest = customer.as_ref().and_then(|customer| customer.updated_at());
        let mark = Mark::new(
            newest.map_or(at, |newest| newest.max(at)),
            self.cx,
            self.desk.settings(),
        );
        if !Mark::renew(&mut row.forgotten, mark) {
            row.customer = customer;
            return Ok(());
        }
        row.panel = Panel::default();
        let own = own_id(customer_id);
        let carried = customer.iter().flat_map(|customer| customer.identifiers());
        for identifier in carried.filter(|identifier| **identifier != own).chain([&own]) {
            self.withdraw_claim(row, customer_id, identifier, at);
        }
        let was_merged = customer
            .as_ref()
            .is_some_and(|customer| customer.was_ever_merged());
        self.tell_all_forgotten(row, customer_id, was_merged);
        let newest = customer.and_then(|customer| customer.newest());
        let merges = row.merges.get_or_insert_default();
        let newest = newest.max(merges.erased.and_then(|erased| erased.newest));
        merges.erased = Some(Erased { at: mark.at, newest });
        merges.asked = None;
        for source in merges.sources().collect::<Vec<_>>() {
            self.tell_source(source, mark.at);
        }
        Ok(())
    }

    /// A record that the CRM had written before it dropped the customer comes late. Nothing of it is kept, but its
    /// identifiers were the person's too. Unless it is the one that was dropped, and pointed to another customer:
    /// then nobody was to be forgotten, and from here on nobody is.
    pub(super) fn known_late(&mut self, row: &mut PartyRow, record: &Customer) -> Result<(), Rejection> {
        let Some(mark) = row.forgotten else {
            return Ok(());
        };
        let key = (record.updated_at, customer::digest(record));
        let merges = row.merges.get_or_insert_default();
        let newest = merges.erased.and_then(|erased| erased.newest);
        let is_the_one = newest.is_none_or(|newest| newest < key);
        if is_the_one && let Some(erased) = &mut merges.erased {
            erased.newest = Some(key);
        }
        let points = record
            .merged_into
            .as_ref()
            .is_some_and(|target| *target != record.customer_id);
        if is_the_one && points && merges.asked.is_none() {
            row.forgotten = None;
            merges.erased = None;
            self.known(row, record)?;
            return self.dropped(row, &record.customer_id, mark.at);
        }
        self.effects.count(FORGOTTEN_LATE, 1);
        for identifier in &record.identifiers {
            self.withdraw_claim(row, &record.customer_id, identifier, mark.at);
        }
        Ok(())
    }

    /// An identifier is forgotten by a command: records that the CRM does not have any more carried it, or an
    /// older one did.
    fn forget_carried(&mut self, row: &mut PartyRow, identifier: u128) {
        let keys = *self.desk.keys();
        let Some(customer) = &mut row.customer else { return };
        let claimed = customer.forget_carried(|carried| keys.identifier(carried).hash == identifier);
        let (customer_id, at) = (customer.customer_id.clone(), customer.ended());
        for identifier in claimed {
            self.withdraw_claim(row, &customer_id, &identifier, at.unwrap_or(self.cx.now));
        }
    }

    fn withdraw_claim(&mut self, row: &PartyRow, customer_id: &str, identifier: &Identifier, at: Millis) {
        let forget = Forget::Claim {
            customer_id: customer_id.into(),
            number: row.number,
            at,
        };
        let to = self.desk.keys().identifier(identifier);
        self.effects.tell(to, Message::Forget(Box::new(forget)));
    }

    /// Tells cases and surveys that their person is forgotten, if so.
    pub(super) fn tell_forgotten(&mut self, row: &PartyRow, members: &[Member]) {
        let Some(mark) = row.forgotten else { return };
        for member in members.iter().filter(|member| member.is_theirs()) {
            let forget = Forget::Author {
                author: member.case.author,
                at: mark.at,
                party: Some(self.key.hash),
            };
            self.effects
                .tell(member.case.actor(), Message::Forget(Box::new(forget)));
        }
    }

    /// Tells all members that the customer is forgotten, and, if the record ever pointed elsewhere, that it does not
    /// any more.
    fn tell_all_forgotten(&mut self, row: &mut PartyRow, customer_id: &str, was_merged: bool) {
        if let Some(index) = &mut row.members.index {
            index.left = was_merged.then(|| customer_id.into());
            let moved = if was_merged { due::WHEREABOUTS } else { 0 };
            return self.tell_many(row, moved | due::FORGETTING);
        }
        let members = row.members.few().to_vec();
        for member in members.iter().filter(|_| was_merged) {
            self.tell_left(row, customer_id, member);
        }
        self.tell_forgotten(row, &members);
    }
}

impl PartyRow {
    /// Nothing of a forgotten customer is left to remember once the mark has gone, but where records still point
    /// here.
    pub(super) fn let_go(&mut self) {
        self.merges.take_if(|merges: &mut Box<Merges>| merges.is_over());
    }
}
