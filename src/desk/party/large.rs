//! A party of more cases than its main row holds: its members are in an [`index`](super::index).
//!
//! What a case is told of itself is found at once, from the spans that the rules name ([`super::near`]). The others whom a
//! change may concern are marked ([`super::spread`]), and told page by page by a message that the party sends to
//! itself: one is on its way at a time, so many changes within a step cost one round.

use smol_str::SmolStr;

use super::index::{Book, PAGE, due};
use super::members::{INLINE, Member, Noted, locator, update};
use super::near::near;
use super::panel::signal_key;
use super::place::Place;
use super::spread::Changed;
use super::sums::has;
use super::worth::worth_looking_at;
use super::{Actor, PartyRow};
use crate::desk::Message;
use crate::desk::conversation::who::customer_key;
use crate::desk::message::{CaseNote, Standing};
use crate::desk::row::Row;
use crate::processor::{Corrupt, Rejection};

const _: () = assert!(INLINE < PAGE, "the first page takes what the main row had");

impl Actor<'_, '_> {
    /// The members of the main row go into pages: there is no room for more.
    fn grow(&mut self, row: &mut PartyRow) -> Result<Book, Corrupt> {
        let mut book = Book::new(self.key);
        for member in row.members.take_inline() {
            let value = Row::Located(Place::of(&member));
            self.effects.store(locator(self.key, member.case), value);
            book.put(member, self.state)?;
        }
        Ok(book)
    }

    /// A case of a large party has joined, changed or left.
    pub(super) fn noted_among_many(&mut self, row: &mut PartyRow, note: &CaseNote) -> Result<(), Rejection> {
        let mut book = match row.members.index.take() {
            Some(index) => Book::open(self.key, index),
            None => self.grow(row)?,
        };
        if self.take_note(row, note, &mut book)? {
            let key = || signal_key(&note.party_key, self.desk.keys());
            book.index().look.get_or_insert_with(key);
        }
        self.go_on_telling(&mut book);
        row.members.index = Some(book.close(self.effects));
        Ok(())
    }

    /// Takes a note. Says whether the party may be worth asking otherwise than before (rule 20).
    fn take_note(&mut self, row: &mut PartyRow, note: &CaseNote, book: &mut Book) -> Result<bool, Rejection> {
        let place = match self.state.get(&locator(self.key, note.case))? {
            Some(Row::Located(place)) => Some(*place),
            _ => None,
        };
        let before = match place {
            Some(place) => book.get(place, self.state)?,
            None => None,
        };
        let (member, noted) = match &before {
            None => (Member::from(note), Noted::First),
            Some(known) => {
                let mut member = known.clone();
                let Some(noted) = update(&mut member, note) else {
                    return Ok(false);
                };
                (member, noted)
            }
        };
        let sums = book.sums();
        let now = Place::of(&member);
        if place != Some(now) {
            if let Some(place) = place {
                book.remove(place, self.state)?;
            }
            self.effects
                .store(locator(self.key, note.case), Row::Located(now));
        }
        book.put(member.clone(), self.state)?;
        self.greet(row, &member, noted);
        self.tell_near(row, book, member.clone())?;
        Changed::new(before.as_ref(), &member, &sums, book).mark(book, self.state)?;
        let any_score = book.sums().has(has::SCORES) || sums.has(has::SCORES);
        Ok(any_score && before.is_none_or(|before| !before.says_the_same(&member)))
    }

    /// Tells a member what has been found, if that is news.
    fn tell_near(&mut self, row: &PartyRow, book: &mut Book, mut member: Member) -> Result<bool, Corrupt> {
        if !self.is_told(row, &member) {
            return Ok(false);
        }
        let near = near(&member, book, self.state)?;
        let is_news = self.tell_found(row, &mut member, near);
        if is_news {
            book.note_told(&member, self.state)?;
        }
        Ok(is_news)
    }

    /// Sees to it that a message is on its way that tells whoever is to be told.
    fn go_on_telling(&mut self, book: &mut Book) {
        let is_due = book.is_due();
        let index = book.index();
        let is_any = is_due || index.look.is_some() || index.left.is_some();
        if is_any && !index.telling {
            index.telling = true;
            self.effects.resume(self.key, Message::SpreadParty);
        }
    }

    /// All members of a large party are to be told this, of [`due`].
    pub(super) fn tell_many(&mut self, row: &mut PartyRow, bits: u8) {
        let Some(index) = row.members.index.take() else {
            return;
        };
        let mut book = Book::open(self.key, index);
        book.mark_all(bits);
        if let Some(customer) = row.customer.as_ref().filter(|_| bits & due::FINDINGS != 0) {
            book.index().look = Some(customer_key(&customer.customer_id));
        }
        self.go_on_telling(&mut book);
        row.members.index = Some(book.close(self.effects));
    }

    /// Tells the members of the next page; when there is none, looks whether the party is worth asking.
    pub(super) fn tell_next(&mut self, row: &mut PartyRow) -> Result<(), Rejection> {
        let Some(index) = row.members.index.take() else {
            return Ok(());
        };
        let mut book = Book::open(self.key, index);
        book.index().telling = false;
        match book.take_due(self.state)? {
            Some(page) => {
                let members = book.members(&page, self.state)?.to_vec();
                for member in members {
                    self.tell_member(row, &mut book, member, page.due)?;
                }
            }
            None => {
                book.index().left = None;
                if let Some(key) = book.index().look.take() {
                    self.look_among_many(row, &book, key)?;
                }
            }
        }
        self.go_on_telling(&mut book);
        row.members.index = Some(book.close(self.effects));
        Ok(())
    }

    fn tell_member(
        &mut self,
        row: &PartyRow,
        book: &mut Book,
        member: Member,
        bits: u8,
    ) -> Result<(), Corrupt> {
        if bits & due::WHEREABOUTS != 0 {
            match &book.index().left {
                Some(customer) => self.tell_left(row, &customer.clone(), &member),
                None => self.tell_whereabouts(row, &member),
            }
        }
        if bits & due::FORGETTING != 0 {
            self.tell_forgotten(row, std::slice::from_ref(&member));
        }
        let is_handled = member.standing == Standing::Member && member.summary.handled;
        if bits & due::FINDINGS != 0 || bits & due::HISTORY != 0 && is_handled {
            self.tell_near(row, book, member)?;
        }
        Ok(())
    }

    /// Rule 20, of a large party.
    fn look_among_many(&mut self, row: &mut PartyRow, book: &Book, key: SmolStr) -> Result<(), Corrupt> {
        let members = match row.panel.has_told_all() {
            true => Vec::new(),
            false => worth_looking_at(book, self.is_of_value(row), self.state)?,
        };
        self.look_for_candidates(row, &members, || key);
        Ok(())
    }

    /// The members of a large party that matter to rule 20.
    pub(super) fn worth_looking_at(&mut self, row: &mut PartyRow) -> Result<Vec<Member>, Corrupt> {
        let Some(index) = row.members.index.take() else {
            return Ok(Vec::new());
        };
        let book = Book::open(self.key, index);
        let found = worth_looking_at(&book, self.is_of_value(row), self.state);
        row.members.index = Some(book.close(self.effects));
        found
    }

    fn is_of_value(&self, row: &PartyRow) -> bool {
        let least = f64::from(self.desk.settings().signals.panel.lifetime_value);
        let value = row
            .customer
            .as_ref()
            .and_then(|customer| customer.lifetime_value());
        value.is_some_and(|value| value >= least)
    }
}
