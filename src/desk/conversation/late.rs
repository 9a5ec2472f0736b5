//! What comes late of somebody who was forgotten (ENGINE.md 18).
//!
//! Where somebody is known to have been forgotten, what is from before that is dropped as it arrives. Elsewhere
//! it is taken in, and may take over what was said to others, until its identifiers have answered. Then it is
//! taken back: all facts are attributed anew, and the conversation is as if it had never come. If others of its
//! author's messages were known before, their case was the forgotten person's all the time, and is forgotten
//! like any other.

use std::sync::Arc;

use rustc_hash::FxHashSet;
use smol_str::SmolStr;

use super::Actor;
use super::arrive::Arrival;
use super::attribution::{Elders, attribute};
use super::case::CaseRow;
use super::fact::{Addressee, Author, Class, CustomerSaid, Fact, Mention, NOBODY, Said};
use super::fold::Fold;
use super::forget::{TIMES, is_or_becomes};
use super::hide::{hide, hide_fold, hide_versions, is_of};
use super::kin::Joined;
use super::ledger::{Head, Ledger, keep_order};
use super::order::{place_all, sort};
use super::refold::{Anew, Changed, note_speakers};
use crate::desk::figures::FORGOTTEN_LATE;
use crate::desk::forgetting::{Forget, Forgotten, hidden, is_hidden, successor};
use crate::desk::keys::Keys;
use crate::desk::message::Message;
use crate::model::Millis;
use crate::processor::{Corrupt, Rejection};

/// What is taken back of an author.
struct Late<'l> {
    author: Author,
    /// Which of the author's messages.
    is_late: &'l dyn Fn(&Fact) -> bool,
    /// The author's identifiers.
    mentions: FxHashSet<Mention>,
}

impl Actor<'_, '_> {
    /// A case's identifiers have answered: its author was forgotten, after having opened it.
    pub(super) fn found_out(
        &mut self,
        mut head: Head,
        mut row: CaseRow,
        forgotten: Forgotten,
    ) -> Result<(), Rejection> {
        let Forgotten { at, late } = forgotten;
        if !late {
            return self.erase(head, row, at);
        }
        row.rebase(&head);
        let ledger = Ledger::read(self.state, self.key, &head)?;
        let author = row.author;
        let theirs = row.who.late();
        // What was there before an edit that names the person is not kept: it cannot be taken back.
        let is_known = row.who.party.is_some();
        let is_own = |fact: &&Fact| fact.customer().is_some_and(|said| said.author == author);
        let is_late = |fact: &Fact| {
            let names_them = |said: &[Mention]| said.iter().any(|mention| theirs.contains(mention));
            let said = fact.customer().filter(|said| said.author == author);
            fact.at <= at
                && (fact.is_unedited() || !is_known)
                && said.is_some_and(|said| names_them(&said.mentions))
        };
        let mut own = ledger.facts().iter().filter(is_own);
        if row.base.is_none() && own.clone().all(is_late) {
            return self.erase_late(head, row, at, &ledger);
        }
        if !own.any(is_late) {
            return self.erase(head, row, at);
        }
        self.effects.count(FORGOTTEN_LATE, 1);
        let late = Late {
            author,
            is_late: &is_late,
            mentions: theirs.iter().copied().collect(),
        };
        self.take_back(&mut head, &late, &ledger, Some(row))?;
        self.put_head(Arc::new(head));
        // The rest is forgotten by the state as it is then, unless it is from after that.
        let party = None;
        let forget = Forget::Author { author, at, party };
        self.effects.tell(self.key, Message::Forget(Box::new(forget)));
        Ok(())
    }

    /// Erases a case of which nothing was heard before its author had been forgotten: it goes altogether. Its
    /// row stays as the mark by which more of it is known.
    fn erase_late(
        &mut self,
        mut head: Head,
        mut row: CaseRow,
        at: Millis,
        ledger: &Ledger,
    ) -> Result<(), Rejection> {
        let author = row.author;
        self.leave(&mut row);
        self.clear_beside(ledger, std::slice::from_ref(&row))?;
        self.hide_name(&mut head, std::slice::from_ref(&row), ledger)?;
        if head.first_author == author {
            head.first_author = NOBODY;
        }
        let is_late = |fact: &Fact| matches!(fact.said, Said::Customer(_)) && is_of(fact, author);
        let late = Late {
            author,
            is_late: &is_late,
            mentions: row.who.asked.iter().map(|asked| asked.mention).collect(),
        };
        self.take_back(&mut head, &late, ledger, None)?;
        let keys = *self.desk.keys();
        let before = row.fold.take().map(|fold| {
            let mut fold = Fold::clone(&fold);
            hide_fold(&keys, &mut fold);
            Arc::new(fold)
        });
        self.close(head, row, before, Forgotten { at, late: true })
    }

    /// Takes messages out as if they had never come, but for the hashes of their ids. `keeps`: the author's
    /// case, if other messages of it stay. The caller stores the head.
    fn take_back(
        &mut self,
        head: &mut Head,
        late: &Late<'_>,
        ledger: &Ledger,
        keeps: Option<CaseRow>,
    ) -> Result<(), Rejection> {
        let keys = *self.desk.keys();
        let before = ledger.facts();
        let mut after = before.to_vec();
        for fact in after.iter_mut().filter(|fact| (late.is_late)(fact)) {
            hide(&keys, fact, late.author, |_| false);
            fact.deleted = true;
        }
        for fact in &mut after {
            let names_them =
                |said: &CustomerSaid| said.mentions.iter().any(|one| late.mentions.contains(one));
            hide_versions(&keys, fact, late.author, names_them);
        }
        let gone = || before.iter().filter(|fact| (late.is_late)(fact));
        let mut ids: FxHashSet<&SmolStr> = gone().map(|fact| &fact.id).collect();
        // A response may have the same id as a complaint: it is what others reply to now.
        for fact in before.iter().filter(|fact| fact.said.class() == Class::Company) {
            ids.remove(&fact.id);
        }
        hide_targets(&mut after, &ids, |id| hidden(&keys, id));

        head.forgotten = true;
        let first_before = head.first_author;
        let elders = self.elders(head, &after)?;
        place_all(&mut after);
        let cases = attributed(&keys, &after, head.joined(), &elders);
        after
            .iter_mut()
            .zip(cases)
            .for_each(|(fact, case)| fact.case = case);
        // What was said to them, or fell to them, and is nobody's now may say who they were.
        let mut nobodys = FxHashSet::default();
        for (fact, was) in after.iter_mut().zip(before) {
            let Some(to) = fact.said.addressee().filter(|_| fact.case == NOBODY) else {
                continue;
            };
            let mut named = to.mentions.iter();
            let means_them = to.author == Some(late.author)
                || to.reply_to.as_deref().is_some_and(is_hidden)
                || named.any(|(mention, author)| late.mentions.contains(mention) || *author == late.author);
            if means_them || was.case == late.author {
                hide(&keys, fact, NOBODY, |_| false);
                nobodys.insert(&was.id);
            }
        }
        hide_targets(&mut after, &nobodys, |id| hidden(&keys, id));
        keep_order(before, &mut after);

        let stays = after.iter().zip(before).filter(|(_, was)| !(late.is_late)(was));
        let latest = head.latest;
        head.note_latest(stays.map(|(fact, _)| fact));
        head.latest = head.latest.or(latest);
        let mut sorted = after.clone();
        sort(&mut sorted);
        note_speakers(head, &sorted, &elders);
        self.note_unmet(head, std::iter::empty(), &sorted, &elders)?;
        for fact in gone() {
            self.note_aliases(head, fact, &sorted)?;
        }
        let changed = Changed::between(&keys, before, &sorted, None);
        for other in changed.authors(first_before, head.first_author) {
            let other = Some(other).filter(|other| *other != late.author);
            if let Some(other) = other
                && let Some(other) = self.read_case(other)?
            {
                self.fold_anew(head, other, Anew::by(&changed))?;
            }
        }
        if let Some(row) = keeps {
            self.fold_anew(head, row, Anew::by(&changed))?;
        }
        ledger.rewrite(self.state, self.key, head, after, self.effects)?;
        Ok(())
    }

    /// Identifiers of forgotten people that only messages name which were taken back, or which others are said
    /// to have written: they go, and what is left of those messages. A case that is none any more also lets go
    /// of what its party had found, and of the id of what it had handed out.
    pub(super) fn let_go(&mut self, head: &mut Arc<Head>, row: &mut CaseRow) -> Result<(), Corrupt> {
        let own = row.own_mentions().to_vec();
        let gone = row.who.let_go(&own);
        if row.fold.is_none() && !row.is_away() {
            row.who.findings = None;
            let handed_out = row.work.iter_mut();
            handed_out.for_each(|work| work.first = hidden(self.desk.keys(), &work.first));
        }
        if gone.is_empty() {
            return Ok(());
        }
        let (keys, author) = (*self.desk.keys(), row.author);
        let forget = |fact: &mut Fact| {
            let names_them = match &fact.said {
                Said::Customer(said) => said.mentions.iter().any(|mention| gone.contains(mention)),
                _ => false,
            };
            if names_them && fact.deleted && is_of(fact, author) {
                hide(&keys, fact, author, |_| false);
            }
            hide_versions(&keys, fact, author, |said| {
                said.mentions.iter().any(|mention| gone.contains(mention))
            });
        };
        let ledger = Ledger::read(self.state, self.key, head)?;
        let mut left = ledger.facts().to_vec();
        left.iter_mut().for_each(forget);
        ledger.rewrite(self.state, self.key, Arc::make_mut(head), left, self.effects)?;
        self.put_head(Arc::clone(head));
        Ok(())
    }

    /// A record comes to a conversation in which somebody was forgotten. Theirs, if it is from before that,
    /// is dropped: then this says `true`. If it is from after that, it is of somebody new.
    pub(super) fn is_dropped(&mut self, head: &Head, arrival: &mut Arrival<'_>) -> Result<bool, Corrupt> {
        let fact = &mut arrival.fact;
        let at = fact.at;
        if let Said::Customer(said) = &mut fact.said {
            said.author = self.after(said.author, at)?;
            fact.case = said.author;
            let row = self.read_case(said.author)?;
            let known = row.as_ref().and_then(|row| {
                let live: Vec<_> = row.who.asked.iter().map(|asked| asked.mention).collect();
                row.forgotten
                    .or(row.who.forgotten(&live).map(|forgotten| forgotten.at))
            });
            return Ok(known.is_some_and(|forgotten| at <= forgotten));
        }
        let is_survey = matches!(fact.said, Said::Surveyed(_));
        let Some(to) = fact.said.addressee_mut() else {
            return Ok(false);
        };
        if let Some(author) = &mut to.author {
            *author = self.after(*author, at)?;
        }
        for (_, author) in &mut to.mentions {
            *author = self.after(*author, at)?;
        }
        if let Some(target) = &to.reply_to {
            let left = hidden(self.desk.keys(), target);
            let is_left = |fact: &Fact| fact.id == left;
            if Ledger::read(self.state, self.key, head)?
                .facts()
                .iter()
                .any(is_left)
            {
                to.reply_to = Some(left);
            }
        }
        if !is_survey {
            return Ok(false);
        }
        let to = to.clone();
        match self.addressed(&mut head.clone(), &to)? {
            Some(about) => self.is_forgotten(head, about),
            None => Ok(self.names_forgotten(head, &to)? || self.is_forgotten(head, head.first_author)?),
        }
    }

    /// Of a message that is dropped the hash of its id stays: what names it, whenever that comes, says no more.
    pub(super) fn leave_name(&mut self, mut head: Head, mut fact: Fact) -> Result<(), Corrupt> {
        let keys = *self.desk.keys();
        let (left, id) = (hidden(&keys, &fact.id), fact.id.clone());
        let ledger = Ledger::read(self.state, self.key, &head)?;
        let is_known =
            |known: &Fact| known.said.class() == Class::Customer && (known.id == left || known.id == id);
        if fact.customer_said().is_none() || ledger.facts().iter().any(is_known) {
            return Ok(());
        }
        let mut facts = ledger.facts().to_vec();
        hide_targets(&mut facts, &[&id].into_iter().collect(), |id| hidden(&keys, id));
        ledger.rewrite(self.state, self.key, &mut head, facts, self.effects)?;
        hide(&keys, &mut fact, NOBODY, |_| false);
        (fact.deleted, fact.case) = (true, NOBODY);
        self.append(&mut head, fact);
        self.put_head(Arc::new(head));
        Ok(())
    }

    /// Whether a customer's message that comes is one more version of a message whose author was forgotten since:
    /// it says no more of them than the others did, whatever time it gives.
    pub(super) fn is_of_forgotten(
        &mut self,
        head: &Head,
        came: &Fact,
        known: &[Fact],
    ) -> Result<bool, Corrupt> {
        let Some(came) = came.customer_said().filter(|_| head.forgotten) else {
            return Ok(false);
        };
        for known in known.iter().filter(|known| is_hidden(&known.id)) {
            let Some(known) = known.customer_said() else {
                continue;
            };
            if is_or_becomes(self.desk.keys(), known.author, came.author)
                && self.is_forgotten(head, known.author)?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether a response means somebody who was forgotten here, with a case or without.
    fn names_forgotten(&mut self, head: &Head, to: &Addressee) -> Result<bool, Corrupt> {
        if to.reply_to.as_deref().is_some_and(is_hidden) {
            return Ok(true);
        }
        let named = to.mentions.iter().map(|(_, author)| *author);
        for author in to.author.into_iter().chain(named) {
            if self.is_forgotten(head, author)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether a fact is of the case of somebody who was forgotten; or of nobody's, and means one.
    pub(super) fn is_theirs(&mut self, head: &Head, fact: &Fact) -> Result<bool, Corrupt> {
        match fact.said.addressee() {
            _ if !head.forgotten => Ok(false),
            Some(to) if fact.case == NOBODY => self.names_forgotten(head, to),
            _ => self.is_forgotten(head, fact.case),
        }
    }

    /// Who an author is at a time: themselves, or whoever they are after having been forgotten.
    fn after(&mut self, author: Author, at: Millis) -> Result<Author, Corrupt> {
        let mut author = author;
        for _ in 0..TIMES {
            match self.forgotten_at(author)? {
                Some(forgotten) if forgotten < at => author = successor(self.desk.keys(), author),
                _ => break,
            }
        }
        Ok(author)
    }

    /// Hides what facts at hand say of people who were forgotten, to whom they were attributed just now.
    pub(super) fn hide_all(&mut self, head: &Head, facts: &mut [Fact]) -> Result<(), Corrupt> {
        for fact in facts {
            if self.is_theirs(head, fact)? {
                self.hide_late(fact);
            }
        }
        Ok(())
    }

    /// Hides what a fact says that came after its author was forgotten.
    pub(super) fn hide_late(&self, fact: &mut Fact) {
        let author = fact.case;
        hide(self.desk.keys(), fact, author, |to| {
            let is_left = to.reply_to.as_deref().is_some_and(is_hidden);
            author != NOBODY && (to.author == Some(author) || is_left)
        });
    }
}

/// Whose each of these is, which are not sorted.
fn attributed(keys: &Keys, facts: &[Fact], joined: &[Joined], elders: &Elders) -> Vec<Author> {
    let mut order: Vec<usize> = (0..facts.len()).collect();
    order.sort_by(|a, b| facts[*a].place().cmp(&facts[*b].place()));
    let sorted: Vec<_> = order.iter().map(|i| facts[*i].clone()).collect();
    let mut cases = vec![NOBODY; facts.len()];
    for (i, case) in order.into_iter().zip(attribute(keys, &sorted, joined, elders)) {
        cases[i] = case;
    }
    cases
}

/// Of what is replied to, only the hash stays of these ids.
fn hide_targets(facts: &mut [Fact], ids: &FxHashSet<&SmolStr>, hidden: impl Fn(&str) -> SmolStr) {
    for target in facts.iter_mut().filter_map(|fact| fact.said.reply_to_mut()) {
        if ids.contains(&*target) {
            *target = hidden(target);
        }
    }
}
