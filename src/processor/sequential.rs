//! The plainest way to run a processor: one message after the other, in memory, by a clock that is moved;
//! for tests of rules. The simulation has one of its own (tests/sim/sequential.rs), which does what an
//! engine has to do in a drain: panics are caught, timers parked, dead letters kept.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{
    ActorKey, Codec as _, Context, Corrupt, Delivered, Effect, Effects, Figures, Processor, Rejection,
    Row as _, RowKey, State,
};
use crate::log::Record;
use crate::model::Millis;

/// A processor with its state.
pub struct Sequential<P: Processor> {
    processor: P,
    rows: Rows<P::Row>,
    timers: BTreeSet<(Millis, RowKey)>,
    outputs: Vec<P::Output>,
    rejected: Vec<Rejection>,
    figures: Figures,
    delivered: Vec<Delivered>,
    now: Millis,
    largest: Option<Millis>,
}

/// All rows.
#[derive(Debug)]
struct Rows<R>(BTreeMap<RowKey, R>);

impl<R> State<R> for Rows<R> {
    fn get(&mut self, key: &RowKey) -> Result<Option<&R>, Corrupt> {
        Ok(self.0.get(key))
    }
}

impl<P: Processor> Sequential<P> {
    /// A processor without any state, its clock at `now`.
    pub fn new(processor: P, now: Millis) -> Self {
        Self {
            processor,
            rows: Rows(BTreeMap::new()),
            timers: BTreeSet::new(),
            outputs: Vec::new(),
            rejected: Vec::new(),
            figures: Figures::default(),
            delivered: Vec::new(),
            now,
            largest: None,
        }
    }

    /// Takes an input record and everything that follows from it.
    pub fn take(&mut self, input: usize, record: &Record<'_>) {
        let mut effects = Effects::default();
        match self.processor.take(input, record, &self.context(0), &mut effects) {
            Ok(()) => {
                self.largest = self.largest.max(effects.seen());
                self.perform(effects);
            }
            Err(rejection) => self.rejected.push(rejection),
        }
    }

    /// Delivers a message and everything that follows from it.
    pub fn tell(&mut self, to: ActorKey, message: P::Message) {
        let mut effects = Effects::default();
        effects.tell(to, message);
        self.perform(effects);
    }

    /// Delivers several messages, and only then everything that follows from them, as an engine does with what it
    /// reads at once.
    pub fn tell_all(&mut self, messages: impl IntoIterator<Item = (ActorKey, P::Message)>) {
        let mut effects = Effects::default();
        for (to, message) in messages {
            effects.tell(to, message);
        }
        self.perform(effects);
    }

    /// The clock is set: another run begins, whose time stands before everything again.
    pub fn set_clock(&mut self, now: Millis) {
        self.now = now;
    }

    /// Moves the clock, and fires on the way what is due, in order.
    pub fn advance(&mut self, to: Millis) {
        while let Some((due, key)) = self.timers.first().copied().filter(|(due, _)| *due <= to) {
            self.now = self.now.max(due);
            let mut effects = Effects::default();
            let cx = self.context(0);
            match self.processor.wake(key, &mut self.rows, &cx, &mut effects) {
                Ok(()) => self.perform(effects),
                Err(rejection) => {
                    self.rejected.push(rejection);
                    break;
                }
            }
        }
        self.now = self.now.max(to);
    }

    /// Goes on from the bytes of all rows, as over a restart.
    ///
    /// # Errors
    ///
    /// A row does not come back from its bytes.
    pub fn restart(&mut self) -> Result<(), Corrupt> {
        for row in self.rows.0.values_mut() {
            let mut bytes = Vec::new();
            row.encode(&mut bytes);
            *row = P::Row::decode(<P::Row as super::Codec>::FORMAT, &bytes)?;
        }
        Ok(())
    }

    /// What went out so far, in order.
    pub fn outputs(&self) -> &[P::Output] {
        &self.outputs
    }

    /// All rows, by key.
    pub fn rows(&self) -> &BTreeMap<RowKey, P::Row> {
        &self.rows.0
    }

    /// The same, as an apply sees them.
    pub fn state(&mut self) -> &mut dyn State<P::Row> {
        &mut self.rows
    }

    /// What could not be used.
    pub fn rejected(&self) -> &[Rejection] {
        &self.rejected
    }

    /// What was counted.
    pub fn figures(&self) -> &Figures {
        &self.figures
    }

    /// What has come to an output, in the order of the outputs.
    pub fn delivered(&self) -> &[Delivered] {
        &self.delivered
    }

    /// The largest event time of all inputs.
    pub fn largest_event_time(&self) -> Option<Millis> {
        self.largest
    }

    fn context(&self, hops: u8) -> Context {
        Context {
            now: self.now,
            wall: self.now,
            hops,
        }
    }

    fn perform(&mut self, mut effects: Effects<P::Row, P::Message, P::Output>) {
        let mut queue = VecDeque::new();
        let mut marked = Vec::new();
        self.sort_out(&mut effects, 0, &mut queue, &mut marked);
        while let Some((to, message, hops)) = queue.pop_front() {
            let cx = self.context(hops);
            match self
                .processor
                .apply(to, &message, &mut self.rows, &cx, &mut effects)
            {
                Ok(()) => {}
                Err(rejection) => {
                    self.rejected.push(rejection);
                    effects.clear();
                    self.processor
                        .salvage(to, &message, &mut self.rows, &cx, &mut effects);
                }
            }
            self.sort_out(&mut effects, hops, &mut queue, &mut marked);
        }
        for row in marked {
            let cx = self.context(0);
            let published = self
                .processor
                .publish(row, false, &mut self.rows, &cx, &mut effects);
            if let Err(rejection) = published {
                self.rejected.push(rejection);
                effects.clear();
            }
            self.sort_out(&mut effects, 0, &mut queue, &mut Vec::new());
        }
    }

    fn store(&mut self, key: RowKey, value: Option<P::Row>) {
        let due = value.as_ref().and_then(|row| row.due());
        let before = match value {
            Some(value) => self.rows.0.insert(key, value),
            None => self.rows.0.remove(&key),
        };
        let due_before = before.and_then(|row| row.due());
        if due_before != due {
            due_before.map(|due| self.timers.remove(&(due, key)));
            self.timers.extend(due.map(|due| (due, key)));
        }
    }

    fn sort_out(
        &mut self,
        effects: &mut Effects<P::Row, P::Message, P::Output>,
        hops: u8,
        queue: &mut VecDeque<(ActorKey, P::Message, u8)>,
        marked: &mut Vec<RowKey>,
    ) {
        for (figure, by) in effects.take_figures() {
            self.figures.add(figure, by);
        }
        self.delivered.extend(effects.take_delivered());
        for effect in effects.drain() {
            match effect {
                Effect::Store { row, value } => self.store(row, value),
                Effect::Tell { to, message } => queue.push_back((to, message, hops.saturating_add(1))),
                Effect::Continue { to, message } => queue.push_back((to, message, hops)),
                Effect::Emit(output) => self.outputs.push(output),
                Effect::Publish(row) if !marked.contains(&row) => marked.push(row),
                Effect::Publish(_) => {}
            }
        }
    }
}
