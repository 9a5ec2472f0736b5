//! Rule 1, equal content: what a version of a message is known by.
//!
//! A keyed hash of the whole normalised record, but for the tool that delivered it and what else the source
//! gave. It is made of the record's own bytes, so it is the same in every release and on every machine.

use serde::{Deserialize, Serialize};

use crate::desk::keys::Keys;
use crate::desk::packed;
use crate::model::{Complaint, Response, Survey, Update};

/// A keyed hash of the content of a version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Digest([u8; 8]);

impl Digest {
    /// Of a customer's message.
    pub fn of_complaint(keys: &Keys, complaint: &Complaint) -> Self {
        let Complaint {
            id,
            revision,
            source,
            via: _,
            channel,
            conversation_id,
            in_reply_to,
            author,
            text,
            language,
            occurred_at,
            edited_at,
            deleted,
            url,
            visibility,
            rating,
            audience,
            reshares,
            brand,
            product,
            issue,
            location,
            order_ref,
            intent,
            automatic,
            indirect,
            sentiment,
            remedy_sought,
            attachments,
            attributes: _,
        } = complaint;
        let place = (
            id,
            revision,
            source,
            channel,
            conversation_id,
            in_reply_to,
            author,
        );
        let said = (
            text,
            language,
            occurred_at,
            edited_at,
            deleted,
            url,
            visibility,
            rating,
        );
        let seen = (audience, reshares, brand, product, issue, location, order_ref);
        let meant = (intent, automatic, indirect, sentiment, remedy_sought, attachments);
        Self::of(keys, &(place, said, seen, meant))
    }

    /// Of a company's message.
    pub fn of_response(keys: &Keys, response: &Response) -> Self {
        let Response {
            id,
            revision,
            source,
            via: _,
            channel,
            conversation_id,
            in_reply_to,
            customer,
            answers,
            agent,
            team,
            kind,
            visibility,
            status,
            invites_to,
            promised_by,
            text,
            occurred_at,
            edited_at,
            brand,
            deleted,
            attributes: _,
        } = response;
        let place = (
            id,
            revision,
            source,
            channel,
            conversation_id,
            in_reply_to,
            customer,
        );
        let by = (
            answers,
            agent,
            team,
            kind,
            visibility,
            status,
            invites_to,
            promised_by,
        );
        let said = (text, occurred_at, edited_at, brand, deleted);
        Self::of(keys, &(place, by, said))
    }

    /// Of an update.
    pub fn of_update(keys: &Keys, update: &Update) -> Self {
        let Update {
            id,
            source,
            channel,
            conversation_id,
            in_reply_to,
            customer,
            occurred_at,
            status,
            owner,
            team,
            external_case_id,
            brand,
            product,
            issue,
            root_cause,
            audience,
            reshares,
            resolution_confirmed,
            remedy_granted,
            attributes: _,
        } = update;
        let place = (
            id,
            source,
            channel,
            conversation_id,
            in_reply_to,
            customer,
            occurred_at,
        );
        let set = (status, owner, team, external_case_id, brand, product, issue);
        let known = (
            root_cause,
            audience,
            reshares,
            resolution_confirmed,
            remedy_granted,
        );
        Self::of(keys, &(place, set, known))
    }

    /// Of an answer to a survey.
    pub fn of_survey(keys: &Keys, survey: &Survey) -> Self {
        let Survey {
            id,
            source,
            customer,
            channel,
            conversation_id,
            about,
            score,
            scale,
            occurred_at,
            told_others,
            comment,
        } = survey;
        let place = (id, source, customer, channel, conversation_id, about);
        Self::of(keys, &(place, (score, scale, occurred_at, told_others, comment)))
    }

    fn of(keys: &Keys, content: &impl Serialize) -> Self {
        let mut bytes = Vec::with_capacity(512);
        packed::write(content, &mut bytes);
        Self(keys.digest(&bytes).to_le_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::Digest;
    use crate::config::rules::HashSecret;
    use crate::desk::keys::Keys;
    use crate::model::{Complaint, Millis, Response, Sensitive};

    #[test]
    fn what_is_the_same_content() {
        let keys = Keys::new(HashSecret::TRIAL);
        let said = || Complaint {
            id: "1".into(),
            text: Some(Sensitive("Where is it?".into())),
            ..Complaint::default()
        };
        type Change = fn(&mut Complaint);
        //   given the same message, but              then it is the same version
        let cases: [(&str, Change, bool); 7] = [
            ("nothing", |_| {}, true),
            ("another tool", |c| c.via = Some("feed".into()), true),
            (
                "another attribute",
                |c| _ = c.attributes.0.insert("page".into(), "2".into()),
                true,
            ),
            (
                "another text",
                |c| c.text = Some(Sensitive("Where?".into())),
                false,
            ),
            ("another audience", |c| c.audience = Some(5), false),
            ("another time", |c| c.occurred_at = Millis(1), false),
            ("it is gone", |c| c.deleted = true, false),
        ];
        let digest = Digest::of_complaint(&keys, &said());
        for (what, change, is_same) in cases {
            let mut other = said();
            change(&mut other);
            assert_eq!(Digest::of_complaint(&keys, &other) == digest, is_same, "{what}");
        }
        let other = Keys::new(HashSecret([7; 16]));
        assert_ne!(Digest::of_complaint(&other, &said()), digest, "it is keyed");
        let again = |revision| Response {
            revision,
            ..Response::default()
        };
        assert_ne!(
            Digest::of_response(&keys, &again(0)),
            Digest::of_response(&keys, &again(1))
        );
    }
}
