//! What an apply finds out of who speaks in a conversation: which customer an author is, and which others are the
//! same ([`super::kin`]).

use std::collections::BTreeMap;

use smallvec::SmallVec;
use smol_str::SmolStr;

use super::Actor;
use super::case::CaseRow;
use super::fact::{Author, Class, CustomerSaid, Fact, Mention};
use super::identify::HOPS;
use super::kin::{Authors, Own, lead, mentions_of};
use super::ledger::{self, Head};
use super::speaker;
use crate::desk::keys::part;
use crate::desk::row::Row;
use crate::processor::{Corrupt, RowKey};

/// What an apply has found of customers so far.
#[derive(Debug, Default)]
pub(super) struct Met {
    rows: BTreeMap<u64, Authors>,
    /// Who the author of the case in the main row is by now, if that has changed.
    home: Option<Option<SmolStr>>,
}

impl Actor<'_, '_> {
    /// Who speaks in a message in order: its author, unless it names nobody and goes on from another such.
    pub(super) fn speaker(
        &mut self,
        head: &mut Head,
        fact: &Fact,
        said: &CustomerSaid,
    ) -> Result<Author, Corrupt> {
        let keys = self.desk.keys();
        let Some(target) = speaker::goes_on_from(keys, fact) else {
            return Ok(head.case_of(said.author));
        };
        let found = ledger::find(keys, self.state, self.key, head, Class::Customer, target)?;
        let first = speaker::nameless(keys, target);
        let is_first = |fact: &&Fact| fact.customer().is_some_and(|said| said.author == first);
        match found.iter().find(is_first) {
            Some(fact) => Ok(fact.case),
            None if !found.is_empty() => Ok(said.author),
            None if head.retired.is_some() && self.is_elder(head, first)? => Ok(first),
            None => {
                self.miss(head, ledger::name(keys, Class::Customer, target))?;
                Ok(said.author)
            }
        }
    }

    /// The author whose case is in the main row.
    fn home(&mut self) -> Result<Option<Author>, Corrupt> {
        Ok(self
            .main_row()?
            .and_then(|row| row.case.as_ref())
            .map(|case| case.author))
    }

    /// Who that author is.
    fn home_customer(&mut self) -> Result<Option<SmolStr>, Corrupt> {
        if let Some(home) = &self.kept.met.home {
            return Ok(home.clone());
        }
        let case = self.main_row()?.and_then(|row| row.case.as_ref());
        Ok(case.and_then(|case| case.who.customer_id().cloned()))
    }

    fn kin_row(&self, customer: u64) -> RowKey {
        self.row(part::KIN, customer)
    }

    /// The authors who are a customer, but for the one of the case in the main row.
    fn kin(&mut self, customer: u64) -> Result<Authors, Corrupt> {
        if let Some(authors) = self.kept.met.rows.get(&customer) {
            return Ok(authors.clone());
        }
        match self.state.get(&self.kin_row(customer))? {
            Some(Row::Kin(authors)) => Ok(authors.clone()),
            None => Ok(Authors::new()),
            Some(_) => Err(Corrupt(
                "the row of a customer's authors is of another kind".into(),
            )),
        }
    }

    /// The customer that an author turns out to be, if that is another than before, or none. The same as their party
    /// will be ([`super::identify`]). Nobody asks where there is nobody else.
    pub(super) fn turns_out(
        &mut self,
        head: &Head,
        row: &CaseRow,
        own: &[Mention],
    ) -> Result<Option<Option<SmolStr>>, Corrupt> {
        if row.forgotten.is_some() || (head.kin.is_none() && self.home()? == Some(row.author)) {
            return Ok(None);
        }
        let known = row.who.customer_id();
        let customer = match row.who.decide(own, &self.desk.settings().identity) {
            Some((party, _)) if self.cx.hops < HOPS => party.customer_id,
            None if own.is_empty() => None,
            _ => return Ok(None),
        };
        Ok((customer.as_ref() != known).then_some(customer))
    }

    /// Notes which customer an author is, and was. Harmless where it is known.
    pub(super) fn note_customer(
        &mut self,
        author: Author,
        was: Option<&SmolStr>,
        is: Option<&SmolStr>,
    ) -> Result<(), Corrupt> {
        if was == is {
            return Ok(());
        }
        if self.home()? == Some(author) {
            self.kept.met.home = Some(is.cloned());
            return Ok(());
        }
        for (customer, is_theirs) in [(was, false), (is, true)] {
            let Some(customer) = customer.map(|customer| self.customer_hash(customer)) else {
                continue;
            };
            let mut authors = self.kin(customer)?;
            if authors.contains(&author) == is_theirs {
                continue;
            }
            authors.retain(|known| *known != author);
            authors.extend(is_theirs.then_some(author));
            self.kept.met.rows.insert(customer, authors);
        }
        Ok(())
    }

    fn customer_hash(&self, customer_id: &str) -> u64 {
        self.desk.keys().short(&["known", customer_id])
    }

    /// An author is another customer than before, or none. Says whether that joins authors, or parts them.
    pub(super) fn becomes(
        &mut self,
        head: &mut Head,
        author: Author,
        was: Option<&SmolStr>,
        is: Option<&SmolStr>,
    ) -> Result<bool, Corrupt> {
        self.note_customer(author, was, is)?;
        let home = self.home()?;
        let home_is = self.home_customer()?;
        head.kin.get_or_insert_default();
        let mut changed = false;
        for customer_id in [was, is].into_iter().flatten() {
            let customer = self.customer_hash(customer_id);
            let mut authors = self.kin(customer)?;
            authors.extend(home.filter(|_| home_is.as_ref() == Some(customer_id)));
            self.part_elders(head, &mut authors)?;
            changed |= head.join(customer, authors);
        }
        Ok(changed)
    }

    /// An author is none of the others any more, whoever they are.
    pub(super) fn part(&mut self, head: &mut Head, row: &CaseRow) -> Result<bool, Corrupt> {
        self.becomes(head, row.author, row.who.customer_id(), None)
    }

    /// What the facts of two cases had come to that were dropped cannot be put together: of those only the earliest is
    /// joined by others.
    fn part_elders(&mut self, head: &Head, authors: &mut Authors) -> Result<(), Corrupt> {
        if head.retired.is_none() || authors.len() < 2 {
            return Ok(());
        }
        let mut first = None;
        let mut elders = Authors::new();
        for &author in authors.iter() {
            let Some(row) = self.case_of(author)?.filter(|row| row.is_elder(head)) else {
                continue;
            };
            let opened = row
                .fold
                .as_ref()
                .map(|fold| (fold.opened.at, fold.opened.id.clone()));
            elders.push(author);
            if first.as_ref().is_none_or(|(before, _)| opened < *before) {
                first = Some((opened, author));
            }
        }
        authors.retain(|author| {
            !elders.contains(author) || first.as_ref().is_some_and(|(_, first)| first == author)
        });
        Ok(())
    }

    /// Of authors who are one, those come first who spoke first.
    pub(super) fn lead(&mut self, head: &mut Head, facts: &[Fact]) -> Result<(), Corrupt> {
        let Some(mut kin) = head.kin.take() else {
            return Ok(());
        };
        for joined in &mut kin.joined {
            let mut elder = None;
            for (place, author) in joined.authors.iter().enumerate() {
                if head.retired.is_some() && self.is_elder(head, *author)? {
                    elder = Some(place);
                }
            }
            match elder {
                Some(elder) => joined.authors.swap(0, elder),
                None => lead(joined, facts),
            }
        }
        head.kin = Some(kin);
        Ok(())
    }

    /// The identifiers that tell who an author is, by these facts.
    pub(super) fn mentions_of(&self, head: &Head, row: &CaseRow, facts: &[Fact]) -> SmallVec<[Mention; 2]> {
        let known = match (&row.own, &row.base) {
            (Some(own), _) if head.retired.is_some() => own.mentions.clone(),
            (None, Some(base)) => base.mentions.clone(),
            _ => SmallVec::new(),
        };
        mentions_of(facts, row.author, known)
    }

    /// What is an author's own, if others are one with them.
    pub(super) fn own_of(&self, head: &Head, row: &CaseRow, facts: &[Fact]) -> Option<Box<Own>> {
        let joined = head.joined_with(row.author)?;
        Some(Box::new(Own {
            mentions: self.mentions_of(head, row, facts),
            away: joined.authors[0] != row.author,
        }))
    }

    /// Whether a message in order tells more of who its author is than that it asks: who it is may change with it.
    pub(super) fn tells_who(&mut self, head: &Head, said: &CustomerSaid) -> Result<bool, Corrupt> {
        if head.is_new() || (head.kin.is_none() && self.home()? == Some(said.author)) {
            return Ok(false);
        }
        let is_one = head.joined_with(said.author).is_some();
        let Some(row) = self.case_of(said.author)? else {
            return Ok(false);
        };
        let own = row.own_mentions();
        let has_answered = |mention: &Mention| {
            let mut asked = row.who.asked.iter();
            asked.any(|asked| asked.mention == *mention && asked.number > 0)
        };
        let mut new = said.mentions.iter().filter(|mention| !own.contains(mention));
        Ok(new.any(|mention| is_one || has_answered(mention)))
    }

    /// The end of an apply: stores what it has found of customers.
    pub(super) fn keep_kin(&mut self) -> Result<(), Corrupt> {
        for (customer, authors) in std::mem::take(&mut self.kept.met.rows) {
            let key = self.kin_row(customer);
            if !authors.is_empty() {
                self.effects.store(key, Row::Kin(authors));
            } else if self.state.get(&key)?.is_some() {
                self.effects.delete(key);
            }
        }
        Ok(())
    }
}
