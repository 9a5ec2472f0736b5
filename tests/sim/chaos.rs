//! What happens, from a seed: input, work, time and trouble in any order; then an orderly end.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use heard::engine::{Mode, Pace, Queue, Worker};
use heard::log::memory::{Fate, MemoryLog, Moment};
use heard::log::{ErrorKind, Log, LogError, Outgoing, Producer as _};
use heard::model::Millis;
use heard::processor::{Processor, Row, RowKey, Standing};
use rand::seq::SliceRandom;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::options::Options;
use super::outcome::Outcome;
use super::sequential::run_in_turn;
use super::subject::{Input, Subject};
use super::world::{Shape, World, explained};

/// What a simulation went through.
#[derive(Clone, Debug, Default)]
pub struct Story {
    runs: u64,
    inputs: usize,
    crashes: u64,
    held_up: u64,
    rebalances: u64,
    aborted: u64,
    unknown: u64,
    rebuilt: u64,
    warm: u64,
    locally: u64,
    /// Runs of which every commit was told.
    told: u64,
    parked: u64,
    dead: usize,
    overlapped: u64,
    /// Clocks that were set wrong.
    clocks: u64,
}

impl Story {
    /// Adds another.
    pub fn add(&mut self, other: &Self) {
        self.runs += other.runs;
        self.inputs += other.inputs;
        self.crashes += other.crashes;
        self.held_up += other.held_up;
        self.rebalances += other.rebalances;
        self.aborted += other.aborted;
        self.unknown += other.unknown;
        self.rebuilt += other.rebuilt;
        self.warm += other.warm;
        self.locally += other.locally;
        self.told += other.told;
        self.parked += other.parked;
        self.dead += other.dead;
        self.overlapped += other.overlapped;
        self.clocks += other.clocks;
    }
}

impl fmt::Display for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            runs,
            inputs,
            crashes,
            held_up,
            rebalances,
            aborted,
            unknown,
            rebuilt,
            warm,
            locally,
            told,
            parked,
            dead,
            overlapped,
            clocks,
        } = self;
        write!(
            f,
            "{runs} runs, {inputs} inputs, {crashes} crashes, {held_up} held up in a step, {rebalances} partitions restored ({warm} warm), \
             {aborted} aborts, {unknown} lost answers, {rebuilt} rebuilds, {locally} local deliveries, \
             {parked} parked timers, {dead} dead letters, {overlapped} transactions begun before the one before had \
             ended, {clocks} clocks set wrong; of {told} runs everything was counted"
        )
    }
}

/// The end is not reached in so many rounds: something stands still.
const LONGEST_END: usize = 30_000;

/// How many milliseconds clocks are ahead.
const CLOCKS: [i64; 8] = [3_600_000, -3_600_000, 60_000, -60_000, 7_000, -4_000, 0, 0];

/// Calls before which a process may stand still.
const HELD_UP_BEFORE: [&str; 5] = [
    "polling",
    "sending a record",
    "flushing",
    "sending offsets",
    "committing",
];

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
        story: Story {
            runs: 1,
            inputs: inputs.len(),
            ..Story::default()
        },
        calm: Arc::default(),
        tell: options.tell,
        rng,
    };
    chaos.waiting.reverse();
    chaos.disturb()?;
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
        tell: options.tell,
    }
}

struct Chaos<'a, S: Subject> {
    world: World<'a, S>,
    /// Input that has not arrived, the next one last.
    waiting: Vec<Input>,
    rng: ChaCha8Rng,
    story: Story,
    /// No errors now: it is the outside world that writes.
    calm: Arc<AtomicBool>,
    tell: bool,
}

impl<S: Subject> Chaos<'_, S> {
    fn say(&self, what: impl FnOnce() -> String) {
        if self.tell {
            eprintln!(
                "{:>8} ms: {}",
                self.world.log.now().since(self.world.start),
                what()
            );
        }
    }

    /// Troubles that last: passing errors, late markers, small batches, partitions in any order.
    fn disturb(&mut self) -> Result<(), String> {
        let faults = self.world.log.faults();
        let rate = *[0.0, 0.002, 0.02]
            .get(self.rng.random_range(0..3))
            .unwrap_or(&0.0);
        // How often what was sent is not acknowledged yet.
        let late = if self.rng.random_bool(0.5) { 0.6 } else { 0.0 };
        let mut rng = ChaCha8Rng::seed_from_u64(self.rng.next_u64());
        let calm = Arc::clone(&self.calm);
        faults.fail(move |operation| {
            let calm = calm.load(Ordering::Relaxed);
            if !calm && operation.name == "flushing" && rng.random_bool(late) {
                return Some(ErrorKind::Retriable);
            }
            if calm || operation.name == "leaving the group" || !rng.random_bool(rate) {
                return None;
            }
            let abortable =
                ["sending a record", "flushing", "sending offsets", "aborting"].contains(&operation.name);
            Some(if abortable && rng.random_bool(0.5) {
                ErrorKind::Abortable
            } else {
                ErrorKind::Retriable
            })
        });
        if self.rng.random_bool(0.5) {
            let mut rng = ChaCha8Rng::seed_from_u64(self.rng.next_u64());
            let longest = if rng.random_bool(0.5) { 200 } else { 3_000 };
            faults.delay_markers(move |_| Duration::from_millis(rng.random_range(0..longest)));
        }
        let mut rng = ChaCha8Rng::seed_from_u64(self.rng.next_u64());
        self.world.log.set_fetch_order(move |partitions| {
            partitions.shuffle(&mut rng);
            partitions.retain(|_| rng.random_bool(0.8));
        });
        self.world.log.set_max_batch(self.rng.random_range(1..20));
        Ok(())
    }

    /// The next thing.
    fn happen(&mut self, live: bool) -> Result<(), String> {
        let now = self.world.log.now();
        let at = self.rng.random_range(0..self.world.instances.len());
        match self.rng.random_range(0..1_010) {
            0..600 => {
                if self.world.instances[at].frozen <= now {
                    let before = self.world.instances[at].worker.is_some();
                    self.world.step(at, false)?;
                    if before && self.world.instances[at].worker.is_none() {
                        self.story.crashes += 1;
                        self.say(|| format!("instance {at} is gone"));
                    }
                }
            }
            600..680 => self.world.step(at, true).map(drop)?,
            680..780 => self
                .world
                .log
                .advance(Duration::from_millis(self.rng.random_range(1..60))),
            780..870 => {
                if self.world.instances[at].worker.is_none() {
                    self.say(|| format!("instance {at} starts"));
                    self.world.start(at)?;
                }
            }
            870..930 => {
                if live {
                    self.feed()?;
                }
            }
            930..940 => self.stall(at)?,
            other => self.trouble(other, at),
        }
        Ok(())
    }

    /// An instance stands still past its session, but not past its transaction, while the others go
    /// on; then it goes on where it stopped: between two steps, or between two calls of one.
    fn stall(&mut self, at: usize) -> Result<(), String> {
        let ms = self.rng.random_range(10_100..14_900);
        let place = self.rng.random_range(0..2 * HELD_UP_BEFORE.len());
        let Some(&call) = HELD_UP_BEFORE.get(place) else {
            self.say(|| format!("instance {at} is stalled for {ms} ms"));
            others_go_on(&mut self.world, at, ms)?;
            return self.world.step(at, false).map(drop);
        };
        // Until it comes to such a call.
        for _ in 0..40 {
            self.world.log.advance(Duration::from_millis(5));
            let go_on = |world: &mut World<'_, S>| others_go_on(world, at, ms);
            if self.world.step_halfway(at, call, go_on)? {
                self.story.held_up += 1;
                self.say(|| format!("instance {at} was stalled for {ms} ms before {call}"));
                break;
            }
        }
        Ok(())
    }

    fn trouble(&mut self, which: i32, at: usize) {
        let client = self.world.client(at);
        let faults = self.world.log.faults();
        match which {
            940..950 => {
                let nth = self.rng.random_range(1..60);
                let moment = if self.rng.random_bool(0.5) {
                    Moment::Before
                } else {
                    Moment::After
                };
                if !faults.crash_is_pending(&client) {
                    self.say(|| format!("instance {at} will crash in {nth} calls, {moment:?}"));
                    faults.crash(&[&client], nth, moment);
                }
            }
            950..960 => {
                let fate = match self.rng.random_range(0..3) {
                    0 => Fate::Now,
                    1 => Fate::Never,
                    _ => Fate::Later(Duration::from_millis(self.rng.random_range(1..20_000))),
                };
                self.say(|| format!("instance {at} will lose the answer of a commit: {fate:?}"));
                faults.lose_commit(&client, fate);
            }
            960..968 => {
                let expired = self.world.log.expire_session(&client);
                self.say(|| format!("session of instance {at} expires: {expired}"));
            }
            968..974 => {
                let expired = self.world.log.expire_transaction(&client);
                self.say(|| format!("transaction of instance {at} expires: {expired}"));
            }
            974..980 => {
                let ms = self.rng.random_range(100..25_000);
                self.world.instances[at].frozen = self.world.log.now().plus(ms);
                self.say(|| format!("instance {at} stands still for {ms} ms"));
            }
            980..984 => self
                .world
                .log
                .advance(Duration::from_millis(self.rng.random_range(1_000..12_000))),
            984..988 => {
                // A process that was taken for dead; its successor is started by and by.
                if let Some(worker) = self.world.instances[at].worker.take() {
                    self.say(|| format!("instance {at} is replaced while it still runs"));
                    self.world.instances[at].zombie = Some(worker);
                }
            }
            988..994 => {
                if let Some(worker) = self.world.instances[at].worker.take() {
                    self.say(|| format!("instance {at} leaves"));
                    if let Err(error) = worker.close() {
                        self.say(|| format!("and fails at it: {error}"));
                    }
                }
            }
            994..997 => {
                self.say(|| format!("instance {at} is killed"));
                self.world.instances[at].worker = None;
            }
            997..1_000 => {
                let changelog = self.world.settings.topics.changelog.clone();
                self.world.log.compact(&changelog, false);
            }
            _ => self.set_clock(at),
        }
    }

    /// The clock of a machine is set: off by hours, by more or less than may be, or right, or so that it wavers.
    fn set_clock(&mut self, at: usize) {
        let ahead = CLOCKS[self.rng.random_range(0..CLOCKS.len())];
        let machine = &self.world.instances[at].machine;
        machine.set_ahead(ahead);
        machine.set_wavers(ahead == 0 && self.rng.random_bool(0.5));
        self.story.clocks += u64::from(ahead != 0);
        self.say(|| format!("the clock of instance {at} is {ahead} ms ahead"));
    }

    /// A few more inputs arrive, in a transaction; sometimes one is aborted first.
    fn feed(&mut self) -> Result<(), String> {
        self.calm.store(true, Ordering::Relaxed);
        let fed = self.feed_calmly();
        self.calm.store(false, Ordering::Relaxed);
        fed.map_err(|error| format!("feeding failed: {error}"))
    }

    fn feed_calmly(&mut self) -> Result<(), LogError> {
        let count = self.rng.random_range(1..6).min(self.waiting.len());
        let mut producer = self.world.log.producer("feeder")?;
        producer.init()?;
        let aborted = self.rng.random_bool(0.2);
        for abort in [aborted, false].iter().skip(usize::from(!aborted)) {
            producer.begin()?;
            for input in self.waiting.iter().rev().take(count) {
                let topic = &self.world.settings.topics.inputs[input.topic];
                let (key, value) = (Some(&input.key[..]), Some(&input.value[..]));
                let record = Outgoing {
                    topic,
                    partition: None,
                    key,
                    value,
                    headers: &[],
                };
                producer.send(&record)?;
            }
            producer.flush(Duration::ZERO)?;
            if *abort {
                producer.abort()
            } else {
                producer.commit()
            }?;
        }
        self.waiting.truncate(self.waiting.len() - count);
        Ok(())
    }

    /// Everything that was planned is over; whoever is left leaves or dies; what is left is drained.
    /// Returns what was in the memory of the last worker, and when the drain began.
    fn end(&mut self) -> Result<(Memory, Millis), String> {
        self.say(|| "the end begins".to_owned());
        self.world.log.faults().clear();
        while !self.waiting.is_empty() {
            self.feed()?;
        }
        for at in 0..self.world.instances.len() {
            let instance = &mut self.world.instances[at];
            instance.zombie = None;
            if let Some(worker) = instance.worker.take()
                && self.rng.random_bool(0.5)
            {
                worker.close().or_else(|error| explained(&error))?;
            }
        }
        // The sessions and transactions of the dead.
        self.world.log.advance(Duration::from_secs(20));
        if self.rng.random_bool(0.3) {
            let changelog = self.world.settings.topics.changelog.clone();
            self.world.log.compact(&changelog, true);
        }
        let drained = self.world.log.now();
        let desks = (0..self.world.instances.len()).filter(|&at| !self.world.client(at).contains("intake"));
        let desks: Vec<usize> = desks.take(self.rng.random_range(1..3)).collect();
        for &at in &desks {
            self.world.start(at)?;
        }
        for _ in 0..LONGEST_END {
            self.world.log.advance(Duration::from_millis(3));
            let mut alive = 0;
            let mut last = None;
            for &at in &desks {
                if let Some(worker) = &self.world.instances[at].worker {
                    alive += 1;
                    last = Some(snapshot(worker));
                    self.world.step(at, false)?;
                }
            }
            if alive > 0 && desks.iter().all(|&at| self.world.instances[at].worker.is_none()) {
                return Ok((last.unwrap_or_default(), drained));
            }
        }
        let rows: Vec<_> = desks
            .iter()
            .map(|&at| self.world.instances[at].worker.is_some())
            .collect();
        Err(format!("it does not come to an end; still running: {rows:?}"))
    }

    fn outcome(&mut self) -> Outcome {
        let topics = &self.world.settings.topics;
        let mut outcome = Outcome::of(
            &self.world.log,
            &topics.changelog,
            &topics.outputs,
            &topics.dead_letters,
        );
        let events = self.world.ear.events.lock().expect("nobody panics with it");
        let count = |what: &str| events.iter().filter(|event| event.contains(what)).count() as u64;
        self.story.rebalances = count("restored");
        self.story.warm = count("from warm rows");
        outcome.figures = self
            .world
            .ear
            .figures
            .lock()
            .expect("nobody panics with it")
            .clone();
        let counts = self.world.ear.counts.lock().expect("nobody panics with it");
        self.story.aborted = counts.aborted;
        self.story.unknown = counts.unknown;
        self.story.rebuilt = counts.rebuilt;
        self.story.told += u64::from(counts.committed == self.world.log.commits_with_offsets());
        self.story.locally = counts.delivered_locally;
        self.story.parked = counts.parked;
        self.story.overlapped = counts.overlapped;
        self.story.dead = outcome.dead.len();
        outcome
    }

    /// O10: what was told is what a sequential run counts, if every commit was told. A worker that dies
    /// between its commit and telling of it tells less; nothing is ever told twice.
    fn check_figures(
        &self,
        expected: &BTreeMap<String, i64>,
        told: &BTreeMap<String, i64>,
    ) -> Result<(), String> {
        let commits = self.world.log.commits_with_offsets();
        let committed = self
            .world
            .ear
            .counts
            .lock()
            .expect("nobody panics with it")
            .committed;
        if committed > commits {
            return Err(format!("{committed} commits were told of {commits}"));
        }
        if committed == commits {
            return if told == expected {
                Ok(())
            } else {
                Err(format!(
                    "figures differ\n  expected {expected:?}\n  told     {told:?}"
                ))
            };
        }
        for (name, sum) in told
            .iter()
            .filter(|(name, _)| name.starts_with(char::is_uppercase))
        {
            let most = expected.get(name).copied().unwrap_or(0);
            if *sum > most {
                return Err(format!("{name}: {sum} were told, where there are {most}"));
            }
        }
        Ok(())
    }

    /// What holds of any processor: nothing is left open, and the rows in memory are those of the
    /// changelog.
    fn check_log(&self, found: &Outcome, last: &Memory) -> Result<(), String> {
        let log = &self.world.log;
        if !log.is_settled() {
            return Err(format!(
                "transactions are left open: {:?}",
                log.open_transactions()
            ));
        }
        for (partition, key, value) in &last.rows {
            let stored = found.rows.get(key);
            if stored != Some(value) {
                return Err(format!(
                    "{key:?} in {partition} is {value:?} in memory, {stored:?} in the changelog"
                ));
            }
        }
        Ok(())
    }
}

/// All but one step, for so long.
fn others_go_on<S: Subject>(world: &mut World<'_, S>, but: usize, ms: u64) -> Result<(), String> {
    for _ in 0..40 {
        world.log.advance(Duration::from_millis(ms / 40));
        for other in 0..world.instances.len() {
            if other != but {
                world.step(other, false)?;
            }
        }
    }
    Ok(())
}

/// What a worker has in memory of committed rows.
#[derive(Default)]
struct Memory {
    rows: Vec<(i32, RowKey, Vec<u8>)>,
    queues: Vec<(i32, Queue)>,
}

impl Memory {
    /// The queues are what the rows say, however they came to be: restored, changed, kept warm.
    fn check_queues<R: Row>(&self) -> Result<(), String> {
        let mut expected: BTreeMap<(i32, u64), (u64, i64)> = BTreeMap::new();
        for (partition, key, value) in &self.rows {
            let row = R::decode(value[0], &value[1..]).map_err(|error| format!("{key:?}: {error}"))?;
            for Standing { queue, since } in row.standings().into_iter().flatten() {
                let second = since.0.div_euclid(1000) * 1000;
                let (length, oldest) = expected.entry((*partition, queue)).or_insert((0, second));
                *length += 1;
                *oldest = second.min(*oldest);
            }
        }
        let queues = self.queues.iter();
        let found: BTreeMap<_, _> = queues
            .map(|(partition, queue)| ((*partition, queue.number), (queue.length, queue.oldest.0)))
            .collect();
        if found == expected {
            return Ok(());
        }
        Err(format!(
            "queues differ\n  expected {expected:?}\n  found    {found:?}"
        ))
    }
}

fn snapshot<P: Processor>(worker: &Worker<MemoryLog, P>) -> Memory {
    let rows = worker.committed_rows();
    let rows =
        rows.filter_map(|(number, key, value)| Some((number, RowKey::from_bytes(key)?, value.to_vec())));
    Memory {
        rows: rows.collect(),
        queues: worker.queues().collect(),
    }
}
