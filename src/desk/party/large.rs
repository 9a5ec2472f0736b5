//! A party of more cases than its main row holds: its members are in an [`index`](super::index).
//!
//! What a case is told of itself is found at once, from the spans that the rules name ([`super::near`]). The others whom a
//! change may concern are marked ([`super::spread`]), and told page by page by a message that the party sends to
//! itself: each change sends one, which tells a page, and the last one sent goes on. So many changes within a step cost
//! one round, and one that was lost is made up for by the next change.

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

    /// Sends a message that tells whoever is to be told. Others may be on their way: if they were lost, as dead
    /// letters are, nobody would go on otherwise.
    fn go_on_telling(&mut self, book: &mut Book) {
        let is_due = book.is_due();
        let index = book.index();
        if is_due || index.look.is_some() || index.left.is_some() {
            index.sent += 1;
            self.effects.resume(self.key, Message::SpreadParty(index.sent));
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

    /// Tells the members of the next page; when there is none, looks whether the party is worth asking. `sent`: the
    /// number of the message that does so. Only the last one sent goes on, so one round is on its way.
    pub(super) fn tell_next(&mut self, row: &mut PartyRow, sent: u64) -> Result<(), Rejection> {
        let Some(index) = row.members.index.take() else {
            return Ok(());
        };
        let mut book = Book::open(self.key, index);
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
        if book.index().sent == sent {
            self.go_on_telling(&mut book);
        }
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

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, VecDeque};
    use std::sync::Arc;

    use crate::config::rules::RuleSettings;
    use crate::desk::conversation::fact::Author;
    use crate::desk::message::{CaseNote, CaseRef, Findings, Standing};
    use crate::desk::party::Actor;
    use crate::desk::party::links::Links;
    use crate::desk::party::members::INLINE;
    use crate::desk::summary::Summary;
    use crate::desk::{Desk, Effects, Message, Row};
    use crate::model::{CaseId, Millis};
    use crate::processor::{ActorKey, Context, Corrupt, Effect, RowKey, State};

    const HOUR: i64 = 3600 * 1000;
    const CASES: u64 = 3 * INLINE as u64;

    struct Rows(BTreeMap<RowKey, Row>);

    impl State<Row> for Rows {
        fn get(&mut self, key: &RowKey) -> Result<Option<&Row>, Corrupt> {
            Ok(self.0.get(key))
        }
    }

    /// A party, and what each of its cases was told last.
    struct Party {
        desk: Desk,
        key: ActorKey,
        rows: Rows,
        told: BTreeMap<Author, Arc<Findings>>,
    }

    impl Party {
        fn new() -> Self {
            let desk = Desk::new(Arc::new(RuleSettings::default()));
            Self {
                key: desk.keys().party("email:p@x"),
                desk,
                rows: Rows(BTreeMap::new()),
                told: BTreeMap::new(),
            }
        }

        /// Delivers a note and what the party writes to itself, or only the note: then the other message is lost.
        fn hear(&mut self, note: CaseNote, is_lost: bool) {
            let mut queue = VecDeque::from([Message::Case(Box::new(note))]);
            let cx = Context {
                now: Millis(0),
                wall: Millis(0),
                hops: 0,
            };
            while let Some(message) = queue.pop_front() {
                let mut effects = Effects::default();
                let actor = Actor::new(&self.desk, self.key, &mut self.rows, &cx, &mut effects);
                actor.apply(&message).expect("it is for a party");
                for effect in effects.drain() {
                    match effect {
                        Effect::Store { row, value: None } => _ = self.rows.0.remove(&row),
                        Effect::Store { row, value } => self.rows.0.extend(value.map(|value| (row, value))),
                        Effect::Tell { message, .. } => {
                            if let Message::Findings(found) = message {
                                self.told.insert(found.author, found);
                            }
                        }
                        Effect::Continue { message, .. } if !is_lost => queue.push_back(message),
                        _ => {}
                    }
                }
            }
        }

        /// What the others mean to each case, as it was told.
        fn links(&self) -> Vec<Links> {
            self.told.values().map(|found| found.links.clone()).collect()
        }
    }

    /// Emails and posts in turn, an hour apart, which are over or wait.
    fn note(n: u64, number: u32, is_over: bool) -> CaseNote {
        let channel = if n.is_multiple_of(2) { "email" } else { "social" };
        let at = Millis(n as i64 * HOUR);
        let case_id = CaseId::new("s", channel, &n.to_string(), "a");
        CaseNote {
            case: CaseRef {
                conversation: u128::from(n),
                author: n,
            },
            party_key: "email:p@x".into(),
            membership: 1,
            number,
            standing: Standing::Member,
            settled: false,
            summary: Summary {
                opened_at: at,
                public: n % 2 == 1,
                open: !is_over,
                patience_ms: 48 * HOUR,
                waits_since: (!is_over).then_some(at),
                resolved_at: is_over.then_some(at),
                handled: true,
                ..Summary::nothing(case_id, channel.into())
            },
            survey: None,
        }
    }

    #[test]
    fn what_a_lost_message_would_have_told_is_told_with_the_next_change() {
        let told = |is_lost: bool| {
            let mut party = Party::new();
            (0..CASES).for_each(|n| party.hear(note(n, 1, false), false));
            party.hear(note(0, 2, true), is_lost);
            let before = party.links();
            party.hear(note(CASES, 1, true), false);
            (before, party.links())
        };
        let (all, nobody) = (told(false), told(true));
        assert_ne!(all.0, nobody.0, "the first email concerned others");
        assert_eq!(all.1, nobody.1);
    }
}
