//! Cases of one conversation join, or come apart, as their authors turn out to be one customer or not
//! ([`super::kin`]). All facts are attributed anew, and the cases that came out different are settled.

use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::Actor;
use super::case::CaseRow;
use super::events::Happened;
use super::fact::{Author, Fact};
use super::kin;
use super::ledger::{Head, Ledger};
use super::refold::{Anew, Changed, Record, attribute_all, note_speakers};
use crate::desk::forgetting::Forget;
use crate::desk::message::Message;
use crate::processor::{Corrupt, Rejection};

/// Why facts are folded anew.
pub(super) struct Why<'a> {
    /// The record that came, if one did.
    pub(super) record: Option<&'a Record<'a>>,
    /// Who had spoken first.
    pub(super) first_before: Author,
    /// Authors of whom something is news beside what they said.
    pub(super) touched: Vec<Author>,
    /// Rows of some of them, as they are by now.
    pub(super) rows: Vec<CaseRow>,
    /// What has happened to that one's case, if there is one.
    pub(super) happened: Vec<Happened>,
}

impl Actor<'_, '_> {
    /// Authors of the conversation turn out to be one customer, or not to be: what they said joins one case, or comes
    /// apart. `row` is that of the one of whom this is known; what else has `happened` to it.
    pub(super) fn regroup(
        &mut self,
        mut head: Head,
        row: CaseRow,
        happened: Vec<Happened>,
    ) -> Result<(), Rejection> {
        let keys = *self.desk.keys();
        let author = row.author;
        let is_forgotten = row.who.forgotten(row.own_mentions()).is_some();
        let ledger = Ledger::read(self.state, self.key, &head)?;
        let mut after = ledger.facts().to_vec();
        self.lead(&mut head, &after)?;
        let elders = self.elders(&head, &after)?;
        attribute_all(&keys, &mut after, head.joined(), &elders);
        let first_before = head.first_author;
        note_speakers(&mut head, &after, &elders);
        let changed = Changed::between(&keys, ledger.facts(), &after, None);
        let why = Why {
            record: None,
            first_before,
            touched: vec![author],
            rows: vec![row],
            happened,
        };
        self.fold_all(&head, &changed, why)?;
        ledger.rewrite(self.state, self.key, &mut head, after, self.effects)?;
        head.forget_past();
        self.ask_for_past(&head);
        self.put_head(Arc::new(head));
        if is_forgotten {
            self.effects
                .tell(self.key, Message::Forget(Box::new(Forget::Alone(author))));
        }
        Ok(())
    }

    /// A message came: who are those now who had it before, or have it? Their cases may join those of others, or part
    /// from them. With the rows of those whose message stands since now, which ask the identifiers that are new.
    pub(super) fn meet(
        &mut self,
        head: &mut Head,
        record: &Record<'_>,
        after: &[Fact],
    ) -> Result<(Vec<Author>, Vec<CaseRow>), Corrupt> {
        let its = record.known().iter().chain(record.its(after));
        let touched: BTreeSet<Author> = its
            .filter_map(|fact| Some(fact.customer_said()?.author))
            .collect();
        let mut rows = Vec::new();
        for &author in &touched {
            let is_theirs = |fact: &&Fact| fact.customer().is_some_and(|said| said.author == author);
            let asked = record.news(after).find(is_theirs);
            let asked = asked.map(|fact| record.message(head, fact).0);
            let known = self.read_case(author)?;
            let new = asked.as_ref();
            let new = new.filter(|said| known.is_none() && !said.author.identifiers.is_empty());
            let Some(mut row) = known.or_else(|| Some(self.new_case(head, author, new?))) else {
                continue;
            };
            if let Some(complaint) = &asked {
                self.ask(&mut row, &complaint.author.identifiers);
            }
            row.rebase(head);
            let own = self.mentions_of(head, &row, after);
            if let Some(customer) = self.turns_out(head, &row, &own)? {
                self.becomes(head, author, row.who.customer_id(), customer.as_ref())?;
            }
            if asked.is_some() {
                rows.push(row);
            }
        }
        Ok((touched.into_iter().collect(), rows))
    }

    /// Folds anew the cases whose facts have changed, and those of authors who were one or are.
    pub(super) fn fold_all(
        &mut self,
        head: &Head,
        changed: &Changed<'_>,
        why: Why<'_>,
    ) -> Result<(), Rejection> {
        let head_before = self.read_head()?;
        let joined_before = head_before.as_deref().map_or(&[][..], Head::joined);
        let mut authors = changed.authors(why.first_before, head.first_author);
        let is_one = |author: &Author| {
            [joined_before, head.joined()]
                .into_iter()
                .flatten()
                .any(|joined| joined.authors.contains(author))
        };
        authors.extend(why.touched.into_iter().filter(is_one));
        let regrouped = kin::regrouped(joined_before, head.joined());
        let mut bodies = Vec::new();
        for &author in &regrouped {
            authors.insert(author);
            let row = self.case_of(author)?;
            bodies.extend(row.and_then(|row| Some((row.body.clone()?, row.written.clone()))));
        }
        let (mut rows, mut happened) = (why.rows, why.happened);
        let mut names = FxHashMap::default();
        for &author in &regrouped {
            let case = head.case_of(author);
            let name = match rows.iter().find(|row| row.author == case) {
                Some(row) => Some(row.case_id),
                None => self.case_of(case)?.map(|row| row.case_id),
            };
            names.extend(name.map(|name| (author, name)));
        }
        for author in authors {
            let spoken = { why.record }.and_then(|record| self.spoken(head, author, record, changed.after));
            let known = rows.iter().position(|row| row.author == author);
            let is_own = known.is_some();
            let row = match known {
                Some(known) => Some(rows.swap_remove(known)),
                None => self.read_case(author)?,
            };
            let new = || self.case_of_new(head, author, spoken.as_ref(), changed.after);
            let row = row.or_else(|| why.record.and_then(|_| new()));
            let Some(mut row) = row else { continue };
            let was_away = row.is_away();
            row.rebase(head);
            row.own = self.own_of(head, &row, changed.after);
            let anew = Anew {
                changed,
                spoken: spoken.as_ref(),
                was_away,
                joins: names.get(&author).copied().filter(|_| row.is_away()),
                bodies: &bodies,
                happened: if is_own {
                    std::mem::take(&mut happened)
                } else {
                    Vec::new()
                },
            };
            self.fold_anew(head, row, anew)?;
        }
        Ok(())
    }
}
