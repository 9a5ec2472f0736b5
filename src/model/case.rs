//! The state of a case, as everyone else sees it.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::{CaseId, Millis, Sensitive, Stage, SurveyScale};

/// One customer's matter within a conversation: its state now. Flat: scalars only, so that a stock sink connector writes it to a table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// UUIDv5 of (source, channel, conversation_id, author key): the same on every run.
    pub case_id: CaseId,
    /// The platform or system the conversation lives on.
    pub source: SmolStr,
    /// The conversation's channel.
    pub channel: SmolStr,
    /// Whether there are spectators.
    pub stage: Stage,
    /// The conversation.
    pub conversation_id: SmolStr,
    /// The author is not the one who began the conversation.
    pub bystander: bool,
    /// `customer:<id>` when the CRM knows them, else their strongest identifier: kind, realm, value.
    pub party_key: SmolStr,
    /// The CRM's id of the customer.
    pub customer_id: Option<SmolStr>,
    /// The customer's tier in force at opened_at, else the earliest known.
    pub tier: Option<SmolStr>,
    /// The brand it is about.
    pub brand: Option<SmolStr>,
    /// The product it is about.
    pub product: Option<SmolStr>,
    /// What is wrong.
    pub issue: Option<SmolStr>,
    /// Where it happened.
    pub location: Option<Sensitive<SmolStr>>,
    /// The customer's language, BCP 47.
    pub language: Option<SmolStr>,
    /// The case's number in another system.
    pub external_case_id: Option<SmolStr>,
    /// Who is in charge.
    pub owner: Option<SmolStr>,
    /// The team in charge.
    pub team: Option<SmolStr>,
    /// Where it stands.
    pub status: CaseStatus,
    /// When its author's earliest message was said.
    pub opened_at: Millis,
    /// The earliest customer-visible company message at or after opened_at.
    pub acknowledged_at: Option<Millis>,
    /// The earliest human one, in the conversation or in one that answers it.
    pub answered_at: Option<Millis>,
    /// Who answered.
    pub answered_by: Option<AnsweredBy>,
    /// The earliest answer that is public.
    pub answered_publicly_at: Option<Millis>,
    /// All human replies so far only invite elsewhere.
    pub deflected: bool,
    /// The RESOLVED that stands.
    pub resolved_at: Option<Millis>,
    /// The decision to leave it unanswered that stands.
    #[serde(default)]
    pub let_go_at: Option<Millis>,
    /// The customer's latest message.
    pub last_customer_at: Millis,
    /// The company's latest message.
    pub last_company_at: Option<Millis>,
    /// Messages of the customer.
    pub customer_messages: u32,
    /// Replies by people.
    pub human_replies: u32,
    /// Replies by people that were public, each one counted; reply_limit has its own count.
    pub public_replies: u32,
    /// Replies by programs.
    pub bot_replies: u32,
    /// Runs of customer messages with no human reply between them.
    pub waits: u32,
    /// Messages by which the customer asked again while waiting.
    pub chasers: u32,
    /// answered_at - opened_at, milliseconds; null as well where nobody knows how long it took, since the answer is dated
    /// long before what it answers.
    pub first_response_ms: Option<i64>,
    /// resolved_at - opened_at - frozen time (PENDING, and from a RESOLVED to what reopened), milliseconds.
    pub resolution_ms: Option<i64>,
    /// Service level: time to the first acknowledgement.
    pub sla_acknowledge: SlaState,
    /// Service level: time to the first human answer.
    pub sla_answer: SlaState,
    /// Service level: time to the reply to each further wait; the worst of them.
    pub sla_next: SlaState,
    /// Service level: time to the solution, frozen time credited.
    pub sla_resolve: SlaState,
    /// The deadline that runs now; null while none does.
    pub answer_by: Option<Millis>,
    /// When the open wait began; null while nobody waits.
    pub waiting_since: Option<Millis>,
    /// Was left unanswered beyond the channel's patience once; an answer later does not undo it.
    pub was_unanswered: bool,
    /// Waits that were left unanswered beyond the channel's patience.
    #[serde(default)]
    pub unanswered_waits: u32,
    /// Resolved without a word to the customer: it waits no more, and it was not answered.
    #[serde(default)]
    pub closed_silently: bool,
    /// Where it stands against "reply only twice".
    pub reply_limit: ReplyLimitState,
    /// By when the company last promised to have it solved.
    pub promised_by: Option<Millis>,
    /// What became of the promise.
    pub promise: PromiseState,
    /// The offstage case in which the customer went on, invited.
    pub switched_to: Option<CaseId>,
    /// The offstage case in which the customer went on, uninvited.
    pub chased_to: Option<CaseId>,
    /// The offstage case that was left unanswered or unsolved before this one.
    pub escalated_from: Option<CaseId>,
    /// Why it escalated.
    pub escalation_cause: Option<EscalationCause>,
    /// The earliest case of the same complaint.
    pub echo_of: Option<CaseId>,
    /// The score of its work item; higher is more urgent.
    pub priority: i32,
    /// Customer messages after RESOLVED that began a new cycle.
    pub reopened_count: u32,
    /// Human replies by another team, or from another channel, than the one before.
    pub transfers: u32,
    /// Resolved after one answer and quiet for seven days; null while not decided.
    pub first_contact_resolution: Option<bool>,
    /// Whether the customer confirmed that it is solved, or denied it; null while they said neither.
    pub resolution_confirmed: Option<bool>,
    /// Why it went wrong, as the company found out.
    pub root_cause: Option<SmolStr>,
    /// What the customer was given.
    pub remedy_granted: Option<Sensitive<SmolStr>>,
    /// The score of the latest survey that belongs to it, in its own scale; of one moment, the lower.
    pub survey_score: Option<f64>,
    /// The instrument that score was given on.
    pub survey_scale: Option<SurveyScale>,
    /// When that score was given.
    pub surveyed_at: Option<Millis>,
    /// Whether it was answered when that score was given.
    pub answered_when_surveyed: Option<bool>,
    /// What that score makes of the customer.
    pub advocacy: Option<Advocacy>,
    /// How many people can see it.
    pub audience: Option<i64>,
    /// The beginning of the first message, 160 characters at most.
    pub excerpt: Sensitive<SmolStr>,
    /// Rises by one with each record published for the case; at most one a commit.
    pub version: i64,
    /// When its person was forgotten: since then the case stands still, and nothing in it names them.
    pub forgotten_at: Option<Millis>,
}

/// Where a case stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CaseStatus {
    /// Nobody has reacted yet.
    #[default]
    Open,
    /// A message the customer could see, but no human answer.
    Acknowledged,
    /// A human answer.
    Answered,
    /// The company waits for the customer.
    Pending,
    /// Solved.
    Resolved,
    /// No human answer within the channel's patience.
    Unanswered,
    /// A person decided to leave it unanswered.
    LetGo,
}

/// Who gave the answer that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AnsweredBy {
    /// A person.
    Human,
    /// A program whose solution the customer left uncontested for 24 hours.
    Bot,
}

/// Where one service level stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SlaState {
    /// Reached in time.
    Met,
    /// Reached after the deadline, or not reached and past it.
    Breached,
    /// Not reached, not past the deadline.
    Running,
    /// No such level is set, or its clock has not started.
    #[default]
    None,
}

/// Where a case stands against its limit of public replies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReplyLimitState {
    /// More public replies are fine.
    #[default]
    Ok,
    /// The last reply was the final public one.
    Reached,
    /// More public replies than the limit.
    Exceeded,
}

/// What became of the company's promise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PromiseState {
    /// None was made.
    #[default]
    None,
    /// Made, not yet due.
    Running,
    /// Resolved or answered again by then.
    Kept,
    /// Not.
    Broken,
}

/// Why a customer went onstage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EscalationCause {
    /// Offstage nobody had answered.
    Unanswered,
    /// Offstage there was an answer, but no solution.
    Unsolved,
}

/// What a customer would tell others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Advocacy {
    /// NPS 9-10, 5 stars, CSAT 5.
    Promoter,
    /// Between the two.
    Passive,
    /// NPS 0-6, stars or CSAT 1-2.
    Detractor,
}
