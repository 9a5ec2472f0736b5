//! Where a conversation keeps its facts: the newest in the head row, older ones in sealed blocks of a
//! fixed size, so that a message in order touches no more rows in a long conversation than in a
//! short one.
//!
//! Facts stand in the order of arrival; sorting is the reader's. A sealed fact is found again by a
//! row of its own that says in which block it is.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use smol_str::SmolStr;

use super::fact::{Author, Class, Fact, NOBODY};
use super::kin::Kin;
use super::past::Past;
use crate::desk::forgetting::{hidden, is_hidden};
use crate::desk::keys::{Keys, part};
use crate::desk::row::Row;
use crate::desk::{Effects, State};
use crate::model::Millis;
use crate::processor::{ActorKey, Corrupt, RowKey};

/// Facts in a block, and at most in the head.
pub const BLOCK: usize = 16;

/// The main row of a conversation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Head {
    /// The source.
    pub source: SmolStr,
    /// The channel.
    pub channel: SmolStr,
    /// The conversation's id in its source.
    pub conversation_id: SmolStr,
    /// Who spoke first: others are bystanders (rule 2).
    pub first_author: Author,
    /// Who spoke last.
    pub last_author: Author,
    /// The latest event time of all facts.
    pub latest: Option<Millis>,
    /// How many facts are of that moment; zero: not known.
    pub at_latest: u32,
    /// How many blocks are sealed.
    pub blocks: u32,
    /// Facts not sealed yet.
    pub tail: Vec<Fact>,
    /// Whether responses name messages or people that are not known: each such name has a row, and
    /// when it comes to be known, attribution changes.
    pub unmet: bool,
    /// When to look whether the conversation is long over; none while it has no facts.
    pub retire_at: Option<Millis>,
    /// What is left of facts that were dropped.
    pub retired: Option<Box<Retired>>,
    /// Whether somebody who speaks here was forgotten.
    pub forgotten: bool,
    /// What of a long conversation is past.
    pub past: Option<Box<Past>>,
    /// Who of those who speak here are one customer, if anybody can be.
    pub kin: Option<Box<Kin>>,
}

impl Head {
    /// Whether nothing was ever said here: then the conversation has no other row either.
    pub fn is_new(&self) -> bool {
        self.tail.is_empty() && self.blocks == 0 && self.retired.is_none()
    }

    /// Whether somebody else than this author spoke first, of what stands (rule 2).
    pub fn is_bystander(&self, author: Author) -> bool {
        self.first_author != NOBODY && self.first_author != author
    }

    /// The facts of the latest moment, if none of them is sealed.
    pub fn latest_moment(&self) -> Option<SmallVec<[&Fact; 4]>> {
        let of_moment = self.tail.iter().filter(|fact| Some(fact.at) == self.latest);
        let moment: SmallVec<[&Fact; 4]> = of_moment.collect();
        (moment.len() == self.at_latest as usize && !moment.is_empty()).then_some(moment)
    }

    /// Notes the latest event time of all facts: these, and those that were dropped.
    pub fn note_latest<'f>(&mut self, facts: impl Iterator<Item = &'f Fact>) {
        let past = self.retired.as_ref().map(|retired| retired.until);
        (self.latest, self.at_latest) = (past, 0);
        let mut edited = None;
        for fact in facts {
            edited = fact.again().iter().map(|again| again.at).chain(edited).max();
            match self.latest {
                Some(latest) if fact.at < latest => {}
                Some(latest) if fact.at == latest => self.at_latest += 1,
                _ => (self.latest, self.at_latest) = (Some(fact.at), 1),
            }
        }
        if edited >= self.latest {
            (self.latest, self.at_latest) = (edited, 0);
        }
    }
}

/// What is left of facts that were dropped because the conversation was long over.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Retired {
    /// How often facts were dropped.
    pub times: u32,
    /// The latest event time of those dropped.
    pub until: Millis,
    /// Who spoke last among them.
    pub last_author: Author,
    /// Blocks with lower numbers are gone.
    pub blocks: u32,
    /// Short hashes of dropped messages that were in the head. Those of messages that were sealed
    /// have rows of their own, and so have these when there are many.
    pub names: Vec<[u8; 8]>,
}

/// Names of dropped messages that the head keeps.
const NAMES: usize = 64;

/// The block of a message that is gone and stood in none.
const NO_BLOCK: u32 = u32::MAX;

/// Where a fact stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spot {
    Tail(usize),
    Block(u32, usize),
}

/// The short hash by which a message is found again.
pub fn name(keys: &Keys, class: Class, id: &str) -> u64 {
    let class = match class {
        Class::Customer => "customer",
        Class::Company => "company",
        Class::Changed => "changed",
        Class::Surveyed => "surveyed",
    };
    keys.short(&[class, id])
}

fn block_row(actor: ActorKey, block: u32) -> RowKey {
    RowKey {
        actor,
        part: part::BLOCK,
        index: block.into(),
    }
}

fn seen_row(actor: ActorKey, name: u64) -> RowKey {
    RowKey {
        actor,
        part: part::SEEN,
        index: name,
    }
}

/// A sealed block.
pub(super) fn read_block(state: &mut State<'_>, actor: ActorKey, block: u32) -> Result<Arc<[Fact]>, Corrupt> {
    match state.get(&block_row(actor, block))? {
        Some(Row::Block(facts)) => Ok(Arc::clone(facts)),
        _ => Err(Corrupt(format!("a conversation's block {block} is missing"))),
    }
}

/// Finds a message by its class and id; several, if several people's have the same. They stand in one place.
pub fn find(
    keys: &Keys,
    state: &mut State<'_>,
    actor: ActorKey,
    head: &Head,
    class: Class,
    id: &str,
) -> Result<Vec<Fact>, Corrupt> {
    // A forgotten author's message has only the hash of its id left.
    let left = head.forgotten.then(|| hidden(keys, id));
    let is_it =
        |fact: &&Fact| fact.said.class() == class && (*fact.id == *id || left.as_ref() == Some(&fact.id));
    let recent: Vec<Fact> = head.tail.iter().filter(is_it).cloned().collect();
    if head.blocks == 0 || !recent.is_empty() {
        return Ok(recent);
    }
    let names = [Some(id), left.as_deref()].into_iter().flatten();
    let mut seen = None;
    for name in names.map(|id| name(keys, class, id)) {
        if let Some(Row::Seen(block)) = state.get(&seen_row(actor, name))? {
            seen = seen.or(Some(*block));
        }
    }
    match seen {
        Some(block) if !is_dropped(head, block) => {
            let block = read_block(state, actor, block)?;
            Ok(block.iter().filter(is_it).cloned().collect())
        }
        _ => Ok(recent),
    }
}

fn is_dropped(head: &Head, block: u32) -> bool {
    block == NO_BLOCK
        || head
            .retired
            .as_ref()
            .is_some_and(|retired| block < retired.blocks)
}

/// Whether a message of this name was among those dropped.
pub fn is_gone(state: &mut State<'_>, actor: ActorKey, head: &Head, name: u64) -> Result<bool, Corrupt> {
    let Some(retired) = &head.retired else {
        return Ok(false);
    };
    if retired.names.contains(&name.to_le_bytes()) {
        return Ok(true);
    }
    match state.get(&seen_row(actor, name))? {
        Some(Row::Seen(block)) => Ok(is_dropped(head, *block)),
        _ => Ok(false),
    }
}

/// Remembers names of messages that are gone.
fn bury(actor: ActorKey, retired: &mut Retired, names: impl IntoIterator<Item = u64>, effects: &mut Effects) {
    retired.names.extend(names.into_iter().map(u64::to_le_bytes));
    if retired.names.len() > NAMES {
        for name in retired.names.drain(..) {
            effects.store(seen_row(actor, u64::from_le_bytes(name)), Row::Seen(NO_BLOCK));
        }
    }
}

/// Drops all facts and leaves their names. The caller stores the head.
pub fn drop_facts(keys: &Keys, actor: ActorKey, head: &mut Head, effects: &mut Effects) {
    let mut retired = head.retired.take().unwrap_or_default();
    for block in retired.blocks..head.blocks {
        effects.delete(block_row(actor, block));
    }
    let names = head.tail.drain(..);
    let names = names.map(|fact| name(keys, fact.said.class(), &fact.id));
    bury(actor, &mut retired, names, effects);
    head.tail = Vec::new();
    retired.times += 1;
    retired.until = head.latest.unwrap_or(retired.until);
    retired.last_author = head.last_author;
    retired.blocks = head.blocks;
    head.retired = Some(retired);
}

/// Appends a fact to the head; seals a block when the head is full. The caller notes the latest moment.
pub fn append(keys: &Keys, actor: ActorKey, head: &mut Head, fact: Fact, effects: &mut Effects) {
    if head.tail.len() >= BLOCK {
        for fact in &head.tail {
            let name = name(keys, fact.said.class(), &fact.id);
            effects.store(seen_row(actor, name), Row::Seen(head.blocks));
        }
        // Copied, not moved: in a row of its own each fact says all of itself.
        let facts = head.tail.as_slice().into();
        head.tail.clear();
        effects.store(block_row(actor, head.blocks), Row::Block(facts));
        head.blocks += 1;
    }
    head.tail.push(fact);
}

/// Puts facts where others stood. The caller stores the head.
pub(super) fn replace(
    state: &mut State<'_>,
    actor: ActorKey,
    head: &mut Head,
    changed: Vec<(Spot, Fact)>,
    effects: &mut Effects,
) -> Result<(), Corrupt> {
    let edits = Edits {
        changed,
        ..Edits::default()
    };
    edits.apply(state, actor, head, effects)
}

/// What becomes of the facts of a conversation where they stand.
#[derive(Default)]
struct Edits {
    changed: Vec<(Spot, Fact)>,
    gone: Vec<Spot>,
    /// Facts that go where one of the same id stands.
    beside: Vec<(Spot, Fact)>,
}

impl Edits {
    /// Makes them. The caller stores the head.
    fn apply(
        self,
        state: &mut State<'_>,
        actor: ActorKey,
        head: &mut Head,
        effects: &mut Effects,
    ) -> Result<(), Corrupt> {
        let mut blocks = BTreeMap::<u32, Vec<Option<Fact>>>::new();
        let mut tail: Vec<Option<Fact>> = std::mem::take(&mut head.tail).into_iter().map(Some).collect();
        let mut facts_of = |spot: Spot| match spot {
            Spot::Tail(i) => Ok::<_, Corrupt>((None, i)),
            Spot::Block(block, i) => {
                if let Entry::Vacant(unread) = blocks.entry(block) {
                    let facts = read_block(state, actor, block)?;
                    unread.insert(facts.iter().cloned().map(Some).collect());
                }
                Ok((Some(block), i))
            }
        };
        let mut places = Vec::new();
        for (spot, fact) in self.changed {
            places.push((facts_of(spot)?, Some(fact)));
        }
        for spot in self.gone {
            places.push((facts_of(spot)?, None));
        }
        let mut beside = Vec::new();
        for (spot, fact) in self.beside {
            beside.push((facts_of(spot)?.0, fact));
        }
        for ((block, i), fact) in places {
            match block.and_then(|block| blocks.get_mut(&block)) {
                Some(facts) => facts[i] = fact,
                None => tail[i] = fact,
            }
        }
        for (block, fact) in beside {
            match block.and_then(|block| blocks.get_mut(&block)) {
                Some(facts) => facts.push(Some(fact)),
                None => tail.push(Some(fact)),
            }
        }
        head.tail = tail.into_iter().flatten().collect();
        for (block, facts) in blocks {
            let facts: Vec<Fact> = facts.into_iter().flatten().collect();
            effects.store(block_row(actor, block), Row::Block(facts.into()));
        }
        Ok(())
    }
}

/// Where ids are hidden, facts of one moment stay in the order that they had: what is left of an id
/// sorts otherwise. `facts` are those of `before`, each in its place. Those that have the same turn are ordered by
/// id: so that they are, whatever their turns come to be, all are numbered by id.
pub fn keep_order(before: &[Fact], facts: &mut [Fact]) {
    let mut from = 0;
    for moment in before.chunk_by(|a, b| a.at == b.at) {
        let facts = &mut facts[from..from + moment.len()];
        from += moment.len();
        let mut pairs = moment.iter().zip(&*facts);
        if moment.len() > 1 && pairs.any(|(was, is)| is_hidden(&is.id) && !is_hidden(&was.id)) {
            let mut by_id: Vec<_> = moment.iter().zip(facts).collect();
            by_id.sort_by_key(|(was, _)| (was.rank.unwrap_or(u32::MAX), &was.id));
            (0..)
                .zip(by_id)
                .for_each(|(rank, (_, fact))| fact.rank = Some(rank));
        }
    }
}

/// Where each of these facts stood before: also one of whose id only the hash is left since.
pub fn places(keys: &Keys, before: &[Fact], now: &[Fact]) -> Vec<Option<usize>> {
    let class = |fact: &Fact| (fact.said.class() as u8, fact.twin());
    let numbered = || before.iter().enumerate();
    let known: FxHashMap<_, _> = numbered()
        .map(|(i, fact)| ((class(fact), &*fact.id), i))
        .collect();
    let find = |fact: &Fact| known.get(&(class(fact), &*fact.id)).copied();
    let mut left = FxHashMap::default();
    if now.iter().any(|fact| is_hidden(&fact.id) && find(fact).is_none()) {
        left.extend(numbered().map(|(i, fact)| ((class(fact), hidden(keys, &fact.id)), i)));
    }
    let find_left = |fact: &Fact| left.get(&(class(fact), fact.id.clone())).copied();
    let place = |fact| find(fact).or_else(|| find_left(fact));
    now.iter().map(place).collect()
}

/// All facts of a conversation, sorted by their place, for folding anew.
#[derive(Debug)]
pub struct Ledger {
    facts: Vec<Fact>,
    spots: Vec<Spot>,
}

impl Ledger {
    /// Reads all facts.
    pub fn read(state: &mut State<'_>, actor: ActorKey, head: &Head) -> Result<Self, Corrupt> {
        let mut all = Vec::with_capacity(head.blocks as usize * BLOCK + head.tail.len());
        let dropped = head.retired.as_ref().map_or(0, |retired| retired.blocks);
        for block in dropped..head.blocks {
            let facts = read_block(state, actor, block)?;
            all.extend(
                facts
                    .iter()
                    .cloned()
                    .enumerate()
                    .map(|(i, fact)| (fact, Spot::Block(block, i))),
            );
        }
        all.extend(
            head.tail
                .iter()
                .cloned()
                .enumerate()
                .map(|(i, fact)| (fact, Spot::Tail(i))),
        );
        all.sort_by(|(a, _), (b, _)| a.place().cmp(&b.place()));
        let (facts, spots) = all.into_iter().unzip();
        Ok(Self { facts, spots })
    }

    /// The facts, sorted.
    pub fn facts(&self) -> &[Fact] {
        &self.facts
    }

    /// The same facts, with those of this class and id replaced by these, or these added.
    pub fn with<'f>(&self, class: Class, id: &str, now: impl Iterator<Item = &'f Fact>) -> Vec<Fact> {
        let is_it = |f: &Fact| f.said.class() == class && f.id == id;
        let mut facts: Vec<_> = self.facts.iter().filter(|f| !is_it(f)).cloned().collect();
        for fact in now {
            let at = facts.partition_point(|f| f.place() < fact.place());
            facts.insert(at, fact.clone());
        }
        facts
    }

    /// Changes facts where they stand. The caller stores the head.
    pub fn rewrite(
        &self,
        state: &mut State<'_>,
        actor: ActorKey,
        head: &mut Head,
        mut facts: Vec<Fact>,
        effects: &mut Effects,
    ) -> Result<(), Corrupt> {
        debug_assert_eq!(self.facts.len(), facts.len(), "the same facts");
        keep_order(&self.facts, &mut facts);
        let places = self.facts.iter().zip(&self.spots);
        let changed = places.zip(facts).filter(|((before, _), now)| *before != now);
        let edits = Edits {
            changed: changed.map(|((_, spot), now)| (*spot, now)).collect(),
            ..Edits::default()
        };
        edits.apply(state, actor, head, effects)
    }

    /// Writes facts back where they stood if they differ. A new one is appended, or goes where others of its id
    /// are; what is none of them any more goes.
    pub fn write(
        &self,
        keys: &Keys,
        state: &mut State<'_>,
        actor: ActorKey,
        head: &mut Head,
        facts: Vec<Fact>,
        effects: &mut Effects,
    ) -> Result<(), Corrupt> {
        let places = places(keys, &self.facts, &facts);
        let mut stays = vec![false; self.facts.len()];
        places.iter().flatten().for_each(|place| stays[*place] = true);
        let gone = stays.iter().zip(&self.spots).filter(|(stays, _)| !**stays);
        let mut edits = Edits {
            gone: gone.map(|(_, spot)| *spot).collect(),
            ..Edits::default()
        };
        let mut new = Vec::new();
        for (fact, place) in facts.into_iter().zip(places) {
            match place {
                Some(place) if self.facts[place] != fact => edits.changed.push((self.spots[place], fact)),
                Some(_) => {}
                None => {
                    let is_sibling =
                        |other: &&Fact| other.said.class() == fact.said.class() && other.id == fact.id;
                    match self.facts.iter().position(|other| is_sibling(&other)) {
                        Some(sibling) => edits.beside.push((self.spots[sibling], fact)),
                        None => new.push(fact),
                    }
                }
            }
        }
        edits.apply(state, actor, head, effects)?;
        for fact in new {
            append(keys, actor, head, fact, effects);
        }
        Ok(())
    }
}
