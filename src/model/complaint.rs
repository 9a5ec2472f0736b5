//! What customers say.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::{Intent, Millis, Person, Sensitive, Visibility};

/// Any customer message: a complaint, a question, a review, a post, a call's note.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Complaint {
    /// The message's id, unique within its source.
    pub id: SmolStr,
    /// Rises when the message is edited; a higher revision replaces a lower one.
    #[serde(default)]
    pub revision: i64,
    /// The platform or system the conversation lives on; part of identity.
    pub source: SmolStr,
    /// The tool that delivered the record; not part of identity.
    pub via: Option<SmolStr>,
    /// Where it was said: phone, email, chat, direct, messaging, social, review, forum, or any other
    /// that the configuration names.
    pub channel: SmolStr,
    /// The thread it belongs to; missing: it starts one, with its own id.
    pub conversation_id: Option<SmolStr>,
    /// The id of the message it replies to.
    pub in_reply_to: Option<SmolStr>,
    /// Who said it.
    pub author: Person,
    /// What was said.
    pub text: Option<Sensitive<String>>,
    /// Language of the text, BCP 47.
    pub language: Option<SmolStr>,
    /// When it was said.
    pub occurred_at: Millis,
    /// When it was last edited.
    pub edited_at: Option<Millis>,
    /// The author or platform removed it.
    #[serde(default)]
    pub deleted: bool,
    /// Where to see it.
    pub url: Option<Sensitive<SmolStr>>,
    /// Overrides the channel's stage.
    pub visibility: Option<Visibility>,
    /// Stars given, 1 to 5.
    pub rating: Option<f64>,
    /// How many people can see it.
    pub audience: Option<i64>,
    /// How often it was passed on.
    pub reshares: Option<i64>,
    /// The brand it is about.
    pub brand: Option<SmolStr>,
    /// The product it is about.
    pub product: Option<SmolStr>,
    /// What is wrong, in the source's vocabulary.
    pub issue: Option<SmolStr>,
    /// Where it happened.
    pub location: Option<Sensitive<SmolStr>>,
    /// The order it is about.
    pub order_ref: Option<Sensitive<SmolStr>>,
    /// What the message is for, where the source knows.
    pub intent: Option<Intent>,
    /// Out-of-office and the like.
    #[serde(default)]
    pub automatic: bool,
    /// Mentions the company without addressing it.
    #[serde(default)]
    pub indirect: bool,
    /// -1 (bad) to 1 (good).
    pub sentiment: Option<f64>,
    /// What the customer wants.
    pub remedy_sought: Option<Sensitive<SmolStr>>,
    /// Pictures, recordings, documents.
    #[serde(default)]
    pub attachments: Vec<Attachment>,
    /// Anything else the source gave.
    #[serde(default)]
    pub attributes: Sensitive<BTreeMap<String, String>>,
}

/// Something sent along with a message, by reference.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Where it is.
    pub url: Sensitive<SmolStr>,
    /// Its media type, such as `image/png`.
    pub media_type: SmolStr,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Attachment, Complaint};
    use crate::model::{Identifier, Person};

    #[test]
    fn what_a_person_said_or_is_known_by_does_not_reach_a_log() {
        let secret = || "SECRET".to_owned();
        let complaint = Complaint {
            author: Person {
                display_name: Some(secret().into()),
                identifiers: vec![Identifier {
                    kind: "email".into(),
                    value: secret().into(),
                    realm: None,
                }],
            },
            text: Some(secret().into()),
            url: Some(secret().into()),
            location: Some(secret().into()),
            order_ref: Some(secret().into()),
            remedy_sought: Some(secret().into()),
            attachments: vec![Attachment {
                url: secret().into(),
                media_type: "image/png".into(),
            }],
            attributes: BTreeMap::from([(secret(), secret())]).into(),
            ..Complaint::default()
        };
        let printed = format!("{complaint:?}");
        assert!(printed.contains("email"));
        assert!(!printed.contains("SECRET"), "{printed}");
    }
}
