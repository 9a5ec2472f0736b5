//! What happened to a case.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::{CaseId, Details, EventId, Millis, Stage};

/// Something that happened to a case: the difference between two folds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseEvent {
    /// UUIDv5 of (case_id, type, cause); once something told of the case was taken back, of that and
    /// how often it was.
    pub event_id: EventId,
    /// The case.
    pub case_id: CaseId,
    /// What happened.
    #[serde(rename = "type")]
    pub kind: CaseEventType,
    /// When it happened (event time).
    pub at: Millis,
    /// When it was recorded.
    pub recorded_at: Millis,
    /// Whether there are spectators.
    pub stage: Stage,
    /// The case's channel.
    pub channel: SmolStr,
    /// The case's party at that time.
    pub party_key: SmolStr,
    /// More about it, by type; never names, texts or identifiers.
    #[serde(default)]
    pub details: Details,
}

macro_rules! event_types {
    ($($(#[$doc:meta])* $variant:ident = $symbol:literal,)*) => {
        /// What happened to a case.
        #[derive(
            Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        pub enum CaseEventType {
            $($(#[$doc])* #[serde(rename = $symbol)] $variant,)*
            /// A kind that a newer writer knows and this reader does not.
            #[default]
            #[serde(rename = "UNKNOWN", other)]
            Unknown,
        }

        impl CaseEventType {
            /// The symbol in the schema, as it goes into `event_id`.
            pub const fn symbol(self) -> &'static str {
                match self {
                    $(Self::$variant => $symbol,)*
                    Self::Unknown => "UNKNOWN",
                }
            }
        }
    };
}

event_types! {
    /// Its author's first message.
    Opened = "OPENED",
    /// A further message of its author.
    CustomerMessage = "CUSTOMER_MESSAGE",
    /// The first message of the company that the customer could see.
    Acknowledged = "ACKNOWLEDGED",
    /// The first human answer.
    Answered = "ANSWERED",
    /// A further reply.
    Replied = "REPLIED",
    /// The last public reply of the limit was used.
    ReplyLimitReached = "REPLY_LIMIT_REACHED",
    /// One more public reply than the limit.
    ReplyLimitExceeded = "REPLY_LIMIT_EXCEEDED",
    /// The company invited to another channel.
    ChannelInvited = "CHANNEL_INVITED",
    /// The customer followed the invitation.
    ChannelSwitched = "CHANNEL_SWITCHED",
    /// The customer went elsewhere uninvited.
    ChasedElsewhere = "CHASED_ELSEWHERE",
    /// Invited to a channel where the party already waits.
    Bounced = "BOUNCED",
    /// Came onstage after being left alone offstage.
    EscalatedOnstage = "ESCALATED_ONSTAGE",
    /// The same complaint was found elsewhere.
    EchoLinked = "ECHO_LINKED",
    /// A service level is close to its deadline.
    SlaAtRisk = "SLA_AT_RISK",
    /// A service level was missed.
    SlaBreached = "SLA_BREACHED",
    /// A late fact showed that it was not.
    SlaRetracted = "SLA_RETRACTED",
    /// A promise was kept.
    PromiseKept = "PROMISE_KEPT",
    /// A promise was broken.
    PromiseBroken = "PROMISE_BROKEN",
    /// The company waits for the customer.
    Pending = "PENDING",
    /// Solved.
    Resolved = "RESOLVED",
    /// Not solved after all.
    Reopened = "REOPENED",
    /// No human answer within the channel's patience.
    Unanswered = "UNANSWERED",
    /// A person decided to leave it unanswered.
    LetGo = "LET_GO",
    /// A survey came in.
    Surveyed = "SURVEYED",
    /// Time to ask whether it is still well.
    FollowUpDue = "FOLLOW_UP_DUE",
    /// Asked, or confirmed.
    FollowUpDone = "FOLLOW_UP_DONE",
    /// Another team, or another channel, replies.
    Transferred = "TRANSFERRED",
    /// The party became known, or another one.
    Identified = "IDENTIFIED",
    /// Several customers carry the same identifier.
    IdentityConflict = "IDENTITY_CONFLICT",
    /// A message was replaced by a higher revision.
    Edited = "EDITED",
    /// A message was taken back.
    Withdrawn = "WITHDRAWN",
    /// A late fact changed what was said before.
    Corrected = "CORRECTED",
    /// The person was forgotten.
    Forgotten = "FORGOTTEN",
    /// Its author turned out to be the customer of another case of the conversation, which has its messages now.
    Joined = "JOINED",
}
