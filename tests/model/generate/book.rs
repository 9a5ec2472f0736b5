//! The book of a journey: steps become records. Sources do not keep their word: there may be several records for an
//! id and revision, but no two of them with one log time.

use std::collections::{BTreeMap, BTreeSet};

use heard::model::{
    Complaint, ConversationRef, Customer, Millis, Person, Response, Sensitive, Survey, SurveyAbout,
    SurveyScale, Update,
};

use smol_str::SmolStr;

use super::people::{CARRIED, Place, identifiers};
use super::steps::{Deed, Reply, Revised, Say, Step};
use super::time::Absurd;
use super::{Act, Palette};
use crate::records::{Logged, Record};
use crate::rules::DAY;

/// What was written so far.
#[derive(Default)]
pub(super) struct Book {
    pub(super) said: BTreeMap<(usize, String), Complaint>,
    pub(super) replied: BTreeMap<(usize, String), Response>,
    pub(super) once: BTreeSet<String>,
}

impl Book {
    /// The record of a step. The log gets it when it happens; no two of one id at one moment.
    pub(super) fn record(&mut self, palette: &Palette, act: Act, step: &Step, at: Millis) -> Option<Logged> {
        let mut record = self.written(palette, act, step, at)?;
        let mut logged = at.plus(step.skew).max(record.latest().plus(-DAY));
        if let Some(absurd) = step.absurd.filter(|_| act == Act::Before) {
            record.misdate(match absurd {
                Absurd::InSeconds => Millis(at.0 / 1000),
                Absurd::Ahead(ms) => logged.plus(ms),
            });
        }
        while !self.once.insert(format!("{} {}", record.id(), logged.0)) {
            logged = logged.plus(1);
        }
        Some(Logged { record, logged })
    }

    fn written(&mut self, palette: &Palette, act: Act, step: &Step, at: Millis) -> Option<Record> {
        let place = palette.place(step.place, act);
        let person = palette.person(step.who);
        match &step.deed {
            Deed::Say(say) => Some(Record::Said(self.said(&place, person, say, at))),
            Deed::Reply(reply) => Some(Record::Replied(self.replied(
                (palette, act),
                &place,
                person,
                reply,
                at,
            ))),
            Deed::Change(change) => {
                let id = format!("{}{}{}", ["b", "y"][change.id % 2], change.id, place.letter);
                Some(Record::Updated(Update {
                    id: id.into(),
                    source: place.source.into(),
                    channel: place.channel.into(),
                    conversation_id: place.conversation.as_str().into(),
                    in_reply_to: change.to.map(|to| called(to, &place)),
                    customer: change.names.then_some(person),
                    occurred_at: at,
                    status: change.status,
                    owner: change.owner.map(Into::into),
                    team: change.team.map(Into::into),
                    external_case_id: change.owner.map(|owner| format!("X{owner}").into()),
                    brand: change.about.brand.map(Into::into),
                    issue: change.about.issue.map(Into::into),
                    root_cause: change.cause.map(Into::into),
                    remedy_granted: change.cause.map(|_| Sensitive("money".into())),
                    audience: change.about.audience,
                    resolution_confirmed: change.confirmed,
                    ..Update::default()
                }))
            }
            Deed::Know(know) => {
                let mut at = at;
                // Two records of one moment would contradict each other.
                while !self.once.insert(format!("C{} {}", know.customer, at.0)) {
                    at = at.plus(1);
                }
                let carries: Vec<_> = know.carries.iter().map(|n| CARRIED[*n]).collect();
                Some(Record::Known(Customer {
                    customer_id: format!("C{}", know.customer).into(),
                    identifiers: identifiers(&carries),
                    tier: know.tier.map(Into::into),
                    vulnerable: know.vulnerable,
                    lifetime_value: know.value,
                    merged_into: know
                        .merged_into
                        .filter(|into| *into != know.customer)
                        .map(|into| format!("C{into}").into()),
                    updated_at: at,
                    ..Customer::default()
                }))
            }
            Deed::Ask(ask) => {
                let id = format!("{}{}{}", ["c", "x"][ask.id % 2], ask.id, place.letter);
                let relationship = ask.relationship;
                let named = ask.conversation.then_some(&place);
                let anybody = ["noreply", "anonymous"];
                let is_somebody = |person: &Person| {
                    let mut all = person.identifiers.iter();
                    all.any(|one| !anybody.iter().any(|nobody| one.value.contains(nobody)))
                };
                let customer = Some(person).filter(is_somebody);
                let customer = customer.filter(|_| ask.names || relationship || named.is_none());
                let is_about_something = (named.is_some() && !relationship) || customer.is_some();
                let score = match ask.scale {
                    SurveyScale::Nps0To10 => ask.score,
                    _ => 1 + ask.score % 5,
                };
                is_about_something.then(|| {
                    Record::Surveyed(Survey {
                        id: id.into(),
                        source: place.source.into(),
                        customer,
                        channel: named.map(|place| place.channel.into()),
                        conversation_id: named.map(|place| place.conversation.as_str().into()),
                        about: if relationship {
                            SurveyAbout::Relationship
                        } else {
                            SurveyAbout::Case
                        },
                        score: score as f64,
                        scale: ask.scale,
                        occurred_at: at,
                        ..Survey::default()
                    })
                })
            }
        }
    }

    /// One of many cases of a person: what a step says, in a conversation of its own.
    pub(super) fn one_of_many(
        &mut self,
        palette: &Palette,
        step: &Step,
        n: usize,
        at: Millis,
    ) -> Option<Logged> {
        let Deed::Say(say) = &step.deed else {
            return None;
        };
        let place = palette.place(step.place, Act::Before);
        let alone = Place {
            conversation: format!("many{n}"),
            ..place
        };
        let say = Say {
            id: 1000 + n,
            own_conversation: false,
            to: None,
            ..say.clone()
        };
        let record = Record::Said(self.said(&alone, palette.person(0), &say, at));
        Some(Logged { record, logged: at })
    }

    fn said(&mut self, place: &Place, author: Person, say: &Say, at: Millis) -> Complaint {
        let id = format!("m{}{}", say.id, place.letter);
        let conversation = if say.own_conversation {
            id.clone()
        } else {
            place.conversation.clone()
        };
        let key = (
            0,
            format!("{}/{}/{conversation}/{id}", place.source, place.channel),
        );
        let before = self.said.get(&key);
        let text = format!(
            " {id}, {}{}.",
            before.map_or(0, |_| 1 + self.once.len()),
            say.words
        );
        let mut said = Complaint {
            id: id.clone().into(),
            source: place.source.into(),
            channel: place.channel.into(),
            conversation_id: (conversation != id).then(|| conversation.into()),
            in_reply_to: say.to.map(|to| called(to, place)),
            author,
            text: Some(Sensitive(text)),
            occurred_at: at,
            visibility: say.visibility,
            rating: say.rating,
            audience: say.about.audience,
            brand: say.about.brand.map(Into::into),
            issue: say.about.issue.map(Into::into),
            language: say.about.brand.map(|_| "en".into()),
            location: say.about.issue.map(|_| Sensitive("Rome".into())),
            intent: say.intent,
            automatic: say.automatic,
            sentiment: say.sentiment,
            ..Complaint::default()
        };
        if let Some(before) = before {
            said.revision = before.revision + 1;
            said.deleted = say.revised == Revised::Deleted;
            if !matches!(say.revised, Revised::SaidAtAnotherTime | Revised::Stranger) {
                said.occurred_at = before.occurred_at;
                said.edited_at = Some(at);
                said.author = before.author.clone();
            }
            match say.revised {
                Revised::Stranger => said.revision = before.revision,
                Revised::Conflicting { says_when } => {
                    said.revision = before.revision;
                    said.edited_at = said.edited_at.filter(|_| says_when);
                }
                _ => {}
            }
        }
        self.said.insert(key, said.clone());
        said
    }

    fn replied(
        &mut self,
        (palette, act): (&Palette, Act),
        place: &Place,
        person: Person,
        reply: &Reply,
        at: Millis,
    ) -> Response {
        let id = called((true, reply.id), place);
        let at = at.plus(-reply.slow);
        let key = (
            1,
            format!("{}/{}/{}/{id}", place.source, place.channel, place.conversation),
        );
        let mut replied = Response {
            id,
            source: place.source.into(),
            channel: place.channel.into(),
            conversation_id: place.conversation.as_str().into(),
            in_reply_to: reply.to.map(|to| called(to, place)),
            agent: reply.agent.map(Into::into),
            customer: reply.names.then_some(person),
            team: reply.team.map(Into::into),
            kind: reply.kind,
            visibility: reply.visibility,
            status: reply.status,
            invites_to: reply.invites_to.map(|n| palette.place(n, act).channel.into()),
            promised_by: reply.promises.map(|gap| palette.later(at, gap)),
            occurred_at: at,
            ..Response::default()
        };
        replied.answers.extend(reply.answers.map(|n| {
            let other = palette.place(n, act);
            ConversationRef {
                source: other.source.into(),
                channel: other.channel.into(),
                conversation_id: other.conversation.into(),
            }
        }));
        if let Some(before) = self.replied.get(&key) {
            replied.revision = before.revision + 1;
            replied.deleted = reply.revised == Revised::Deleted;
            if reply.revised != Revised::SaidAtAnotherTime {
                replied.occurred_at = before.occurred_at;
            }
            if let Revised::Conflicting { says_when } = reply.revised {
                replied.revision = before.revision;
                replied.edited_at = says_when.then_some(at);
            }
        }
        self.replied.insert(key, replied.clone());
        replied
    }
}

/// How a message is called there: a customer's, or the company's.
fn called((is_reply, n): (bool, usize), place: &Place) -> SmolStr {
    let begin = match (is_reply, n % 2) {
        (false, _) => "m",
        (true, 0) => "a",
        (true, _) => "z",
    };
    format!("{begin}{n}{}", place.letter).into()
}
