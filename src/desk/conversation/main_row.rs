//! The main row of a conversation: its head, and the case of whoever had the first one there. Most
//! conversations have no other case, and so take one row.
//!
//! An apply reads rows as they were before it, and keeps what it makes of them here until its end.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Actor;
use super::case::CaseRow;
use super::excerpt::Excerpt;
use super::fact::{Author, Fact, Said};
use super::fold::Fold;
use super::ledger::Head;
use super::likeness;
use super::meet::Met;
use crate::desk::keys::{self, Keys, part};
use crate::desk::row::Row;
use crate::model::Millis;
use crate::processor::{Corrupt, RowKey};

/// A conversation's main row.
///
/// A text stands in it once: of a fact whose message the case holds whole, and of the fold whose first fact is
/// here, the [excerpt](Excerpt) is written as its length. Nor has such a fact a sketch ([`super::likeness`]).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub struct MainRow {
    /// The conversation.
    pub head: Arc<Head>,
    /// The case that had a row here first. It stays in this one; those of others have rows of their own.
    pub case: Option<Arc<CaseRow>>,
}

/// A main row as it is written.
#[derive(Deserialize)]
struct Written {
    head: Arc<Head>,
    case: Option<Arc<CaseRow>>,
}

impl TryFrom<Written> for MainRow {
    type Error = &'static str;

    fn try_from(Written { mut head, mut case }: Written) -> Result<Self, Self::Error> {
        const MISSING: &str = "an excerpt is missing";
        if head
            .tail
            .iter()
            .any(|fact| excerpt_of(fact).is_some_and(Excerpt::is_missing))
        {
            for fact in &mut Arc::make_mut(&mut head).tail {
                let text = held_text(case.as_deref(), fact).map(str::to_owned);
                if let Said::Customer(said) = &mut fact.said
                    && said.excerpt.is_missing()
                    && !text.is_some_and(|text| said.excerpt.fill(&text))
                {
                    return Err(MISSING);
                }
            }
        }
        if let Some(fold) = case.as_mut().and_then(|case| Arc::make_mut(case).fold.as_mut())
            && fold.excerpt.is_missing()
        {
            let text = opening(&head, fold).ok_or(MISSING)?;
            if !Arc::make_mut(fold).excerpt.fill(&text.clone()) {
                return Err(MISSING);
            }
        }
        Ok(Self { head, case })
    }
}

fn excerpt_of(fact: &Fact) -> Option<&Excerpt> {
    match &fact.said {
        Said::Customer(said) => Some(&said.excerpt),
        _ => None,
    }
}

/// The text that a fact's excerpt is the beginning of, if it stands in the message that the case holds.
fn held_text<'c>(case: Option<&'c CaseRow>, fact: &Fact) -> Option<&'c str> {
    let held = case?.body.as_ref()?;
    let is_it = held.id == fact.id && held.revision == fact.revision;
    Some(held.text.as_ref().filter(|_| is_it)?.trim_start())
}

/// The excerpt of a fold's first message, if its fact is in the head.
fn opening<'h>(head: &'h Head, fold: &Fold) -> Option<&'h Excerpt> {
    let mut said = head.tail.iter().filter(|fact| fact.id == fold.opened.id);
    said.find_map(excerpt_of)
}

impl MainRow {
    /// A main row of these, each text in it written once.
    fn new(keys: &Keys, mut head: Arc<Head>, mut case: Option<Arc<CaseRow>>) -> Self {
        let is_shared = |fact: &Fact, case: &Option<Arc<CaseRow>>| {
            let held = case.as_ref().and_then(|case| case.body.as_ref());
            let whole = held.and_then(|held| likeness::text_of(keys, fact, held));
            let whole = whole.map(str::trim_start);
            excerpt_of(fact)
                .zip(whole)
                .is_some_and(|(excerpt, whole)| whole.starts_with(&**excerpt))
        };
        let is_otherwise = |fact: &Fact| {
            excerpt_of(fact).is_some_and(|excerpt| excerpt.is_shared() != is_shared(fact, &case))
        };
        if head.tail.iter().any(is_otherwise) {
            for fact in &mut Arc::make_mut(&mut head).tail {
                let is_shared = is_shared(fact, &case);
                if let Said::Customer(said) = &mut fact.said {
                    said.excerpt.share(is_shared);
                    said.sketch.take_if(|_| is_shared);
                }
            }
        }
        let base = case.as_ref().and_then(|case| case.base.as_ref());
        if base.is_some_and(|base| base.excerpt.is_shared())
            && let Some(base) = case.as_mut().and_then(|case| Arc::make_mut(case).base.as_mut())
        {
            Arc::make_mut(base).excerpt.share(false); // of its facts none is here
        }
        if let Some(fold) = case.as_ref().and_then(|case| case.fold.as_ref()) {
            let is_shared = opening(&head, fold).is_some_and(|excerpt| *excerpt == fold.excerpt);
            if fold.excerpt.is_shared() != is_shared
                && let Some(case) = &mut case
                && let Some(fold) = &mut Arc::make_mut(case).fold
            {
                Arc::make_mut(fold).excerpt.share(is_shared);
            }
        }
        Self { head, case }
    }

    /// When the conversation or the case wants to be woken.
    pub fn due(&self) -> Option<Millis> {
        let case = self.case.as_ref().and_then(|case| case.due());
        self.head.retire_at.into_iter().chain(case).min()
    }

    /// The case, if it is this author's.
    fn case_of(&self, author: Author) -> Option<&Arc<CaseRow>> {
        self.case.as_ref().filter(|case| case.author == author)
    }
}

/// What an apply has read of the main row, and has made of it so far.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// The row as it was, once it was read: nothing that an apply does shows before its end.
    before: Option<Option<MainRow>>,
    head: Option<Arc<Head>>,
    case: Option<Arc<CaseRow>>,
    /// Who is known to be a customer.
    pub(super) met: Met,
}

impl Actor<'_, '_> {
    /// The main row as it was before this apply.
    pub(super) fn main_row(&mut self) -> Result<Option<&MainRow>, Corrupt> {
        if self.kept.before.is_none() {
            self.kept.before = Some(match self.state.get(&keys::head(self.key))? {
                None => None,
                Some(Row::Conversation(row)) => Some(row.clone()),
                Some(_) => return Err(Corrupt("a conversation's main row is of another kind".into())),
            });
        }
        Ok(self.kept.before.as_ref().and_then(Option::as_ref))
    }

    /// The head as it was before this apply.
    pub(super) fn read_head(&mut self) -> Result<Option<Arc<Head>>, Corrupt> {
        Ok(self.main_row()?.map(|row| Arc::clone(&row.head)))
    }

    /// An author's case as it was before this apply.
    pub(super) fn case_of(&mut self, author: Author) -> Result<Option<&CaseRow>, Corrupt> {
        let is_home = self.main_row()?.is_some_and(|row| row.case_of(author).is_some());
        if is_home {
            return Ok(self
                .main_row()?
                .and_then(|row| row.case_of(author))
                .map(|case| &**case));
        }
        match self.state.get(&self.row(part::CASE, author))? {
            None => Ok(None),
            Some(Row::Case(row)) => Ok(Some(row)),
            Some(_) => Err(Corrupt("a case's row is of another kind".into())),
        }
    }

    /// The same, to be changed.
    pub(super) fn read_case(&mut self, author: Author) -> Result<Option<CaseRow>, Corrupt> {
        Ok(self.case_of(author)?.cloned())
    }

    /// The head and the case that another actor speaks of; `None` if they are gone.
    pub(super) fn read_both(&mut self, author: Author) -> Result<Option<(Arc<Head>, CaseRow)>, Corrupt> {
        let head = self.read_head()?;
        Ok(head.zip(self.read_case(author)?))
    }

    /// The author of the case that is published or woken by this key.
    pub(super) fn author_of(&mut self, key: RowKey) -> Result<Option<Author>, Corrupt> {
        if key.part == part::CASE {
            return Ok(Some(key.index));
        }
        let case = self.main_row()?.and_then(|row| row.case.as_ref());
        Ok(case.map(|case| case.author))
    }

    /// Keeps the head.
    pub(super) fn put_head(&mut self, head: Arc<Head>) {
        self.kept.head = Some(head);
    }

    /// Keeps a case; returns the key of its row.
    pub(super) fn put_case(&mut self, row: CaseRow) -> Result<RowKey, Corrupt> {
        let home = match &self.kept.case {
            Some(case) => Some(case.author),
            None => self
                .main_row()?
                .and_then(|row| row.case.as_ref())
                .map(|case| case.author),
        };
        if home.is_none_or(|home| home == row.author) {
            self.kept.case = Some(Arc::new(row));
            return Ok(keys::head(self.key));
        }
        let key = self.row(part::CASE, row.author);
        self.effects.store(key, Row::Case(Box::new(row)));
        Ok(key)
    }

    /// The end of an apply: stores the main row, if it has changed.
    pub(super) fn finish(mut self) -> Result<(), Corrupt> {
        self.keep_kin()?;
        let (head, case) = (self.kept.head.take(), self.kept.case.take());
        if head.is_none() && case.is_none() {
            return Ok(());
        }
        let before = self.main_row()?;
        let head = head.or_else(|| before.map(|row| Arc::clone(&row.head)));
        let case_before = before.and_then(|row| row.case.clone());
        let head = head.ok_or_else(|| Corrupt("a case has no conversation".into()))?;
        let held = case_before.as_ref().and_then(|case| case.body.clone());
        let mut row = MainRow::new(self.desk.keys(), head, case.or(case_before));
        let is_bare = |fact: &Fact| excerpt_of(fact).is_some_and(|excerpt| !excerpt.is_shared());
        let lacking = self.lacking(&row.head.tail, held.as_ref(), is_bare);
        if !lacking.is_empty() {
            likeness::complete(&mut Arc::make_mut(&mut row.head).tail, lacking);
        }
        self.effects.store(keys::head(self.key), Row::Conversation(row));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::MainRow;
    use crate::config::rules::RuleSettings;
    use crate::desk::conversation::case::CaseRow;
    use crate::desk::conversation::fact::{Fact, Said};
    use crate::desk::conversation::fold::Fold;
    use crate::desk::conversation::ledger::Head;
    use crate::desk::conversation::record;
    use crate::desk::keys::Keys;
    use crate::desk::packed::{read, write};
    use crate::model::{CaseId, Complaint, Sensitive};
    use crate::text::Sketch;

    const TEXT: &str = "  My parcel has been in the warehouse for ten days, and nobody answers.";

    fn complaint(id: &str, text: &str) -> Complaint {
        Complaint {
            id: id.into(),
            channel: "email".into(),
            text: Some(Sensitive(text.to_owned())),
            ..Complaint::default()
        }
    }

    fn row(messages: &[&str], whole: Option<usize>, base: bool) -> MainRow {
        let settings = RuleSettings::default();
        let keys = Keys::new(settings.secret);
        let complaints: Vec<_> = (0..messages.len())
            .map(|n| complaint(&format!("m{n}"), messages[n]))
            .collect();
        let tail: Vec<Fact> = complaints
            .iter()
            .map(|said| record::customer(&settings, &keys, said))
            .collect();
        let rules = settings.channel("email").expect("it is built in");
        let fold = Fold::of(tail.iter(), rules, &mut Vec::new()).map(Arc::new);
        let mut case = CaseRow::new(1, CaseId::default(), "email");
        case.base = fold.clone().filter(|_| base);
        case.fold = fold;
        case.body = whole.map(|n| Arc::new(complaints[n].clone()));
        let head = Head {
            tail,
            ..Head::default()
        };
        MainRow::new(&keys, Arc::new(head), Some(Arc::new(case)))
    }

    fn trial() -> Keys {
        Keys::new(RuleSettings::default().secret)
    }

    fn written(row: &MainRow) -> Vec<u8> {
        let mut bytes = Vec::new();
        write(row, &mut bytes);
        bytes
    }

    #[test]
    fn a_text_stands_in_it_once_and_comes_back_everywhere() {
        let times = |row: &MainRow| {
            let bytes = written(row);
            let part = &TEXT.as_bytes()[10..30];
            bytes.windows(part.len()).filter(|window| *window == part).count()
        };
        //   messages         held whole  a base too  then the first text stands in it so often
        for (messages, whole, base, often) in [
            (&[TEXT][..], Some(0), false, 1),
            (&[TEXT], None, false, 1),
            (&[TEXT, "Hello?"], Some(1), false, 1),
            (&[TEXT], Some(0), true, 2), // the base may be all that is left of it
            (&[TEXT, TEXT], Some(1), false, 2),
        ] {
            let row = row(messages, whole, base);
            assert_eq!(times(&row), often, "{messages:?} {whole:?} {base}");
            assert_eq!(read::<MainRow>(&written(&row)).as_ref(), Ok(&row));
        }
    }

    #[test]
    fn what_is_not_held_elsewhere_any_more_is_written_whole() {
        let shared = row(&[TEXT], Some(0), false);
        let MainRow { head, case } = read(&written(&shared)).expect("it was just written");
        let mut case = CaseRow::clone(&case.expect("there is one"));
        case.body = None;
        let closed = MainRow::new(&trial(), Arc::clone(&head), Some(Arc::new(case.clone())));
        assert_eq!(read::<MainRow>(&written(&closed)).as_ref(), Ok(&closed));
        let bare = MainRow::new(&trial(), Arc::new(Head::default()), Some(Arc::new(case)));
        let back: MainRow = read(&written(&bare)).expect("it was just written");
        let fold = back
            .case
            .and_then(|case| case.fold.clone())
            .expect("there is one");
        assert_eq!(&*fold.excerpt, TEXT.trim());
        let Said::Customer(said) = &head.tail[0].said else {
            panic!("a customer's")
        };
        assert_eq!(&*said.excerpt, TEXT.trim());
    }

    #[test]
    fn a_fact_keeps_no_sketch_while_its_text_stands_whole_beside_it() {
        //   held whole           then the fact's sketch stays
        for (is_held, stays) in [(true, false), (false, true)] {
            let MainRow { mut head, case } = row(&[TEXT], Some(0), false);
            let mut case = CaseRow::clone(&case.expect("there is one"));
            case.body.take_if(|_| !is_held);
            // As of a revision that takes the place of another.
            let Said::Customer(said) = &mut Arc::make_mut(&mut head).tail[0].said else {
                panic!("a customer's")
            };
            said.excerpt.share(false);
            said.sketch = Sketch::of(TEXT, &RuleSettings::default().secret).map(Arc::new);
            assert!(said.sketch.is_some());
            let row = MainRow::new(&trial(), head, Some(Arc::new(case)));
            let sketch = row.head.tail[0].customer().and_then(|said| said.sketch.clone());
            assert_eq!(sketch.is_some(), stays);
        }
    }

    #[test]
    fn a_length_beyond_the_text_is_an_error() {
        let mut bytes = written(&row(&[TEXT], Some(0), false));
        let length = u8::try_from(TEXT.trim().len()).expect("it is short");
        let place = bytes
            .iter()
            .position(|byte| *byte == length)
            .expect("it is there");
        bytes[place] = 120;
        assert!(read::<MainRow>(&bytes).is_err());
    }
}
