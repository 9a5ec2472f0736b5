//! What the case is.

use serde::Serialize;
use smol_str::SmolStr;

use super::evidence::Evidence;
use crate::model::{Case, CaseId, CaseStatus, Millis, Stage};

/// What a case is, in a few words.
#[derive(Clone, Debug, Serialize)]
pub struct Head {
    /// Its id.
    pub case_id: CaseId,
    /// The platform or system.
    pub source: SmolStr,
    /// Its channel.
    pub channel: SmolStr,
    /// Whether there are spectators.
    pub stage: Stage,
    /// Where it stands.
    pub status: CaseStatus,
    /// When it opened.
    pub opened_at: Millis,
    /// Its author did not begin the conversation.
    pub bystander: bool,
    /// The brand it is about.
    pub brand: Option<SmolStr>,
    /// The product it is about.
    pub product: Option<SmolStr>,
    /// What is wrong.
    pub issue: Option<SmolStr>,
    /// Of its author.
    pub customer_messages: u32,
    /// Of people.
    pub human_replies: u32,
    /// Of programs.
    pub bot_replies: u32,
    /// Runs of customer messages.
    pub waits: u32,
    /// Of its record.
    pub version: i64,
    /// The conversation; only with texts, since it may be a phone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<SmolStr>,
    /// How it begins; only with texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub excerpt: Option<String>,
}

/// What this case is.
pub fn head(e: &Evidence<'_>) -> Head {
    let texts = e.asked.texts;
    let Case {
        case_id,
        source,
        channel,
        stage,
        status,
        opened_at,
        bystander,
        brand,
        product,
        issue,
        customer_messages,
        human_replies,
        bot_replies,
        waits,
        version,
        ..
    } = e.case.clone();
    Head {
        case_id,
        source,
        channel,
        stage,
        status,
        opened_at,
        bystander,
        brand,
        product,
        issue,
        customer_messages,
        human_replies,
        bot_replies,
        waits,
        version,
        conversation_id: texts.then(|| e.case.conversation_id.clone()),
        excerpt: texts.then(|| e.case.excerpt.as_str().to_owned()),
    }
}
