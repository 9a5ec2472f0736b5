//! Work on a thread of its own, so that others go on while it waits, or is held at a call.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use heard::log::memory::{Moment, Operation};

use super::machine::{Gate, Stop};
use super::subject::Subject;
use super::world::{STEP, World, stay_or_go};

/// Of what waits long, others see at most so many pieces...
const PIECES: u32 = 5;
/// ...of so much at least.
const PIECE: Duration = Duration::from_millis(100);

impl<S: Subject> World<'_, S> {
    /// Does something of an instance. While a broker is away it may wait for that, and others go on meanwhile.
    pub fn patiently<T: Send>(
        &mut self,
        instance: usize,
        act: impl FnOnce() -> T + Send,
    ) -> Result<T, String> {
        if !self.log.may_miss_brokers() {
            return Ok(act());
        }
        self.aside(instance, act, |_| Ok(()))
    }

    /// Lets a worker step; if it comes to a call of this name, it stands still before it or after it until
    /// `meanwhile` is over, in which the instance seems to be down. Says whether it came to it.
    pub fn step_halfway(
        &mut self,
        instance: usize,
        call: &'static str,
        moment: Moment,
        meanwhile: impl FnMut(&mut Self) -> Result<(), String>,
    ) -> Result<bool, String> {
        let Some(mut worker) = self.instances[instance].worker.take() else {
            return Ok(false);
        };
        self.instances[instance].look_at_clock();
        let step = move || {
            let stepped = worker.step(STEP);
            (worker, stepped)
        };
        let ((worker, stepped), came) = self.held(instance, call, moment, step, meanwhile)?;
        self.instances[instance].worker = stay_or_go(worker, stepped)?;
        Ok(came)
    }

    /// Starts an instance that is down, as [`World::step_halfway`] lets one step.
    pub fn start_halfway(
        &mut self,
        instance: usize,
        call: &'static str,
        moment: Moment,
        meanwhile: impl FnMut(&mut Self) -> Result<(), String>,
    ) -> Result<bool, String> {
        let start = self.starting(instance);
        let (made, came) = self.held(instance, call, moment, start, meanwhile)?;
        self.started(instance, made)?;
        Ok(came)
    }

    /// Does something of an instance that is held before or after the first call of this name, if it comes to one.
    fn held<T: Send>(
        &mut self,
        instance: usize,
        call: &'static str,
        moment: Moment,
        act: impl FnOnce() -> T + Send,
        meanwhile: impl FnMut(&mut Self) -> Result<(), String>,
    ) -> Result<(T, bool), String> {
        let held = Arc::new(AtomicBool::new(false));
        let (holds, machine) = (Arc::clone(&held), Arc::clone(&self.instances[instance].machine));
        let hold = move |operation: &Operation<'_>| {
            if operation.name == call && !holds.load(Ordering::Relaxed) && machine.hold() {
                holds.store(true, Ordering::Relaxed);
            }
        };
        let faults = self.log.faults();
        match moment {
            Moment::Before => faults.before_calls(hold),
            Moment::After => faults.after_calls(hold),
        }
        let done = self.aside(instance, act, meanwhile);
        faults.before_calls(|_| ());
        faults.after_calls(|_| ());
        Ok((done?, held.load(Ordering::Relaxed)))
    }

    /// Does something of an instance on a thread of its own; `meanwhile` is what happens when that is held at a call.
    fn aside<T: Send>(
        &mut self,
        instance: usize,
        act: impl FnOnce() -> T + Send,
        mut meanwhile: impl FnMut(&mut Self) -> Result<(), String>,
    ) -> Result<T, String> {
        let (gate, stopped, go_on) = Gate::new();
        let machine = Arc::clone(&self.instances[instance].machine);
        machine.set_gate(Some(Arc::clone(&gate)));
        let (done, met) = thread::scope(|threads| {
            let acting = threads.spawn(move || {
                let _end = gate.enter();
                act()
            });
            let mut met = Ok(());
            for stop in &stopped {
                let here = match stop {
                    Stop::Over => break,
                    Stop::Held => meanwhile(self),
                    Stop::Waits(time) => self.others_go_on(instance, time),
                };
                met = met.and(here);
                _ = go_on.send(());
            }
            (acting.join(), met)
        });
        machine.set_gate(None);
        met?;
        done.map_err(|_| "a worker panicked".to_owned())
    }

    /// All but one step, for so long.
    pub fn others_go_on(&mut self, but: usize, time: Duration) -> Result<(), String> {
        let pieces = (time.as_millis() / PIECE.as_millis()).clamp(1, u128::from(PIECES)) as u32;
        self.others_step(but, time, pieces, |_| ())
    }

    /// All but one step so often in so long; each time something is done first.
    pub fn others_step(
        &mut self,
        but: usize,
        time: Duration,
        times: u32,
        first: impl Fn(&Self),
    ) -> Result<(), String> {
        for _ in 0..times {
            self.log.advance(time / times);
            first(self);
            for other in 0..self.instances.len() {
                if other != but {
                    self.step(other, false)?;
                }
            }
        }
        Ok(())
    }
}
