//! Everything a log holds, and its clock.

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::model::Millis;

use super::super::{Topic, TopicPartition};
use super::brokers::{Brokers, Role, Standing};
use super::faults::{Marker, Plan};
use super::group::Group;
use super::topics::TopicState;
use super::transactions::{Outcome, Transactional};
use super::{Mode, Settings};

/// See [`super::MemoryLog::set_fetch_order`].
pub(super) type FetchOrder = Box<dyn FnMut(&mut Vec<TopicPartition>) + Send>;

/// All of a log, behind the lock of [`super::shared::Shared`].
pub(super) struct State {
    pub settings: Settings,
    pub topics: BTreeMap<Topic, TopicState>,
    pub groups: BTreeMap<String, Group>,
    pub transactional: BTreeMap<String, Transactional>,
    pub faults: Plan,
    pub brokers: Brokers,
    pub fetch_order: FetchOrder,
    /// Transactions with offsets that were committed.
    pub commits_with_offsets: u64,
    now: Millis,
    /// In [`Mode::Live`], the moment that `now` was last brought up to date.
    read_at: Instant,
    events: BTreeMap<(Millis, u64), Event>,
    serial: u64,
    changed: bool,
}

/// Something on its way.
#[derive(Debug)]
pub(super) enum Event {
    /// The marker of a decided transaction reaches what it touched.
    Marker { id: String, serial: u64, marker: Marker },
    /// A commit whose answer was lost reaches the coordinator.
    LateCommit { id: String, epoch: u32 },
    /// A broker is missed, or back.
    Broker(usize, Standing),
}

/// What happens when its time has come.
enum Due<Name> {
    Event(u64),
    Transaction(Name),
    Session(Name, Name),
}

impl Due<&str> {
    fn to_owned(&self) -> Due<String> {
        match *self {
            Self::Event(serial) => Due::Event(serial),
            Self::Transaction(id) => Due::Transaction(id.to_owned()),
            Self::Session(group, member) => Due::Session(group.to_owned(), member.to_owned()),
        }
    }
}

impl State {
    pub fn new(settings: Settings) -> Self {
        let wall = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(Millis(0), |since| Millis(ms(since)));
        Self {
            now: if settings.mode == Mode::Live {
                wall
            } else {
                settings.start
            },
            settings,
            topics: BTreeMap::new(),
            groups: BTreeMap::new(),
            transactional: BTreeMap::new(),
            faults: Plan::default(),
            brokers: Brokers::default(),
            fetch_order: rotating(),
            commits_with_offsets: 0,
            read_at: Instant::now(),
            events: BTreeMap::new(),
            serial: 0,
            changed: false,
        }
    }

    /// The log's time.
    pub fn now(&self) -> Millis {
        self.now
    }

    /// A number higher than all before it.
    pub fn next_serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    /// Something has changed that a waiting call may wait for.
    pub fn stir(&mut self) {
        self.changed = true;
    }

    /// Whether something has changed since this was last asked.
    pub fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    /// Lets this happen later.
    pub fn schedule(&mut self, delay: Duration, event: Event) {
        let key = (self.now.plus(ms(delay)), self.next_serial());
        self.events.insert(key, event);
    }

    /// Lets time pass, and what falls due in it happen, in the order of time.
    pub fn advance(&mut self, by: Duration) {
        let end = self.now.plus(ms(by));
        while let Some((at, due)) = self.next_due().filter(|(at, _)| *at <= end) {
            let due = due.to_owned();
            self.now = self.now.max(at);
            self.happen(at, due);
        }
        self.now = end;
    }

    /// Brings a live log up to the machine's time.
    pub fn catch_up(&mut self) {
        if self.settings.mode == Mode::Live {
            // Whole milliseconds only, so that the rest is not lost to the next reading.
            let passed = Duration::from_millis(self.read_at.elapsed().as_millis() as u64);
            self.read_at += passed;
            self.advance(passed);
        }
    }

    /// How long until the next thing happens by itself.
    pub fn until_due(&self) -> Option<Duration> {
        let (at, _) = self.next_due()?;
        Some(Duration::from_millis(
            u64::try_from(at.since(self.now)).unwrap_or(0),
        ))
    }

    fn next_due(&self) -> Option<(Millis, Due<&str>)> {
        let event = self
            .events
            .keys()
            .next()
            .map(|&(at, serial)| (at, Due::Event(serial)));
        let transaction = self
            .next_transaction_timeout()
            .map(|(at, id)| (at, Due::Transaction(id)));
        let session = self
            .next_session_timeout()
            .map(|(at, group, id)| (at, Due::Session(group, id)));
        // Of those due at one time, the first named comes first.
        [event, transaction, session]
            .into_iter()
            .flatten()
            .min_by_key(|(at, _)| *at)
    }

    fn happen(&mut self, at: Millis, due: Due<String>) {
        match due {
            Due::Event(serial) => match self.events.remove(&(at, serial)) {
                Some(Event::Marker { id, serial, marker }) => self.write_marker(&id, serial, &marker),
                // Refused if the id has been taken since: then it never happens.
                Some(Event::LateCommit { id, epoch }) => {
                    if self.serves(&Role::Transactions(&id)) {
                        _ = self.end(&id, epoch, Outcome::Commit, "a late commit")
                    }
                }
                Some(Event::Broker(broker, standing)) => self.broker_stands(broker, standing),
                None => {}
            },
            Due::Transaction(id) => _ = self.expire_transaction(&id),
            Due::Session(group, member) => self.remove_member(&group, &member),
        }
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State")
            .field("now", &self.now)
            .field("topics", &self.topics.keys())
            .finish_non_exhaustive()
    }
}

/// Whole milliseconds of a duration.
pub(super) fn ms(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// Begins one partition further each time, so that none is starved.
fn rotating() -> FetchOrder {
    let mut turn: usize = 0;
    Box::new(move |partitions| {
        if !partitions.is_empty() {
            let by = turn % partitions.len();
            partitions.rotate_left(by);
            turn = turn.wrapping_add(1);
        }
    })
}
