//! How a case began, for its party to compare with other cases of the same person, and to find the same words
//! from people whom nobody knows (rule 10).
//!
//! Nothing is kept for it of a text that stands whole in its fact's row, as its excerpt or in the message that a
//! case holds; of another, 128 bytes. It goes to the party only while another case of the person opened close to
//! this one, which is rare.

use std::sync::Arc;

use smallvec::SmallVec;

use super::Actor;
use super::case::CaseRow;
use super::events::Happened;
use super::fact::{Class, Fact, Said};
use super::ledger::{self, Head};
use super::record;
use super::settle::Change;
use super::version::Digest;
use crate::config::rules::RuleSettings;
use crate::desk::campaign::{Begun, Suspected};
use crate::desk::keys::Keys;
use crate::desk::message::Message;
use crate::model::{CaseEventType, Complaint, EventId};
use crate::processor::{Corrupt, Rejection};
use crate::text::{Sketch, fingerprint};

/// What a fact keeps of a text that its row does not have whole, beside the excerpt.
fn beyond_excerpt(settings: &RuleSettings, text: &str) -> Option<Arc<Sketch>> {
    record::end_of(text.trim(), settings.limits.excerpt_chars)?;
    Sketch::of(text, &settings.secret).map(Arc::new)
}

/// The text of a fact's message, if this is the version of it that stands.
pub(super) fn text_of<'c>(keys: &Keys, fact: &Fact, message: &'c Complaint) -> Option<&'c str> {
    let is_it = message.id == fact.id && message.revision == fact.revision;
    let text = message.text.as_ref().filter(|_| is_it)?.as_str();
    // Of nearly all messages there is one version; somebody else's of the same id may begin otherwise.
    let begins = || {
        fact.customer_said()
            .is_some_and(|said| text.trim_start().starts_with(&*said.excerpt))
    };
    let stands = match &fact.versions.more {
        None => begins(),
        Some(_) => Digest::of_complaint(keys, message) == fact.versions.digest,
    };
    stands.then_some(text)
}

/// Sketches that facts lack, with their places among them.
pub(super) type Lacking = SmallVec<[(usize, Arc<Sketch>); 1]>;

/// Gives facts the sketches that they lack.
pub(super) fn complete(facts: &mut [Fact], lacking: Lacking) {
    for (place, sketch) in lacking {
        if let Said::Customer(said) = &mut facts[place].said {
            said.sketch = Some(sketch);
        }
    }
}

impl Actor<'_, '_> {
    /// The sketches that some of these facts lack to go where their texts are not at hand any more: of the
    /// message that is applied, and of the one that a case held before.
    pub(super) fn lacking(
        &self,
        facts: &[Fact],
        held: Option<&Arc<Complaint>>,
        is_wanted: impl Fn(&Fact) -> bool,
    ) -> Lacking {
        let settings = self.desk.settings();
        let lacking = facts.iter().enumerate().filter_map(|(place, fact)| {
            fact.customer()
                .filter(|said| said.sketch.is_none() && is_wanted(fact))?;
            let text = self.text_of(fact, held)?;
            Some((place, beyond_excerpt(settings, text)?))
        });
        lacking.collect()
    }

    /// The text of a fact's message, if it is the one that is applied, or this one.
    fn text_of<'c>(&'c self, fact: &Fact, held: Option<&'c Arc<Complaint>>) -> Option<&'c str> {
        let said = self.said.as_ref();
        let said = said.filter(|(said, digest)| *digest == fact.versions.digest && said.id == fact.id);
        match said {
            Some((said, _)) => Some(said.text.as_ref()?.as_str()),
            None => text_of(self.desk.keys(), fact, held?),
        }
    }

    /// Gives facts of the head, and the one that has come, the sketches that they lack: they may go into rows of
    /// which their texts are no part.
    pub(super) fn complete(&mut self, facts: &mut [Fact]) -> Result<(), Corrupt> {
        let held = self.main_row()?.and_then(|row| row.case.as_ref()?.body.clone());
        complete(facts, self.lacking(facts, held.as_ref(), |_| true));
        Ok(())
    }

    /// How the case began, if its party asks for it. `facts`: those at hand.
    pub(super) fn begins_with(
        &mut self,
        head: &Head,
        row: &CaseRow,
        facts: &[Fact],
    ) -> Result<Option<Arc<Sketch>>, Corrupt> {
        let findings = row.who.findings.as_ref();
        let Some(fold) = row
            .fold
            .as_ref()
            .filter(|_| findings.is_some_and(|found| found.compared))
        else {
            return Ok(None);
        };
        let is_it = |fact: &&Fact| {
            fact.said.class() == Class::Customer && fact.id == fold.opened.id && fact.case == row.author
        };
        if let Some(fact) = facts.iter().find(is_it) {
            return Ok(self.sketch(fact, row));
        }
        let (keys, id) = (self.desk.keys(), &fold.opened.id);
        let known = ledger::find(keys, self.state, self.key, head, Class::Customer, id)?;
        match known.iter().find(is_it) {
            Some(fact) => Ok(self.sketch(fact, row)),
            None => Ok(row.begins_with.clone()), // its fact was dropped, long after
        }
    }

    /// Somebody whom the CRM does not know begins a case: perhaps others say the same (rule 10). Told once,
    /// when the case has found its first party; best effort.
    pub(super) fn tell_begun(&mut self, row: &CaseRow, complaint: Option<&Arc<Complaint>>) {
        let (Some(fold), Some(party)) = (&row.fold, &row.who.party) else {
            return;
        };
        let is_first = |said: &&Arc<Complaint>| *said.id == *fold.opened.id;
        let first = complaint.into_iter().chain(&row.body).find(is_first);
        let text = first.and_then(|said| said.text.as_deref());
        let secret = &self.desk.settings().secret;
        let Some(fingerprint) = text.and_then(|text| fingerprint(text, secret)) else {
            return;
        };
        let keys = self.desk.keys();
        let begun = Begun {
            brand: fold.brand().cloned(),
            case: self.case_ref(row.author),
            case_id: row.case_id,
            at: fold.opened.at,
            party: keys.short(&["party", &party.key]),
            fingerprint,
        };
        self.effects
            .tell(begun.actor(keys), Message::Begun(Box::new(begun)));
    }

    /// Somebody else had begun a case with the same words.
    pub(super) fn suspected(&mut self, suspected: &Suspected) -> Result<(), Rejection> {
        let Some((head, mut row)) = self.read_both(suspected.author)? else {
            return Ok(());
        };
        if row.suspected.is_some() || row.forgotten.is_some() {
            return Ok(());
        }
        row.suspected = Some(Box::new(suspected.echo_of));
        let happened = row.fold.as_ref().map(|fold| {
            let kind = CaseEventType::EchoLinked;
            let other = suspected.echo_of.to_string();
            Happened {
                kind,
                id: EventId::new(row.case_id, kind.symbol(), &[&other, "suspected"]),
                at: fold.opened.at,
                details: [("case", &*other), ("suspected", "true")].into_iter().collect(),
            }
        });
        self.settle_with(&head, Change::same(row), happened.into_iter().collect())
    }

    fn sketch(&self, fact: &Fact, row: &CaseRow) -> Option<Arc<Sketch>> {
        let said = fact.customer()?;
        let whole = || {
            let text = self.text_of(fact, row.body.as_ref()).unwrap_or(&said.excerpt);
            Sketch::of(text, &self.desk.settings().secret).map(Arc::new)
        };
        said.sketch.clone().or_else(whole)
    }
}
