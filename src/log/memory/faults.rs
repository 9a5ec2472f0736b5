//! What a test makes go wrong: crashes, lost answers, late markers, passing errors.
//!
//! Nothing here is random: a test that wants chance brings it along in the functions it gives.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::super::{ErrorKind, LogError, TopicPartition};
use super::brokers::Planned;
use super::shared::Shared;
use super::state::State;

/// One call, as a fault sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation<'a> {
    /// The transactional id of a producer, the client of a consumer; empty for readers and calls on
    /// the log itself.
    pub client: &'a str,
    /// What is being done, as errors name it: `"polling"`, `"committing"`, ...
    pub name: &'static str,
}

/// Whether a crash falls before or after its operation took effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The operation never happens.
    Before,
    /// The operation happens, and its caller never knows.
    After,
}

/// What becomes of a commit whose answer is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It happens.
    Now,
    /// It never reaches the coordinator.
    Never,
    /// It reaches the coordinator after so much time, and happens unless the id was taken by another
    /// producer or the transaction has timed out by then.
    Later(Duration),
}

/// What a transaction has touched, and where its end is marked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Marker {
    /// Records in a partition.
    Partition(TopicPartition),
    /// Offsets of a group.
    Offsets(String),
}

/// Plans faults of one log. All of them are planned from now on.
#[derive(Clone, Debug)]
pub struct Faults {
    pub(super) shared: Arc<Shared>,
}

impl Faults {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Crashes a process: the `nth` call (from 1) of these clients together fails with
    /// [`ErrorKind::Fatal`], and so does every later call of any of their handles. What they left
    /// stays: an open transaction until the id is taken or it times out, a membership until its
    /// session expires. Handles made later under the same names are not touched.
    pub fn crash(&self, clients: &[&str], nth: u64, moment: Moment) {
        let clients = clients.iter().map(|&c| c.to_owned()).collect();
        self.shared.with(|state| {
            state.faults.crashes.push(Crash {
                clients,
                left: nth.max(1),
                moment,
            })
        });
    }

    /// Whether a crash was planned for this client and has not happened.
    pub fn crash_is_pending(&self, client: &str) -> bool {
        self.shared
            .with(|state| state.faults.crashes.iter().any(|c| c.concerns(client)))
    }

    /// The next commit of this transactional id, if it has touched anything, gets no answer:
    /// [`ErrorKind::Unknown`].
    pub fn lose_commit(&self, transactional_id: &str, fate: Fate) {
        self.shared.with(|state| {
            state
                .faults
                .lost_commits
                .insert(transactional_id.to_owned(), fate)
        });
    }

    /// Asks before every call whether it shall fail instead, and how: usually
    /// [`ErrorKind::Retriable`], at a rate. A producer that fails with [`ErrorKind::Abortable`] must
    /// abort, one that fails with [`ErrorKind::Fenced`] is done.
    pub fn fail(&self, decide: impl FnMut(&Operation<'_>) -> Option<ErrorKind> + Send + 'static) {
        self.shared
            .with(|state| state.faults.fail = Some(Box::new(decide)));
    }

    /// Asks for each marker of a transaction that ends how much later it is written. A broker
    /// answers a commit once it is decided; for a while, parts of it may still be invisible.
    pub fn delay_markers(&self, delay: impl FnMut(&Marker) -> Duration + Send + 'static) {
        self.shared
            .with(|state| state.faults.delay = Some(Box::new(delay)));
    }

    /// Calls this before every call, on the thread that makes it and with the log free: what it does
    /// falls between two calls. One that blocks holds a process up while all others go on.
    pub fn before_calls(&self, act: impl Fn(&Operation<'_>) + Send + Sync + 'static) {
        self.shared
            .with(|state| state.faults.before_calls = Some(Arc::new(act)));
    }

    /// Calls this after every call that could take effect, before its caller knows: what it does falls between the
    /// effect and the answer, which is as late as that.
    pub fn after_calls(&self, act: impl Fn(&Operation<'_>) + Send + Sync + 'static) {
        self.shared
            .with(|state| state.faults.after_calls = Some(Arc::new(act)));
    }

    /// Asks after every call that succeeded whether its caller has given up waiting for the answer, and how it fails
    /// then: usually [`ErrorKind::Retriable`]. What a poll delivers is lost with its answer; no real client loses it.
    pub fn lose_answers(&self, decide: impl FnMut(&Operation<'_>) -> Option<ErrorKind> + Send + 'static) {
        self.shared
            .with(|state| state.faults.lose_answer = Some(Box::new(decide)));
    }

    /// Forgets all faults that have not happened. Crashed handles stay crashed, and what is on its
    /// way still arrives.
    pub fn clear(&self) {
        self.shared.with(|state| {
            let crashed = std::mem::take(&mut state.faults.crashed);
            state.faults = Plan {
                crashed,
                ..Plan::default()
            };
        });
    }
}

/// Who makes a call: its name, and a number that tells a handle from earlier ones of that name.
#[derive(Clone, Debug)]
pub(super) struct Client {
    pub name: String,
    serial: u64,
}

impl Client {
    /// Calls that no single client makes.
    pub const LOG: Self = Self {
        name: String::new(),
        serial: 0,
    };

    pub fn new(name: &str, state: &mut State) -> Self {
        Self {
            name: name.to_owned(),
            serial: state.next_serial(),
        }
    }
}

/// A call that fails.
pub(super) enum Strike {
    /// Without having happened.
    Before(LogError),
    /// After having happened.
    After(LogError),
}

#[derive(Debug)]
struct Crash {
    clients: Vec<String>,
    left: u64,
    moment: Moment,
}

impl Crash {
    fn concerns(&self, client: &str) -> bool {
        self.clients.iter().any(|c| c == client)
    }
}

type Decide = Box<dyn FnMut(&Operation<'_>) -> Option<ErrorKind> + Send>;
type Delay = Box<dyn FnMut(&Marker) -> Duration + Send>;
/// See [`Faults::before_calls`] and [`Faults::after_calls`].
pub(super) type AtCalls = Arc<dyn Fn(&Operation<'_>) + Send + Sync>;

/// The faults planned.
#[derive(Default)]
pub(super) struct Plan {
    crashes: Vec<Crash>,
    /// Handles of this name with a smaller number have crashed.
    crashed: BTreeMap<String, u64>,
    lost_commits: BTreeMap<String, Fate>,
    fail: Option<Decide>,
    delay: Option<Delay>,
    before_calls: Option<AtCalls>,
    after_calls: Option<AtCalls>,
    lose_answer: Option<Decide>,
    pub outages: Vec<Planned>,
}

impl Plan {
    /// What is to be called before or after every call.
    pub fn at_calls(&self, moment: Moment) -> Option<AtCalls> {
        match moment {
            Moment::Before => self.before_calls.clone(),
            Moment::After => self.after_calls.clone(),
        }
    }

    /// What becomes of the next commit of this id, if it shall be lost.
    pub fn take_lost_commit(&mut self, transactional_id: &str) -> Option<Fate> {
        self.lost_commits.remove(transactional_id)
    }

    /// How long this marker takes.
    pub fn marker_delay(&mut self, marker: &Marker) -> Duration {
        self.delay.as_mut().map_or(Duration::ZERO, |delay| delay(marker))
    }
}

impl State {
    /// Whether the answer of a call that succeeded is lost, and how it fails then.
    pub fn lose_answer(&mut self, client: &Client, name: &'static str) -> Option<LogError> {
        let client = &client.name;
        let kind = self.faults.lose_answer.as_mut()?(&Operation { client, name })?;
        Some(LogError::new(kind, name, "simulated loss of the answer"))
    }

    /// Whether and how this call fails.
    pub fn strike(&mut self, client: &Client, name: &'static str) -> Option<Strike> {
        self.begin_outages(client, name, Moment::Before);
        let crash = || {
            LogError::new(
                ErrorKind::Fatal,
                name,
                format!("simulated crash of {}", client.name),
            )
        };
        if self
            .faults
            .crashed
            .get(&client.name)
            .is_some_and(|&below| client.serial < below)
        {
            return Some(Strike::Before(crash()));
        }
        let mut fired = None;
        for (index, planned) in self.faults.crashes.iter_mut().enumerate() {
            if planned.concerns(&client.name) {
                planned.left -= 1;
                if planned.left == 0 {
                    fired = Some(index);
                    break;
                }
            }
        }
        if let Some(index) = fired {
            let Crash { clients, moment, .. } = self.faults.crashes.remove(index);
            let below = self.next_serial();
            self.faults
                .crashed
                .extend(clients.into_iter().map(|c| (c, below)));
            return Some(match moment {
                Moment::Before => Strike::Before(crash()),
                Moment::After => Strike::After(crash()),
            });
        }
        let operation = Operation {
            client: &client.name,
            name,
        };
        let kind = self.faults.fail.as_mut()?(&operation)?;
        Some(Strike::Before(LogError::new(kind, name, "simulated error")))
    }
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plan")
            .field("crashes", &self.crashes)
            .finish_non_exhaustive()
    }
}
