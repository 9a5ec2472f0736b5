//! Rule 3: a company's message may answer other conversations. It is told to them by the conversation it
//! was said in, not by intake: only there is it known what an earlier revision of it answered.

use super::Actor;
use super::arrive::Arrival;
use super::fact::{Fact, Said};
use super::version::Versions;
use crate::desk::message::{Elsewhere, Message};
use crate::model::{ConversationRef, Response};

impl Actor<'_, '_> {
    /// Tells all conversations that any version of a response answers of the version that has come: it takes
    /// the answer out of those that it does not answer itself. One that is answered for the first time is told
    /// of the versions before, which did not: when it was said is the earliest time of all of them.
    pub(super) fn tell_answered(&mut self, arrival: &Arrival<'_>, known: &[Fact]) {
        let Some(response) = arrival.response else { return };
        let mut before: Vec<ConversationRef> = Vec::new();
        for said in known.iter().flat_map(Fact::versions_said) {
            if let Said::Company(said) = said {
                let new = said.answers.iter().filter(|other| !before.contains(other));
                before.extend(new.cloned().collect::<Vec<_>>());
            }
        }
        let version = &arrival.fact.versions;
        for other in &response.answers {
            self.tell_elsewhere(other, response.clone(), version);
            if !before.contains(other) {
                for fact in known {
                    self.tell_earlier(other, response, fact);
                }
            }
        }
        for other in before.iter().filter(|other| !response.answers.contains(other)) {
            let response = Response {
                deleted: true,
                ..response.clone()
            };
            self.tell_elsewhere(other, response, version);
        }
    }

    /// Tells a conversation that these versions of a response did not answer it.
    fn tell_earlier(&mut self, answers: &ConversationRef, response: &Response, fact: &Fact) {
        let did_not = |revision, edited_at, occurred_at| Response {
            revision,
            edited_at,
            occurred_at,
            deleted: true,
            ..response.clone()
        };
        for version in fact.others() {
            let earlier = did_not(version.revision, version.edited_at, version.occurred_at);
            let known = Versions {
                digest: version.digest,
                logged: version.logged,
                ..Versions::default()
            };
            self.tell_elsewhere(answers, earlier, &known);
        }
        let standing = did_not(fact.revision, fact.versions.edited_at, fact.occurred_at());
        self.tell_elsewhere(answers, standing, &fact.versions);
    }

    fn tell_elsewhere(&mut self, answers: &ConversationRef, response: Response, version: &Versions) {
        let keys = self.desk.keys();
        let to = keys.conversation(&answers.source, &answers.channel, &answers.conversation_id);
        if to == self.key {
            return;
        }
        let told = Elsewhere {
            answers: answers.clone(),
            response: Response {
                answers: Vec::new(),
                ..response
            },
            logged: version.logged,
            digest: version.digest,
        };
        self.effects.tell(to, Message::Elsewhere(Box::new(told)));
    }
}
