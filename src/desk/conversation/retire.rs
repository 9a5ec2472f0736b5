//! A conversation that is long over drops its facts and leaves a stub (ENGINE.md 12).
//!
//! The stub is the head with the names of what was dropped, and the rows of its cases: each case's fold
//! is the conclusion of its facts, so its numbering, its open wait and its deadlines go on as if nothing
//! had happened. What is lost is the past as something that can be judged anew: a message that is later
//! than this counts from where the case stands, flagged LATE_EVENT; a repeated one is still known by its
//! name; a revision of a dropped one is told as an event and changes nothing.

use std::sync::Arc;

use super::Actor;
use super::arrive::{Arrival, wanted};
use super::attribution::Elders;
use super::events::News;
use super::fact::{Author, Fact, Said};
use super::ledger::{self, Head, Ledger};
use super::settle::Change;
use super::speaker;
use crate::desk::forgetting::hidden;
use crate::desk::keys::part;
use crate::desk::row::Row;
use crate::processor::{Corrupt, Rejection, RowKey};

impl Actor<'_, '_> {
    /// The conversation's time has come: drops its facts if nothing was said for long enough, else
    /// looks again when that may be. Returns the head as it is now.
    pub(super) fn retire(&mut self, head: Arc<Head>) -> Result<Arc<Head>, Rejection> {
        let mut head = Arc::unwrap_or_clone(head);
        let wait = self.desk.settings().retire_after.ms();
        let over = head.latest.map(|latest| latest.plus(wait));
        head.retire_at = over.filter(|over| *over > self.cx.now);
        if head.retire_at.is_none() {
            let ledger = Ledger::read(self.state, self.key, &head)?;
            for fact in ledger.facts() {
                self.clear_away(fact)?;
                if fact.revision > 0 {
                    self.effects
                        .store(self.revised_row(fact), Row::Revised(fact.revision));
                }
            }
            ledger::drop_facts(self.desk.keys(), self.key, &mut head, self.effects);
            head.unmet = false;
        }
        let head = Arc::new(head);
        self.put_head(Arc::clone(&head));
        Ok(head)
    }

    /// Rows beside a fact that nothing will ask for any more: what it looked for, what went out for the wait that it
    /// began, unless that is still with its case, and of its case before the state was built anew.
    fn clear_away(&mut self, fact: &Fact) -> Result<(), Corrupt> {
        let case = self.case_of(fact.case)?.map(|row| row.case_id);
        let keys = self.desk.keys();
        let unmet = wanted(keys, fact).map(|name| self.row(part::UNMET, name));
        let begun = fact.customer().map(|_| self.work_row(fact.case, &fact.id));
        let went_out = case.map(|case| self.went_out_row(case));
        for row in unmet.chain(begun).chain(went_out).collect::<Vec<_>>() {
            if self.state.get(&row)?.is_some() {
                self.effects.delete(row);
            }
        }
        Ok(())
    }

    /// Whether a message was among those dropped.
    pub(super) fn is_gone(&mut self, head: &Head, fact: &Fact) -> Result<bool, Corrupt> {
        if head.retired.is_none() {
            return Ok(false);
        }
        let keys = self.desk.keys();
        let name = ledger::name(keys, fact.said.class(), &fact.id);
        if !head.forgotten || ledger::is_gone(self.state, self.key, head, name)? {
            return ledger::is_gone(self.state, self.key, head, name);
        }
        let left = ledger::name(keys, fact.said.class(), &hidden(keys, &fact.id));
        ledger::is_gone(self.state, self.key, head, left)
    }

    fn revised_row(&self, fact: &Fact) -> RowKey {
        let name = ledger::name(self.desk.keys(), fact.said.class(), &fact.id);
        self.row(part::REVISED, name)
    }

    /// A message comes that was dropped: a duplicate, or a revision that is too late to change anything.
    pub(super) fn revise_gone(&mut self, head: &Head, arrival: &Arrival<'_>) -> Result<(), Rejection> {
        let fact = &arrival.fact;
        let revised = self.revised_row(fact);
        let known = match self.state.get(&revised)? {
            Some(Row::Revised(revision)) => *revision,
            _ => 0,
        };
        if fact.revision <= known {
            self.count_duplicate(arrival);
            return Ok(());
        }
        self.count_taken(arrival);
        self.effects.store(revised, Row::Revised(fact.revision));
        if let Said::Customer(said) = &fact.said
            && let Some(row) = self.read_case(said.author)?.filter(|row| row.fold.is_some())
        {
            let news = if fact.deleted {
                News::Withdrawn(fact)
            } else {
                News::Edited(fact)
            };
            let news = [news];
            self.settle(
                head,
                Change {
                    news: &news,
                    ..Change::same(row)
                },
            )?;
        }
        Ok(())
    }

    /// Those of the people that responses name who spoke in dropped messages.
    pub(super) fn elders(&mut self, head: &Head, facts: &[Fact]) -> Result<Elders, Corrupt> {
        let mut elders = match &head.retired {
            Some(retired) => Elders {
                first: head.first_author,
                last: retired.last_author,
                ..Elders::default()
            },
            // What is said to somebody who was forgotten, and has a case here, is said to nobody else.
            None if head.forgotten => Elders::default(),
            None => return Ok(Elders::default()),
        };
        let keys = self.desk.keys();
        for first in facts.iter().filter_map(|fact| speaker::goes_on_from(keys, fact)) {
            let author = speaker::nameless(keys, first);
            if self.is_elder(head, author)? {
                elders.authors.insert(author, author);
            }
        }
        for to in facts.iter().filter_map(|fact| fact.said.addressee()) {
            if let Some(author) = to.author {
                let case = head.case_of(author);
                if self.is_elder(head, case)? || self.is_left(head, author)? {
                    elders.authors.insert(author, case);
                }
            }
            for &(mention, author) in &to.mentions {
                let known = match self.state.get(&self.row(part::ALIAS, mention))? {
                    Some(Row::Alias(known)) => *known,
                    _ => author,
                };
                let case = head.case_of(known);
                if self.is_elder(head, case)? || self.is_left(head, known)? {
                    elders.mentioned.insert(mention, case);
                }
            }
        }
        Ok(elders)
    }

    /// Whether an author had a case when facts were last dropped.
    pub(super) fn is_elder(&mut self, head: &Head, author: Author) -> Result<bool, Corrupt> {
        Ok(self.case_of(author)?.is_some_and(|row| row.is_elder(head)))
    }
}
