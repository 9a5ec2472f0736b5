//! A processor that does a little of everything: counts, chains, fans, alarms, snapshots of state,
//! and whatever can go wrong in each.

use std::collections::BTreeMap;

use heard::log::Record;
use heard::model::Millis;
use heard::processor::totals::AMOUNTS;
use heard::processor::{
    ActorKey, Addend, Codec, Context, Corrupt, Effects, Figure, Figures, Processor, Rejection, Row, RowKey,
    State,
};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::options::Options;
use super::outcome::Outcome;
use super::subject::{Input, Subject};
use super::toy_check;

/// Actors that count.
const COUNTER: u8 = 1;
/// An actor whose alarm fails.
const BROKEN: u8 = 2;
/// An actor that does not care for its alarm.
const DEAF: u8 = 3;
/// Actors that keep the newest state of others.
const WATCHER: u8 = 4;
/// Actors that pass the state of others on: what goes by them is overtaken by what does not.
const CARRIER: u8 = 5;

/// How many counters there are.
const ACTORS: u64 = 12;

/// Parts of an actor's state.
pub const MAIN: u8 = 0;
pub const ALARMS: u8 = 1;
pub const PUBLISHED: u8 = 2;

/// Output topics.
pub const LINES: usize = 0;
pub const SNAPSHOTS: usize = 1;

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub enum Trick {
    Reject,
    Panic,
    ForeignRow,
}

/// Messages; inputs carry one too, after the actor's number.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Message {
    /// Count this, and pass it on so many times.
    Count { id: u64, left: u8, direct: bool },
    /// Let each of these counters count.
    Fan { id: u64, from: u64, to: u64 },
    /// Wake up then.
    Alarm { id: u64, at: i64 },
    /// What another counter has come to, whole, with its rising number.
    State { sender: u64, number: u64, sum: u64 },
    /// Pass it on so many times, then fail.
    Relay { left: u8 },
    /// Fail.
    Fail { id: u64, trick: Trick },
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ToyRow {
    /// How often it counted: the number of its latest line, too.
    pub number: u64,
    /// A sum over what it counted, in whatever order.
    pub sum: u64,
    /// Alarms to come: when, and what.
    pub alarms: Vec<(i64, u64)>,
    /// The newest state of other counters: number and sum.
    pub others: BTreeMap<u64, (u64, u64)>,
    /// How often it was published.
    pub version: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Output {
    /// An actor counted.
    Line {
        actor: u64,
        number: u64,
        id: u64,
        left: u8,
        direct: bool,
    },
    /// What it has come to.
    Snapshot {
        actor: u64,
        version: u64,
        number: u64,
        sum: u64,
    },
    /// A message failed.
    Salvaged { id: u64 },
}

fn decode<T: for<'a> Deserialize<'a>>(bytes: &[u8]) -> Result<T, Corrupt> {
    postcard::from_bytes(bytes).map_err(|e| Corrupt(e.to_string()))
}

fn encode<T: Serialize>(value: &T, into: &mut Vec<u8>) {
    let bytes = postcard::to_stdvec(value).expect("plain data can be encoded");
    into.extend_from_slice(&bytes);
}

impl Codec for Message {
    const FORMAT: u8 = 1;
    fn encode(&self, into: &mut Vec<u8>) {
        encode(self, into);
    }
    fn decode(_: u8, bytes: &[u8]) -> Result<Self, Corrupt> {
        decode(bytes)
    }
}

impl Codec for ToyRow {
    const FORMAT: u8 = 1;
    fn encode(&self, into: &mut Vec<u8>) {
        encode(self, into);
    }
    fn decode(_: u8, bytes: &[u8]) -> Result<Self, Corrupt> {
        decode(bytes)
    }
}

impl Row for ToyRow {
    fn due(&self) -> Option<Millis> {
        self.alarms.first().map(|(at, _)| Millis(*at))
    }

    /// In a group by the number of its alarms, with the sum as its amount.
    fn addend(&self) -> Addend {
        Addend {
            group: self.alarms.len() as u64,
            ones: u128::from(self.number) & 0xf,
            amounts: [self.sum.into(); AMOUNTS],
        }
    }
}

/// A counter.
pub fn counter(number: u64) -> ActorKey {
    actor(COUNTER, number)
}

fn actor(kind: u8, number: u64) -> ActorKey {
    // The number can be read back from the hash's end.
    let spread = u128::from(number).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835);
    ActorKey {
        kind,
        hash: (spread << 64) | u128::from(number),
    }
}

fn number_of(actor: ActorKey) -> u64 {
    (actor.hash & u128::from(u64::MAX)) as u64
}

/// A row of an actor.
pub fn row(actor: ActorKey, part: u8) -> RowKey {
    RowKey {
        actor,
        part,
        index: 0,
    }
}

fn mix(id: u64, salt: u64) -> u64 {
    (id ^ salt.rotate_left(32))
        .wrapping_mul(0x9E37_79B9_7F4A_7C15)
        .rotate_left(29)
}

/// The processor.
#[derive(Default)]
pub struct ToyProcessor {
    /// Whether the state of others is what came last, whatever its number: a fault.
    applies_older: bool,
}

type ToyEffects = Effects<ToyRow, Message, Output>;

impl ToyProcessor {
    fn count(me: ActorKey, id: u64, left: u8, direct: bool, main: &mut ToyRow, effects: &mut ToyEffects) {
        main.number += 1;
        effects.count(Figure(u32::try_from(number_of(me)).unwrap_or(u32::MAX)), 1);
        main.sum = main.sum.wrapping_add(mix(id, u64::from(left)));
        effects.emit(Output::Line {
            actor: number_of(me),
            number: main.number,
            id,
            left,
            direct,
        });
        if left > 0 {
            let next = (mix(id, 7) >> 8).wrapping_add(u64::from(left)) % ACTORS;
            effects.tell(
                actor(COUNTER, next),
                Message::Count {
                    id,
                    left: left - 1,
                    direct: false,
                },
            );
        }
    }

    fn say_what_it_has_come_to(me: ActorKey, main: ToyRow, effects: &mut ToyEffects) {
        let sender = number_of(me);
        let state = Message::State {
            sender,
            number: main.number,
            sum: main.sum,
        };
        // Every other one goes a longer way, so that they come in any order (ENGINE.md 13).
        let to = if main.number.is_multiple_of(2) {
            actor(CARRIER, sender)
        } else {
            actor(WATCHER, sender % 3)
        };
        effects.tell(to, state);
        effects.store(row(me, MAIN), main);
        effects.publish(row(me, MAIN));
    }
}

impl Processor for ToyProcessor {
    type Message = Message;
    type Row = ToyRow;
    type Output = Output;

    fn take(
        &self,
        _: usize,
        record: &Record<'_>,
        _: &Context,
        effects: &mut ToyEffects,
    ) -> Result<(), Rejection> {
        let value = record.value.unwrap_or_default();
        if value == b"panic" {
            effects.tell(
                actor(COUNTER, 0),
                Message::Count {
                    id: 0,
                    left: 0,
                    direct: false,
                },
            );
            panic!("an input that makes the processor panic");
        }
        let (kind, number, at, message): (u8, u64, i64, Message) =
            postcard::from_bytes(value).map_err(|_| Rejection::new("garbage", "not a toy"))?;
        effects.saw(Millis(at));
        effects.tell(actor(kind, number), message);
        Ok(())
    }

    fn apply(
        &self,
        me: ActorKey,
        message: &Message,
        state: &mut dyn State<ToyRow>,
        _: &Context,
        effects: &mut ToyEffects,
    ) -> Result<(), Rejection> {
        let mut main = state.get(&row(me, MAIN))?.cloned().unwrap_or_default();
        match *message {
            Message::Count { id, left, direct } => {
                Self::count(me, id, left, direct, &mut main, effects);
                Self::say_what_it_has_come_to(me, main, effects);
            }
            Message::Fan { id, from, to } => {
                let upto = to.min(from + 4);
                for i in from..upto {
                    let message = Message::Count {
                        id: mix(id, i),
                        left: 0,
                        direct: false,
                    };
                    effects.tell(actor(COUNTER, i % ACTORS), message);
                }
                if upto < to {
                    effects.resume(me, Message::Fan { id, from: upto, to });
                }
            }
            Message::Alarm { id, at } => {
                let mut alarms = state.get(&row(me, ALARMS))?.cloned().unwrap_or_default();
                alarms.alarms.push((at, id));
                alarms.alarms.sort_unstable();
                effects.store(row(me, ALARMS), alarms);
            }
            Message::State { sender, .. } if me.kind == CARRIER => {
                effects.tell(actor(WATCHER, sender % 3), message.clone());
            }
            Message::State { sender, number, sum } => {
                let known = main.others.entry(sender).or_default();
                if self.applies_older || number > known.0 {
                    *known = (number, sum);
                }
                effects.store(row(me, MAIN), main);
            }
            Message::Relay { left: 0 } => return Err(Rejection::new("told_to", "fail")),
            Message::Relay { left } => {
                effects.tell(actor(COUNTER, u64::from(left)), Message::Relay { left: left - 1 });
            }
            Message::Fail { trick, .. } => {
                effects.delete(row(me, MAIN));
                effects.tell(
                    me,
                    Message::Count {
                        id: 1,
                        left: 9,
                        direct: false,
                    },
                );
                match trick {
                    Trick::Reject => return Err(Rejection::new("told_to", "fail")),
                    Trick::Panic => panic!("a message that makes the processor panic"),
                    Trick::ForeignRow => effects.delete(row(actor(COUNTER, 99), MAIN)),
                }
            }
        }
        Ok(())
    }

    fn wake(
        &self,
        key: RowKey,
        state: &mut dyn State<ToyRow>,
        cx: &Context,
        effects: &mut ToyEffects,
    ) -> Result<(), Rejection> {
        let me = key.actor;
        let mut alarms = state.get(&key)?.cloned().unwrap_or_default();
        match me.kind {
            BROKEN => return Err(Rejection::new("told_to", "fail")),
            DEAF => return Ok(()),
            _ => {}
        }
        let mut main = state.get(&row(me, MAIN))?.cloned().unwrap_or_default();
        let due: Vec<_> = alarms.alarms.extract_if(.., |(at, _)| *at <= cx.now.0).collect();
        if due.is_empty() {
            // It will be found as a number too many.
            main.number += 1_000;
        }
        for (at, id) in due {
            Self::count(me, mix(id, at.unsigned_abs()), 1, false, &mut main, effects);
        }
        if alarms.alarms.is_empty() {
            effects.delete(key);
        } else {
            effects.store(key, alarms);
        }
        Self::say_what_it_has_come_to(me, main, effects);
        Ok(())
    }

    fn publish(
        &self,
        key: RowKey,
        again: bool,
        state: &mut dyn State<ToyRow>,
        _: &Context,
        effects: &mut ToyEffects,
    ) -> Result<(), Rejection> {
        let main = state.get(&key)?.cloned().unwrap_or_default();
        let mut published = state
            .get(&row(key.actor, PUBLISHED))?
            .cloned()
            .unwrap_or_default();
        published.version += u64::from(!again);
        let ToyRow { number, sum, .. } = main;
        let actor = number_of(key.actor);
        effects.emit(Output::Snapshot {
            actor,
            version: published.version,
            number,
            sum,
        });
        effects.store(row(key.actor, PUBLISHED), published);
        Ok(())
    }

    fn salvage(
        &self,
        _: ActorKey,
        message: &Message,
        _: &mut dyn State<ToyRow>,
        _: &Context,
        effects: &mut ToyEffects,
    ) {
        if let Message::Fail { id, .. } = message {
            effects.emit(Output::Salvaged { id: *id });
        }
    }

    fn encode(&self, output: &Output, _: usize, key: &mut Vec<u8>, value: &mut Vec<u8>) -> (usize, bool) {
        let (topic, of) = match output {
            Output::Line { actor, .. } => (LINES, *actor),
            Output::Salvaged { id } => (LINES, *id),
            Output::Snapshot { actor, .. } => (SNAPSHOTS, *actor),
        };
        key.extend_from_slice(&of.to_be_bytes());
        encode(output, value);
        (topic, true)
    }
}

/// The toy and its inputs.
pub struct Toy;

impl Subject for Toy {
    type P = ToyProcessor;

    fn processor(&self) -> ToyProcessor {
        ToyProcessor::default()
    }

    fn faulty(&self) -> ToyProcessor {
        ToyProcessor { applies_older: true }
    }

    fn input_topics(&self) -> usize {
        2
    }

    fn output_topics(&self) -> usize {
        2
    }

    fn may_run_live(&self) -> bool {
        true
    }

    fn inputs(&self, rng: &mut ChaCha8Rng, start: Millis) -> Vec<Input> {
        let count = rng.random_range(10..70);
        self.many_inputs(count, rng, start)
    }

    fn as_of(&self, live: bool, start: Millis) -> Option<Millis> {
        live.then(|| start.plus(1_000_000_000))
    }

    fn counted(&self, figures: &Figures) -> BTreeMap<String, i64> {
        let named = figures
            .changed()
            .map(|(figure, sum)| (format!("COUNTER {}", figure.0), sum));
        named.collect()
    }

    fn check(&self, expected: &Outcome, found: &Outcome, options: &Options) -> Result<(), String> {
        toy_check::check(expected, found, options)
    }

    fn check_deadlines(&self, inputs: &[Input], found: &Outcome, drained: Millis) -> Result<(), String> {
        let alarms = inputs.iter().filter_map(|input| alarm(&input.value));
        toy_check::none_early(&alarms.collect(), found, drained)
    }
}

impl Toy {
    /// So many inputs.
    pub fn many_inputs(&self, count: u64, rng: &mut ChaCha8Rng, start: Millis) -> Vec<Input> {
        (1..=count).map(|id| self.input(id, rng, start)).collect()
    }

    fn input(&self, id: u64, rng: &mut ChaCha8Rng, start: Millis) -> Input {
        let at = start.plus(rng.random_range(0..60_000)).0;
        let number = rng.random_range(0..ACTORS);
        let (kind, message) = match rng.random_range(0..100) {
            0..50 => (
                COUNTER,
                Message::Count {
                    id,
                    left: rng.random_range(0..5),
                    direct: true,
                },
            ),
            50..60 => (
                COUNTER,
                Message::Fan {
                    id,
                    from: 0,
                    to: rng.random_range(1..15),
                },
            ),
            60..80 => (
                COUNTER,
                Message::Alarm {
                    id,
                    at: at + rng.random_range(-10_000..60_000),
                },
            ),
            80..82 => (BROKEN, Message::Alarm { id, at }),
            82..84 => (DEAF, Message::Alarm { id, at }),
            84..92 => {
                let trick = match rng.random_range(0..3) {
                    0 => Trick::Reject,
                    1 => Trick::Panic,
                    _ => Trick::ForeignRow,
                };
                (COUNTER, Message::Fail { id, trick })
            }
            garbage => {
                let value = if garbage < 96 {
                    b"panic".to_vec()
                } else {
                    b"\xff\xffgarbage".to_vec()
                };
                return Input {
                    topic: rng.random_range(0..2),
                    key: id.to_be_bytes().to_vec(),
                    value,
                };
            }
        };
        addressed(kind, number, at, &message)
    }
}

/// What a counter says when its alarm goes off, and when that may be at the earliest, by what an input holds.
fn alarm(value: &[u8]) -> Option<(u64, Millis)> {
    let decoded: (u8, u64, i64, Message) = postcard::from_bytes(value).ok()?;
    match decoded {
        (COUNTER, _, _, Message::Alarm { id, at }) => Some((mix(id, at.unsigned_abs()), Millis(at))),
        _ => None,
    }
}

/// An input that tells a counter something.
pub fn input(number: u64, at: i64, message: &Message) -> Input {
    addressed(COUNTER, number, at, message)
}

fn addressed(kind: u8, number: u64, at: i64, message: &Message) -> Input {
    let mut value = Vec::new();
    encode(&(kind, number, at, message), &mut value);
    // All that goes to one actor comes in by one partition, so its order can be checked.
    let topic = (number % 2) as usize;
    Input {
        topic,
        key: number.to_be_bytes().to_vec(),
        value,
    }
}
