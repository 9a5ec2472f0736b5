//! Work is handed out: every wait of a case that is new or has changed goes to people, and what is gone is taken back.

use std::sync::Arc;

use smallvec::SmallVec;
use smol_str::SmolStr;

use super::Actor;
use super::case::CaseRow;
use super::digest::Digest;
use super::events::News;
use super::fact::{Author, Class, Fact};
use super::fold::Fold;
use super::ledger::{self, Head};
use super::resolution::FollowUp;
use super::view::View;
use super::wait::Wait;
use super::work::{self, Brief, WorkMark};
use crate::desk::forgetting::hidden;
use crate::desk::keys::{Keys, part};
use crate::desk::output::Output;
use crate::desk::row::Row;
use crate::model::{Complaint, Identifier, NextStep, WorkId, WorkItem, WorkState};
use crate::processor::{Corrupt, Rejection, RowKey};

/// A message that a case holds whole, and the identifiers of its author as they were written, where that is
/// something else.
pub type Body = (Arc<Complaint>, Option<Arc<[Identifier]>>);

/// What is at hand when work items are made.
pub(super) struct Waits<'f> {
    /// The case's fold before.
    pub(super) before: Option<&'f Fold>,
    /// Of the waits closed before, the ones to compare.
    pub(super) closed_before: &'f [Wait],
    /// Of the waits closed now, the ones to compare.
    pub(super) closed: &'f [Wait],
    /// The facts that changed.
    pub(super) news: &'f [News<'f>],
    /// The message that stands since now, if it is a customer's.
    pub(super) complaint: Option<&'f Arc<Complaint>>,
    /// Whether that is all of it, or as far as its fact tells.
    pub(super) is_whole: bool,
    /// Messages that cases held whole which have joined this one, or parted from it.
    pub(super) bodies: &'f [Body],
    /// The facts at hand: all of the conversation, or the latest.
    pub(super) facts: &'f [Fact],
}

impl Actor<'_, '_> {
    /// Hands every wait that is new or has changed to people, and takes back those that are gone.
    pub(super) fn hand_out(
        &mut self,
        head: &Head,
        row: &mut CaseRow,
        judged: Option<(&Fold, &View)>,
        waits: &Waits<'_>,
    ) -> Result<(), Rejection> {
        let rules = self.rules_for(head, row)?;
        let open = judged.and_then(|(fold, _)| fold.handed());
        let followed_up = self.followed_up(row, judged, waits)?;
        // The open one comes last: its mark takes the place of another's in the case's row.
        let mut now: SmallVec<[&Wait; 2]> = waits.closed.iter().chain(followed_up).chain(open).collect();
        // Messages that wait once more are one item: it says how they stand.
        let mut nth = 0..now.len();
        let all = now.clone();
        now.retain(|wait| {
            let later = all.iter().skip(nth.next().unwrap_or_default() + 1);
            !{ later }.any(|later| later.first.id == wait.first.id)
        });
        let open_before = waits.before.and_then(Fold::handed);
        let mut gone: SmallVec<[&Wait; 1]> = SmallVec::new();
        for wait in waits.closed_before.iter().chain(open_before) {
            let is_it = |kept: &&Wait| kept.first.id == wait.first.id;
            if !now.iter().any(is_it) && !gone.iter().any(is_it) {
                gone.push(wait);
            }
        }

        // A case that was taken back whole is told as it last was.
        let by = self.yardstick(rules, row);
        let last = waits.before.filter(|_| judged.is_none());
        let last = last.map(|fold| (fold, View::of(fold, &[], by, row.judged_at)));
        let told = judged.or(last.as_ref().map(|(fold, view)| (*fold, view)));
        if let Some((fold, view)) = told {
            for wait in gone {
                self.hand(head, row, (fold, view), wait, WorkState::Withdrawn, waits)?;
            }
            for wait in now {
                let too_late = wait.praise && fold.praise_ends(rules).is_some_and(|end| end <= view.now);
                let state = match wait.closed {
                    Some(_) => WorkState::Done,
                    None if too_late => WorkState::Withdrawn,
                    None => WorkState::Open,
                };
                self.hand(head, row, (fold, view), wait, state, waits)?;
            }
        }
        keep_body(row, open, waits, &self.written, self.desk.keys());
        Ok(())
    }

    /// Rule 18: a follow-up is asked for in the work of the last wait, which is over: that wait. And the one in whose
    /// work it was asked for before, which is not the last any more, or was followed up.
    fn followed_up<'w>(
        &mut self,
        row: &CaseRow,
        judged: Option<(&'w Fold, &View)>,
        waits: &Waits<'w>,
    ) -> Result<SmallVec<[&'w Wait; 2]>, Corrupt> {
        let mut found = SmallVec::new();
        let Some((fold, view)) = judged else {
            return Ok(found);
        };
        let is_due = view.follow_up.as_ref().is_some_and(FollowUp::is_asked_for);
        let last = fold.last_wait.as_ref();
        let before = waits.before.filter(|fold| fold.resolved.is_some());
        let before = before.and_then(|fold| fold.last_wait.as_ref());
        let before = before.filter(|before| last.is_none_or(|last| last.first.id != before.first.id));
        let at_hand = [waits.closed_before, waits.closed].into_iter().flatten();
        for (wait, is_asked) in before
            .map(|wait| (wait, false))
            .into_iter()
            .chain(last.map(|wait| (wait, is_due)))
        {
            let mut others = at_hand.clone().chain(&fold.open);
            if others.any(|other| other.first.id == wait.first.id) {
                continue; // it is told anyway, or is none any more
            }
            let mark = self.mark(row, &wait.first.id)?;
            if mark.follow_up || is_asked && mark.revision > 0 {
                found.push(wait);
            }
        }
        Ok(found)
    }

    fn hand(
        &mut self,
        head: &Head,
        row: &mut CaseRow,
        (fold, view): (&Fold, &View),
        wait: &Wait,
        state: WorkState,
        waits: &Waits<'_>,
    ) -> Result<(), Rejection> {
        let rules = self.rules_for(head, row)?;
        let mut mark = self.mark(row, &wait.first.id)?;
        let held = mark.revision == 0;
        let desk = self.desk;
        let brief = Brief {
            head,
            row,
            fold,
            view,
            rules,
            weights: &desk.settings().priority,
            wall: self.cx.wall,
        };
        let wait_for_ranking = held && state == WorkState::Open && row.rank_by.is_some();
        let nothing_to_take_back = state == WorkState::Withdrawn && (held || mark.state == state);
        let silent = wait_for_ranking || nothing_to_take_back;
        let sent = match silent {
            true => mark.revision,
            false => { self.revision_before(row.case_id, WorkId::new(row.case_id, &wait.first.id))? }
                .max(mark.revision),
        };
        let is_edited = |news: &News<'_>| match news {
            News::Edited(fact) | News::Gained(fact) => fact.id == wait.latest.id,
            _ => false,
        };
        let item = (!silent).then(|| brief.item(wait, state, sent + 1));
        let latest = (&*wait.latest.id, one_of_several(wait, row.author, waits.facts));
        let digest = item.as_ref().map(|item| work::digest(item, latest));
        let no_news =
            !held && mark.state == state && Some(mark.digest) == digest && !waits.news.iter().any(is_edited);
        if let Some((item, digest)) = item.zip(digest).filter(|_| !no_news) {
            let complaint = self.complaint(head, row, wait, waits)?;
            mark = WorkMark {
                revision: item.revision,
                state,
                digest,
                follow_up: state == WorkState::Done && item.next_steps.contains(&NextStep::FollowUp),
                ..mark
            };
            let item = WorkItem { complaint, ..item };
            if let Some(logged) = row.logged.take() {
                self.effects.delivered(logged, item.complaint.occurred_at);
            }
            self.effects.emit(Output::Work(Box::new(item)));
        }
        self.keep_mark(row, mark, state);
        Ok(())
    }

    /// What went out for a wait so far.
    pub(super) fn mark(&mut self, row: &CaseRow, first: &str) -> Result<WorkMark, Corrupt> {
        let keys = self.desk.keys();
        if let Some(mark) = row.work.as_ref().filter(|mark| mark.is_of(keys, first)) {
            return Ok(mark.clone().named(first));
        }
        // Only a mark that gave way to a later one has a row of its own.
        if row.work.is_none() {
            return Ok(WorkMark::held(first));
        }
        match self.state.get(&self.work_row(row.author, first))? {
            Some(Row::Work(mark)) => Ok(mark.clone().named(first)),
            _ => Ok(WorkMark::held(first)),
        }
    }

    /// Keeps what went out for a wait: with the case if it is the latest, else in a row of its own.
    fn keep_mark(&mut self, row: &mut CaseRow, mut mark: WorkMark, state: WorkState) {
        let keys = self.desk.keys();
        let is_in_row = row.work.as_ref().is_none_or(|kept| kept.is_of(keys, &mark.first));
        if state == WorkState::Withdrawn {
            mark.first = hidden(keys, &mark.first); // it may be the message of another by now, who may be forgotten
        }
        if is_in_row {
            row.work = Some(mark);
        } else if state == WorkState::Open {
            let earlier = row.work.replace(mark);
            self.keep_apart(row, earlier);
        } else {
            self.keep_apart(row, Some(mark));
        }
    }

    fn keep_apart(&mut self, row: &CaseRow, mark: Option<WorkMark>) {
        if let Some(mut mark) = mark.filter(|mark| mark.revision > 0) {
            let key = self.work_row(row.author, &mark.first);
            mark.first = SmolStr::default(); // its key says it
            self.effects.store(key, Row::Work(mark));
        }
    }

    pub(super) fn work_row(&self, author: Author, first: &str) -> RowKey {
        let keys = self.desk.keys();
        let name = keys.short(&["work", &author.to_string(), &hidden(keys, first)]);
        self.row(part::WORK, name)
    }

    /// The latest message of a wait: whole if it is at hand, else as far as its fact tells.
    fn complaint(
        &mut self,
        head: &Head,
        row: &CaseRow,
        wait: &Wait,
        waits: &Waits<'_>,
    ) -> Result<Arc<Complaint>, Rejection> {
        let keys = self.desk.keys();
        let is_it = |whole: &Complaint| is_message(whole, wait, row.author, waits.facts, keys);
        let arrived = waits.complaint.map(|complaint| (complaint, &self.written));
        let kept = row.body.as_ref().map(|body| (body, &row.written));
        let others = waits.bodies.iter().map(|(body, written)| (body, written));
        let mut at_hand = arrived.into_iter().chain(kept).chain(others);
        if let Some((whole, written)) = at_hand.find(|(whole, _)| is_it(whole)) {
            return Ok(work::as_written(whole, written.as_deref()));
        }
        let whole = |fact: &Fact| {
            Arc::new(Complaint {
                author: work::author_of(row, fact),
                ..work::from_fact(head, fact)
            })
        };
        if let Some(fact) = latest_of(wait, row.author, waits.facts) {
            return Ok(whole(fact));
        }
        let id = &wait.latest.id;
        let known = ledger::find(keys, self.state, self.key, head, Class::Customer, id)?;
        match latest_of(wait, row.author, &known).or(known.first()) {
            Some(fact) => Ok(whole(fact)),
            None if head.retired.is_some() => Ok(Arc::new(work::from_wait(head, row, wait))),
            None => Err(Corrupt("a wait's latest message is not among the facts".into()).into()),
        }
    }
}

/// Keeps the open wait's latest message whole, and no other.
fn keep_body(
    row: &mut CaseRow,
    open: Option<&Wait>,
    waits: &Waits<'_>,
    written: &Option<Arc<[Identifier]>>,
    keys: &Keys,
) {
    let author = row.author;
    let is_latest =
        |message: &Complaint| open.is_some_and(|wait| is_message(message, wait, author, waits.facts, keys));
    if let Some(complaint) = waits.complaint.filter(|message| is_latest(message)) {
        row.body = waits.is_whole.then(|| Arc::clone(complaint));
        row.written.clone_from(written);
    } else if let Some((body, written)) = waits.bodies.iter().find(|(body, _)| is_latest(body)) {
        row.body = Some(Arc::clone(body));
        row.written.clone_from(written);
    }
    row.body.take_if(|body| !is_latest(body));
    row.written.take_if(|_| row.body.is_none());
}

/// Whether this is the latest message of a wait in an author's case. Where the addresses of one customer have written
/// under one id, its content tells which of the messages it is.
fn is_message(whole: &Complaint, wait: &Wait, author: Author, facts: &[Fact], keys: &Keys) -> bool {
    !whole.deleted
        && *whole.id == *wait.latest.id
        && one_of_several(wait, author, facts).is_none_or(|it| it == Digest::of_complaint(keys, whole))
}

/// The content of the latest message of a wait in an author's case, where several messages of the conversation have its
/// id: the addresses of one customer may have written them, and part again.
fn one_of_several(wait: &Wait, author: Author, facts: &[Fact]) -> Option<Digest> {
    let mut named = facts.iter().filter(|fact| is_named(fact, wait));
    let fact = named.nth(1).and_then(|_| latest_of(wait, author, facts))?;
    Some(fact.versions.digest)
}

/// The fact of the latest message of a wait in an author's case, if it is at hand: of several of one id, the one that
/// came last in the fold.
fn latest_of<'f>(wait: &Wait, author: Author, facts: &'f [Fact]) -> Option<&'f Fact> {
    let at = wait.latest.at;
    let place = |fact: &'f Fact| {
        let is_edit = fact.again().iter().any(|again| again.at == at);
        let edited = is_edit.then(|| fact.place_of_edit(at));
        edited.max((fact.at == at).then(|| fact.place()))
    };
    facts
        .iter()
        .filter(|fact| is_named(fact, wait) && fact.case == author)
        .max_by(|a, b| place(a).cmp(&place(b)))
}

/// Whether a fact is of the id of a wait's latest message.
fn is_named(fact: &Fact, wait: &Wait) -> bool {
    fact.said.class() == Class::Customer && fact.id == wait.latest.id
}
