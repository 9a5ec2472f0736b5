//! The closed vocabularies that several records share. Channels and identifier kinds are open, so
//! they are plain strings.

use serde::{Deserialize, Serialize};

/// Who can see a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Visibility {
    /// Anyone: there are spectators.
    Public,
    /// The customer and the company only.
    Private,
}

/// Whether there are spectators. A channel has one default stage; a message's own [`Visibility`]
/// overrides it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Stage {
    /// Public, has spectators: social, review, forum.
    Onstage,
    /// Private: phone, email, chat, direct, messaging.
    #[default]
    Offstage,
}

impl From<Visibility> for Stage {
    fn from(visibility: Visibility) -> Self {
        match visibility {
            Visibility::Public => Self::Onstage,
            Visibility::Private => Self::Offstage,
        }
    }
}

/// What a customer's message is for, where the source knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Intent {
    /// Something is wrong.
    Complaint,
    /// Something is asked.
    Question,
    /// Something is good; opens no waiting clock.
    Praise,
    /// Thanks for help given; opens no waiting clock.
    Thanks,
    /// Anything else, and any intent a newer writer knows and this version does not.
    #[serde(other)]
    Other,
}

/// Who or what made a company message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ResponseKind {
    /// A person.
    Human,
    /// A program that tries to help.
    Bot,
    /// "We have received your message."
    AutoAck,
    /// An internal remark; the customer does not see it.
    Note,
    /// Another customer's help.
    Community,
    /// Not known; counts as HUMAN unless configured. Also any kind a newer writer knows and this
    /// version does not.
    #[default]
    #[serde(other)]
    Unknown,
}

/// What the company declares about a matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// The company waits for the customer: the resolve clock is frozen.
    Pending,
    /// Solved.
    Resolved,
    /// Not solved after all.
    Reopened,
    /// A person decided to leave it unanswered.
    LetGo,
}
