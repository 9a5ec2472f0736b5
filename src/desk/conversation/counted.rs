//! What a case counts as in the figures of its channel, and what it tells to be counted over many cases (rules
//! 13, 14, 22).

use std::sync::Arc;

use super::Actor;
use super::case::CaseRow;
use super::ledger::Head;
use super::surveys;
use super::view::View;
use crate::desk::figures::conclusions::{Verdict, addend, count_change};
use crate::desk::message::Message;
use crate::desk::tally::told::{Told, shard_key, shard_of};
use crate::processor::{Corrupt, Rejection};

impl Actor<'_, '_> {
    /// The judgement of a case, as figures need it.
    pub(super) fn verdict(
        &self,
        head: &Head,
        row: &CaseRow,
        view: Option<&View>,
    ) -> Result<Verdict, Rejection> {
        let Some((fold, view)) = row.fold.as_deref().zip(view) else {
            return Ok(Verdict::default());
        };
        let patience = self.rules(head)?.patience;
        let scored = surveys::shown(fold, &row.who);
        let heard = scored.is_some_and(|scored| fold.was_answered(scored.at, patience));
        Ok(Verdict::of(view, heard))
    }

    /// Counts what has become of the case: what it counted as by its row before, and counts as now. A case is
    /// stored once an apply.
    pub(super) fn count(&mut self, head: &Head, row: &CaseRow) -> Result<(), Corrupt> {
        let Some(figures) = self.desk.figures().channel(&head.channel) else {
            return Ok(());
        };
        let before = self.case_of(row.author)?;
        if before.is_some_and(|before| counts_the_same(before, row)) {
            return Ok(());
        }
        let before = before.map(addend).unwrap_or_default();
        count_change(figures, &before, &addend(row), self.effects);
        Ok(())
    }

    /// Tells the shard of the tally what differs between the case as it is stored and as it will be. A case is
    /// stored once an apply.
    pub(super) fn tell_tally(&mut self, head: &Head, row: &CaseRow) -> Result<(), Corrupt> {
        let shard = shard_of(self.key);
        let deaf_after = self.desk.settings().signals.deaf_after;
        let rules = self.desk.settings().channel(&head.channel);
        let Some(patience) = rules.map(|rules| rules.patience) else {
            return Ok(()); // it is configured no more
        };
        let before = self.case_of(row.author)?;
        if before.is_some_and(|before| tells_the_same(before, row)) {
            return Ok(());
        }
        let before = before.and_then(|before| Told::of(before, deaf_after, patience));
        let now = Told::of(row, deaf_after, patience);
        let news = Told::news(before.as_ref(), now.as_ref(), &head.channel, shard);
        for counts in news {
            let to = shard_key(self.desk.keys(), &counts.of, shard);
            self.effects.tell(to, Message::Count(Box::new(counts)));
        }
        Ok(())
    }
}

/// Whether it is plain without a closer look that two states of a case count as the same.
fn counts_the_same(before: &CaseRow, row: &CaseRow) -> bool {
    let fold = |row: &CaseRow| row.fold.as_ref().map(Arc::as_ptr);
    let found = |row: &CaseRow| row.who.findings.as_ref().map(Arc::as_ptr);
    (fold(before), found(before)) == (fold(row), found(row))
        && before.who.party == row.who.party
        && (before.verdict, before.judged_at) == (row.verdict, row.judged_at)
}

/// Whether it is plain without a closer look that two states of a case tell the same: what it has come to is
/// the same, judged by the same time, and so are the surveys that its party has found.
fn tells_the_same(before: &CaseRow, row: &CaseRow) -> bool {
    let same_fold = match (&before.fold, &row.fold) {
        (Some(a), Some(b)) => Arc::ptr_eq(a, b),
        _ => false,
    };
    let same_time = (before.judged_at, before.forgotten) == (row.judged_at, row.forgotten);
    let surveys = |row: &CaseRow| row.who.findings.as_ref().map_or(0, |found| found.surveys.len());
    same_fold && same_time && surveys(before) + surveys(row) == 0
}
