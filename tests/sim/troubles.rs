//! What goes wrong: processes, clocks, brokers, and the calls between them.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use heard::log::ErrorKind;
use heard::log::memory::{Fate, Moment, Outage};
use rand::seq::SliceRandom;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::chaos::Chaos;
use super::subject::Subject;
use super::world::World;

/// How many milliseconds clocks are ahead.
const CLOCKS: [i64; 8] = [3_600_000, -3_600_000, 60_000, -60_000, 7_000, -4_000, 0, 0];

/// How many brokers there are.
const BROKERS: usize = 3;

/// After how many milliseconds it is noticed that one is away...
const NOTICED: [u64; 4] = [0, 3_000, 9_000, 60_000];

/// ...and how many it is away at most.
const AWAY: [u64; 3] = [1_000, 12_000, 40_000];

/// Calls in which a process may stand still, or which may take long.
const CALLS: [&str; 12] = [
    "polling",
    "sending a record",
    "flushing",
    "sending offsets",
    "committing",
    "aborting",
    "seeking",
    "accepting partitions",
    "releasing partitions",
    "reading committed offsets",
    "asking for end offsets",
    "reading",
];

/// Those of an instance that starts.
const CALLS_AT_START: [&str; 3] = [
    "asking for partition counts",
    "initialising the producer",
    "joining a group",
];

/// Calls that ask brokers for something, whose answers may be lost. What polls deliver no client loses.
const ASK_BROKERS: [&str; 11] = [
    "flushing",
    "sending offsets",
    "committing",
    "aborting",
    "initialising the producer",
    "joining a group",
    "reading committed offsets",
    "asking for end offsets",
    "asking for partition counts",
    "asking for the time",
    "deleting records",
];

/// How often others step while one stands still.
const STALL_STEPS: u32 = 40;

impl<S: Subject> Chaos<'_, S> {
    /// Troubles that last: passing errors, late markers, small batches, partitions in any order.
    pub fn disturb(&mut self) {
        let faults = self.world.log.faults();
        faults.brokers(BROKERS);
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
        self.lose_answers();
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
    }

    /// Now and then a call takes effect, and whoever made it has given up waiting for the answer.
    fn lose_answers(&mut self) {
        let rate = *[0.0, 0.002, 0.02]
            .get(self.rng.random_range(0..3))
            .unwrap_or(&0.0);
        let mut rng = ChaCha8Rng::seed_from_u64(self.rng.next_u64());
        let (calm, lost) = (Arc::clone(&self.calm), Arc::clone(&self.lost));
        self.world.log.faults().lose_answers(move |operation| {
            let asks = calm.load(Ordering::Relaxed) || !ASK_BROKERS.contains(&operation.name);
            if asks || !rng.random_bool(rate) {
                return None;
            }
            lost.fetch_add(1, Ordering::Relaxed);
            Some(match operation.name {
                "committing" => ErrorKind::Unknown,
                _ => ErrorKind::Retriable,
            })
        });
    }

    /// An instance stands still past its session, but not past its transaction, while the others go on; or one call
    /// takes long, and the client says meanwhile that it is alive. Then it goes on where it stopped: between two steps,
    /// before a call, or after one that has taken effect. If it is down, it starts, and its start takes long.
    pub fn stall(&mut self, at: usize) -> Result<(), String> {
        let frozen = self.rng.random_bool(0.5);
        let ms = if frozen {
            self.rng.random_range(10_100..14_900)
        } else {
            let longest = [1_000, 9_000, 30_000][self.rng.random_range(0..3)];
            self.rng.random_range(100..longest)
        };
        let time = Duration::from_millis(ms);
        if frozen && self.rng.random_bool(0.5) {
            self.say(|| format!("instance {at} is stalled for {ms} ms"));
            self.world.others_step(at, time, STALL_STEPS, |_| ())?;
            return self.world.step(at, false).map(drop);
        }
        let starts = self.world.instances[at].worker.is_none();
        let (call, tries) = if starts {
            self.came_or_went();
            (CALLS_AT_START[self.rng.random_range(0..CALLS_AT_START.len())], 1)
        } else {
            // Until it comes to such a call.
            (CALLS[self.rng.random_range(0..CALLS.len())], 40)
        };
        let moment = self.moment();
        let client = self.world.client(at);
        for _ in 0..tries {
            self.world.log.advance(Duration::from_millis(5));
            let go_on = |world: &mut World<'_, S>| {
                world.others_step(at, time, STALL_STEPS, |world| {
                    if !frozen {
                        world.log.keep_alive(&client);
                    }
                })
            };
            let came = if starts {
                self.world.start_halfway(at, call, moment, go_on)?
            } else {
                self.world.step_halfway(at, call, moment, go_on)?
            };
            if came {
                let what = match (frozen, moment) {
                    (true, _) => "frozen in a step",
                    (false, Moment::Before) => "stalled requests",
                    (false, Moment::After) => "late answers",
                };
                self.story.count(what, 1);
                self.say(|| format!("instance {at}, {what}: {ms} ms {moment:?} {call}"));
                break;
            }
        }
        Ok(())
    }

    /// Something goes wrong at an instance.
    pub fn trouble(&mut self, which: i32, at: usize) -> Result<(), String> {
        let client = self.world.client(at);
        let faults = self.world.log.faults();
        match which {
            940..950 => {
                let nth = self.rng.random_range(1..60);
                let moment = self.moment();
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
            988..994 => self.go(at)?,
            994..997 => {
                self.say(|| format!("instance {at} is killed"));
                self.came_or_went();
                self.world.instances[at].worker = None;
            }
            997..1_000 => {
                let changelog = self.world.settings.topics.changelog.clone();
                self.world.log.compact(&changelog, false);
            }
            1_000..1_010 => self.set_clock(at),
            _ => self.lose_broker(at)?,
        }
        Ok(())
    }

    /// A broker goes away, for long or for a moment; others have its roles at once, later, or never. That is now, and
    /// often an instance comes or goes just then; or in the midst of a step, perhaps before a coordinator has answered.
    fn lose_broker(&mut self, at: usize) -> Result<(), String> {
        let noticed = NOTICED[self.rng.random_range(0..NOTICED.len())];
        let longest = AWAY[self.rng.random_range(0..AWAY.len())];
        let outage = Outage {
            broker: self.rng.random_range(0..BROKERS),
            noticed: Duration::from_millis(noticed),
            back: Duration::from_millis(self.rng.random_range(1..longest)),
        };
        let faults = self.world.log.faults();
        if self.rng.random_bool(0.5) {
            let client = self.world.client(at);
            let call = CALLS[self.rng.random_range(0..CALLS.len())];
            let moment = self.moment();
            self.say(|| format!("{outage:?}, {moment:?} {call} of instance {at}"));
            faults.lose_broker_at(&client, call, moment, outage);
            if (call, moment) == ("committing", Moment::After) {
                faults.lose_commit(&client, Fate::Now);
            }
            return Ok(());
        }
        if !faults.lose_broker(outage) {
            return Ok(());
        }
        self.say(|| format!("{outage:?}"));
        match self.rng.random_range(0..4) {
            0 => self.come(at),
            1 => self.go(at),
            _ => Ok(()),
        }
    }

    fn moment(&mut self) -> Moment {
        if self.rng.random_bool(0.5) {
            Moment::Before
        } else {
            Moment::After
        }
    }

    /// The clock of a machine is set: off by hours, by more or less than may be, or right, or so that it wavers.
    pub fn set_clock(&mut self, at: usize) {
        let ahead = CLOCKS[self.rng.random_range(0..CLOCKS.len())];
        let machine = &self.world.instances[at].machine;
        machine.set_ahead(ahead);
        machine.set_wavers(ahead == 0 && self.rng.random_bool(0.5));
        self.story.count("clocks set wrong", u64::from(ahead != 0));
        self.say(|| format!("the clock of instance {at} is {ahead} ms ahead"));
    }
}
