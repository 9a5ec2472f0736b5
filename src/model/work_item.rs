//! What a handler gets for one wait.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::{CaseId, Complaint, Millis, Sensitive, Stage, SurveyScale, WorkId};

/// What a handler (a person, a CRM queue) gets for one wait: the latest message, who it is, their
/// history, how urgent it is and why, what to do next. It is revised as the wait goes on, and ends
/// DONE or WITHDRAWN.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct WorkItem {
    /// UUIDv5 of case_id and the first message of the wait.
    pub work_id: WorkId,
    /// Rises by one with each revision.
    pub revision: i64,
    /// Whether there is anything left to do.
    pub state: WorkState,
    /// The case.
    pub case_id: CaseId,
    /// Customer messages in this wait.
    pub messages_waiting: u32,
    /// The wait's latest message, whole.
    pub complaint: Arc<Complaint>,
    /// Whether there are spectators.
    pub stage: Stage,
    /// Who it is.
    pub party: Party,
    /// What happened with them before.
    pub history: History,
    /// How urgent it is, and why.
    pub priority: Priority,
    /// How to go about it.
    pub playbook: Playbook,
    /// What to do next, in order.
    pub next_steps: Vec<NextStep>,
    /// Public replies left before the reply limit; null where there is no limit.
    pub replies_left: Option<u32>,
    /// When an answer is due.
    pub respond_by: Millis,
    /// When a solution is due.
    pub resolve_by: Option<Millis>,
    /// The private channel to offer.
    pub private_channel: Option<SmolStr>,
    /// Other cases of the same matter or person.
    pub linked_cases: Vec<LinkedCase>,
    /// What a handler should know at a glance.
    pub flags: Vec<WorkFlag>,
    /// When the wait began: the time of its first message.
    pub first_heard_at: Millis,
    /// When this revision was sent out.
    pub routed_at: Millis,
}

/// Where a work item stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum WorkState {
    /// Someone waits.
    #[default]
    Open,
    /// Answered or resolved.
    Done,
    /// The message was taken back, or belongs elsewhere.
    Withdrawn,
}

/// The person a work item is about, as far as known.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Party {
    /// `customer:<id>` when the CRM knows them, else their strongest identifier: kind, realm, value.
    pub key: SmolStr,
    /// The CRM's id.
    pub customer_id: Option<SmolStr>,
    /// Their name.
    pub display_name: Option<Sensitive<SmolStr>>,
    /// Their tier.
    pub tier: Option<SmolStr>,
    /// What they are worth, in the enterprise's currency.
    pub lifetime_value: Option<f64>,
    /// Needs special care.
    pub vulnerable: bool,
    /// Who in the company looks after them.
    pub owner: Option<SmolStr>,
}

/// What happened with a party before.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// Cases opened in the 90 days before this one.
    pub complaints_90d: u32,
    /// How many of them have not been answered.
    pub unanswered_90d: u32,
    /// Cases open now, in all channels.
    pub open_cases: u32,
    /// Their last survey score, in its own scale.
    pub last_score: Option<f64>,
    /// The instrument that score was given on.
    pub last_scale: Option<SurveyScale>,
    /// The channel of their case before this one.
    pub last_channel: Option<SmolStr>,
}

/// How urgent a work item is: a sum of named terms, all of them shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Priority {
    /// The sum of the terms' points; higher is more urgent.
    pub score: i32,
    /// What it is made of.
    pub terms: Vec<PriorityTerm>,
}

/// One reason for urgency.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PriorityTerm {
    /// escalated, severity, audience, tier, vulnerable, repeat, chasers, broken_promise, at_risk, ...
    pub name: SmolStr,
    /// What it adds.
    pub points: i32,
}

/// How to go about an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Playbook {
    /// Offstage: be human, stay in one channel, unify the data, resolve it, with speed.
    #[default]
    Hours,
    /// Onstage: find all mentions, show empathy, answer publicly, reply only twice, switch channels.
    Fears,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum NextStep {
    /// Tell the customer at once that they have been heard.
    AcknowledgeNow,
    /// Answer where the spectators can see it.
    AnswerPublicly,
    /// Say that you understand, before anything else.
    ShowEmpathy,
    /// Say where to go on in private.
    OfferPrivateChannel,
    /// One public reply is left.
    LastPublicReply,
    /// No public reply is left.
    DoNotReplyAgain,
    /// The customer comes from the channel you would send them to.
    DoNotSendBack,
    /// Leave it with the person who knows it.
    KeepOwner,
    /// A promise of an earlier reply is due.
    KeepPromise,
    /// Ask whether it is still well.
    FollowUp,
    /// The person is not known: verify, but trust.
    VerifyCustomer,
    /// A bystander asks: answer them too.
    AnswerSpectator,
    /// Somebody else should take it.
    PassToColleague,
    /// Thank for praise or thanks.
    Thank,
    /// Look at the linked case first.
    LinkToCase,
    /// A step that a newer writer knows and this reader does not.
    #[serde(other)]
    Unknown,
}

/// Another case of the same matter or person.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LinkedCase {
    /// The other case.
    pub case_id: CaseId,
    /// How it belongs to this one.
    pub relation: Relation,
}

/// How another case belongs to this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Relation {
    /// This case went onstage because the other was left unanswered or unsolved.
    EscalatedFrom,
    /// The other is offstage and still within its deadline.
    Parallel,
    /// The customer followed an invitation from the other case.
    SwitchedFrom,
    /// The customer came from the other case uninvited, since it was not resolved.
    ChasedFrom,
    /// The same complaint, said elsewhere.
    EchoOf,
    /// Perhaps the same complaint, by someone unknown.
    SuspectedEchoOf,
    /// The same person, earlier.
    RepeatOf,
    /// A relation that a newer writer knows and this reader does not.
    #[serde(other)]
    Unknown,
}

/// What a handler should know at a glance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum WorkFlag {
    /// Abusive language. Never lowers the priority before the first answer.
    Abusive,
    /// The CRM does not know them. Never ranks them down.
    UnknownCustomer,
    /// Not the one who began the conversation.
    Bystander,
    /// Came onstage after being left alone offstage.
    Escalated,
    /// Said elsewhere as well.
    Echo,
    /// Has complained before.
    Repeat,
    /// Asks again while waiting.
    Chaser,
    /// No public reply is left.
    ReplyLimitReached,
    /// Arrived after the lateness bound.
    LateEvent,
    /// Went out without findings; will be revised.
    Unranked,
    /// A flag that a newer writer knows and this reader does not.
    #[serde(other)]
    Unknown,
}
