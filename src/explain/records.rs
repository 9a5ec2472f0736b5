//! What the topics hold of a case.

use std::collections::BTreeSet;

use smol_str::SmolStr;

use crate::desk::keys::Keys;
use crate::desk::{Effects, Message};
use crate::model::{Case, CaseEvent, WorkItem};
use crate::processor::{ActorKey, Effect};

/// Whether the inputs were read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Inputs {
    /// As far as they are there.
    #[default]
    Read,
    /// Nobody asked for that.
    NotRead,
}

/// The records of a case and its conversation. However often one is given, it counts once.
#[derive(Clone, Debug, Default)]
pub struct Records {
    /// Its events, in the order in which they were recorded.
    pub events: Vec<CaseEvent>,
    /// The latest revision of each of its work items, those first that went out first.
    pub work: Vec<WorkItem>,
    /// Whether the inputs were read.
    pub inputs: Inputs,
    /// Input topics that are not there.
    pub missing: Vec<String>,
    /// Records that cannot be used.
    pub unusable: u64,
    /// What intake tells conversations that may bear on the case.
    pub(crate) messages: Vec<(ActorKey, Message)>,
    /// Companies' messages of other conversations that answer this one, in some version.
    pub(crate) answering: BTreeSet<(ActorKey, SmolStr)>,
}

impl Records {
    /// An event of the case.
    pub fn event(&mut self, event: CaseEvent) {
        if self.events.iter().all(|known| known.event_id != event.event_id) {
            self.events.push(event);
        }
    }

    /// A work item of the case.
    pub fn work(&mut self, item: WorkItem) {
        match self.work.iter_mut().find(|known| known.work_id == item.work_id) {
            Some(known) if known.revision < item.revision => *known = item,
            Some(_) => {}
            None => self.work.push(item),
        }
    }

    /// What intake makes of any record of the inputs.
    pub fn input(&mut self, keys: &Keys, case: &Case, effects: &mut Effects) {
        let here = keys.conversation(&case.source, &case.channel, &case.conversation_id);
        for effect in effects.drain() {
            if let Effect::Tell { to, message } = effect
                && (to == here || self.answers(case, to, &message))
            {
                self.messages.push((to, message));
            }
        }
    }

    /// Whether companies' messages of other conversations answer this one. Then other versions of them may not, so all
    /// responses are to be given once more.
    pub fn is_answered_elsewhere(&self) -> bool {
        !self.answering.is_empty()
    }

    /// Whether it is a version of a company's message that answers, in any of its versions, the case's conversation.
    fn answers(&mut self, case: &Case, said_in: ActorKey, message: &Message) -> bool {
        let Message::Replied { response, .. } = message else {
            return false;
        };
        let name = (said_in, response.id.clone());
        let mut answered = response.answers.iter();
        let is_this = answered.any(|answered| {
            (&answered.source, &answered.channel, &answered.conversation_id)
                == (&case.source, &case.channel, &case.conversation_id)
        });
        if is_this {
            self.answering.insert(name);
            return true;
        }
        self.answering.contains(&name)
    }
}
