//! The row of a case: its fold, who its author is, and what has gone out for it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::fact::Author;
use super::fold::Fold;
use super::kin::Own;
use super::ledger::Head;
use super::past::PastFold;
use super::who::{UNKNOWN, Who};
use super::work::WorkMark;
use crate::desk::figures::conclusions::Verdict;
use crate::desk::figures::{ChannelTag, Waiting};
use crate::desk::forgetting::Forgotten;
use crate::model::{CaseId, Complaint, Identifier, Millis, Stage};
use crate::processor::{Standing, Standings};
use crate::text::Sketch;

/// A case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CaseRow {
    /// Whose it is.
    pub author: Author,
    /// Its name outside.
    pub case_id: CaseId,
    /// Its channel, for the figures of who waits.
    pub channel: ChannelTag,
    /// What facts that were dropped had come to, and in which retirement of the conversation that was
    /// ([`Self::rebase`]).
    pub base: Option<Arc<Fold>>,
    /// See `base`; zero: none.
    pub base_of: u32,
    /// What its facts in the past of a long conversation had come to ([`super::past`]), where that is not all of them.
    pub past: Option<Box<PastFold>>,
    /// What its facts come to; `None` when its author has taken every message back.
    pub fold: Option<Arc<Fold>>,
    /// The time by which it was last judged.
    pub judged_at: Millis,
    /// What that came to, as far as figures need it.
    pub verdict: Verdict,
    /// When the judgement changes if nothing else happens.
    pub judge_due: Option<Millis>,
    /// Until when its first work item waits for the party's findings; `None`: it does not.
    pub rank_by: Option<Millis>,
    /// When the log received the earliest of its messages that have not gone out as work yet.
    pub logged: Option<Millis>,
    /// The version last published.
    pub version: i64,
    /// How often something told of it was taken back. What happens again after that is told under
    /// another event id.
    pub taken_back: u32,
    /// Who its author is.
    pub who: Who,
    /// The latest message of the open wait, whole, for its work item.
    pub body: Option<Arc<Complaint>>,
    /// The identifiers of its author as they were written, where that is something else.
    pub written: Option<Arc<[Identifier]>>,
    /// What went out for the latest wait.
    pub work: Option<WorkMark>,
    /// Its first message, to be compared with others; only while its party asks for it (rule 10).
    pub begins_with: Option<Arc<Sketch>>,
    /// The case of somebody else that began with the same words before (rule 10).
    pub suspected: Option<Box<CaseId>>,
    /// What is its author's own, while others are one with them.
    pub own: Option<Box<Own>>,
    /// When its author was forgotten: from then on it stands still, and nothing in it says who it was.
    pub forgotten: Option<Millis>,
}

impl CaseRow {
    /// A case of which nothing is known yet.
    pub fn new(author: Author, case_id: CaseId, channel: &str) -> Self {
        Self {
            author,
            case_id,
            channel: ChannelTag::of(channel),
            base: None,
            base_of: 0,
            past: None,
            fold: None,
            judged_at: Millis(i64::MIN),
            verdict: Verdict::default(),
            judge_due: None,
            rank_by: None,
            logged: None,
            version: 0,
            taken_back: 0,
            who: Who::default(),
            body: None,
            written: None,
            work: None,
            begins_with: None,
            suspected: None,
            own: None,
            forgotten: None,
        }
    }

    /// What the case has come to so far becomes its base, if the conversation has dropped facts since
    /// the last time. Must be done before the first fact that follows is folded.
    pub fn rebase(&mut self, head: &Head) {
        let times = head.retired.as_ref().map_or(0, |retired| retired.times);
        if self.base_of != times {
            self.base.clone_from(&self.fold);
            self.base_of = times;
        }
    }

    /// Notes that its fold is another one than `before` by messages that came late. Events may be silent about what
    /// that takes back, as about a status that ends in its time; but what was told may come back.
    pub fn note_taken_back(&mut self, before: Option<&Fold>) {
        let now = self.fold.as_deref();
        let differs = before
            .zip(now)
            .is_some_and(|(before, now)| !before.has_status_of(now));
        self.taken_back += u32::from(differs);
    }

    /// Whether the case was there when the conversation last dropped facts.
    pub fn is_elder(&self, head: &Head) -> bool {
        match head.retired.as_ref().map_or(0, |retired| retired.times) {
            0 => false,
            times if times == self.base_of => self.base.is_some(),
            _ => self.fold.is_some(),
        }
    }

    /// When the case wants to be woken.
    pub fn due(&self) -> Option<Millis> {
        match (self.judge_due, self.rank_by) {
            (Some(judge), Some(rank)) => Some(judge.min(rank)),
            (judge, rank) => judge.or(rank),
        }
    }

    /// Whether its author turns out to be somebody who was forgotten, after they had opened it by its event
    /// time.
    pub fn forgotten_before(&self) -> Option<Forgotten> {
        let fold = self.fold.as_ref()?;
        let forgotten = self.who.forgotten(self.own_mentions())?;
        (self.forgotten.is_none() && fold.opened.at <= forgotten.at).then_some(forgotten)
    }

    /// The queues it stands in: of open cases, and of those whose customer waits for a reply.
    pub fn standings(&self) -> Standings {
        let open =
            |fold: &&Fold| self.forgotten.is_none() && fold.resolved.is_none() && fold.let_go.is_none();
        let Some(fold) = self.fold.as_deref().filter(open) else {
            return Standings::default();
        };
        let stage = if fold.public {
            Stage::Onstage
        } else {
            Stage::Offstage
        };
        let standing = |waiting, since| Standing {
            queue: self.channel.queue(stage, waiting),
            since,
        };
        let wait = fold.open.as_ref().map(|wait| wait.first.at);
        [
            Some(standing(Waiting::ForResolution, fold.opened.at)),
            wait.map(|since| standing(Waiting::ForReply, since)),
        ]
    }

    /// The key of its party, as records show it.
    pub fn party_key(&self) -> SmolStr {
        let party = self.who.party.as_ref();
        party.map_or(SmolStr::new_static(UNKNOWN), |party| party.key.clone())
    }
}
