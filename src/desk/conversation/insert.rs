//! A message that is late, but not for the past of a long conversation, is put in where it belongs.
//!
//! That is done if all it can change are its own case, whose those replies are that name nobody, and whose those are
//! that looked for it. Two topics of one thread are seldom read in step, so a reply may be read before the message
//! that it names. Anything else takes the long way ([`super::refold`]).

use std::collections::BTreeSet;
use std::sync::Arc;

use smol_str::SmolStr;

use super::Actor;
use super::arrive::{Arrival, names};
use super::case::CaseRow;
use super::events::News;
use super::fact::{Author, Class, Fact, NOBODY, Said};
use super::fold::Fold;
use super::ledger::{self, Head, Spot};
use super::past::{PastFold, Recent};
use super::record;
use super::settle::Change;
use super::speaker;
use super::wait::Wait;
use crate::config::rules::ChannelRules;
use crate::desk::keys::part;
use crate::desk::row::Row;
use crate::model::{Complaint, Identifier};
use crate::processor::{Corrupt, Rejection};

/// How many replies to replies are followed.
const FAR: usize = 16;

/// What looked for a message before it came.
#[derive(Clone, Copy, PartialEq, Eq)]
enum LookedFor {
    /// Nothing did.
    ByNothing,
    /// Recent responses that name it.
    ByRecent,
    /// Responses of the past, or that name its author.
    Otherwise,
}

/// A case that a message changes.
struct Changing {
    row: CaseRow,
    before: Option<Arc<Fold>>,
    closed_before: Vec<Wait>,
    closed: Vec<Wait>,
}

/// A fact that has another case, or another turn in its moment, since a message is there.
struct Moved {
    spot: Spot,
    was: Author,
    fact: Fact,
}

impl Actor<'_, '_> {
    /// Puts in a message that is late, but not for the past. Says whether that was possible: if not, nothing has
    /// been done.
    pub(super) fn insert(&mut self, head: &mut Head, arrival: &mut Arrival<'_>) -> Result<bool, Rejection> {
        let Some(until) = head.past_until() else {
            return Ok(false);
        };
        let is_survey = matches!(arrival.fact.said, Said::Surveyed(_));
        if is_survey || arrival.fact.deleted || arrival.fact.said.reply_to() == Some(&arrival.fact.id) {
            return Ok(false);
        }
        let looked_for = self.looked_for(head, &arrival.fact)?;
        if looked_for == LookedFor::Otherwise {
            return Ok(false);
        }
        let target = self.target(head, &arrival.fact)?;
        arrival.fact.follow(target.as_ref());
        if arrival.fact.at <= until || !self.names_no_other(arrival)? {
            return Ok(false);
        }
        if let Said::Customer(said) = &arrival.fact.said {
            if head.joined_with(said.author).is_some() || self.tells_who(head, said)? {
                return Ok(false); // who spoke first of those who are one may change
            }
            arrival.fact.case = self.speaker(head, &arrival.fact, said)?;
        }
        let recent = self.recent(head, until)?;
        if recent.facts(head).any(|(_, fact)| !fact.again().is_empty()) {
            return Ok(false); // an edit that says something else has a place of its own
        }
        let spoken = |fact: &Fact| fact.customer().map(|_| fact.case);
        let place = arrival.fact.place();
        let (mut before, mut after) = (None, None);
        for (_, fact) in recent.facts(head).filter(|(_, fact)| spoken(fact).is_some()) {
            let nearest = if fact.place() < place {
                &mut before
            } else {
                &mut after
            };
            let is_nearer = |near: &&Fact| (near.place() < fact.place()) == (fact.place() < place);
            if nearest.as_ref().is_none_or(is_nearer) {
                *nearest = Some(fact);
            }
        }
        let past_speaker = head.past.as_ref().map_or(NOBODY, |past| past.last_author);
        let speaker = before.and_then(spoken).unwrap_or(past_speaker);
        if speaker == NOBODY {
            return Ok(false); // it may be the first of all
        }
        let is_last = after.is_none();
        // What names nobody falls to who spoke last before it.
        let is_between =
            |fact: &Fact| place < fact.place() && after.is_none_or(|after| fact.place() < after.place());
        let falls = |fact: &(Spot, &Fact)| {
            let is_message = matches!(fact.1.said, Said::Company(_) | Said::Changed(_));
            let names_it = fact.1.said.reply_to() == Some(&arrival.fact.id);
            is_message && !names_it && fact.1.case == speaker && is_between(fact.1)
        };
        let takes = spoken(&arrival.fact).filter(|author| *author != speaker);
        let between: Vec<(Spot, Fact)> = recent
            .facts(head)
            .filter(|fact| takes.is_some() && falls(fact))
            .map(|(spot, fact)| (spot, fact.clone()))
            .collect();
        if spoken(&arrival.fact).is_none() {
            let to = arrival.fact.said.addressee().cloned().unwrap_or_default();
            arrival.fact.case = self.addressed(head, &to)?.unwrap_or(speaker);
        }
        let Some(mut moved) = self.named(head, &recent, &arrival.fact, target)? else {
            return Ok(false);
        };
        for (spot, mut fact) in between {
            if self.is_in_ring(head, &fact)? {
                return Ok(false);
            }
            let to = fact.said.addressee().cloned().unwrap_or_default();
            if self.addressed(head, &to)?.is_none() {
                let was = fact.case;
                fact.case = takes.unwrap_or(was);
                moved.push(Moved { spot, was, fact });
            }
        }
        let is_moved = |id: &SmolStr| moved.iter().any(|moved| moved.fact.id == *id);
        let follows = |fact: &Fact| fact.said.reply_to().is_some_and(is_moved);
        if recent.facts(head).any(|(_, fact)| follows(fact)) {
            return Ok(false);
        }
        let cases = moved.iter().flat_map(|moved| [moved.was, moved.fact.case]);
        let mut authors: BTreeSet<Author> = cases.chain([arrival.fact.case]).collect();
        authors.remove(&NOBODY);
        let mut changing = Vec::new();
        for author in authors {
            match self.changing(head, &recent, author, arrival, &moved)? {
                Some(case) => changing.push(case),
                None => return Ok(false),
            }
        }
        if looked_for == LookedFor::ByRecent {
            let name = ledger::name(self.desk.keys(), arrival.fact.said.class(), &arrival.fact.id);
            self.effects.delete(self.row(part::UNMET, name));
        }
        self.put_in(head, arrival, moved, changing, is_last)?;
        Ok(true)
    }

    /// What was looking for a message.
    fn looked_for(&mut self, head: &Head, fact: &Fact) -> Result<LookedFor, Corrupt> {
        let mut by = LookedFor::ByNothing;
        if !head.unmet {
            return Ok(by);
        }
        for (n, name) in names(self.desk.keys(), fact).enumerate() {
            match self.state.get(&self.row(part::UNMET, name))? {
                None => {}
                Some(Row::Unmet { by_past: false }) if n == 0 => by = LookedFor::ByRecent, // its own name
                Some(_) => return Ok(LookedFor::Otherwise),
            }
        }
        Ok(by)
    }

    /// Recent responses that name a message as the one they reply to, with what changes for them when it comes. `None`
    /// if more changes than their case and their turn.
    fn named(
        &mut self,
        head: &Head,
        recent: &Recent,
        came: &Fact,
        target: Option<Fact>,
    ) -> Result<Option<Vec<Moved>>, Corrupt> {
        let names_it = |fact: &Fact| fact.said.reply_to() == Some(&came.id);
        let naming: Vec<(Spot, Fact)> = recent
            .facts(head)
            .filter(|(_, fact)| names_it(fact) && !fact.deleted)
            .map(|(spot, fact)| (spot, fact.clone()))
            .collect();
        let is_named = !naming.is_empty();
        let mut moved = Vec::new();
        for (spot, fact) in naming {
            if !matches!(fact.said, Said::Company(_) | Said::Changed(_)) {
                if fact.at == came.at || speaker::goes_on_from(self.desk.keys(), &fact).is_some() {
                    return Ok(None);
                }
                continue;
            }
            if self.target(head, &fact)?.is_some() {
                // It names a message of the other class, which counts if that is the customer's.
                if came.said.class() == Class::Customer {
                    return Ok(None);
                }
                continue;
            }
            let (was, at, turn) = (fact.case, fact.at, fact.turn);
            let mut fact = fact;
            fact.follow(Some(came));
            fact.case = came.case;
            if fact.at != at {
                return Ok(None);
            }
            if (fact.case, fact.turn) != (was, turn) {
                moved.push(Moved { spot, was, fact });
            }
        }
        // What it replies to itself must not lead back to one of them.
        let mut next = target.filter(|_| is_named);
        for _ in 0..FAR {
            match next {
                None => return Ok(Some(moved)),
                Some(fact) if names_it(&fact) => return Ok(None),
                Some(fact) => next = self.target(head, &fact)?,
            }
        }
        Ok(None)
    }

    /// Whether what a fact replies to leads back to a message on the way, or further than one cares to look.
    fn is_in_ring(&mut self, head: &Head, fact: &Fact) -> Result<bool, Corrupt> {
        let mut way = vec![fact.clone()];
        while let Some(next) = self.target(head, way.last().unwrap_or(fact))? {
            if matches!(next.said, Said::Customer(_)) {
                return Ok(false); // whose it is does not depend on what they reply to
            }
            if way.len() == FAR || way.iter().any(|passed| passed.same_message(&next)) {
                return Ok(true);
            }
            way.push(next);
        }
        Ok(false)
    }

    /// Whether the identifiers of a customer's message are nobody else's here: else whose they are may depend on
    /// who was given with them first.
    fn names_no_other(&mut self, arrival: &Arrival<'_>) -> Result<bool, Corrupt> {
        let Said::Customer(said) = &arrival.fact.said else {
            return Ok(true);
        };
        let author = said.author;
        let identifiers: &[Identifier] = arrival.complaint.map_or(&[], |said| &said.author.identifiers);
        let keys = self.desk.keys();
        for identifier in identifiers {
            let own = record::author_of(keys, identifier);
            let row = self.row(part::ALIAS, record::mention(keys, identifier));
            let is_theirs = match self.state.get(&row)? {
                Some(Row::Alias(known)) => *known == author,
                _ => own == author || self.case_of(own)?.is_none(),
            };
            if !is_theirs {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// What a case comes to when the message is put in and replies have moved to it or from it; `None` if that
    /// needs all facts.
    fn changing(
        &mut self,
        head: &Head,
        recent: &Recent,
        author: Author,
        arrival: &Arrival<'_>,
        moved: &[Moved],
    ) -> Result<Option<Changing>, Rejection> {
        let row = match (self.read_case(author)?, arrival.complaint) {
            (Some(row), _) => row,
            (None, Some(complaint)) if arrival.fact.case == author => self.new_case(head, author, complaint),
            (None, _) => return Ok(None),
        };
        if row.forgotten.is_some() || row.base.is_some() {
            return Ok(None);
        }
        let before = recent.of(head, author);
        let Ok(past) = row.past_fold(head.past_number(), recent.until, !before.is_empty()) else {
            return Ok(None);
        };
        let came = Some(&arrival.fact).filter(|fact| fact.case == author);
        let has_moved = |fact: &&&Fact| moved.iter().any(|moved| moved.fact.same_message(fact));
        let gone = before.iter().filter(has_moved).map(|fact| fact.place());
        let come = moved
            .iter()
            .map(|moved| &moved.fact)
            .filter(|fact| fact.case == author);
        let come: Vec<&Fact> = come.chain(came).collect();
        let from = come.iter().map(|fact| fact.place()).chain(gone).min();
        let same = before.partition_point(|fact| from.is_none_or(|from| fact.place() < from));
        let kept = before[same..].iter().filter(|fact| !has_moved(fact)).copied();
        let mut after: Vec<&Fact> = kept.chain(come).collect();
        after.sort_by(|a, b| a.place().cmp(&b.place()));

        let rules = self.rules_for(head, &row)?;
        let (mut closed_before, mut closed) = (Vec::new(), Vec::new());
        let common = Fold::resume(
            past.as_deref(),
            before[..same].iter().copied(),
            rules,
            &mut Vec::new(),
        );
        let fold = match &common {
            Some(common) => {
                go_on(common, &before[same..], rules, &mut closed_before);
                let fold = go_on(common, &after, rules, &mut closed);
                // A wait that was opened again, or is now, is one item with the one before it.
                if let Some(last) = &common.last_wait {
                    let open_before = row.fold.as_ref().and_then(|fold| fold.open.as_ref());
                    let open = open_before.into_iter().chain(&fold.open);
                    let mut others = closed_before.iter().chain(&closed).chain(open);
                    if others.any(|wait| wait.first.id == last.first.id) {
                        closed_before.insert(0, last.clone());
                        closed.insert(0, last.clone());
                    }
                }
                Some(fold)
            }
            // Whoever spoke first is among the rest, and what was said before that at the same moment counts.
            None => {
                let of = |rest: &[&Fact], closed: &mut Vec<Wait>| {
                    let all = before[..same].iter().chain(rest).copied();
                    Fold::resume(past.as_deref(), all, rules, closed)
                };
                of(&before[same..], &mut closed_before);
                of(&after, &mut closed)
            }
        };
        let before = row.fold.clone();
        let mut row = CaseRow {
            fold: fold.map(Arc::new),
            ..row
        };
        if let Some(past) =
            past.filter(|_| row.past.as_ref().is_none_or(|past| past.of != head.past_number()))
        {
            row.past = Some(Box::new(PastFold::new(head.past_number(), &past)));
        }
        row.note_taken_back(before.as_deref());
        Ok(Some(Changing {
            row,
            before,
            closed_before,
            closed,
        }))
    }

    /// Stores the message and what follows.
    fn put_in(
        &mut self,
        head: &mut Head,
        arrival: &Arrival<'_>,
        moved: Vec<Moved>,
        changing: Vec<Changing>,
        is_last: bool,
    ) -> Result<(), Rejection> {
        let fact = &arrival.fact;
        let mut changed: Vec<(Author, Fact)> = vec![(NOBODY, fact.clone())];
        let mut places = Vec::with_capacity(moved.len());
        for Moved { spot, was, fact } in moved {
            changed.push((was, fact.clone()));
            places.push((spot, fact));
        }
        changed.sort_by(|(_, a), (_, b)| a.place().cmp(&b.place()));
        ledger::replace(self.state, self.key, head, places, self.effects)?;
        if let Said::Customer(said) = &fact.said {
            let identifiers = arrival.complaint.map_or(&[][..], |c| &c.author.identifiers);
            self.alias(said.author, identifiers)?;
            if is_last {
                head.last_author = fact.case;
            }
        }
        match head.latest {
            Some(latest) if fact.at > latest => (head.latest, head.at_latest) = (Some(fact.at), 1),
            Some(latest) if fact.at == latest && head.at_latest > 0 => head.at_latest += 1,
            _ => {}
        }
        let at_hand = self.append(head, fact.clone());
        for case in changing {
            let author = case.row.author;
            let news = changed
                .iter()
                .filter_map(|(was, fact)| match fact.case == author {
                    true => (*was != author).then_some(News::Gained(fact)),
                    false => (*was == author).then_some(News::Lost(fact)),
                });
            let news: Vec<News<'_>> = news.collect();
            let complaint: Option<&Arc<Complaint>> = arrival.complaint.filter(|_| fact.case == author);
            self.settle(
                head,
                Change {
                    before: case.before,
                    rules_before: None,
                    row: case.row,
                    closed_before: case.closed_before,
                    closed: case.closed,
                    news: &news,
                    complaint,
                    is_whole: true,
                    asks: true,
                    bodies: &[],
                    facts: &at_hand,
                },
            )?;
        }
        self.keep_head(head);
        Ok(())
    }
}

fn go_on(base: &Fold, facts: &[&Fact], rules: &ChannelRules, closed: &mut Vec<Wait>) -> Fold {
    let mut fold = base.clone();
    facts.iter().for_each(|fact| fold.push(fact, rules, closed));
    fold
}
