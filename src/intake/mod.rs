//! Intake: decode, validate, normalise, address. Pure and without state.
//!
//! What names a conversation goes to that conversation; a customer's record goes to the party. A survey
//! that names only a person goes to an actor of its own, which finds the party. What cannot be used is
//! refused with a reason, and the engine writes it to the dead letters.

pub mod bounds;
pub mod customer_key;
pub(crate) mod normalise;
mod phone;
mod spelling;
mod validate;

use std::sync::Arc;

use smol_str::SmolStr;

use crate::config::rules::{IdentityRules, Region, RuleSettings, UnknownKind};
use crate::desk::conversation::who::customer_key;
use crate::desk::figures::CUSTOMERS;
use crate::desk::keys::Keys;
use crate::desk::{Effects, Message};
use crate::log::Record;
use crate::model::{
    Complaint, Customer, Identifier, Millis, Person, Response, ResponseKind, Sensitive, Survey, SurveyAbout,
    Update,
};
use crate::processor::Rejection;
use crate::wire::{DecodeError, Decoder, Registry};
use customer_key::{CLEARS, KeyReader};
use normalise::Written;

/// What an input topic holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputKind {
    /// Customers' messages.
    Complaints,
    /// The company's messages.
    Responses,
    /// Changes without a message.
    Updates,
    /// The CRM's records of customers.
    Customers,
    /// Customers' answers to surveys.
    Surveys,
}

/// The intake of one worker.
pub struct Intake {
    settings: Arc<RuleSettings>,
    keys: Keys,
    inputs: Vec<InputKind>,
    decoders: Decoders,
    registry: Arc<Registry>,
}

struct Decoders {
    complaint: Decoder<Complaint>,
    response: Decoder<Response>,
    update: Decoder<Update>,
    customer: Decoder<Customer>,
    survey: Decoder<Survey>,
}

impl Intake {
    /// An intake by these rules. `inputs` says what each input topic holds, `registry` which writer
    /// schemas are known.
    pub fn new(settings: Arc<RuleSettings>, inputs: Vec<InputKind>, registry: &Arc<Registry>) -> Self {
        let decoders = Decoders {
            complaint: Decoder::new(Arc::clone(registry)),
            response: Decoder::new(Arc::clone(registry)),
            update: Decoder::new(Arc::clone(registry)),
            customer: Decoder::new(Arc::clone(registry)),
            survey: Decoder::new(Arc::clone(registry)),
        };
        let keys = Keys::new(settings.secret);
        Self {
            settings,
            keys,
            inputs,
            decoders,
            registry: Arc::clone(registry),
        }
    }

    /// Takes a record of the input topic with this index.
    ///
    /// # Errors
    ///
    /// The record cannot be used, and why.
    pub fn take(&self, input: usize, record: &Record<'_>, effects: &mut Effects) -> Result<(), Rejection> {
        let Some(kind) = self.inputs.get(input) else {
            return Err(Rejection::new(
                "unknown_input",
                format!("input topic {input} is not configured"),
            ));
        };
        match (kind, record.value) {
            (InputKind::Complaints, Some(value)) => self.complaint(value, record.timestamp, effects),
            (InputKind::Responses, Some(value)) => self.response(value, record.timestamp, effects),
            (InputKind::Updates, Some(value)) => self.update(value, record.timestamp, effects),
            (InputKind::Customers, Some(value)) => {
                self.customer(record.key, value, record.timestamp, effects)
            }
            (InputKind::Customers, None) => self.dropped(record, effects),
            (InputKind::Surveys, Some(value)) => self.survey(value, record.timestamp, effects),
            (_, None) => Err(Rejection::new(
                "no_value",
                "the record has no value: messages are deleted by a revision",
            )),
        }
    }

    fn complaint(&self, value: &[u8], logged: i64, effects: &mut Effects) -> Result<(), Rejection> {
        let mut complaint = decoded(self.decoders.complaint.decode(value))?;
        bounds::complaint(&mut complaint);
        validate::complaint(&complaint, &self.settings, Millis(logged))?;
        let written = self.person(
            &mut complaint.author,
            &complaint.source,
            complaint.brand.as_deref(),
            Some(&complaint.channel),
        );
        bounds::text(&mut complaint.text, self.settings.limits.max_text_bytes);
        let said_at = complaint.occurred_at;
        effects.saw(said_at.max(complaint.edited_at.unwrap_or(said_at)));
        let conversation = complaint
            .conversation_id
            .get_or_insert_with(|| complaint.id.clone());
        let to = self
            .keys
            .conversation(&complaint.source, &complaint.channel, conversation);
        effects.tell(
            to,
            Message::Said {
                complaint: Arc::new(complaint),
                written,
                logged: Millis(logged),
            },
        );
        Ok(())
    }

    fn response(&self, value: &[u8], logged: i64, effects: &mut Effects) -> Result<(), Rejection> {
        let mut response = decoded(self.decoders.response.decode(value))?;
        validate::text(response.text.as_deref().map(String::as_str))?;
        bounds::response(&mut response);
        validate::response(&response, &self.settings, Millis(logged))?;
        if let Some(customer) = &mut response.customer {
            let brand = response.brand.as_deref();
            self.person(customer, &response.source, brand, Some(&response.channel));
        }
        if response.kind == ResponseKind::Unknown {
            response.kind = match self.settings.unknown_kind {
                UnknownKind::Human => ResponseKind::Human,
                UnknownKind::Bot => ResponseKind::Bot,
                UnknownKind::Note => ResponseKind::Note,
            };
        }
        effects.saw(response.occurred_at);
        let to = self
            .keys
            .conversation(&response.source, &response.channel, &response.conversation_id);
        let (response, logged) = (Box::new(response), Millis(logged));
        effects.tell(to, Message::Replied { response, logged });
        Ok(())
    }

    fn update(&self, value: &[u8], logged: i64, effects: &mut Effects) -> Result<(), Rejection> {
        let mut update = decoded(self.decoders.update.decode(value))?;
        bounds::update(&mut update);
        validate::update(&update, &self.settings, Millis(logged))?;
        if let Some(customer) = &mut update.customer {
            let brand = update.brand.as_deref();
            self.person(customer, &update.source, brand, Some(&update.channel));
        }
        effects.saw(update.occurred_at);
        let to = self
            .keys
            .conversation(&update.source, &update.channel, &update.conversation_id);
        let (update, logged) = (Box::new(update), Millis(logged));
        effects.tell(to, Message::Updated { update, logged });
        Ok(())
    }

    fn customer(
        &self,
        key: Option<&[u8]>,
        value: &[u8],
        logged: i64,
        effects: &mut Effects,
    ) -> Result<(), Rejection> {
        let mut customer = decoded(self.decoders.customer.decode(value))?;
        normalise::customer_ids(&mut customer);
        validate::customer(&customer, &self.settings, Millis(logged))?;
        if key.is_some_and(|key| !key.is_empty())
            && self.keys_of_customers().customer(key)? != customer.customer_id
        {
            return Err(Rejection::new(
                "key_names_another",
                "the key names another customer than the record: compaction and tombstones would not meet it",
            ));
        }
        bounds::customer(&mut customer);
        let identity = &self.settings.identity;
        normalise::identifiers(&mut customer.identifiers, identity, identity.regions.usual);
        let to = self.keys.party(&customer_key(&customer.customer_id));
        effects.count(CUSTOMERS, 1);
        effects.tell(to, Message::Known(Box::new(customer)));
        Ok(())
    }

    /// Rule 12: a CASE survey goes to the conversation it names; any other finds the party by itself.
    fn survey(&self, value: &[u8], logged: i64, effects: &mut Effects) -> Result<(), Rejection> {
        let mut survey = decoded(self.decoders.survey.decode(value))?;
        validate::comment(&survey)?;
        bounds::survey(&mut survey);
        if let Some(customer) = &mut survey.customer {
            self.person(customer, &survey.source, None, survey.channel.as_deref());
        }
        validate::survey(&survey, &self.settings, Millis(logged))?;
        effects.saw(survey.occurred_at);
        let to = match (&survey.channel, &survey.conversation_id) {
            (Some(channel), Some(conversation)) if survey.about == SurveyAbout::Case => {
                self.keys.conversation(&survey.source, channel, conversation)
            }
            _ => self.keys.survey(&survey.source, &survey.id),
        };
        let (survey, logged) = (Box::new(survey), Millis(logged));
        effects.tell(to, Message::Surveyed { survey, logged });
        Ok(())
    }

    fn keys_of_customers(&self) -> KeyReader<'_> {
        KeyReader {
            registry: &self.registry,
            field: self.settings.identity.customer_key_field.as_deref(),
        }
    }

    /// Normalises a person in a record of this source, brand and channel.
    fn person(
        &self,
        person: &mut Person,
        source: &str,
        brand: Option<&str>,
        channel: Option<&str>,
    ) -> Written {
        let identity = &self.settings.identity;
        normalise::person(person, identity, identity.regions.of(source, brand, channel))
    }

    /// The CRM has dropped a customer, who is to be forgotten (ENGINE.md 18).
    fn dropped(&self, record: &Record<'_>, effects: &mut Effects) -> Result<(), Rejection> {
        if record.headers().any(|header| header.name == CLEARS) {
            return Ok(());
        }
        let customer_id = self.keys_of_customers().customer(record.key)?;
        let to = self.keys.party(&customer_key(&customer_id));
        let at = Millis(record.timestamp);
        effects.count(CUSTOMERS, 1);
        effects.tell(to, Message::Dropped { customer_id, at });
        Ok(())
    }
}

/// An identifier as intake knows it: normalised. `None` if it is one that names nobody. A phone number without its
/// country is of the region.
pub fn identifier(
    rules: &IdentityRules,
    region: Option<Region>,
    kind: &str,
    value: &str,
    realm: Option<&str>,
) -> Option<Identifier> {
    let mut list = vec![Identifier {
        kind: kind.into(),
        value: Sensitive(value.into()),
        realm: realm.map(Into::into),
    }];
    normalise::identifiers(&mut list, rules, region);
    list.pop()
}

/// A customer's id as intake knows it.
pub fn customer_id(id: &str) -> SmolStr {
    let mut id = SmolStr::from(id);
    spelling::clean(&mut id);
    id
}

fn decoded<T>(result: Result<T, DecodeError>) -> Result<T, Rejection> {
    result.map_err(|error| Rejection::new(error.code(), error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::Batch;
    use crate::log::batch::Place;
    use crate::processor::{ActorKey, Effect};
    use crate::wire::{Encoder, Format};

    const NOW: i64 = 1_700_000_000_000;

    /// To whom intake sends this survey, or why it refuses it.
    fn sent(survey: &Survey) -> Result<ActorKey, &'static str> {
        let settings = Arc::new(RuleSettings::default());
        let registry = Arc::new(Registry::built_in());
        let intake = Intake::new(settings, vec![InputKind::Surveys], &registry);
        let mut value = Vec::new();
        let mut encoder = Encoder::new(Format::SingleObject);
        encoder.encode(survey, &mut value).expect("it can be written");
        let mut batch = Batch::new();
        let place = Place {
            topic: 0,
            partition: 0,
            offset: 0,
            timestamp: NOW,
        };
        batch.push(place, None, Some(&value), []);
        let record = batch.get(0).expect("it was pushed");
        let mut effects = Effects::default();
        let taken = intake.take(0, &record, &mut effects);
        taken.map_err(|rejection| rejection.code)?;
        assert_eq!(effects.seen(), Some(Millis(NOW)));
        match effects.as_slice() {
            [Effect::Tell { to, message }] => {
                let Message::Surveyed { survey: sent, .. } = message else {
                    panic!("a survey goes on as one");
                };
                assert_eq!(sent.comment, None);
                Ok(*to)
            }
            other => panic!("one message goes on, not {other:?}"),
        }
    }

    #[test]
    fn where_a_survey_goes() {
        let keys = Keys::new(RuleSettings::default().secret);
        let conversation = keys.conversation("shop", "chat", "c");
        let person = keys.survey("shop", "1");
        let (case, relationship) = (SurveyAbout::Case, SurveyAbout::Relationship);
        let (ann, nobody) = ("Ann@Example.ORG", "noreply@shop.example");
        //   given it is about   names the conversation   and this email   then it goes to
        for (about, named, email, to) in [
            (case, true, Some(ann), Ok(conversation)),
            (case, true, None, Ok(conversation)),
            (case, true, Some(nobody), Ok(conversation)),
            (case, false, Some(ann), Ok(person)),
            (case, false, Some(nobody), Err("no_customer")),
            (case, false, None, Err("no_customer")),
            (relationship, true, Some(ann), Ok(person)),
            (relationship, true, Some(nobody), Err("no_customer")),
        ] {
            let identifiers = email.map(|email| Identifier {
                kind: "email".into(),
                value: Sensitive(email.into()),
                realm: None,
            });
            let survey = Survey {
                id: "1".into(),
                source: "shop".into(),
                customer: Some(Person {
                    display_name: None,
                    identifiers: identifiers.into_iter().collect(),
                }),
                channel: Some("chat".into()),
                conversation_id: named.then(|| "c".into()),
                about,
                score: 7.0,
                occurred_at: Millis(NOW),
                comment: Some(Sensitive("it was fine".into())),
                ..Survey::default()
            };
            assert_eq!(sent(&survey), to, "{about:?}, {named}, {email:?}");
        }
    }
}
