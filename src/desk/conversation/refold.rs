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
use super::events::{Happened, News};
use super::fact::{Author, Class, CustomerSaid, Fact, Said};
use super::fold::Fold;
use super::hand_out::Body;
use super::join::Why;
use super::kin::{self, Joined};
use super::ledger::{self, Head, Ledger};
use super::order::arrange;
use super::settle::Change;
use super::speaker;
use super::version::Known;
use super::work;
use crate::desk::forgetting::is_hidden;
use crate::desk::keys::{Keys, part};
use crate::desk::row::Row;
use crate::model::{CaseId, Complaint, Person};
use crate::processor::{Corrupt, Rejection};

impl Actor<'_, '_> {
    /// Takes a record in that is not simply the next one; `known` are the facts of its id as they were, `now` as
    /// they are.
    pub(super) fn refold(
        &mut self,
        head: &mut Head,
        arrival: Arrival<'_>,
        known: &[Fact],
        now: Vec<Known>,
    ) -> Result<(), Rejection> {
        let (class, id) = (arrival.fact.said.class(), &arrival.fact.id);
        let ledger = Ledger::read(self.state, self.key, head)?;
        let mut after = ledger.with(class, id, now.iter().map(|(fact, _)| fact));
        arrange(&mut after);
        let is_it = |fact: &Fact| fact.said.class() == class && fact.id == *id;
        let its: Vec<usize> = (0..after.len()).filter(|&i| is_it(&after[i])).collect();
        let came = Came { known, places: &its };
        let record = Record {
            arrival: &arrival,
            came: &came,
            now: &now,
        };
        let (touched, rows) = self.meet(head, &record, &after)?;
        self.lead(head, &after)?;
        let elders = self.elders(head, &after)?;
        attribute_all(self.desk.keys(), &mut after, head.joined(), &elders);
        if head.forgotten {
            self.hide_all(head, &mut after)?;
        }
        head.note_latest(after.iter());
        let first_before = head.first_author;
        note_speakers(head, &after, &elders);
        let its = || record.its(&after);
        self.note_unmet(head, its(), &after, &elders)?;
        for fact in its().chain(known) {
            self.note_aliases(head, fact, &after)?;
        }

        let changed = Changed::between(self.desk.keys(), ledger.facts(), &after, Some(&came));
        let why = Why {
            record: Some(&record),
            first_before,
            touched,
            rows,
            happened: Vec::new(),
        };
        self.fold_all(head, &changed, why)?;
        ledger.write(self.desk.keys(), self.state, self.key, head, after, self.effects)?;
        head.forget_past();
        self.ask_for_past(head);
        self.keep_head(head);
        Ok(())
    }

    /// The case of an author who has none yet: of the message that stands since now, or of one that names nobody,
    /// which went on from another before.
    pub(super) fn case_of_new(
        &self,
        head: &Head,
        author: Author,
        spoken: Option<&Spoken>,
        facts: &[Fact],
    ) -> Option<CaseRow> {
        if let Some(spoken) = spoken.filter(|spoken| spoken.is_own) {
            return Some(self.new_case(head, author, &spoken.message));
        }
        let first = speaker::first_of(self.desk.keys(), facts, author)?;
        Some(self.nameless_case(head, author, &first.id))
    }

    /// The message in this author's case that stands since now: the one that has come, or an earlier version of it
    /// that gives way no more. `facts` are attributed.
    pub(super) fn spoken(
        &self,
        head: &Head,
        author: Author,
        record: &Record<'_>,
        facts: &[Fact],
    ) -> Option<Spoken> {
        let is_theirs = |fact: &&Fact| {
            let said = fact.customer_said();
            let is_in_case = |said: &CustomerSaid| {
                fact.case == author || (fact.deleted && head.case_of(said.author) == author)
            };
            said.is_some_and(is_in_case)
        };
        let fact = record.news(facts).find(is_theirs)?;
        let (message, is_whole) = record.message(head, fact);
        Some(Spoken {
            message,
            is_whole,
            is_own: fact.customer_said().is_some_and(|said| said.author == author),
        })
    }

    /// Folds a case anew, and settles what differs.
    pub(super) fn fold_anew(
        &mut self,
        head: &Head,
        mut row: CaseRow,
        anew: Anew<'_>,
    ) -> Result<(), Rejection> {
        let changed = anew.changed;
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
        let is_away = row.is_away();
        if fold_before.is_none() && fold.is_none() && !is_away && !anew.was_away {
            return Ok(()); // taken back before it was known: there never was a case
        }
        let mut happened = anew.happened;
        if let (Some(before), Some(case)) = (&fold_before, anew.joins) {
            happened.push(kin::joined(row.case_id, case, before.opened.at));
        }
        if is_away {
            (row.rank_by, row.logged) = (None, None);
        } else if anew.was_away && row.who.findings.is_none() {
            row.rank_by = Some(self.cx.now.plus(self.desk.settings().ranking_wait.ms()));
        }
        let news = if is_away { Vec::new() } else { changed.news(author) };
        let mut row = CaseRow {
            fold: fold.map(Arc::new),
            past: None,
            ..row
        };
        row.note_taken_back(fold_before.as_ref());
        let change = Change {
            before: fold_before.map(Arc::new),
            rules_before: None,
            row,
            closed_before,
            closed,
            news: &news,
            complaint: anew.spoken.map(|spoken| &spoken.message),
            is_whole: anew.spoken.is_some_and(|spoken| spoken.is_whole),
            asks: anew.spoken.is_some_and(|spoken| spoken.is_own),
            bodies: anew.bodies,
            facts: after,
        };
        self.settle_with(head, change, happened)
    }

    /// What responses name and is not known: anew, since what came may be it, and what it replaces
    /// may have been.
    pub(super) fn note_unmet<'f>(
        &mut self,
        head: &mut Head,
        arrival: impl Iterator<Item = &'f Fact>,
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
        let met = arrival.flat_map(|fact| names(keys, fact));
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
                let case = head.case_of(*author);
                if self.is_elder(head, case)? {
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
pub(super) fn attribute_all(keys: &Keys, facts: &mut [Fact], joined: &[Joined], elders: &Elders) {
    let cases = attribute(keys, facts, joined, elders);
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

/// A message that stands since now: whole, or as far as its fact tells.
pub(super) struct Spoken {
    message: Arc<Complaint>,
    is_whole: bool,
    /// Whether its author is who it names itself.
    is_own: bool,
}

/// A record that came, and the facts of its id, as they were and as they are.
pub(super) struct Record<'a> {
    arrival: &'a Arrival<'a>,
    came: &'a Came<'a>,
    now: &'a [Known],
}

impl Record<'_> {
    /// Facts of its id as they were.
    pub(super) fn known(&self) -> &[Fact] {
        self.came.known
    }

    /// Those of all facts that are of its id now.
    pub(super) fn its<'f>(&self, facts: &'f [Fact]) -> impl Iterator<Item = &'f Fact> {
        self.came.places.iter().map(|&i| &facts[i])
    }

    /// Those of them that stand since now.
    pub(super) fn news<'f>(&self, facts: &'f [Fact]) -> impl Iterator<Item = &'f Fact> {
        self.its(facts).filter(|fact| {
            let mut stood = self.came.known.iter().map(|known| known.versions.digest);
            stood.all(|digest| digest != fact.versions.digest)
        })
    }

    /// The message of a fact of its id, and whether that is all of it.
    pub(super) fn message(&self, head: &Head, fact: &Fact) -> (Arc<Complaint>, bool) {
        let digest = fact.versions.digest;
        let came = &self.arrival.fact.versions;
        if let Some(whole) = self.arrival.complaint.filter(|_| digest == came.digest) {
            return (Arc::clone(whole), true);
        }
        let known = self.now.iter().find(|(known, _)| known.versions.digest == digest);
        let message = Arc::new(Complaint {
            author: Person {
                display_name: None,
                identifiers: known.map_or_else(Vec::new, |(_, identifiers)| identifiers.clone()),
            },
            ..work::from_fact(head, fact)
        });
        (message, false)
    }
}

/// The facts of the id that a record came with: as they were, and the places of those that are.
pub(super) struct Came<'f> {
    known: &'f [Fact],
    places: &'f [usize],
}

/// By what a case is folded anew.
pub(super) struct Anew<'a> {
    pub(super) changed: &'a Changed<'a>,
    /// The message in it that stands since now, if one does.
    pub(super) spoken: Option<&'a Spoken>,
    /// Whether what its author says was in the case of another.
    pub(super) was_away: bool,
    /// The case in which it is now.
    pub(super) joins: Option<CaseId>,
    /// Messages that the cases of those held whole who are one, or were.
    pub(super) bodies: &'a [Body],
    /// What else has happened to it.
    pub(super) happened: Vec<Happened>,
}

impl<'a> Anew<'a> {
    /// By what became of the facts, and nothing else.
    pub(super) fn by(changed: &'a Changed<'a>) -> Self {
        Self {
            changed,
            spoken: None,
            was_away: false,
            joins: None,
            bodies: &[],
            happened: Vec::new(),
        }
    }
}

/// What became of the facts.
pub(super) struct Changed<'f> {
    /// All facts as they were.
    pub(super) before: &'f [Fact],
    /// All facts as they are now.
    pub(super) after: &'f [Fact],
    /// For each fact that changed, or moved in time: its case before and after, and the fact after.
    facts: Vec<(Author, Author, &'f Fact)>,
    /// Facts of which another version stands than before, each with the one that did.
    revised: Vec<(&'f Fact, &'f Fact)>,
}

impl<'f> Changed<'f> {
    /// `came`: what a record came to, if it was one that changed them.
    pub(super) fn between(
        keys: &Keys,
        before: &'f [Fact],
        after: &'f [Fact],
        came: Option<&Came<'f>>,
    ) -> Self {
        let case_of = |fact: &Fact| if fact.deleted { 0 } else { fact.case };
        let mut facts = Vec::new();
        let mut revised = Vec::new();
        let places = ledger::places(keys, before, after);
        for (i, (fact, place)) in after.iter().zip(&places).enumerate() {
            let is_this = came.is_some_and(|came| came.places.contains(&i));
            let was = place.map(|place| &before[place]);
            let case_before = was.map_or(0, case_of);
            if let Some(was) = was
                && is_this
                && was.versions.digest != fact.versions.digest
            {
                revised.push((fact, was));
            }
            let has_moved = was.is_some_and(|was| (was.at, was.turn) != (fact.at, fact.turn));
            if is_this || case_before != case_of(fact) || has_moved {
                facts.push((case_before, case_of(fact), fact));
            }
        }
        // Two people's messages turn out to be one's: there is one less.
        let gone = came.into_iter().flat_map(|came| came.known).filter(|known| {
            let is_it = |i: &usize| after[*i].twin() == known.twin();
            !came.is_some_and(|came| came.places.iter().any(is_it))
        });
        facts.extend(gone.map(|fact| (case_of(fact), 0, fact)));
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
            let revised = self
                .revised
                .iter()
                .find(|(revised, _)| std::ptr::eq(*revised, fact));
            match (before == author, after == author) {
                (false, true) => news.push(News::Gained(fact)),
                (true, true) => match revised {
                    // Another answer: the one before was not given.
                    Some((_, was)) if fact.said.class() == Class::Surveyed => {
                        news.extend([News::Lost(was), News::Gained(fact)]);
                    }
                    Some(_) => news.push(News::Edited(fact)),
                    None => {}
                },
                (true, false) if fact.deleted => news.push(News::Withdrawn(fact)),
                (true, false) => news.push(News::Lost(fact)),
                (false, false) => {}
            }
        }
        news
    }
}
