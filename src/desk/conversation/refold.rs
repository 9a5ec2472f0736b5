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
use super::ledger::{self, Head, Ledger};
use super::order::arrange;
use super::settle::Change;
use super::speaker;
use crate::desk::forgetting::is_hidden;
use crate::desk::keys::{Keys, part};
use crate::desk::row::Row;
use crate::model::Complaint;
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
        arrange(&mut after);
        attribute_all(self.desk.keys(), &mut after, &elders);
        let is_it =
            |fact: &Fact| fact.said.class() == arrival.fact.said.class() && fact.id == arrival.fact.id;
        let place = after.iter().position(is_it);
        if head.forgotten {
            self.hide_all(head, &mut after)?;
        }
        arrival.fact = place.map_or(arrival.fact, |place| after[place].clone());

        head.note_latest(after.iter());
        let first_before = head.first_author;
        note_speakers(head, &after, &elders);
        self.note_unmet(head, Some(&arrival.fact), &after, &elders)?;
        for fact in [Some(&arrival.fact), known.as_ref()].into_iter().flatten() {
            self.note_aliases(head, fact, &after)?;
        }

        let came = Some((&arrival.fact, known.as_ref()));
        let changed = Changed::between(self.desk.keys(), ledger.facts(), &after, came);
        for author in changed.authors(first_before, head.first_author) {
            let complaint = arrival.complaint.filter(|_| author == arrival.fact.case);
            let row = match self.read_case(author)? {
                Some(row) => Some(row),
                None => self.case_of_new(head, author, &arrival, &after),
            };
            if let Some(row) = row {
                self.fold_anew(head, row, complaint, &changed)?;
            }
        }
        ledger.write(self.desk.keys(), self.state, self.key, head, after, self.effects)?;
        head.forget_past();
        self.ask_for_past(head);
        self.keep_head(head);
        Ok(())
    }

    /// The case of an author who has none yet: of the message that came, or of one that names nobody, which went
    /// on from another before.
    fn case_of_new(
        &self,
        head: &Head,
        author: Author,
        arrival: &Arrival<'_>,
        facts: &[Fact],
    ) -> Option<CaseRow> {
        if let (Said::Customer(said), Some(complaint)) = (&arrival.fact.said, arrival.complaint)
            && said.author == author
        {
            return Some(self.new_case(head, author, complaint));
        }
        let first = speaker::first_of(self.desk.keys(), facts, author)?;
        Some(self.nameless_case(head, author, &first.id))
    }

    /// Folds a case anew, and settles what differs. `complaint` is the message that came, if it is this
    /// author's.
    pub(super) fn fold_anew(
        &mut self,
        head: &Head,
        mut row: CaseRow,
        complaint: Option<&Arc<Complaint>>,
        changed: &Changed<'_>,
    ) -> Result<(), Rejection> {
        let author = row.author;
        let own = |fact: &&Fact| fact.case == author;
        if is_hidden(&head.conversation_id)
            && let Some(body) = &mut row.body
        {
            Arc::make_mut(body).conversation_id = Some(head.conversation_id.clone());
        }
        let (before, after) = (changed.before, changed.after);
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
            past: None,
            ..row
        };
        row.note_taken_back(fold_before.as_ref());
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
    pub(super) fn note_unmet(
        &mut self,
        head: &mut Head,
        arrival: Option<&Fact>,
        facts: &[Fact],
        elders: &Elders,
    ) -> Result<(), Rejection> {
        let keys = self.desk.keys();
        let present = facts.iter().filter(|fact| !fact.deleted);
        let known: FxHashSet<u64> = present.clone().flat_map(|fact| names(keys, fact)).collect();
        let mut unmet = BTreeSet::new();
        for fact in present {
            unmet.extend(wanted(keys, fact).filter(|name| !known.contains(name) && !elders.knows(*name)));
        }
        let met = arrival.into_iter().flat_map(|fact| names(keys, fact));
        for name in met.filter(|name| !unmet.contains(name)) {
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
    pub(super) fn note_aliases(&mut self, head: &Head, fact: &Fact, facts: &[Fact]) -> Result<(), Corrupt> {
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

/// Says of all facts whose they are.
pub(super) fn attribute_all(keys: &Keys, facts: &mut [Fact], elders: &Elders) {
    let cases = attribute(keys, facts, elders);
    facts
        .iter_mut()
        .zip(cases)
        .for_each(|(fact, case)| fact.case = case);
}

/// Notes who spoke first, and who last.
pub(super) fn note_speakers(head: &mut Head, facts: &[Fact], elders: &Elders) {
    let spoken = || facts.iter().filter(|fact| fact.customer().is_some());
    if elders.last == 0 {
        head.first_author = spoken().next().map_or(0, |fact| fact.case);
    }
    head.last_author = spoken().next_back().map_or(elders.last, |fact| fact.case);
}

/// What became of the facts.
pub(super) struct Changed<'f> {
    /// All facts as they were.
    before: &'f [Fact],
    /// All facts as they are now.
    after: &'f [Fact],
    /// For each fact that changed, or moved in time: its case before and after, and the fact after.
    facts: Vec<(Author, Author, &'f Fact)>,
    /// Whether the fact that came replaces one.
    revised: Option<&'f Fact>,
}

impl<'f> Changed<'f> {
    /// `came`: the fact that came, and what it replaces.
    pub(super) fn between(
        keys: &Keys,
        before: &'f [Fact],
        after: &'f [Fact],
        came: Option<(&Fact, Option<&Fact>)>,
    ) -> Self {
        let case_of = |fact: &Fact| if fact.deleted { 0 } else { fact.case };
        let mut facts = Vec::new();
        let mut revised = None;
        for (fact, place) in after.iter().zip(ledger::places(keys, before, after)) {
            let is_this =
                |(came, _): &(&Fact, _)| fact.said.class() == came.said.class() && fact.id == came.id;
            let came = came.filter(is_this);
            let case_before = place.map_or(0, |place| case_of(&before[place]));
            // A lower revision that comes late is none: it only tells which stars were given first.
            let is_revised = |(came, known): (&Fact, Option<&Fact>)| {
                known.is_some_and(|known| known.revision < came.revision)
            };
            if came.is_some_and(is_revised) {
                revised = Some(fact);
            }
            let has_moved = |was: &Fact| (was.at, was.turn) != (fact.at, fact.turn);
            if came.is_some()
                || case_before != case_of(fact)
                || place.is_some_and(|place| has_moved(&before[place]))
            {
                facts.push((case_before, case_of(fact), fact));
            }
        }
        Self {
            before,
            after,
            facts,
            revised,
        }
    }

    /// Whose cases have changed, given who spoke first before and who did now.
    pub(super) fn authors(&self, first_before: Author, first: Author) -> BTreeSet<Author> {
        let cases = self.facts.iter();
        let mut authors: BTreeSet<_> = cases.flat_map(|(before, after, _)| [*before, *after]).collect();
        if first_before != first {
            authors.extend([first_before, first]); // bystanders have changed
        }
        authors.remove(&0);
        authors
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
