//! What happens, from a seed: input, work, time and trouble in any order; then an orderly end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::time::Duration;

use heard::engine::{Mode, Pace};
use heard::processor::Processor;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::options::Options;
use super::sequential::run_in_turn;
use super::story::Story;
use super::subject::{Input, Subject};
use super::world::{Shape, World};

/// Runs a seed; an error says how the outcome differs from the sequential run.
pub fn simulate<S: Subject>(subject: &S, seed: u64, options: &Options) -> Result<Story, String> {
    super::quiet::hide_planned_panics();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let live = subject.may_run_live() && rng.random_bool(0.5);
    let mut shape = shape(&mut rng, options);
    let start = heard::log::memory::Settings::default().start;
    let as_of = subject.as_of(live, start);
    shape.mode = if live { Mode::Live } else { Mode::Drain { as_of } };
    let inputs = subject.inputs(&mut rng, start);
    let mut chaos = Chaos {
        world: World::new(subject, &shape),
        waiting: inputs.clone(),
        story: Story::default(),
        calm: Arc::default(),
        lost: Arc::default(),
        tell: options.tell,
        rng,
    };
    chaos.story.count("runs", 1);
    chaos.story.count("inputs", inputs.len() as u64);
    chaos.waiting.reverse();
    chaos.disturb();
    if chaos.rng.random_bool(0.5) {
        chaos.set_clock(0); // it begins wrong
    }
    if !live {
        // A drain takes in what was committed before its start, though markers may be on their way.
        while !chaos.waiting.is_empty() {
            chaos.feed()?;
        }
    }
    for _ in 0..chaos.rng.random_range(50..600) {
        chaos.happen(live)?;
    }
    chaos.world.settings.mode = Mode::Drain { as_of };
    let (last, drained) = chaos.end()?;
    let found = chaos.outcome();
    chaos.check_log(&found, &last)?;
    last.check_queues::<<S::P as Processor>::Row>()?;
    last.check_totals::<<S::P as Processor>::Row>()?;
    let expected = run_in_turn(&subject.processor(), subject.output_topics(), &inputs, as_of);
    subject.check(&expected, &found, options)?;
    if live {
        subject.check_deadlines(&inputs, &found, drained)?;
    } else {
        subject.check_drain(&expected, &found)?;
    }
    let told = subject.counted(&found.figures);
    chaos.check_figures(&subject.counted(&expected.figures), &told)?;
    Ok(chaos.story)
}

fn shape(rng: &mut ChaCha8Rng, options: &Options) -> Shape {
    let pace = Pace {
        commit_interval: Duration::from_millis(rng.random_range(0..150)),
        mailbox_linger: Duration::from_millis(rng.random_range(0..20)),
        timers_per_step: rng.random_range(1..10),
        hot_rows: rng.random_range(0..4),
        together: rng.random_range(1..6),
        local_per_transaction: rng.random_range(1..200),
        lag_high: rng.random_range(3..60),
        lag_low: 2,
        lag_check: Duration::from_millis(50),
        drain_check: Duration::from_millis(20),
        purge: Duration::from_millis(rng.random_range(50..2_000)),
        backlog: rng.random_range(0..25),
        ..Pace::default()
    };
    Shape {
        mailbox_partitions: rng.random_range(1..5),
        input_partitions: rng.random_range(1..3),
        instances: rng.random_range(1..4),
        split_roles: rng.random_bool(0.3),
        queue_sends: rng.random_bool(0.5),
        mode: Mode::Live,
        local_delivery: options.local_delivery,
        sabotage: options.sabotage,
        pace,
        checks_clocks: !options.believes_clocks,
        applies_older: options.applies_older,
        tell: options.tell,
    }
}

/// A simulation in its course.
pub struct Chaos<'a, S: Subject> {
    pub world: World<'a, S>,
    /// Input that has not arrived, the next one last.
    pub waiting: Vec<Input>,
    pub rng: ChaCha8Rng,
    pub story: Story,
    /// No errors now: it is the outside world that writes.
    pub calm: Arc<AtomicBool>,
    /// Calls whose answer was lost.
    pub lost: Arc<AtomicU64>,
    tell: bool,
}

impl<S: Subject> Chaos<'_, S> {
    /// Tells what happens, if it is to be told.
    pub fn say(&self, what: impl FnOnce() -> String) {
        if self.tell {
            eprintln!(
                "{:>8} ms: {}",
                self.world.log.now().since(self.world.start),
                what()
            );
        }
    }

    /// The next thing.
    fn happen(&mut self, live: bool) -> Result<(), String> {
        let now = self.world.log.now();
        let at = self.rng.random_range(0..self.world.instances.len());
        match self.rng.random_range(0..1_016) {
            0..600 => {
                if self.world.instances[at].frozen <= now {
                    let before = self.world.instances[at].worker.is_some();
                    self.world.step(at, false)?;
                    if before && self.world.instances[at].worker.is_none() {
                        self.story.count("crashes", 1);
                        self.say(|| format!("instance {at} is gone"));
                    }
                }
            }
            600..680 => self.world.step(at, true).map(drop)?,
            680..780 => self
                .world
                .log
                .advance(Duration::from_millis(self.rng.random_range(1..60))),
            780..870 => self.come(at)?,
            870..930 => {
                if live {
                    self.feed()?;
                }
            }
            930..940 => self.stall(at)?,
            other => self.trouble(other, at)?,
        }
        Ok(())
    }

    /// An instance starts, if it is down.
    pub fn come(&mut self, at: usize) -> Result<(), String> {
        if self.world.instances[at].worker.is_none() {
            self.say(|| format!("instance {at} starts"));
            self.came_or_went();
            self.world.start(at)?;
        }
        Ok(())
    }

    /// An instance leaves, if it is there.
    pub fn go(&mut self, at: usize) -> Result<(), String> {
        if self.world.instances[at].worker.is_some() {
            self.say(|| format!("instance {at} leaves"));
            self.came_or_went();
            self.world.leave(at)?;
        }
        Ok(())
    }

    /// Notes that the group has to share anew.
    pub fn came_or_went(&mut self) {
        let away = self.world.log.brokers_away() > 0;
        self.story.count(
            "instances that came or went while a broker was away",
            u64::from(away),
        );
    }
}
