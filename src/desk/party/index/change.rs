//! A member joins a page, changes or leaves it: pages are split when they are full, and what is above them is brought
//! up to date.

use std::collections::btree_map::Entry as MapEntry;

use super::{Book, Entry, PageRef, directory_row, due, page_row};
use crate::desk::State;
use crate::desk::party::members::Member;
use crate::desk::party::place::Place;
use crate::desk::party::sums::Sums;
use crate::desk::row::Row;
use crate::processor::Corrupt;

/// Members of a page at most.
pub const PAGE: usize = 24;
/// Pages of a directory at most.
const DIRECTORY: usize = 32;

impl Book {
    /// Puts a member at its place.
    ///
    /// # Errors
    ///
    /// State that cannot be read.
    pub fn put(&mut self, member: Member, state: &mut State<'_>) -> Result<(), Corrupt> {
        let place = Place::of(&member);
        let at = self.find(place, state)?;
        let page = self.page_mut(at.id, state)?;
        let mut added = 0;
        match page.binary_search_by_key(&place, Place::of) {
            Ok(n) => page[n] = member,
            Err(n) => {
                page.insert(n, member);
                added = n;
            }
        }
        let split = (page.len() > PAGE).then(|| page.split_off(cut(page.len(), added)));
        self.update(&at, split, state)
    }

    /// Takes the member at a place out.
    ///
    /// # Errors
    ///
    /// State that cannot be read.
    pub fn remove(&mut self, place: Place, state: &mut State<'_>) -> Result<(), Corrupt> {
        let at = self.find(place, state)?;
        let page = self.page_mut(at.id, state)?;
        if let Ok(n) = page.binary_search_by_key(&place, Place::of) {
            page.remove(n);
        }
        self.update(&at, None, state)
    }

    /// Notes what the member at a place was told, which changes no sums.
    ///
    /// # Errors
    ///
    /// State that cannot be read.
    pub fn note_told(&mut self, member: &Member, state: &mut State<'_>) -> Result<(), Corrupt> {
        let place = Place::of(member);
        let at = self.find(place, state)?;
        let page = self.page_mut(at.id, state)?;
        if let Ok(n) = page.binary_search_by_key(&place, Place::of) {
            page[n].told = member.told;
            page[n].told_history = member.told_history;
        }
        Ok(())
    }

    fn page_mut(&mut self, id: u32, state: &mut State<'_>) -> Result<&mut Vec<Member>, Corrupt> {
        match self.pages.entry(id) {
            MapEntry::Occupied(page) => Ok(page.into_mut()),
            MapEntry::Vacant(page) => match state.get(&page_row(self.party, id))? {
                Some(Row::Page(known)) => Ok(page.insert(known.clone())),
                _ => Err(Corrupt("a page of a large party is missing".into())),
            },
        }
    }

    pub(super) fn directory_mut(
        &mut self,
        id: u32,
        state: &mut State<'_>,
    ) -> Result<&mut Vec<Entry>, Corrupt> {
        match self.directories.entry(id) {
            MapEntry::Occupied(directory) => Ok(directory.into_mut()),
            MapEntry::Vacant(directory) => match state.get(&directory_row(self.party, id))? {
                Some(Row::Directory(known)) => Ok(directory.insert(known.clone())),
                _ => Err(Corrupt("a directory of a large party is missing".into())),
            },
        }
    }

    /// A page has changed, and what was split off it is a page of its own: what is above is brought up to date.
    fn update(
        &mut self,
        at: &PageRef,
        split: Option<Vec<Member>>,
        state: &mut State<'_>,
    ) -> Result<(), Corrupt> {
        self.total.set(None);
        let page = self.pages.get(&at.id).map_or(&[][..], |page| page);
        let (first, sums) = (page.first().map(Place::of), Sums::of(page));
        let above = self.index.directories[at.directory];
        let new = split.map(|members| {
            let id = self.index.next_id;
            self.index.next_id += 1;
            let entry = Entry {
                id,
                first: members.first().map_or(Place::END, Place::of),
                due: at.due,
                sums: Sums::of(&members),
            };
            self.pages.insert(id, members);
            entry
        });
        let is_only = self.index.directories.len() == 1;
        let pages = self.directory_mut(above.id, state)?;
        match first {
            Some(first) => (pages[at.page].first, pages[at.page].sums) = (first, sums),
            None if is_only && pages.len() == 1 => pages[at.page].sums = sums,
            None => _ = pages.remove(at.page),
        }
        if let Some(new) = new {
            pages.insert(at.page + 1, new);
        }
        let cut_off = (pages.len() > DIRECTORY).then(|| pages.split_off(cut(pages.len(), at.page + 1)));
        let kept = summed(above.id, above.due, pages);
        if first.is_none() {
            self.drop_page(at.id, kept.is_some());
        }
        match kept {
            Some(entry) => self.index.directories[at.directory] = entry,
            None => {
                self.index.directories.remove(at.directory);
                self.directories.remove(&above.id);
                self.gone.push(directory_row(self.party, above.id));
            }
        }
        if let Some(pages) = cut_off {
            let id = self.index.next_id;
            self.index.next_id += 1;
            let entry = summed(id, above.due, &pages);
            self.directories.insert(id, pages);
            entry
                .into_iter()
                .for_each(|entry| self.index.directories.insert(at.directory + 1, entry));
        }
        Ok(())
    }

    /// An empty page goes, unless it is the only one.
    fn drop_page(&mut self, id: u32, has_others: bool) {
        let is_kept = has_others
            && self.index.directories.len() == 1
            && self
                .directories
                .values()
                .any(|pages| pages.iter().any(|page| page.id == id));
        if !is_kept {
            self.pages.remove(&id);
            self.gone.push(page_row(self.party, id));
        }
    }
}

/// The directory of these pages; `None` if there are none.
fn summed(id: u32, due: u8, pages: &[Entry]) -> Option<Entry> {
    let all = pages.iter().map(|page| page.sums);
    let due_below = pages.iter().fold(0, |due, page| due | page.due);
    let all_due = due & (u8::MAX << due::ALL);
    Some(Entry {
        id,
        first: pages.first()?.first,
        due: due_below | all_due | (all_due >> due::ALL),
        sums: all.fold(Sums::default(), Sums::and),
    })
}

/// Where to cut what has grown too large: members come in order of time as a rule, or in the reverse of it, and then
/// what is full is left so.
fn cut(len: usize, added: usize) -> usize {
    match added {
        last if last + 1 == len => len - 1,
        0 => 1,
        _ => len / 2,
    }
}
