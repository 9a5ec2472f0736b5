//! What lies so far back in a long conversation that hardly anything comes late for it.
//!
//! A message that comes late is one more fact of its case, whose facts are to be folded anew from its place on.
//! Where a thread is read jittered, from two topics, that must not mean to read and fold all of it each time
//! (ENGINE.md 15b). So a long conversation has a past: what each case had come to by then is kept beside it, and
//! is folded on from there. What is later is recent: a few blocks of facts.
//!
//! A message for the recent time is put in where it belongs ([`Actor::insert`]), if all it can change are its own
//! case and whose those replies are that name nobody. Anything else, and what comes for the past, takes the long
//! way ([`super::refold`]); then the past is drawn anew ([`Actor::draw_past`]).

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::Actor;
use super::arrive::Arrival;
use super::case::CaseRow;
use super::events::News;
use super::excerpt::Excerpt;
use super::fact::{Author, Fact, NOBODY, Said};
use super::fold::Fold;
use super::ledger::{self, Head, Spot};
use super::record;
use super::settle::Change;
use super::wait::Wait;
use crate::config::rules::ChannelRules;
use crate::desk::Message;
use crate::desk::keys::part;
use crate::desk::row::Row;
use crate::model::{Complaint, Identifier, Millis};
use crate::processor::{Corrupt, Rejection};

/// Sealed blocks that stay recent.
const RECENT: u32 = 4;
/// Sealed recent blocks from which on the past is drawn anew.
const MANY: u32 = 2 * RECENT;
/// How long what was said stays recent, in milliseconds: two topics of one thread are seldom read further apart.
const RECENT_MS: i64 = 2 * 60 * 1000;
/// Sealed recent blocks beyond which they are not kept for their time.
const MOST: u32 = 256;

/// How many replies to replies are followed.
const FAR: usize = 16;

/// The past of a conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    /// Rises each time that it is drawn: cases say which past theirs is of.
    pub number: u32,
    /// Facts until then are past, others recent; none while all of them are to be read.
    pub until: Option<Millis>,
    /// No block with a lower number has a recent fact.
    pub block: u32,
    /// Who spoke last in the past.
    pub last_author: Author,
}

/// What a case of which there are facts in the past and recent ones had come to in the past.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PastFold {
    /// Which past.
    of: u32,
    /// The fold, without its excerpt; none if it is to be found out.
    fold: Option<Arc<Fold>>,
}

impl Head {
    /// Until when the past reaches, if a message may be put in after it.
    fn past_until(&self) -> Option<Millis> {
        let is_whole = self.retired.is_none() && !self.forgotten;
        self.past.as_ref().filter(|_| is_whole)?.until
    }

    fn past_number(&self) -> u32 {
        self.past.as_ref().map_or(0, |past| past.number)
    }

    /// The facts are other ones than those of which the past was drawn.
    pub(super) fn forget_past(&mut self) {
        if let Some(past) = &mut self.past {
            past.until = None;
        }
    }
}

impl CaseRow {
    /// A recent fact is about to be added to the end: what the case has come to is kept, if none of it is recent.
    pub(super) fn keep_past(&mut self, head: &Head) {
        let (Some(until), Some(fold)) = (head.past_until(), &self.fold) else {
            return;
        };
        let of = head.past_number();
        if fold.opened.at <= until && self.past.as_ref().is_none_or(|past| past.of != of) {
            self.past = Some(Box::new(PastFold::new(of, fold)));
        }
    }

    /// The sums of its fold have changed otherwise than by facts.
    pub(super) fn lose_past(&mut self, head: &Head) {
        let of = head.past_number();
        self.past = head.past_until().map(|_| Box::new(PastFold { of, fold: None }));
    }

    /// What its facts until `until` have come to, if that can be told; `is_recent`: it has later ones, too.
    fn past_fold(&self, of: u32, until: Millis, is_recent: bool) -> Result<Option<Arc<Fold>>, Unknown> {
        let Some(fold) = self.fold.as_ref().filter(|fold| fold.opened.at <= until) else {
            return Ok(None);
        };
        match self.past.as_ref().filter(|past| past.of == of) {
            Some(past) => {
                let mut past = past.fold.clone().ok_or(Unknown)?;
                Arc::make_mut(&mut past).excerpt = fold.excerpt.clone();
                Ok(Some(past))
            }
            None if is_recent => Err(Unknown),
            None => Ok(Some(Arc::clone(fold))),
        }
    }
}

impl PastFold {
    fn new(of: u32, fold: &Fold) -> Self {
        let fold = Fold {
            excerpt: Excerpt::default(),
            ..fold.clone()
        };
        Self {
            of,
            fold: Some(Arc::new(fold)),
        }
    }
}

/// What a case had come to in the past is not known.
#[derive(Debug)]
struct Unknown;

/// The recent facts: those of the last blocks, beside those of the head.
struct Recent {
    until: Millis,
    blocks: Vec<(u32, Arc<[Fact]>)>,
}

impl Recent {
    /// The facts, in the order of arrival.
    fn facts<'a>(&'a self, head: &'a Head) -> impl Iterator<Item = (Spot, &'a Fact)> {
        let sealed = self.blocks.iter().flat_map(|(block, facts)| {
            let place = move |(i, fact)| (Spot::Block(*block, i), fact);
            facts.iter().enumerate().map(place)
        });
        let tail = head.tail.iter().enumerate();
        let all = sealed.chain(tail.map(|(i, fact)| (Spot::Tail(i), fact)));
        all.filter(|(_, fact)| fact.at > self.until)
    }

    /// The facts of one case, sorted.
    fn of<'a>(&'a self, head: &'a Head, author: Author) -> Vec<&'a Fact> {
        let facts = self.facts(head).map(|(_, fact)| fact);
        let mut own: Vec<_> = facts.filter(|fact| fact.case == author).collect();
        own.sort_by(|a, b| a.place().cmp(&b.place()));
        own
    }
}

/// A case that a message changes.
struct Changing {
    row: CaseRow,
    before: Option<Arc<Fold>>,
    closed_before: Vec<Wait>,
    closed: Vec<Wait>,
}

impl Actor<'_, '_> {
    /// Puts in a message that is late, but not for the past. Says whether that was possible: if not, nothing has
    /// been done.
    pub(super) fn insert(&mut self, head: &mut Head, arrival: &mut Arrival<'_>) -> Result<bool, Rejection> {
        let Some(until) = head.past_until() else {
            return Ok(false);
        };
        let is_survey = matches!(arrival.fact.said, Said::Surveyed(_));
        if is_survey || arrival.fact.deleted || self.is_looked_for(head, &arrival.fact)? {
            return Ok(false);
        }
        if arrival.fact.said.reply_to() == Some(&arrival.fact.id) {
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
            is_message && fact.1.case == speaker && is_between(fact.1)
        };
        let takes = spoken(&arrival.fact).filter(|author| *author != speaker);
        let between: Vec<(Spot, Fact)> = recent
            .facts(head)
            .filter(|fact| takes.is_some() && falls(fact))
            .map(|(spot, fact)| (spot, fact.clone()))
            .collect();
        let mut moved = Vec::new();
        for (spot, mut fact) in between {
            if self.is_in_ring(head, &fact)? {
                return Ok(false);
            }
            let to = fact.said.addressee().cloned().unwrap_or_default();
            if self.addressed(head, &to)?.is_none() {
                fact.case = takes.unwrap_or(fact.case);
                moved.push((spot, fact));
            }
        }
        let is_moved = |id: &SmolStr| moved.iter().any(|(_, fact)| fact.id == *id);
        let follows = |fact: &Fact| fact.said.reply_to().is_some_and(is_moved);
        if recent.facts(head).any(|(_, fact)| follows(fact)) {
            return Ok(false);
        }
        if spoken(&arrival.fact).is_none() {
            let to = arrival.fact.said.addressee().cloned().unwrap_or_default();
            arrival.fact.case = self.addressed(head, &to)?.unwrap_or(speaker);
        }
        let mut authors = BTreeSet::from([arrival.fact.case]);
        if !moved.is_empty() {
            authors.insert(speaker);
        }
        let mut changing = Vec::new();
        for author in authors {
            match self.changing(head, &recent, author, arrival, &moved)? {
                Some(case) => changing.push(case),
                None => return Ok(false),
            }
        }
        self.put_in(head, arrival, moved, changing, is_last)?;
        Ok(true)
    }

    /// The recent facts.
    fn recent(&mut self, head: &Head, until: Millis) -> Result<Recent, Corrupt> {
        let from = head.past.as_ref().map_or(0, |past| past.block);
        let blocks = (from..head.blocks).map(|block| {
            let facts = ledger::read_block(self.state, self.key, block)?;
            Ok((block, facts))
        });
        Ok(Recent {
            until,
            blocks: blocks.collect::<Result<_, Corrupt>>()?,
        })
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
            let own = record::author(keys, &record::key_of(identifier));
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
        moved: &[(Spot, Fact)],
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
        let has_moved = |fact: &&&Fact| moved.iter().any(|(_, moved)| moved.same_message(fact));
        let gone = before.iter().filter(has_moved).map(|fact| fact.place());
        let come = moved
            .iter()
            .map(|(_, fact)| fact)
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
        moved: Vec<(Spot, Fact)>,
        changing: Vec<Changing>,
        is_last: bool,
    ) -> Result<(), Rejection> {
        let fact = &arrival.fact;
        let moved_facts: Vec<Fact> = moved.iter().map(|(_, fact)| fact.clone()).collect();
        ledger::replace(self.state, self.key, head, moved, self.effects)?;
        if let Said::Customer(said) = &fact.said {
            let identifiers = arrival.complaint.map_or(&[][..], |c| &c.author.identifiers);
            self.alias(said.author, identifiers)?;
            if is_last {
                head.last_author = fact.case;
            }
        }
        if head.latest == Some(fact.at) && head.at_latest > 0 {
            head.at_latest += 1;
        }
        let at_hand = self.append(head, fact.clone());
        for case in changing {
            let author = case.row.author;
            let come = moved_facts.iter().filter(|fact| fact.case == author);
            let lost = moved_facts.iter().filter(|fact| fact.case != author);
            let came = Some(fact).filter(|fact| fact.case == author);
            let news: Vec<News<'_>> = come
                .chain(came)
                .map(News::Gained)
                .chain(lost.map(News::Lost))
                .collect();
            let complaint: Option<&Arc<Complaint>> = arrival.complaint.filter(|_| came.is_some());
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

    /// Adds a fact to the head. Returns the facts of the head if they went into a block, which this apply cannot
    /// read yet, with it.
    pub(super) fn append(&mut self, head: &mut Head, fact: Fact) -> Vec<Fact> {
        let is_full = head.tail.len() >= ledger::BLOCK;
        let mut at_hand = Vec::new();
        if is_full {
            at_hand.clone_from(&head.tail);
        }
        ledger::append(self.desk.keys(), self.key, head, fact, self.effects);
        if is_full {
            self.ask_for_past(head);
        }
        at_hand
    }

    /// Has the past drawn anew, if so much is recent.
    pub(super) fn ask_for_past(&mut self, head: &Head) {
        let from = head.past.as_ref().filter(|past| past.until.is_some());
        let recent = head.blocks - from.map_or(0, |past| past.block);
        let is_due = recent >= MANY && (from.is_none() || recent.is_multiple_of(RECENT));
        if is_due && head.retired.is_none() && !head.forgotten {
            self.effects.resume(self.key, Message::DrawPast);
        }
    }

    /// Draws the past anew, further on: what is until then is folded into what the cases had come to.
    pub(super) fn draw_past(&mut self) -> Result<(), Rejection> {
        let Some(mut head) = self.read_head()?.map(Arc::unwrap_or_clone) else {
            return Ok(());
        };
        if head.retired.is_some() || head.forgotten || head.blocks < MANY {
            return Ok(());
        }
        if head.past_until().is_none() || !self.draw_from(&mut head)? {
            // From all facts.
            let number = head.past_number() + 1;
            head.past = Some(Box::new(Past {
                number,
                until: Some(Millis(i64::MIN)),
                ..Past::default()
            }));
            if !self.draw_from(&mut head)? {
                head.forget_past();
            }
        }
        self.put_head(Arc::new(head));
        Ok(())
    }

    /// Draws the past from the last one on. Says whether that could be done.
    fn draw_from(&mut self, head: &mut Head) -> Result<bool, Rejection> {
        let Some(old) = head.past.as_deref().cloned() else {
            return Ok(false);
        };
        let Some(from) = old.until else { return Ok(false) };
        let recent = self.recent(head, from)?;
        let Some((block, until)) = border(head, &recent) else {
            return Ok(true); // all of it is recent
        };
        let all = || recent.facts(head).map(|(_, fact)| fact);
        // An edit that says something else counts at its own time, which may be any later one.
        if all().any(|fact| !fact.again().is_empty()) {
            return Ok(false);
        }
        let is_past = |fact: &&Fact| fact.at <= until;
        let spoken = all().filter(is_past).filter(|fact| fact.customer().is_some());
        let last = spoken.max_by(|a, b| a.place().cmp(&b.place()));
        let last_author = last.map_or(old.last_author, |fact| fact.case);
        let later: BTreeSet<Author> = all()
            .filter(|fact| !is_past(fact))
            .map(|fact| fact.case)
            .collect();
        let surveyed: BTreeSet<Author> = all()
            .filter(is_past)
            .filter(|fact| matches!(fact.said, Said::Surveyed(_)))
            .map(|fact| fact.case)
            .collect();
        let number = old.number + 1;
        let mut rows = Vec::new();
        for author in later.union(&surveyed).copied().filter(|author| *author != NOBODY) {
            let Some(mut row) = self.read_case(author)? else {
                return Ok(false);
            };
            let opened = row.fold.as_ref().map(|fold| fold.opened.at);
            let is_past = opened.is_some_and(|opened| opened <= until);
            if surveyed.contains(&author) && !is_past {
                return Ok(false); // a survey counts whenever it was answered
            }
            if !is_past || !later.contains(&author) {
                continue;
            }
            let own = recent.of(head, author);
            let Ok(base) = row.past_fold(old.number, from, true) else {
                return Ok(false);
            };
            let own = own.iter().copied().filter(|fact| fact.at <= until);
            let rules = self.rules_for(head, &row)?;
            let Some(fold) = Fold::resume(base.as_deref(), own, rules, &mut Vec::new()) else {
                return Ok(false);
            };
            row.past = Some(Box::new(PastFold::new(number, &fold)));
            rows.push(row);
        }
        for row in rows {
            self.put_case(row)?;
        }
        head.past = Some(Box::new(Past {
            number,
            until: Some(until),
            block,
            last_author,
        }));
        Ok(true)
    }
}

/// Where the past may end now: the first block that stays recent, and the latest moment before. `None` if it can
/// not be moved on.
fn border(head: &Head, recent: &Recent) -> Option<(u32, Millis)> {
    let latest = head.latest?.0.saturating_sub(RECENT_MS);
    let mut until = recent.until;
    let mut border = None;
    for (block, facts) in &recent.blocks {
        if block + RECENT >= head.blocks {
            break;
        }
        until = facts.iter().map(|fact| fact.at).fold(until, Millis::max);
        let is_over = until.0 <= latest || block + MOST < head.blocks;
        if is_over && until > recent.until {
            border = Some((block + 1, until));
        }
    }
    border
}

fn go_on(base: &Fold, facts: &[&Fact], rules: &ChannelRules, closed: &mut Vec<Wait>) -> Fold {
    let mut fold = base.clone();
    facts.iter().for_each(|fact| fold.push(fact, rules, closed));
    fold
}
