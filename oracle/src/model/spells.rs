//! What a case goes through, piece by piece: spells of time, waits, replies.

use heard::model::{Complaint, Millis};

/// A stretch of time; without an end, it lasts.
#[derive(Clone, Copy, Debug)]
pub struct Spell {
    pub from: Millis,
    pub to: Option<Millis>,
}

/// A run of customer messages with no human reply between them.
#[derive(Clone, Debug)]
pub struct Wait {
    /// The id of its first message.
    pub id: String,
    pub from: Millis,
    pub messages: u32,
    pub latest: Complaint,
    pub end: Option<(Millis, End)>,
}

/// A run of praise and thanks while nobody waits: somebody should thank for it.
#[derive(Clone, Debug)]
pub struct Praise {
    /// The id of its first message.
    pub id: String,
    pub from: Millis,
    pub messages: u32,
    pub latest: Complaint,
    /// When somebody thanked, or had other work in the case.
    pub end: Option<Millis>,
}

/// What ended a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Reply,
    Resolved,
    LetGo,
}

/// A person's reply.
#[derive(Clone, Debug)]
pub struct Human {
    pub at: Millis,
    /// It is dated before the message that it names: nobody knows how long it took.
    pub skewed: bool,
    pub public: bool,
    pub invites: bool,
    pub elsewhere: bool,
}

/// An answer or a promise, in the order of the facts.
#[derive(Clone, Copy, Debug)]
pub enum Word {
    Promise(Millis),
    Kept(Millis),
}

pub fn is_on(spells: &[Spell]) -> bool {
    spells.last().is_some_and(|spell| spell.to.is_none())
}

pub fn begin(spells: &mut Vec<Spell>, at: Millis) {
    if !is_on(spells) {
        spells.push(Spell { from: at, to: None });
    }
}

pub fn stop(spells: &mut [Spell], at: Millis) {
    if let Some(spell) = spells.last_mut() {
        end(spell, at);
    }
}

pub fn end(spell: &mut Spell, at: Millis) {
    spell.to.get_or_insert(at);
}
