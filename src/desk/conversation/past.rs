//! What lies so far back in a long conversation that hardly anything comes late for it.
//!
//! A message that comes late is one more fact of its case, whose facts are to be folded anew from its place on.
//! Where a thread is read jittered, from two topics, that must not mean to read and fold all of it each time
//! (ENGINE.md 15b). So a long conversation has a past: what each case had come to by then is kept beside it, and
//! is folded on from there. What is later is recent: a few blocks of facts.
//!
//! A message for the recent time is put in where it belongs ([`super::insert`]). What comes for the past takes the
//! long way ([`super::refold`]); then the past is drawn anew ([`Actor::draw_past`]).

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Actor;
use super::arrive::wanted;
use super::case::CaseRow;
use super::excerpt::Excerpt;
use super::fact::{Author, Fact, NOBODY, Said};
use super::fold::Fold;
use super::ledger::{self, Head, Spot};
use crate::desk::Message;
use crate::desk::keys::part;
use crate::desk::row::Row;
use crate::model::Millis;
use crate::processor::{Corrupt, Rejection};

/// Sealed blocks that stay recent.
const RECENT: u32 = 4;
/// Sealed recent blocks from which on the past is drawn anew.
const MANY: u32 = 2 * RECENT;
/// How long what was said stays recent, in milliseconds: two topics of one thread are seldom read further apart.
const RECENT_MS: i64 = 2 * 60 * 1000;
/// Sealed recent blocks beyond which they are not kept for their time.
const MOST: u32 = 256;

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
    pub(super) of: u32,
    /// The fold, without its excerpt; none if it is to be found out.
    fold: Option<Arc<Fold>>,
}

impl Head {
    /// Until when the past reaches, if a message may be put in after it.
    pub(super) fn past_until(&self) -> Option<Millis> {
        let is_whole = self.retired.is_none() && !self.forgotten;
        self.past.as_ref().filter(|_| is_whole)?.until
    }

    pub(super) fn past_number(&self) -> u32 {
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
    pub(super) fn past_fold(
        &self,
        of: u32,
        until: Millis,
        is_recent: bool,
    ) -> Result<Option<Arc<Fold>>, Unknown> {
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
    pub(super) fn new(of: u32, fold: &Fold) -> Self {
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
pub(super) struct Unknown;

/// The recent facts: those of the last blocks, beside those of the head.
pub(super) struct Recent {
    pub until: Millis,
    blocks: Vec<(u32, Arc<[Fact]>)>,
}

impl Recent {
    /// The facts, in the order of arrival.
    pub fn facts<'a>(&'a self, head: &'a Head) -> impl Iterator<Item = (Spot, &'a Fact)> {
        let sealed = self.blocks.iter().flat_map(|(block, facts)| {
            let place = move |(i, fact)| (Spot::Block(*block, i), fact);
            facts.iter().enumerate().map(place)
        });
        let tail = head.tail.iter().enumerate();
        let all = sealed.chain(tail.map(|(i, fact)| (Spot::Tail(i), fact)));
        all.filter(|(_, fact)| fact.at > self.until)
    }

    /// The facts of one case, sorted.
    pub fn of<'a>(&'a self, head: &'a Head, author: Author) -> Vec<&'a Fact> {
        let facts = self.facts(head).map(|(_, fact)| fact);
        let mut own: Vec<_> = facts.filter(|fact| fact.case == author).collect();
        own.sort_by(|a, b| a.place().cmp(&b.place()));
        own
    }
}

impl Actor<'_, '_> {
    /// The recent facts.
    pub(super) fn recent(&mut self, head: &Head, until: Millis) -> Result<Recent, Corrupt> {
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
        if head.unmet {
            for fact in all().filter(is_past) {
                self.looks_from_the_past(fact)?;
            }
        }
        head.past = Some(Box::new(Past {
            number,
            until: Some(until),
            block,
            last_author,
        }));
        Ok(true)
    }

    /// What a fact of the past looks for takes the long way when it comes.
    fn looks_from_the_past(&mut self, fact: &Fact) -> Result<(), Corrupt> {
        for name in wanted(self.desk.keys(), fact) {
            let row = self.row(part::UNMET, name);
            if let Some(Row::Unmet { by_past: false }) = self.state.get(&row)? {
                self.effects.store(row, Row::Unmet { by_past: true });
            }
        }
        Ok(())
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
