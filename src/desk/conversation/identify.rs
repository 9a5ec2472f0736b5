//! How a case comes to its party: asking, deciding, joining, leaving.

use std::sync::Arc;

use smol_str::SmolStr;

use super::Actor;
use super::case::CaseRow;
use super::events::Happened;
use super::fact::{Author, Fact, Said};
use super::fold::{Fold, MENTIONS};
use super::journey;
use super::ledger::{Head, Ledger};
use super::record;
use super::settle::Change;
use super::surveys;
use super::who::{Asked, Party};
use crate::config::rules::ChannelRules;
use crate::desk::forgetting::Forgotten;
use crate::desk::keys::kind;
use crate::desk::message::{Findings, Message, Moved, Owner, Standing};
use crate::desk::party::links::Links;
use crate::desk::summary::Summary;
use crate::model::{CaseEventType, Details, EventId, Identifier};
use crate::processor::{ActorKey, Corrupt, Rejection};

/// Hops after which a case stays with the party it has: only a loop comes so far (ENGINE.md 15).
pub const HOPS: u8 = 64;

impl Actor<'_, '_> {
    /// An identifier has answered.
    pub(super) fn owner(&mut self, answer: &Owner) -> Result<(), Rejection> {
        let Some((mut head, mut row)) = self.read_both(answer.author)? else {
            return Ok(());
        };
        let rivals_before = row
            .who
            .asked
            .iter()
            .find(|asked| asked.actor == answer.identifier);
        let (rivals_before, owned_by) = rivals_before
            .map(|asked| (asked.rivals.clone(), asked.owner.clone()))
            .unwrap_or_default();
        if !row.who.owner(answer) {
            return Ok(());
        }
        if answer.forgotten.is_some() && !head.forgotten {
            self.note_forgotten(&mut head);
        }
        if self.will_be_forgotten(&head, &row, owned_by.as_ref(), answer)? {
            return Ok(_ = self.put_case(row)?);
        }
        if !rivals_before.is_empty() && answer.rivals != rivals_before {
            row.taken_back += 1; // that conflict is over; it may come again
        }
        let conflict = !answer.rivals.is_empty() && answer.rivals != rivals_before;
        let happened = conflict.then(|| self.conflict(&row, answer)).flatten();
        let happened = happened.into_iter().collect();
        if self.joins_or_parts(&mut head, &row)? {
            return self.regroup(Arc::unwrap_or_clone(head), row, happened);
        }
        if let Some(forgotten) = self.forgotten_by_now(&head, &row)? {
            return self.found_out(Arc::unwrap_or_clone(head), row, forgotten);
        }
        if answer.forgotten.is_some() {
            self.let_go(&mut head, &mut row)?;
        }
        self.settle_with(&head, Change::same(row), happened)
    }

    /// An author stands alone who was one with others before: they may have been forgotten.
    pub(super) fn alone(&mut self, author: Author) -> Result<(), Rejection> {
        let Some((head, row)) = self.read_both(author)? else {
            return Ok(());
        };
        match self.forgotten_by_now(&head, &row)? {
            Some(forgotten) => self.found_out(Arc::unwrap_or_clone(head), row, forgotten),
            None => Ok(()),
        }
    }

    /// Whether an author turns out to be somebody who was forgotten, after they had spoken here.
    fn forgotten_by_now(&mut self, head: &Head, row: &CaseRow) -> Result<Option<Forgotten>, Corrupt> {
        match &row.fold {
            Some(_) => Ok(row.forgotten_before()),
            None if row.is_away() => Ok(None),
            None => self.forgotten_unsaid(head, row),
        }
    }

    /// Looks who an author turns out to be, by what has been answered. Says whether that joins cases of the
    /// conversation, or parts them.
    fn joins_or_parts(&mut self, head: &mut Arc<Head>, row: &CaseRow) -> Result<bool, Corrupt> {
        let own = row.own_mentions();
        let Some(customer) = self.turns_out(head, row, own)? else {
            return Ok(false);
        };
        let was = row.who.customer_id();
        let changed = self.becomes(Arc::make_mut(head), row.author, was, customer.as_ref())?;
        self.put_head(Arc::clone(head));
        Ok(changed)
    }

    /// Whether the author of a case that is none any more turns out to be somebody who was forgotten: whose it
    /// was is kept all the same. All of it was taken back, or edits gave all of it to others.
    fn forgotten_unsaid(&mut self, head: &Head, row: &CaseRow) -> Result<Option<Forgotten>, Corrupt> {
        let asked: Vec<_> = row.who.asked.iter().map(|asked| asked.mention).collect();
        let forgotten = row.who.forgotten(&asked).filter(|_| row.forgotten.is_none());
        let Some(forgotten) = forgotten else {
            return Ok(None);
        };
        let facts = Ledger::read(self.state, self.key, head)?;
        let is_own = |fact: &&Fact| matches!(&fact.said, Said::Customer(said) if said.author == row.author);
        let first = facts.facts().iter().find(is_own);
        let is_before = first.is_none_or(|fact| fact.at <= forgotten.at);
        Ok(is_before.then_some(forgotten))
    }

    /// A customer's record points elsewhere, or no longer does.
    pub(super) fn moved(&mut self, moved: &Moved) -> Result<(), Rejection> {
        let Some((mut head, mut row)) = self.read_both(moved.author)? else {
            return Ok(());
        };
        if !row.who.moved(moved) {
            return Ok(());
        }
        if self.joins_or_parts(&mut head, &row)? {
            return self.regroup(Arc::unwrap_or_clone(head), row, Vec::new());
        }
        self.settle(&head, Change::same(row))
    }

    /// The party has found out what it knows.
    pub(super) fn findings(&mut self, findings: &Arc<Findings>) -> Result<(), Rejection> {
        let Some((head, mut row)) = self.read_both(findings.author)? else {
            return Ok(());
        };
        let before = row.who.findings.clone();
        let rules_before = self.rules_for(&head, &row)?;
        if !row.who.found(findings) {
            return Ok(());
        }
        row.rank_by = None;
        let none = Links::default();
        let links_before = before.as_ref().map_or(&none, |found| &found.links);
        let mut happened = journey::difference(row.case_id, links_before, &findings.links);
        let surveys_before = before.as_ref().map_or(&[][..], |found| &found.surveys);
        happened.extend(surveys::difference(
            row.case_id,
            surveys_before,
            &findings.surveys,
        ));
        let rules = self.rules_for(&head, &row)?;
        if std::ptr::eq(rules_before, rules) {
            return self.settle_with(&head, Change::same(row), happened);
        }
        // What was told by the other levels may come back.
        row.taken_back += 1;
        let before = row.fold.clone();
        self.fold_by_other_levels(&head, &mut row, rules)?;
        let change = Change {
            before,
            rules_before: Some(rules_before),
            ..Change::same(row)
        };
        self.settle_with(&head, change, happened)
    }

    /// Other levels hold for a case: which of its waits were late, and how much time is credited in theirs?
    /// A fold keeps the sums, so its facts are folded once more; what facts that were dropped had come to
    /// stays.
    fn fold_by_other_levels(
        &mut self,
        head: &Head,
        row: &mut CaseRow,
        rules: &ChannelRules,
    ) -> Result<(), Rejection> {
        let has_sums = |fold: &Arc<Fold>| fold.waits > u32::from(fold.open.is_some()) || fold.frozen_ms > 0;
        if !row.fold.as_ref().is_some_and(has_sums) {
            return Ok(());
        }
        row.rebase(head);
        row.lose_past(head);
        let ledger = Ledger::read(self.state, self.key, head)?;
        let own = ledger.facts().iter().filter(|fact| fact.case == row.author);
        let fold = Fold::resume(row.base.as_deref(), own, rules, &mut Vec::new());
        row.fold = fold.map(Arc::new);
        Ok(())
    }

    /// Asks identifiers that are new to the case for their owner.
    pub(super) fn ask(&mut self, row: &mut CaseRow, identifiers: &[Identifier]) {
        for identifier in identifiers {
            let actor = self.identifier_actor(identifier);
            let known = row.who.asked.iter().any(|asked| asked.actor == actor.hash);
            if known || row.who.asked.len() >= MENTIONS {
                continue;
            }
            row.who.asked.push(Asked {
                identifier: identifier.clone(),
                mention: record::mention(self.desk.keys(), identifier),
                actor: actor.hash,
                number: 0,
                owner: None,
                rivals: Default::default(),
                forgotten: None,
            });
            self.effects.tell(actor, Message::Ask(self.case_ref(row.author)));
        }
    }

    /// Decides the party anew; tells the old one and the new one if it is another, and the present
    /// one if what it was told has changed.
    /// `is_told`: nothing has happened that the party does not know of.
    pub(super) fn identify(
        &mut self,
        row: &mut CaseRow,
        is_told: bool,
        summary: impl FnOnce() -> Summary,
        happened: &mut Vec<Happened>,
    ) -> Result<(), Corrupt> {
        let own = row.own_mentions();
        let is_nobody = own.is_empty();
        let decided = row.who.decide(own, &self.desk.settings().identity);
        let decided =
            decided.map(|(party, way)| (party, way.into_iter().map(SmolStr::from).collect::<Vec<_>>()));
        match decided {
            Some((party, _)) if row.who.party.as_ref() == Some(&party) => {
                self.news(row, is_told, summary);
            }
            Some((party, _)) if self.cx.hops >= HOPS => {
                happened.extend(looped(row, &party));
                self.news(row, is_told, summary);
            }
            Some((party, way)) => self.change_party(row, summary(), Some(party), &way, happened)?,
            None if is_nobody && row.who.party.is_some() => {
                self.change_party(row, summary(), None, &[], happened)?;
            }
            // An identifier that is new has not answered yet: meanwhile the party stays.
            None => self.news(row, is_told, summary),
        }
        Ok(())
    }

    /// Tells the party that stays what has changed, if anything has.
    fn news(&mut self, row: &mut CaseRow, is_told: bool, summary: impl FnOnce() -> Summary) {
        let Some(party) = row.who.party.as_ref().filter(|_| !is_told || row.who.told == 0) else {
            return;
        };
        let key = party.key.clone();
        let summary = summary();
        if row.who.told != summary.digest() {
            self.note(row, summary, &key, standing(row));
        }
    }

    fn change_party(
        &mut self,
        row: &mut CaseRow,
        summary: Summary,
        party: Option<Party>,
        way: &[SmolStr],
        happened: &mut Vec<Happened>,
    ) -> Result<(), Corrupt> {
        let customer = |row: &CaseRow| row.who.customer_id().cloned();
        let was = customer(row);
        for (key, standing) in row.who.join(party, way) {
            self.note(row, summary.clone(), &key, standing);
        }
        self.note_customer(row.author, was.as_ref(), customer(row).as_ref())?;
        if let Some(customer_id) = customer(row).filter(|is| was.as_ref() != Some(is)) {
            happened.extend(identified(row, &customer_id));
        }
        if let Some(key) = row.who.party.as_ref().map(|party| party.key.clone()) {
            self.note(row, summary, &key, standing(row));
        }
        Ok(())
    }

    fn note(&mut self, row: &mut CaseRow, summary: Summary, key: &str, standing: Standing) {
        if matches!(standing, Standing::Member | Standing::Joined) {
            row.who.told = summary.digest();
        }
        let note = row.who.note(self.case_ref(row.author), key, standing, summary);
        let party: ActorKey = self.desk.keys().party(key);
        debug_assert_eq!(party.kind, kind::PARTY);
        self.effects.tell(party, Message::Case(Box::new(note)));
    }

    fn conflict(&self, row: &CaseRow, answer: &Owner) -> Option<Happened> {
        let asked = row
            .who
            .asked
            .iter()
            .find(|asked| asked.actor == answer.identifier)?;
        let kind = CaseEventType::IdentityConflict;
        let customers = answer.rivals.join(",");
        Some(Happened {
            kind,
            id: EventId::new(row.case_id, kind.symbol(), &[&asked.identifier.kind, &customers]),
            at: row.fold.as_ref()?.opened.at,
            details: [
                ("identifier_kind", asked.identifier.kind.clone()),
                ("customers", customers.into()),
            ]
            .into(),
        })
    }
}

/// How a case stands to its party.
fn standing(row: &CaseRow) -> Standing {
    if row.is_away() {
        Standing::Joined
    } else {
        Standing::Member
    }
}

/// A case that keeps its party because deciding goes round in a loop says so, once.
fn looped(row: &mut CaseRow, wanted: &Party) -> Option<Happened> {
    if std::mem::replace(&mut row.who.looped, true) {
        return None;
    }
    let kind = CaseEventType::IdentityConflict;
    let membership = row.who.membership.to_string();
    let mut details = Details::from([("reason", "loop")]);
    if let Some(customer_id) = &wanted.customer_id {
        details.insert("customers", customer_id.clone());
    }
    Some(Happened {
        kind,
        id: EventId::new(row.case_id, kind.symbol(), &["loop", &membership]),
        at: row.fold.as_ref()?.opened.at,
        details,
    })
}

fn identified(row: &CaseRow, customer_id: &str) -> Option<Happened> {
    let kind = CaseEventType::Identified;
    Some(Happened {
        kind,
        id: EventId::new(
            row.case_id,
            kind.symbol(),
            &[customer_id, &row.who.membership.to_string()],
        ),
        at: row.fold.as_ref()?.opened.at,
        details: [("customer_id", customer_id)].into(),
    })
}
