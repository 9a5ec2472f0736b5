//! The long way: a message that is late, revised, taken back, or that an earlier response was
//! looking for. All facts are read, attributed and folded anew; the cases that came out different
//! are settled.

use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::Actor;
use super::arrive::{Arrival, names, wanted};
use super::attribution::{Elders, attribute};
use super::case::CaseRow;
use super::events::News;
use super::fact::{Author, Fact, Said};
use super::fold::Fold;
use super::ledger::{Head, Ledger};
use super::settle::Change;
use crate::desk::keys::part;
use crate::desk::row::Row;
use crate::processor::{Corrupt, Rejection};

impl Actor<'_, '_> {
    /// Takes a fact in that is not simply the next one; `known` is what it replaces.
    pub(super) fn refold(
        &mut self,
        head: &mut Head,
        mut arrival: Arrival<'_>,
        known: Option<Fact>,
    ) -> Result<(), Rejection> {
        let ledger = Ledger::read(self.state, self.key, head)?;
        let mut after = ledger.with(&arrival.fact);
        let elders = self.elders(head, &after)?;
        let cases = attribute(&after, &elders);
        after
            .iter_mut()
            .zip(cases)
            .for_each(|(fact, case)| fact.case = case);
        if head.forgotten {
            let is_it =
                |fact: &Fact| fact.said.class() == arrival.fact.said.class() && fact.id == arrival.fact.id;
            let place = after.iter().position(is_it);
            self.hide_all(head, &mut after)?;
            arrival.fact = place.map_or(arrival.fact, |place| after[place].clone());
        }

        let past = head.retired.as_ref().map(|retired| retired.until);
        head.latest = after.iter().map(|fact| fact.at).chain(past).max();
        let first_before = head.first_author;
        let spoken = || after.iter().filter_map(Fact::customer);
        if elders.last == 0 {
            head.first_author = spoken().next().map_or(0, |said| said.author);
        }
        head.last_author = spoken().next_back().map_or(elders.last, |said| said.author);
        self.note_unmet(head, &arrival.fact, &after, &elders)?;
        for fact in [Some(&arrival.fact), known.as_ref()].into_iter().flatten() {
            self.note_aliases(head, fact, &after)?;
        }

        let changed = Changed::between(ledger.facts(), &after, &arrival.fact, known.as_ref());
        let mut authors = changed.authors();
        if first_before != head.first_author {
            authors.extend([first_before, head.first_author]); // bystanders have changed
        }
        authors.remove(&0);
        for author in authors {
            self.fold_anew(head, author, &arrival, ledger.facts(), &after, &changed)?;
        }
        ledger.write(self.desk.keys(), self.state, self.key, head, after, self.effects)?;
        self.keep_head(head);
        Ok(())
    }

    fn fold_anew(
        &mut self,
        head: &Head,
        author: Author,
        arrival: &Arrival<'_>,
        before: &[Fact],
        after: &[Fact],
        changed: &Changed<'_>,
    ) -> Result<(), Rejection> {
        let own = |fact: &&Fact| fact.case == author;
        let mine = matches!(&arrival.fact.said, Said::Customer(said) if said.author == author);
        let complaint = arrival.complaint.filter(|_| mine);
        let mut row = match (self.read_case(author)?, complaint) {
            (Some(row), _) => row,
            (None, Some(complaint)) => self.new_case(head, author, complaint),
            (None, None) => return Ok(()),
        };
        let rules = self.rules_for(head, &row)?;
        row.rebase(head);
        let base = row.base.as_deref();
        let (mut closed_before, mut closed) = (Vec::new(), Vec::new());
        let fold_before = Fold::resume(base, before.iter().filter(own), rules, &mut closed_before);
        let fold = Fold::resume(base, after.iter().filter(own), rules, &mut closed);
        if fold_before.is_none() && fold.is_none() {
            return Ok(()); // taken back before it was known: there never was a case
        }
        let news = changed.news(author);
        let mut row = CaseRow {
            fold: fold.map(Arc::new),
            ..row
        };
        if let (Some(before), Some(now)) = (&fold_before, &row.fold)
            && !before.has_status_of(now)
        {
            row.taken_back += 1;
        }
        self.settle(
            head,
            Change {
                before: fold_before.map(Arc::new),
                rules_before: None,
                row,
                closed_before,
                closed,
                news: &news,
                complaint,
                facts: after,
            },
        )
    }

    /// What responses name and is not known: anew, since what came may be it, and what it replaces
    /// may have been.
    fn note_unmet(
        &mut self,
        head: &mut Head,
        arrival: &Fact,
        facts: &[Fact],
        elders: &Elders,
    ) -> Result<(), Rejection> {
        let keys = self.desk.keys();
        let present = facts.iter().filter(|fact| !fact.deleted);
        let known: FxHashSet<u64> = present.clone().flat_map(|fact| names(keys, fact)).collect();
        let mut unmet = BTreeSet::new();
        for to in present.filter_map(|fact| fact.said.addressee()) {
            unmet.extend(wanted(keys, to).filter(|name| !known.contains(name) && !elders.knows(*name)));
        }
        for name in names(keys, arrival).filter(|name| !unmet.contains(name)) {
            let row = self.row(part::UNMET, name);
            if self.state.get(&row)?.is_some() {
                self.effects.delete(row);
            }
        }
        for name in unmet {
            self.miss(head, name)?;
        }
        Ok(())
    }

    /// Whose the identifiers of a message are, now that it is, or is no longer, among the facts.
    fn note_aliases(&mut self, head: &Head, fact: &Fact, facts: &[Fact]) -> Result<(), Corrupt> {
        let Said::Customer(said) = &fact.said else {
            return Ok(());
        };
        for &mention in &said.mentions {
            let mut spoken = facts.iter().filter_map(Fact::customer);
            let row = self.row(part::ALIAS, mention);
            if let Some(Row::Alias(author)) = self.state.get(&row)? {
                let author = *author;
                if self.is_elder(head, author)? {
                    continue; // who spoke first is known, whatever came later
                }
            }
            match spoken.find(|other| other.mentions.contains(&mention)) {
                Some(first) => self.effects.store(row, Row::Alias(first.author)),
                None => self.effects.delete(row),
            }
        }
        Ok(())
    }
}

/// What became of the facts.
struct Changed<'f> {
    /// For each fact that changed: its case before and after, and the fact after.
    facts: Vec<(Author, Author, &'f Fact)>,
    /// Whether the fact that came replaces one.
    revised: Option<&'f Fact>,
}

impl<'f> Changed<'f> {
    fn between(before: &[Fact], after: &'f [Fact], came: &Fact, known: Option<&Fact>) -> Self {
        let old: rustc_hash::FxHashMap<_, _> = before
            .iter()
            .map(|fact| ((fact.said.class() as u8, &*fact.id), fact))
            .collect();
        let case_of = |fact: &Fact| if fact.deleted { 0 } else { fact.case };
        let mut facts = Vec::new();
        let mut revised = None;
        for fact in after {
            let is_it = fact.said.class() == came.said.class() && fact.id == came.id;
            let case_before = old
                .get(&(fact.said.class() as u8, &*fact.id))
                .map_or(0, |fact| case_of(fact));
            // A lower revision that comes late is none: it only tells which stars were given first.
            if is_it && known.is_some_and(|known| known.revision < came.revision) {
                revised = Some(fact);
            }
            if is_it || case_before != case_of(fact) {
                facts.push((case_before, case_of(fact), fact));
            }
        }
        Self { facts, revised }
    }

    fn authors(&self) -> BTreeSet<Author> {
        self.facts
            .iter()
            .flat_map(|(before, after, _)| [*before, *after])
            .collect()
    }

    fn news(&self, author: Author) -> Vec<News<'f>> {
        let mut news = Vec::new();
        for &(before, after, fact) in &self.facts {
            let revised = self.revised.is_some_and(|revised| std::ptr::eq(revised, fact));
            news.extend(match (before == author, after == author) {
                (false, true) => Some(News::Gained(fact)),
                (true, true) if revised => Some(News::Edited(fact)),
                (true, false) if fact.deleted => Some(News::Withdrawn(fact)),
                (true, false) => Some(News::Lost(fact)),
                _ => None,
            });
        }
        news
    }
}
