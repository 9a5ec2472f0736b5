//! How a case began, for its party to compare with other cases of the same person (rule 10).
//!
//! Nothing is kept for it of a text that the excerpt holds whole, and 128 bytes of a longer one. It goes to
//! the party only while another case of the person opened close to this one, which is rare.

use std::sync::Arc;

use super::Actor;
use super::case::CaseRow;
use super::fact::{Class, Fact};
use super::ledger::{self, Head};
use crate::config::rules::RuleSettings;
use crate::processor::Corrupt;
use crate::text::Sketch;

/// What a fact keeps of a text, beside its excerpt.
pub fn beyond_excerpt(settings: &RuleSettings, text: &str) -> Option<Arc<Sketch>> {
    text.trim().chars().nth(settings.limits.excerpt_chars)?;
    Sketch::of(text, &settings.secret).map(Arc::new)
}

impl Actor<'_, '_> {
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
        let is_it = |fact: &&Fact| fact.said.class() == Class::Customer && fact.id == fold.opened.id;
        if let Some(fact) = facts.iter().find(is_it) {
            return Ok(self.sketch(fact));
        }
        let (keys, id) = (self.desk.keys(), &fold.opened.id);
        match ledger::find(keys, self.state, self.key, head, Class::Customer, id)? {
            Some(fact) => Ok(self.sketch(&fact)),
            None => Ok(row.begins_with.clone()), // its fact was dropped, long after
        }
    }

    fn sketch(&self, fact: &Fact) -> Option<Arc<Sketch>> {
        let said = fact.customer()?;
        let whole = || Sketch::of(&said.excerpt, &self.desk.settings().secret).map(Arc::new);
        said.sketch.clone().or_else(whole)
    }
}
