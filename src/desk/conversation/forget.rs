//! An author is forgotten (ENGINE.md 18): a case keeps its figures, times and statuses, and nothing of who
//! it was.
//!
//! Of the author's messages the facts stay, since to whom a response was said depends on them; but of their
//! ids only keyed hashes, and no text, place or identifier. Facts and fold are treated alike, so that
//! the case comes to the same if it is ever folded anew. An open wait is taken back from whoever handles it.
//!
//! The case's row is the mark by which what comes late is known. The same person may come again: as somebody
//! new, with a case of their own.

use std::sync::Arc;

use rustc_hash::FxHashSet;
use smol_str::SmolStr;

use super::Actor;
use super::case::CaseRow;
use super::events::Happened;
use super::fact::{Addressee, Author, Fact, Mention, Said};
use super::fold::Fold;
use super::hide::{forgotten_who, hide, hide_fold, hide_versions, is_of};
use super::ledger::{Head, Ledger};
use super::settle::Change;
use super::view::View;
use super::work::{Brief, WorkMark};
use crate::desk::figures::{FORGOTTEN, FORGOTTEN_LATE};
use crate::desk::forgetting::{Forget, Forgotten, hidden, successor};
use crate::desk::keys::part;
use crate::desk::message::{Message, Standing};
use crate::desk::output::Output;
use crate::desk::row::Row;
use crate::desk::summary::Summary;
use crate::model::{CaseEventType, Complaint, Details, EventId, Millis, WorkId, WorkItem, WorkState};
use crate::processor::{Corrupt, Rejection};

/// How often one person may be forgotten in one conversation: more is taken for a mistake.
pub(super) const TIMES: usize = 64;

impl Actor<'_, '_> {
    /// The author of a case is forgotten, if it was opened by then.
    pub(super) fn forget(&mut self, author: Author, at: Millis) -> Result<(), Rejection> {
        let Some((head, row)) = self.read_both(author)? else {
            return Ok(());
        };
        if row.forgotten.is_none() && head.joined_with(author).is_some() {
            return self.forget_one_of(head, row, at);
        }
        let is_later = row.fold.as_ref().is_some_and(|fold| fold.opened.at > at);
        if is_later || row.forgotten.is_some() {
            return Ok(());
        }
        self.erase(Arc::unwrap_or_clone(head), row, at)
    }

    /// One of several authors who are one customer is forgotten, who perhaps are not: first their case comes apart.
    fn forget_one_of(&mut self, head: Arc<Head>, row: CaseRow, at: Millis) -> Result<(), Rejection> {
        let author = row.author;
        let facts = Ledger::read(self.state, self.key, &head)?;
        let mut own = facts.facts().iter().filter(|fact| is_of(fact, author));
        if own
            .find(|fact| fact.customer().is_some())
            .is_some_and(|first| first.at > at)
        {
            return Ok(());
        }
        let mut head = Arc::unwrap_or_clone(head);
        self.part(&mut head, &row)?;
        self.regroup(head, row, Vec::new())?;
        let forget = Forget::Author { author, at };
        self.effects.tell(self.key, Message::Forget(Box::new(forget)));
        Ok(())
    }

    /// Remembers that somebody who speaks here was forgotten.
    pub(super) fn note_forgotten(&mut self, head: &mut Arc<Head>) {
        Arc::make_mut(head).forgotten = true;
        self.put_head(Arc::clone(head));
    }

    /// Erases what names the author. Of messages that are from after that and wait for an answer, the latest is
    /// taken in once more: it is of somebody new.
    pub(super) fn erase(&mut self, mut head: Head, mut row: CaseRow, at: Millis) -> Result<(), Rejection> {
        let keys = *self.desk.keys();
        row.rebase(&head);
        self.leave(&mut row);
        let author = row.author;
        // Said after that, and not answered yet: it must be heard.
        let again = row.body.take().filter(|body| body.occurred_at > at);
        let written = row.written.take();
        let is_again = |fact: &Fact| {
            again.is_some()
                && fact.at > at
                && matches!(&fact.said, Said::Customer(said) if said.author == author)
        };
        let facts = Ledger::read(self.state, self.key, &head)?;
        self.clear_beside(&facts, &row)?;
        self.hide_name(&mut head, &row, &facts)?;
        let own = facts.facts().iter().filter(|fact| is_of(fact, row.author));
        let ids: FxHashSet<SmolStr> = own.clone().map(|fact| fact.id.clone()).collect();
        let mentions = own.flat_map(Fact::versions_said).filter_map(|said| match said {
            Said::Customer(said) => Some(&said.mentions),
            _ => None,
        });
        let mentions: FxHashSet<Mention> = mentions.flatten().copied().collect();
        let means_them = |to: &Addressee| {
            let named = to.mentions.iter().any(|(mention, _)| mentions.contains(mention));
            named || to.author == Some(row.author) || to.reply_to.as_ref().is_some_and(|id| ids.contains(id))
        };
        let forget = |fact: &mut Fact| {
            if is_again(fact) {
                // Not to be known again as what was said before.
                fact.id = hidden(&keys, &format!("{} again", fact.id));
                fact.deleted = true;
            }
            if is_of(fact, author) {
                hide(&keys, fact, author, means_them);
                return;
            }
            hide_versions(&keys, fact, author, |_| true);
            let earlier = fact.versions.more.iter_mut().flat_map(|more| &mut more.others);
            let said = earlier.map(|version| &mut version.said).chain([&mut fact.said]);
            for target in said.filter_map(Said::reply_to_mut) {
                if ids.contains(target) {
                    *target = hidden(&keys, target);
                }
            }
        };
        let mut left = facts.facts().to_vec();
        left.iter_mut().for_each(forget);
        head.forgotten = true;

        let hidden = |fold: &Arc<Fold>| {
            let mut fold = Fold::clone(fold);
            hide_fold(&keys, &mut fold);
            Arc::new(fold)
        };
        let before = row.fold.as_ref().map(hidden);
        let base = row.base.as_ref().map(hidden);
        let fold = match &again {
            None => before.clone(),
            Some(_) => {
                let own = left.iter().filter(|fact| is_of(fact, author));
                Fold::resume(
                    base.as_deref(),
                    own,
                    self.rules_for(&head, &row)?,
                    &mut Vec::new(),
                )
                .map(Arc::new)
            }
        };
        row.fold = fold;
        row.base = base;
        facts.rewrite(self.state, self.key, &mut head, left, self.effects)?;
        self.close(head, row, before, Forgotten { at, late: false })?;
        if let Some(complaint) = again {
            let logged = self.cx.wall;
            let said = Message::Said {
                complaint,
                written,
                logged,
            };
            self.effects.tell(self.key, said);
        }
        Ok(())
    }

    /// Closes a case whose facts and fold say nothing of its author any more: nor does its row from then on.
    /// `before` is its fold as it was, hidden.
    pub(super) fn close(
        &mut self,
        head: Head,
        row: CaseRow,
        before: Option<Arc<Fold>>,
        forgotten: Forgotten,
    ) -> Result<(), Rejection> {
        let Forgotten { at, late } = forgotten;
        // What was taken back altogether is no case, and nothing is told of it.
        let is_case = before.is_some();
        if is_case {
            self.effects
                .count(if late { FORGOTTEN_LATE } else { FORGOTTEN }, 1);
        }
        self.note_customer(row.author, row.who.customer_id(), None)?;
        let who = forgotten_who(self.desk.keys(), &row.who);
        let mut row = CaseRow {
            rank_by: None,
            logged: None,
            body: None,
            written: None,
            begins_with: None,
            suspected: None,
            past: None,
            forgotten: Some(at),
            who,
            ..row
        };
        let work = row.work.take();
        let open = work.filter(|mark| mark.revision > 0 && mark.state == WorkState::Open);
        if let (Some(open), Some(fold)) = (open, &before) {
            self.withdraw(&head, &row, fold, &open)?;
        }
        let happened = is_case.then(|| happened(&row, at, late));
        let head = Arc::new(head);
        self.put_head(Arc::clone(&head));
        let change = Change {
            before,
            ..Change::same(row)
        };
        self.settle_with(&head, change, happened.into_iter().collect())
    }

    /// Tells all parties that know of the case that it is none of theirs any more.
    pub(super) fn leave(&mut self, row: &mut CaseRow) {
        for key in row.who.parties() {
            let nothing = Summary::nothing(row.case_id, SmolStr::default());
            let case = self.case_ref(row.author);
            let note = row.who.note(case, &key, Standing::Gone, nothing);
            let party = self.desk.keys().party(&key);
            self.effects.tell(party, Message::Case(Box::new(note)));
        }
    }

    /// Deletes rows beside the author's facts: what went out for earlier waits, and whose their identifiers
    /// are here.
    pub(super) fn clear_beside(&mut self, facts: &Ledger, row: &CaseRow) -> Result<(), Corrupt> {
        let own = facts.facts().iter().filter(|fact| is_of(fact, row.author));
        let mut beside = FxHashSet::default();
        for fact in own {
            if let Said::Customer(said) = &fact.said {
                beside.insert(self.work_row(row.author, &fact.id));
                beside.extend(
                    said.mentions
                        .iter()
                        .map(|mention| self.row(part::ALIAS, *mention)),
                );
            }
        }
        beside.extend(
            row.who
                .asked
                .iter()
                .map(|asked| self.row(part::ALIAS, asked.mention)),
        );
        for row_key in beside {
            let is_theirs = match self.state.get(&row_key)? {
                Some(Row::Alias(author)) => *author == row.author,
                there => there.is_some(),
            };
            if is_theirs {
                self.effects.delete(row_key);
            }
        }
        Ok(())
    }

    /// The conversation's own id goes if nobody else has a case in it, or if it holds one of the person's
    /// identifiers: then it goes from the others' cases, too.
    pub(super) fn hide_name(
        &mut self,
        head: &mut Head,
        row: &CaseRow,
        facts: &Ledger,
    ) -> Result<(), Corrupt> {
        let spoken = facts.facts().iter().filter(|fact| fact.customer().is_some());
        let mut others: FxHashSet<Author> = spoken.map(|fact| fact.case).collect();
        others.extend([head.first_author, head.last_author]);
        others.remove(&row.author);
        others.remove(&0);
        let mut present = Vec::new();
        for other in others {
            let other = self.read_case(other)?;
            present.extend(other.filter(|other| other.forgotten.is_none() && other.fold.is_some()));
        }
        let id = head.conversation_id.to_lowercase();
        let mut values = row
            .who
            .asked
            .iter()
            .map(|asked| asked.identifier.value.to_lowercase());
        let names_them = values.any(|value| id.contains(&value));
        if !present.is_empty() && !names_them {
            return Ok(());
        }
        head.conversation_id = hidden(self.desk.keys(), &head.conversation_id);
        for mut other in present {
            if let Some(body) = &mut other.body {
                Arc::make_mut(body).conversation_id = Some(head.conversation_id.clone());
            }
            let key = self.put_case(other)?;
            self.effects.publish(key);
        }
        Ok(())
    }

    /// Takes the open wait back from whoever handles it. The last they get says nothing of the person.
    fn withdraw(
        &mut self,
        head: &Head,
        row: &CaseRow,
        fold: &Fold,
        open: &WorkMark,
    ) -> Result<(), Rejection> {
        let Some(wait) = fold.handed().or(fold.last_wait.as_ref()) else {
            return Ok(());
        };
        let rules = self.rules_for(head, row)?;
        let view = View::of(fold, &[], self.yardstick(rules, row), row.judged_at);
        let brief = Brief {
            head,
            row,
            fold,
            view: &view,
            rules,
            weights: &self.desk.settings().priority,
            wall: self.cx.wall,
        };
        let complaint = Complaint {
            id: wait.latest.id.clone(),
            source: head.source.clone(),
            channel: head.channel.clone(),
            conversation_id: Some(hidden(self.desk.keys(), &head.conversation_id)),
            occurred_at: wait.latest.at,
            ..Complaint::default()
        };
        let item = WorkItem {
            work_id: WorkId::new(row.case_id, &open.first),
            complaint: Arc::new(complaint),
            ..brief.item(wait, WorkState::Withdrawn, open.revision + 1)
        };
        self.effects.emit(Output::Work(Box::new(item)));
        Ok(())
    }

    /// Whether an author was forgotten here.
    pub(super) fn forgotten_at(&mut self, author: Author) -> Result<Option<Millis>, Corrupt> {
        Ok(self.case_of(author)?.and_then(|row| row.forgotten))
    }

    /// Whether what is said of this case is said of somebody who was forgotten.
    pub(super) fn is_forgotten(&mut self, head: &Head, author: Author) -> Result<bool, Corrupt> {
        Ok(head.forgotten && self.forgotten_at(author)?.is_some())
    }

    /// Whether an author was forgotten, and has a case here that stands.
    pub(super) fn is_left(&mut self, head: &Head, author: Author) -> Result<bool, Corrupt> {
        Ok(self.is_forgotten(head, author)? && self.has_case(author)?)
    }

    /// The name by which the case of an author is known outside: for who was forgotten and comes again, the
    /// author key and how often that was.
    pub(super) fn name_of(&self, key: String, author: Author) -> String {
        let keys = self.desk.keys();
        let first = super::record::author(keys, &key);
        if first == author {
            return key;
        }
        let mut authors = std::iter::successors(Some(first), |author| Some(successor(keys, *author)));
        match authors.by_ref().take(TIMES).position(|known| known == author) {
            None | Some(0) => key,
            Some(times) => format!("{key} after {times}"),
        }
    }
}

fn happened(row: &CaseRow, at: Millis, late: bool) -> Happened {
    let kind = CaseEventType::Forgotten;
    Happened {
        kind,
        id: EventId::new(row.case_id, kind.symbol(), &[]),
        at,
        details: if late {
            Details::from([("late", "true")])
        } else {
            Details::default()
        },
    }
}
