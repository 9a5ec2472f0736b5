//! Rule 3: a company's message may answer other conversations. It is told to them by the conversation it
//! was said in, not by intake: only there is it known what an earlier revision of it answered.

use super::Actor;
use super::arrive::Arrival;
use super::fact::{Fact, Said};
use crate::desk::message::{Elsewhere, Message};
use crate::model::{ConversationRef, Response};

impl Actor<'_, '_> {
    /// Tells the conversations that a response answers, and those that its earlier revision answered
    /// and it does not.
    pub(super) fn tell_answered(&mut self, arrival: &Arrival<'_>, known: Option<&Fact>) {
        let Some(response) = arrival.response else { return };
        let before = match known.map(|known| &known.said) {
            Some(Said::Company(said)) => &said.answers[..],
            _ => &[],
        };
        for other in &response.answers {
            self.tell_elsewhere(other, response, response.deleted);
        }
        for other in before.iter().filter(|other| !response.answers.contains(other)) {
            self.tell_elsewhere(other, response, true);
        }
    }

    fn tell_elsewhere(&mut self, answers: &ConversationRef, response: &Response, deleted: bool) {
        let keys = self.desk.keys();
        let to = keys.conversation(&answers.source, &answers.channel, &answers.conversation_id);
        if to == self.key {
            return;
        }
        let response = Response {
            answers: Vec::new(),
            deleted,
            ..response.clone()
        };
        let answers = answers.clone();
        self.effects
            .tell(to, Message::Elsewhere(Box::new(Elsewhere { answers, response })));
    }
}
