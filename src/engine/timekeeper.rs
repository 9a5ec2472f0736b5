//! Asks brokers for their time, for a [`CheckedClock`].

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use super::changelog::CLOCK_KEY;
use super::checked_clock::CheckedClock;
use super::clock::{Clock, Trust};
use super::event::{Event, Unchecked};
use super::observer::Observer;
use super::time_reading::TimeReading;
use crate::log::{ErrorKind, Log, LogError, Topic, TopicPartition};

/// From an answer to the next question.
const INTERVAL: Duration = Duration::from_secs(10);

/// From a question without an answer to the next.
const SOON: Duration = Duration::from_secs(1);

/// How often it is looked whether the wall clock has jumped, to ask at once and to tell of it.
const LOOK: Duration = Duration::from_millis(250);

/// From one telling that the wall clock is off to the next.
const AGAIN: Duration = Duration::from_secs(60);

/// Keeps a [`CheckedClock`] up to date: one of each process, a look at a time.
///
/// The partitions of the changelog are asked in turn: they are kept by different brokers.
pub struct Timekeeper<L: Log> {
    log: L,
    clock: Arc<CheckedClock>,
    observer: Arc<dyn Observer>,
    changelog: Topic,
    /// How many it has, once that is known.
    partitions: Option<i32>,
    /// Which is asked next.
    turn: i32,
    /// Running time of the next question.
    due: Duration,
    /// What was told last.
    told: Trust,
    /// Why the clock is believed without brokers that tell, as told last.
    unchecked: Option<Unchecked>,
    /// Running time when it is told again that the clock is off.
    again: Duration,
}

impl<L: Log> Timekeeper<L> {
    /// One that has not asked yet. The changelog should have [`APPEND_TIME`](crate::log::APPEND_TIME).
    pub fn new(log: L, changelog: Topic, clock: Arc<CheckedClock>, observer: Arc<dyn Observer>) -> Self {
        Self {
            log,
            clock,
            observer,
            changelog,
            partitions: None,
            turn: 0,
            due: Duration::ZERO,
            told: Trust::Unknown,
            unchecked: None,
            again: Duration::ZERO,
        }
    }

    /// Asks, if it is time, or at once if the clock has just gone off; and tells how the clock stands, if that is new.
    pub fn look(&mut self) {
        let is_off = |trust| matches!(trust, Trust::Off { .. });
        // After the machine has slept its clock seems to have jumped, and is right all the same.
        let went_off = is_off(self.clock.trust()) && !is_off(self.told);
        if went_off || self.clock.monotonic() >= self.due {
            let pause = self.ask();
            self.due = self.clock.monotonic() + pause;
        }
        self.tell();
    }

    /// Looks until brokers have answered, for so long at most: what is done before that is done by a clock that may be off.
    pub fn begin(&mut self, within: Duration, is_over: impl Fn() -> bool) {
        let end = self.clock.monotonic().saturating_add(within);
        loop {
            self.look();
            let known = self.clock.trust() != Trust::Unknown;
            if known || is_over() || self.clock.monotonic() >= end {
                return;
            }
            self.clock.sleep(LOOK);
        }
    }

    /// Goes on on a thread of its own until what it returns is dropped. The thread is not waited for: an answer may take
    /// long.
    ///
    /// # Errors
    /// There is no thread to be had.
    pub fn go_on(mut self) -> std::io::Result<Keeping> {
        let (stop, stopped) = channel();
        let keep = move || {
            while stopped.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
                self.look();
            }
        };
        thread::Builder::new().name("clock".into()).spawn(keep)?;
        Ok(Keeping(stop))
    }

    /// Asks the next partition; how long to wait after that.
    fn ask(&mut self) -> Duration {
        match self.read() {
            Ok(Some(reading)) => {
                self.clock.told(reading);
                self.unchecked = None;
                INTERVAL
            }
            Ok(None) => {
                self.believe(Unchecked::WritersTime(self.changelog.clone()));
                INTERVAL
            }
            Err(error) if error.kind == ErrorKind::Retriable && !error.denied => {
                self.partitions = None;
                self.observer.event(0, &Event::UpkeepFailed(error));
                SOON
            }
            // What brokers once said stays true.
            Err(error) if self.unchecked.is_none() && self.clock.trust() != Trust::Unknown => {
                self.observer.event(0, &Event::UpkeepFailed(error));
                INTERVAL
            }
            Err(error) => {
                self.believe(Unchecked::Failed(error));
                INTERVAL
            }
        }
    }

    fn read(&mut self) -> Result<Option<TimeReading>, LogError> {
        let partitions = match self.partitions {
            Some(partitions) => partitions,
            None => {
                let found = self.log.partitions(std::slice::from_ref(&self.changelog))?;
                found.first().map_or(1, |(_, partitions)| *partitions)
            }
        };
        self.partitions = Some(partitions);
        self.turn = (self.turn + 1) % partitions;
        let partition = TopicPartition::new(self.changelog.clone(), self.turn);
        let asked = self.clock.monotonic();
        let time = self.log.time(&partition, CLOCK_KEY)?;
        let answered = self.clock.monotonic();
        Ok(time.map(|time| TimeReading {
            time,
            asked,
            answered,
        }))
    }

    /// Without brokers that tell their time the clock is believed; why is told once.
    fn believe(&mut self, why: Unchecked) {
        self.clock.untold();
        if self.unchecked.is_none() {
            self.observer.event(0, &Event::ClockUnchecked(why.clone()));
        }
        self.unchecked = Some(why);
    }

    fn tell(&mut self) {
        let now = self.clock.monotonic();
        let trust = self.clock.trust();
        match (self.told, trust) {
            (Trust::Off { .. }, Trust::Off { .. }) if now < self.again => {}
            (_, Trust::Off { ahead, since }) => {
                self.again = now + AGAIN;
                self.observer.event(0, &Event::ClockOff { ahead, since });
            }
            (Trust::Off { .. }, Trust::Right { ahead }) => {
                self.observer.event(0, &Event::ClockRight { ahead });
            }
            _ => {}
        }
        self.told = trust;
    }
}

/// Stops a [`Timekeeper`] when it is dropped.
#[derive(Debug)]
pub struct Keeping(#[allow(dead_code, reason = "dropping it says stop")] Sender<()>);

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use super::{CLOCK_KEY, CheckedClock, Timekeeper};
    use crate::engine::{Clock, Event, ManualClock, Observer, Trust};
    use crate::log::memory::MemoryLog;
    use crate::log::{APPEND_TIME, Batch, ErrorKind, Isolation, Log, Reader, TopicPartition, TopicSpec};

    #[derive(Default)]
    struct Heard(Mutex<Vec<String>>);

    impl Observer for Heard {
        fn event(&self, _: usize, event: &Event) {
            self.0
                .lock()
                .expect("nobody panics with it")
                .push(event.to_string());
        }
    }

    struct Place {
        log: MemoryLog,
        machine: Arc<ManualClock>,
        clock: Arc<CheckedClock>,
        heard: Arc<Heard>,
        keeper: Timekeeper<MemoryLog>,
    }

    impl Place {
        fn new(settings: &[(&str, &str)]) -> Self {
            let log = MemoryLog::simulated();
            let settings = settings.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
            let spec = TopicSpec {
                topic: "changelog".into(),
                partitions: 2,
                replication: 1,
                settings: settings.collect(),
            };
            log.create_topics(&[spec]).expect("it is a log");
            let machine = Arc::new(ManualClock::new(log.now()));
            let clock = Arc::new(CheckedClock::new(machine.clone()));
            let heard = Arc::new(Heard::default());
            let keeper = Timekeeper::new(log.clone(), "changelog".into(), clock.clone(), heard.clone());
            Self {
                log,
                machine,
                clock,
                heard,
                keeper,
            }
        }

        fn passes(&mut self, seconds: u64) {
            for _ in 0..seconds * 4 {
                self.log.advance(Duration::from_millis(250));
                self.machine.advance(Duration::from_millis(250));
                self.keeper.look();
            }
        }

        fn heard(&self) -> Vec<String> {
            std::mem::take(&mut self.heard.0.lock().expect("nobody panics with it"))
        }

        fn asked(&self) -> usize {
            let partitions = [0, 1].map(|n| (TopicPartition::new("changelog".into(), n), 0));
            let reader = self.log.reader(&partitions, Isolation::Committed);
            let mut reader = reader.expect("they are there");
            let (mut batch, mut count) = (Batch::new(), 0);
            while reader.poll(Duration::ZERO, &mut batch).expect("a memory") {
                assert!(
                    batch
                        .iter()
                        .all(|record| record.key == Some(CLOCK_KEY) && record.value.is_none())
                );
                count += batch.len();
            }
            count
        }
    }

    #[test]
    fn that_the_clock_is_off_is_told_at_once_and_a_line_a_minute_until_it_is_right() {
        let mut place = Place::new(&[APPEND_TIME]);
        place.keeper.begin(Duration::from_secs(20), || false);
        assert_eq!(place.clock.trust(), Trust::Right { ahead: 0 });
        place.passes(60);
        assert_eq!(
            (place.heard(), place.asked()),
            (vec![], 7),
            "one every ten seconds"
        );
        place.machine.set(place.log.now().plus(-3_600_000));
        place.passes(130);
        assert_eq!(
            place.heard(),
            ["the clock of this machine is 3600.0 s behind the brokers' since 2020-09-13T12:27:40Z: no deadline fires until \
              it is right; records are stamped by the brokers' time. Set it (NTP)"; 3]
        );
        place.machine.set(place.log.now().plus(200));
        place.passes(1);
        assert_eq!(
            place.heard(),
            ["the clock of this machine is right again, 0.2 s ahead of the brokers': deadlines fire"]
        );
    }

    #[test]
    fn a_machine_that_has_slept_is_believed_once_a_broker_has_confirmed_its_clock() {
        let mut place = Place::new(&[APPEND_TIME]);
        place.passes(1);
        let asked = place.asked();
        place.log.advance(Duration::from_secs(3_600));
        place.machine.set(place.log.now());
        assert!(
            !place.clock.trust().may_judge(),
            "for all that running time says it has jumped"
        );
        place.passes(1);
        assert_eq!(
            (place.clock.trust(), place.asked()),
            (Trust::Right { ahead: 0 }, asked + 1)
        );
        assert!(place.heard().is_empty());
    }

    #[test]
    fn a_topic_with_its_writers_times_is_told_once_and_the_clock_believed() {
        let mut place = Place::new(&[]);
        place.passes(60);
        assert_eq!(place.clock.trust(), Trust::Believed);
        assert_eq!(
            place.heard(),
            [
                "this machine's clock is believed, and deadlines fire by it even if it is off: changelog does not have \
              message.timestamp.type=LogAppendTime. `heard topics plan` says how it gets it"
            ]
        );
    }

    #[test]
    fn brokers_that_do_not_answer_leave_unknown_what_is_not_known_and_known_what_is() {
        let mut place = Place::new(&[APPEND_TIME]);
        let fails = |operation: &crate::log::memory::Operation<'_>| {
            (operation.name == "asking for the time").then_some(ErrorKind::Retriable)
        };
        place.log.faults().fail(fails);
        place.passes(20);
        assert_eq!(place.clock.trust(), Trust::Unknown);
        place.log.faults().clear();
        place.passes(2);
        assert!(place.clock.trust().may_judge());
        place.log.faults().fail(fails);
        place.passes(60);
        assert!(place.clock.trust().may_judge());
        place.machine.set(place.log.now().plus(-3_600_000));
        assert!(!place.clock.trust().may_judge());
    }
}
