//! The members of a large party: pages of a few, in the order of their places; directories of a few pages; and the
//! directories in the party's main row. Whatever the number of members, taking one in reads and writes one page
//! and one directory, and a rule reads the pages of the span that it names.

mod change;
mod telling;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use smol_str::SmolStr;

pub use change::PAGE;

use super::bearing::is_case;
use super::members::Member;
use super::place::Place;
use super::sums::Sums;
use crate::desk::keys::part;
use crate::desk::row::Row;
use crate::desk::{Effects, State};
use crate::model::Millis;
use crate::processor::{ActorKey, Corrupt, RowKey};

/// What members of a page are to be told, a bit each.
pub mod due {
    /// What has been found, if it is news.
    pub const FINDINGS: u8 = 1;
    /// Where the customer's record points.
    pub const WHEREABOUTS: u8 = 2;
    /// That the person is forgotten.
    pub const FORGETTING: u8 = 4;
    /// What has been found, those that somebody handles.
    pub const HISTORY: u8 = 8;
    /// So far to the left the same bits stand for all pages of a directory.
    pub(super) const ALL: u32 = 4;
}

/// A page or a directory, as what is above it knows it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    id: u32,
    first: Place,
    due: u8,
    sums: Sums,
}

/// The members of a large party, as its main row knows them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Index {
    next_id: u32,
    directories: Vec<Entry>,
    /// The number of the last message that was sent to go on telling.
    pub sent: u64,
    /// It is to be looked anew whether the party is worth asking, under this signals' key.
    pub look: Option<SmolStr>,
    /// The customer, who was forgotten, until all who had been sent on have been told that the record points nowhere.
    pub left: Option<SmolStr>,
}

/// A page, seen from above.
#[derive(Clone, Copy, Debug)]
pub struct PageRef {
    directory: usize,
    page: usize,
    id: u32,
    /// The place of its first member.
    pub first: Place,
    /// Where the next page begins.
    pub next: Place,
    /// What it is to be told.
    pub due: u8,
    /// What it comes to.
    pub sums: Sums,
}

impl PageRef {
    /// Whether it is the same page.
    pub fn is(&self, other: &Self) -> bool {
        self.id == other.id
    }

    /// Whether all its members are in this stretch of places.
    pub fn is_within(&self, span: &Range<Place>) -> bool {
        span.start <= self.first && self.next <= span.end
    }
}

/// An index in the hands of an apply: with the pages and directories that it has changed, which the state does not
/// show yet.
#[derive(Debug)]
pub struct Book {
    party: ActorKey,
    index: Box<Index>,
    pages: BTreeMap<u32, Vec<Member>>,
    directories: BTreeMap<u32, Vec<Entry>>,
    gone: Vec<RowKey>,
    /// What all members come to, once that has been asked and until a page changes.
    total: Cell<Option<Sums>>,
}

impl Book {
    /// An index, to be read and changed.
    pub fn open(party: ActorKey, index: Box<Index>) -> Self {
        Self {
            party,
            index,
            pages: BTreeMap::new(),
            directories: BTreeMap::new(),
            gone: Vec::new(),
            total: Cell::new(None),
        }
    }

    /// A new index without members.
    pub fn new(party: ActorKey) -> Self {
        let entry = |id| Entry {
            id,
            first: Place::END,
            due: 0,
            sums: Sums::default(),
        };
        let index = Index {
            next_id: 2,
            directories: vec![entry(0)],
            sent: 0,
            look: None,
            left: None,
        };
        let mut book = Self::open(party, Box::new(index));
        book.directories.insert(0, vec![entry(1)]);
        book.pages.insert(1, Vec::new());
        book
    }

    /// Stores what has changed, and gives the index back.
    pub fn close(self, effects: &mut Effects) -> Box<Index> {
        let party = self.party;
        self.gone.into_iter().for_each(|row| effects.delete(row));
        for (id, page) in self.pages {
            effects.store(page_row(party, id), Row::Page(page));
        }
        for (id, directory) in self.directories {
            effects.store(directory_row(party, id), Row::Directory(directory));
        }
        self.index
    }

    /// The part of it that is in the main row.
    pub fn index(&mut self) -> &mut Index {
        &mut self.index
    }

    /// What all members come to.
    pub fn sums(&self) -> Sums {
        let all = self.index.directories.iter().map(|entry| entry.sums);
        let sums = self
            .total
            .get()
            .unwrap_or_else(|| all.fold(Sums::default(), Sums::and));
        self.total.set(Some(sums));
        sums
    }

    /// The member at a place.
    ///
    /// # Errors
    ///
    /// State that cannot be read.
    pub fn get(&self, place: Place, state: &mut State<'_>) -> Result<Option<Member>, Corrupt> {
        let at = self.find(place, state)?;
        let page = self.page(at.id, state)?;
        let found = page.binary_search_by_key(&place, Place::of).ok();
        Ok(found.map(|n| page[n].clone()))
    }

    /// The pages of a stretch of places that may have what is wanted, in order: of a page or a directory is asked what
    /// it comes to and where its members are.
    ///
    /// # Errors
    ///
    /// State that cannot be read.
    pub fn pages_in(
        &self,
        span: &Range<Place>,
        is_wanted: impl Fn(&Sums, &Range<Place>) -> bool,
        state: &mut State<'_>,
    ) -> Result<Vec<PageRef>, Corrupt> {
        let mut found = Vec::new();
        let above = &self.index.directories;
        for (directory, entry) in above.iter().enumerate().skip(at_or_before(above, span.start)) {
            if entry.first >= span.end {
                break;
            }
            let end = next_to(above, directory, Place::END);
            if !is_wanted(&entry.sums, &(entry.first..end)) {
                continue;
            }
            let pages = self.directory(entry.id, state)?;
            for (page, entry) in pages.iter().enumerate().skip(at_or_before(pages, span.start)) {
                if entry.first >= span.end {
                    break;
                }
                let next = next_to(pages, page, end);
                let places = entry.first..next;
                if meet(&places, span) && is_wanted(&entry.sums, &places) {
                    found.push(page_ref(directory, page, entry, next));
                }
            }
        }
        Ok(found)
    }

    /// The members of a page.
    ///
    /// # Errors
    ///
    /// State that cannot be read.
    pub fn members<'b>(&'b self, page: &PageRef, state: &'b mut State<'_>) -> Result<&'b [Member], Corrupt> {
        self.page(page.id, state)
    }

    /// How many cases there are in a stretch of places, and how many of them were unanswered by now or by `t`.
    ///
    /// # Errors
    ///
    /// State that cannot be read.
    pub fn count(
        &self,
        span: &Range<Place>,
        t: Millis,
        state: &mut State<'_>,
    ) -> Result<(u32, u32), Corrupt> {
        let (mut cases, mut unanswered) = (0, 0);
        let mut add = |counted: (u32, u32)| {
            cases += counted.0;
            unanswered += counted.1;
        };
        let whole = |entry: &Entry, next| {
            let is_whole = span.start <= entry.first && next <= span.end;
            let by_then = entry.sums.unanswered_by(t).filter(|_| is_whole)?;
            Some((entry.sums.cases, by_then))
        };
        let mut to_read = SmallVec::<[u32; 4]>::new();
        let above = &self.index.directories;
        for (n, entry) in above.iter().enumerate().skip(at_or_before(above, span.start)) {
            if entry.first >= span.end {
                break;
            }
            let end = next_to(above, n, Place::END);
            if let Some(counted) = whole(entry, end) {
                add(counted);
                continue;
            }
            let pages = self.directory(entry.id, state)?;
            for (n, entry) in pages.iter().enumerate().skip(at_or_before(pages, span.start)) {
                if entry.first >= span.end {
                    break;
                }
                match whole(entry, next_to(pages, n, end)) {
                    Some(counted) => add(counted),
                    None if entry.sums.cases > 0 => to_read.push(entry.id),
                    None => {}
                }
            }
        }
        for page in to_read {
            add(count(self.page(page, state)?, span, t));
        }
        Ok((cases, unanswered))
    }

    /// The nearest case before a place.
    ///
    /// # Errors
    ///
    /// State that cannot be read.
    pub fn before(&self, place: Place, state: &mut State<'_>) -> Result<Option<Member>, Corrupt> {
        let is_left_in = |entry: &Entry| entry.first < place && entry.sums.cases > 0;
        let above = self.index.directories.iter().rev();
        for directory in above.filter(|entry| is_left_in(entry)) {
            for page in (0..=at_or_before(self.directory(directory.id, state)?, place)).rev() {
                let page = self.directory(directory.id, state)?[page];
                if !is_left_in(&page) {
                    continue;
                }
                let mut members = self.page(page.id, state)?.iter();
                if let Some(found) = members.rfind(|member| is_left(member) && Place::of(member) < place) {
                    return Ok(Some(found.clone()));
                }
            }
        }
        Ok(None)
    }

    /// The nearest case after a place.
    ///
    /// # Errors
    ///
    /// State that cannot be read.
    pub fn after(&self, place: Place, state: &mut State<'_>) -> Result<Option<Member>, Corrupt> {
        let above = &self.index.directories;
        for (n, entry) in above.iter().enumerate().skip(at_or_before(above, place)) {
            if entry.sums.cases == 0 {
                continue;
            }
            let span = place.max(entry.first)..next_to(above, n, Place::END);
            for page in self.pages_in(&span, |sums, _| sums.cases > 0, state)? {
                let mut members = self.page(page.id, state)?.iter();
                if let Some(found) = members.find(|member| is_left(member) && Place::of(member) > place) {
                    return Ok(Some(found.clone()));
                }
            }
        }
        Ok(None)
    }

    fn find(&self, place: Place, state: &mut State<'_>) -> Result<PageRef, Corrupt> {
        let above = &self.index.directories;
        let directory = at_or_before(above, place);
        let end = next_to(above, directory, Place::END);
        let pages = self.directory(above[directory].id, state)?;
        let page = at_or_before(pages, place);
        Ok(page_ref(directory, page, &pages[page], next_to(pages, page, end)))
    }

    fn page<'b>(&'b self, id: u32, state: &'b mut State<'_>) -> Result<&'b [Member], Corrupt> {
        if let Some(page) = self.pages.get(&id) {
            return Ok(page);
        }
        match state.get(&page_row(self.party, id))? {
            Some(Row::Page(page)) => Ok(page),
            _ => Err(Corrupt("a page of a large party is missing".into())),
        }
    }

    fn directory<'b>(&'b self, id: u32, state: &'b mut State<'_>) -> Result<&'b [Entry], Corrupt> {
        if let Some(directory) = self.directories.get(&id) {
            return Ok(directory);
        }
        match state.get(&directory_row(self.party, id))? {
            Some(Row::Directory(directory)) => Ok(directory),
            _ => Err(Corrupt("a directory of a large party is missing".into())),
        }
    }
}

fn page_ref(directory: usize, page: usize, entry: &Entry, next: Place) -> PageRef {
    PageRef {
        directory,
        page,
        id: entry.id,
        first: entry.first,
        next,
        due: entry.due,
        sums: entry.sums,
    }
}

/// Where the entry after this one begins, else `end`.
fn next_to(entries: &[Entry], n: usize, end: Place) -> Place {
    entries.get(n + 1).map_or(end, |next| next.first)
}

/// Whether two stretches of places have any in common.
pub fn meet(a: &Range<Place>, b: &Range<Place>) -> bool {
    a.start < b.end && b.start < a.end
}

/// The last entry that begins at or before a place, else the first.
fn at_or_before(entries: &[Entry], place: Place) -> usize {
    entries
        .partition_point(|entry| entry.first <= place)
        .saturating_sub(1)
}

fn is_left(member: &Member) -> bool {
    is_case(member) && member.summary.opened_at > Millis(i64::MIN)
}

fn count(members: &[Member], span: &Range<Place>, t: Millis) -> (u32, u32) {
    let within = members
        .iter()
        .filter(|member| is_left(member) && span.contains(&Place::of(member)));
    within.fold((0, 0), |(cases, unanswered), member| {
        let is_unanswered = member.summary.was_unanswered_by(t);
        (cases + 1, unanswered + u32::from(is_unanswered))
    })
}

fn page_row(party: ActorKey, id: u32) -> RowKey {
    RowKey {
        actor: party,
        part: part::PAGE,
        index: id.into(),
    }
}

fn directory_row(party: ActorKey, id: u32) -> RowKey {
    RowKey {
        actor: party,
        part: part::DIRECTORY,
        index: id.into(),
    }
}
