//! The plain sequential run that every simulation is compared with: one input after the other, one
//! message after the other, time last. It shares no code with the engine.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};

use heard::log::Batch;
use heard::log::batch::Place;
use heard::model::Millis;
use heard::processor::{
    ActorKey, Codec, Context, Corrupt, Effect, Effects, Processor, Rejection, Row, RowKey, State,
};

use super::outcome::{Dead, Outcome, OutputRecord};
use super::subject::Input;

const LONG_AGO: Millis = Millis(i64::MIN / 4);

struct Rows<R>(BTreeMap<RowKey, R>);

impl<R> State<R> for Rows<R> {
    fn get(&mut self, key: &RowKey) -> Result<Option<&R>, Corrupt> {
        Ok(self.0.get(key))
    }
}

type Queue<M> = VecDeque<(ActorKey, M, u8)>;

struct Run<'a, P: Processor> {
    processor: &'a P,
    rows: Rows<P::Row>,
    queue: Queue<P::Message>,
    marks: Vec<RowKey>,
    parked: BTreeSet<RowKey>,
    outcome: Outcome,
}

/// Runs the inputs in turn, and lets time move to `as_of`, or to the largest event time.
pub fn run_in_turn<P: Processor>(
    processor: &P,
    outputs: usize,
    inputs: &[Input],
    as_of: Option<Millis>,
) -> Outcome {
    let mut run = Run {
        processor,
        rows: Rows(BTreeMap::new()),
        queue: VecDeque::new(),
        marks: Vec::new(),
        parked: BTreeSet::new(),
        outcome: Outcome {
            outputs: vec![Vec::new(); outputs],
            ..Outcome::default()
        },
    };
    let mut seen = None;
    for input in inputs {
        seen = seen.max(run.take(input));
        run.finish(LONG_AGO);
    }
    let end = as_of.or(seen).unwrap_or(LONG_AGO);
    run.wake_up_to(end);
    for (key, row) in &run.rows.0 {
        let mut value = vec![P::Row::FORMAT];
        row.encode(&mut value);
        run.outcome.rows.insert(*key, value);
    }
    run.outcome
}

fn caught<T>(work: impl FnOnce() -> Result<T, Rejection>) -> Result<T, Rejection> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(Rejection::new("panic", "")))
}

fn context(now: Millis, hops: u8) -> Context {
    Context {
        now,
        wall: Millis(0),
        hops,
    }
}

impl<P: Processor> Run<'_, P> {
    fn take(&mut self, input: &Input) -> Option<Millis> {
        let mut batch = Batch::new();
        let place = Place {
            topic: input.topic,
            partition: 0,
            offset: 0,
            timestamp: 0,
        };
        batch.push(place, Some(&input.key), Some(&input.value), []);
        let record = batch.get(0).expect("it was pushed");
        let mut effects = Effects::default();
        let cx = context(LONG_AGO, 0);
        let taken = caught(|| self.processor.take(input.topic, &record, &cx, &mut effects));
        let seen = effects.seen();
        match taken {
            Ok(()) => {
                self.perform(effects, 0);
                seen
            }
            Err(reason) => {
                let (key, value) = (Some(input.key.clone()), Some(input.value.clone()));
                self.outcome.dead.push(Dead {
                    reason: reason.code.into(),
                    key,
                    value,
                });
                None
            }
        }
    }

    fn finish(&mut self, now: Millis) {
        while let Some((to, message, hops)) = self.queue.pop_front() {
            let mut effects = Effects::default();
            let cx = context(now, hops);
            let rows = &mut self.rows;
            let applied = caught(|| self.processor.apply(to, &message, rows, &cx, &mut effects))
                .and_then(|()| own(&effects, to));
            match applied {
                Ok(()) => self.perform(effects, hops),
                Err(reason) => {
                    let mut value = vec![P::Message::FORMAT, hops];
                    message.encode(&mut value);
                    let (key, value) = (Some(to.to_bytes().to_vec()), Some(value));
                    self.outcome.dead.push(Dead {
                        reason: reason.code.into(),
                        key,
                        value,
                    });
                    let mut effects = Effects::default();
                    let rows = &mut self.rows;
                    self.processor.salvage(to, &message, rows, &cx, &mut effects);
                    self.perform(effects, hops);
                }
            }
        }
        for row in std::mem::take(&mut self.marks) {
            let mut effects = Effects::default();
            let cx = context(now, 0);
            let rows = &mut self.rows;
            if caught(|| self.processor.publish(row, false, rows, &cx, &mut effects)).is_ok() {
                self.perform(effects, 0);
            }
        }
    }

    fn wake_up_to(&mut self, end: Millis) {
        loop {
            let awake = self.rows.0.iter().filter(|(key, _)| !self.parked.contains(key));
            let due = awake.filter_map(|(key, row)| Some((row.due()?, *key))).min();
            let Some((due, key)) = due.filter(|(due, _)| *due <= end) else {
                return;
            };
            let mut effects = Effects::default();
            let cx = context(due, 0);
            let rows = &mut self.rows;
            let woken = caught(|| self.processor.wake(key, rows, &cx, &mut effects));
            if woken.is_ok() {
                self.perform(effects, 0);
            }
            let still = self
                .rows
                .0
                .get(&key)
                .and_then(Row::due)
                .is_some_and(|at| at <= due);
            if still {
                self.parked.insert(key);
            }
            self.finish(end);
        }
    }

    fn perform(&mut self, mut effects: Effects<P::Row, P::Message, P::Output>, hops: u8) {
        for (figure, by) in effects.take_figures() {
            self.outcome.figures.add(figure, by);
        }
        for effect in effects.drain() {
            match effect {
                Effect::Store { row, value } => {
                    self.parked.remove(&row);
                    match value {
                        Some(value) => drop(self.rows.0.insert(row, value)),
                        None => drop(self.rows.0.remove(&row)),
                    }
                }
                Effect::Tell { to, message } => self.queue.push_back((to, message, hops.saturating_add(1))),
                Effect::Continue { to, message } => self.queue.push_back((to, message, hops)),
                Effect::Publish(row) if !self.marks.contains(&row) => self.marks.push(row),
                Effect::Publish(_) => {}
                Effect::Emit(output) => {
                    let (mut key, mut value) = (Vec::new(), Vec::new());
                    let (topic, some) = self.processor.encode(&output, usize::MAX, &mut key, &mut value);
                    let value = some.then_some(value);
                    self.outcome.outputs[topic].push(OutputRecord {
                        at: Millis(0), // there is no log
                        key,
                        value,
                    });
                }
            }
        }
    }
}

/// An actor may store its own rows only.
fn own<R, M, O>(effects: &Effects<R, M, O>, to: ActorKey) -> Result<(), Rejection> {
    let foreign = |effect: &Effect<R, M, O>| matches!(effect, Effect::Store { row, .. } if row.actor != to);
    if effects.as_slice().iter().any(foreign) {
        return Err(Rejection::new("effect_not_allowed", ""));
    }
    Ok(())
}
