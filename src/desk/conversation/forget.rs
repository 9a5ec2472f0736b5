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
use super::fact::{Addressee, Author, CustomerSaid, Fact, Mention, Said};
use super::fold::Fold;
use super::hide::{forgotten_who, hide, hide_fold, hide_versions, is_of};
use super::kin::{Authors, Own};
use super::ledger::{Head, Ledger};
use super::settle::Change;
use super::view::View;
use super::work::{Brief, WorkMark};
use crate::desk::figures::{FORGOTTEN, FORGOTTEN_LATE};
use crate::desk::forgetting::{Forget, Forgotten, hidden, successor};
use crate::desk::keys::{Keys, part};
use crate::desk::message::{Message, Owner, Standing};
use crate::desk::output::Output;
use crate::desk::row::Row;
use crate::desk::summary::Summary;
use crate::model::{CaseEventType, Complaint, Details, EventId, Millis, WorkId, WorkItem, WorkState};
use crate::processor::{Corrupt, Rejection};

/// How often one person may be forgotten in one conversation: more is taken for a mistake.
pub(super) const TIMES: usize = 64;

impl Actor<'_, '_> {
    /// The author of a case is forgotten, if it was opened by then: as the person who is this party, if one is given.
    pub(super) fn forget(
        &mut self,
        author: Author,
        at: Millis,
        party: Option<u128>,
    ) -> Result<(), Rejection> {
        let Some((head, row)) = self.read_both(author)? else {
            return Ok(());
        };
        if row.forgotten.is_some() {
            return Ok(());
        }
        let Some(joined) = head.joined_with(author) else {
            let is_later = row.fold.as_ref().is_some_and(|fold| fold.opened.at > at);
            if is_later {
                return Ok(());
            }
            return self.erase(Arc::unwrap_or_clone(head), row, at);
        };
        let own = row.who.party.as_ref();
        let own = own.map(|party| self.desk.keys().party(&party.key).hash);
        if party.is_none() || own != party {
            return self.forget_one_of(head, row, at);
        }
        // The customer is forgotten who they all are: their case stays one.
        let mut rows = Vec::with_capacity(joined.authors.len());
        for &author in &joined.authors {
            rows.extend(self.read_case(author)?);
        }
        match rows.first().and_then(|row| row.fold.as_ref()) {
            Some(fold) if fold.opened.at <= at => self.erase_all(Arc::unwrap_or_clone(head), rows, at),
            _ => Ok(()),
        }
    }

    /// One of several authors who are one customer is forgotten, and the customer is not: first their case comes
    /// apart.
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
        let party = None;
        let forget = Forget::Author { author, at, party };
        self.effects.tell(self.key, Message::Forget(Box::new(forget)));
        Ok(())
    }

    /// Whether an identifier of one of several authors who are one customer answers that this customer was forgotten
    /// who owned it. Then it is forgotten with all of them, which the customer's party says: until then they stay
    /// together, so that their case is erased as it was, whichever is heard first.
    pub(super) fn will_be_forgotten(
        &mut self,
        head: &Head,
        row: &CaseRow,
        owned_by: Option<&SmolStr>,
        answer: &Owner,
    ) -> Result<bool, Corrupt> {
        let is_theirs = owned_by.is_some() && owned_by == row.who.customer_id();
        let Some(forgotten) = answer.forgotten.filter(|_| is_theirs && row.forgotten.is_none()) else {
            return Ok(false);
        };
        if head.joined_with(row.author).is_none() {
            return Ok(false);
        }
        let lead = self.case_of(head.case_of(row.author))?;
        let fold = lead.and_then(|lead| lead.fold.as_ref());
        Ok(fold.is_some_and(|fold| fold.opened.at <= forgotten.at))
    }

    /// Remembers that somebody who speaks here was forgotten.
    pub(super) fn note_forgotten(&mut self, head: &mut Arc<Head>) {
        Arc::make_mut(head).forgotten = true;
        self.put_head(Arc::clone(head));
    }

    /// Erases a case of one author.
    pub(super) fn erase(&mut self, head: Head, row: CaseRow, at: Millis) -> Result<(), Rejection> {
        self.erase_all(head, vec![row], at)
    }

    /// Erases what names the author of a case, or those who are one with that author. Of messages that are from after
    /// that and wait for an answer, the latest is taken in once more: it is of somebody new. `rows` are of the author
    /// first whose case it is.
    fn erase_all(&mut self, mut head: Head, mut rows: Vec<CaseRow>, at: Millis) -> Result<(), Rejection> {
        let keys = *self.desk.keys();
        for row in &mut rows {
            row.rebase(&head);
            self.leave(row);
        }
        let authors: Authors = rows.iter().map(|row| row.author).collect();
        let author = authors[0];
        let is_own = |fact: &Fact| authors.iter().any(|author| is_of(fact, *author));
        // Said after that, and not answered yet: it must be heard.
        let again = rows[0].body.take().filter(|body| body.occurred_at > at);
        let written = rows[0].written.take();
        let is_again = |fact: &Fact| {
            again.is_some()
                && fact.at > at
                && matches!(&fact.said, Said::Customer(said) if authors.contains(&said.author))
        };
        let facts = Ledger::read(self.state, self.key, &head)?;
        self.clear_beside(&facts, &rows)?;
        self.hide_name(&mut head, &rows, &facts)?;
        let own = facts.facts().iter().filter(|fact| is_own(fact));
        let ids: FxHashSet<SmolStr> = own.clone().map(|fact| fact.id.clone()).collect();
        let mentions = own.flat_map(Fact::versions_said).filter_map(|said| match said {
            Said::Customer(said) => Some(&said.mentions),
            _ => None,
        });
        let mentions: FxHashSet<Mention> = mentions.flatten().copied().collect();
        let means_them = |to: &Addressee| {
            let named = to.mentions.iter().any(|(mention, _)| mentions.contains(mention));
            let is_author = to.author.is_some_and(|author| authors.contains(&author));
            named || is_author || to.reply_to.as_ref().is_some_and(|id| ids.contains(id))
        };
        let forget = |fact: &mut Fact| {
            if is_again(fact) {
                // Not to be known again as what was said before.
                fact.id = hidden(&keys, &format!("{} again", fact.id));
                fact.deleted = true;
            }
            if is_own(fact) {
                hide(&keys, fact, author, means_them);
                return;
            }
            for author in &authors {
                hide_versions(&keys, fact, *author, |_| true);
            }
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
        head.keep_joined(author, keys.short(&["forgotten", &author.to_string()]));

        let hidden = |fold: &Arc<Fold>| {
            let mut fold = Fold::clone(fold);
            hide_fold(&keys, &mut fold);
            Arc::new(fold)
        };
        let before = rows[0].fold.as_ref().map(hidden);
        for row in &mut rows {
            row.base = row.base.as_ref().map(hidden);
        }
        rows[0].fold = match &again {
            None => before.clone(),
            Some(_) => {
                let own = left.iter().filter(|fact| is_own(fact));
                let base = rows[0].base.as_deref();
                let rules = self.rules_for(&head, &rows[0])?;
                Fold::resume(base, own, rules, &mut Vec::new()).map(Arc::new)
            }
        };
        facts.rewrite(self.state, self.key, &mut head, left, self.effects)?;
        let mut before = before;
        for row in rows {
            self.close(head.clone(), row, before.take(), Forgotten { at, late: false })?;
        }
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
        let own = row.own.map(|own| {
            Box::new(Own {
                mentions: Default::default(),
                ..*own
            })
        });
        let mut row = CaseRow {
            own,
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

    /// Deletes rows beside the facts of these authors, who are one: what went out for earlier waits, and whose their
    /// identifiers are here.
    pub(super) fn clear_beside(&mut self, facts: &Ledger, rows: &[CaseRow]) -> Result<(), Corrupt> {
        let authors: Authors = rows.iter().map(|row| row.author).collect();
        let mut beside = FxHashSet::default();
        for said in facts.facts() {
            if let Said::Customer(CustomerSaid { author, mentions, .. }) = &said.said
                && authors.contains(author)
            {
                beside.extend(authors.iter().map(|author| self.work_row(*author, &said.id)));
                beside.extend(mentions.iter().map(|mention| self.row(part::ALIAS, *mention)));
            }
        }
        let asked = rows.iter().flat_map(|row| &row.who.asked);
        beside.extend(asked.map(|asked| self.row(part::ALIAS, asked.mention)));
        for row_key in beside {
            let is_theirs = match self.state.get(&row_key)? {
                Some(Row::Alias(author)) => authors.contains(author),
                there => there.is_some(),
            };
            if is_theirs {
                self.effects.delete(row_key);
            }
        }
        Ok(())
    }

    /// The conversation's own id goes if nobody else than these, who are one, has a case in it, or if it holds one of
    /// their identifiers: then it goes from the others' cases, too.
    pub(super) fn hide_name(
        &mut self,
        head: &mut Head,
        rows: &[CaseRow],
        facts: &Ledger,
    ) -> Result<(), Corrupt> {
        let spoken = facts.facts().iter().filter(|fact| fact.customer().is_some());
        let mut others: FxHashSet<Author> = spoken.map(|fact| fact.case).collect();
        others.extend([head.first_author, head.last_author]);
        for row in rows {
            others.remove(&row.author);
        }
        others.remove(&0);
        let mut present = Vec::new();
        for other in others {
            let other = self.read_case(other)?;
            present.extend(other.filter(|other| other.forgotten.is_none() && other.fold.is_some()));
        }
        let id = head.conversation_id.to_lowercase();
        let asked = rows.iter().flat_map(|row| &row.who.asked);
        let mut values = asked.map(|asked| asked.identifier.value.to_lowercase());
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

/// Whether an author is this one, or whoever this one is after having been forgotten.
pub(super) fn is_or_becomes(keys: &Keys, author: Author, other: Author) -> bool {
    let mut authors = std::iter::successors(Some(author), |author| Some(successor(keys, *author)));
    authors.by_ref().take(TIMES).any(|author| author == other)
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
