//! Who is to be told something: marks on pages, taken one page after the other.

use super::{Book, PageRef, due, page_ref};
use crate::desk::State;
use crate::desk::party::place::Place;
use crate::processor::Corrupt;

impl Book {
    /// Whether anybody is to be told anything.
    pub fn is_due(&self) -> bool {
        self.index.directories.iter().any(|entry| entry.due != 0)
    }

    /// The members of these pages are to be told.
    ///
    /// # Errors
    ///
    /// State that cannot be read.
    pub fn mark(&mut self, pages: &[PageRef], bits: u8, state: &mut State<'_>) -> Result<(), Corrupt> {
        for at in pages {
            let above = &mut self.index.directories[at.directory];
            let is_known = at.due & bits == bits || (above.due >> due::ALL) & bits == bits;
            if is_known {
                continue;
            }
            above.due |= bits;
            let id = above.id;
            self.directory_mut(id, state)?[at.page].due |= bits;
        }
        Ok(())
    }

    /// All members are to be told; for [`due::HISTORY`], those that somebody handles.
    pub fn mark_all(&mut self, bits: u8) {
        let only_handled = bits == due::HISTORY;
        for entry in &mut self.index.directories {
            if !only_handled || entry.sums.handled > 0 {
                entry.due |= bits | (bits << due::ALL);
            }
        }
    }

    /// The first page of which members are to be told something, which from now on they are.
    ///
    /// # Errors
    ///
    /// State that cannot be read.
    pub fn take_due(&mut self, state: &mut State<'_>) -> Result<Option<PageRef>, Corrupt> {
        while let Some(directory) = self.index.directories.iter().position(|entry| entry.due != 0) {
            let entry = self.index.directories[directory];
            let all = entry.due >> due::ALL;
            let end = self.index.directories.get(directory + 1);
            let end = end.map_or(Place::END, |next| next.first);
            let pages = self.directory_mut(entry.id, state)?;
            for page in pages.iter_mut() {
                let only_handled = page.sums.handled == 0;
                page.due |= if only_handled { all & !due::HISTORY } else { all };
            }
            let found = pages.iter().position(|page| page.due != 0).map(|page| {
                let next = pages.get(page + 1).map_or(end, |next| next.first);
                let found = page_ref(directory, page, &pages[page], next);
                pages[page].due = 0;
                found
            });
            let left = pages.iter().fold(0, |due, page| due | page.due);
            self.index.directories[directory].due = left;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }
}
