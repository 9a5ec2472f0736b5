//! Brokers: who must be reached for what, and what happens while one is away.
//!
//! What is written is kept, whoever is away. But each partition has a leader, each group and each transactional id a
//! coordinator: one of the brokers, by the hash of its name, so that one broker may be several of these. One that goes
//! away keeps its roles until the others notice; from then on the next of them has what it had, until it is back.
//!
//! A call that nobody answers fails, or does nothing, as a client's would: the handles say which. Members do not reach
//! their coordinator, so that one that was away gives all of them a session's time anew once it is back, or once
//! another has its place. Markers and time-outs wait for who has to write them.

use std::time::Duration;

use super::super::{ErrorKind, LogError, TopicPartition, partitioner};
use super::MemoryLog;
use super::faults::{Client, Faults, Marker, Moment};
use super::state::{Event, State};

/// What a broker is for somebody.
#[derive(Clone, Copy, Debug)]
pub(super) enum Role<'a> {
    /// It takes in and hands out the records of a partition.
    Leader(&'a TopicPartition),
    /// It keeps the members and the offsets of a group.
    Group(&'a str),
    /// It keeps the transactions of an id.
    Transactions(&'a str),
}

impl Role<'_> {
    fn name(&self) -> String {
        match self {
            Self::Leader(at) => format!("leader {at}"),
            Self::Group(group) => format!("group {group}"),
            Self::Transactions(id) => format!("transactions {id}"),
        }
    }
}

impl Marker {
    /// Who writes it down.
    fn role(&self) -> Role<'_> {
        match self {
            Self::Partition(at) => Role::Leader(at),
            Self::Offsets(group) => Role::Group(group),
        }
    }
}

/// How a broker stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It answers.
    There,
    /// It does not, and nobody has noticed.
    Away,
    /// Others have its roles.
    Replaced,
}

/// How a broker is away.
#[derive(Clone, Copy, Debug)]
pub struct Outage {
    /// Which one, counted from 0.
    pub broker: usize,
    /// After so long the others take its roles over...
    pub noticed: Duration,
    /// ...and after so long it is back, and has them again.
    pub back: Duration,
}

/// An outage that begins with a call.
#[derive(Debug)]
pub(super) struct Planned {
    client: String,
    call: &'static str,
    moment: Moment,
    outage: Outage,
}

/// All brokers; of a log without any, all roles are always served.
#[derive(Debug, Default)]
pub(super) struct Brokers {
    standings: Vec<Standing>,
    /// Those that are away are not missed for now.
    spared: bool,
    /// How many outages there have been.
    outages: u64,
}

impl Brokers {
    fn all_answer(&self) -> bool {
        self.spared || self.standings.iter().all(|s| *s == Standing::There)
    }

    /// Which broker has this role; `None` if there are no brokers, or none is left.
    fn holder(&self, role: &Role<'_>) -> Option<usize> {
        let count = self.standings.len();
        let first = i32::try_from(count).ok().filter(|&n| n > 0)?;
        let first = usize::try_from(partitioner::partition(role.name().as_bytes(), first)).ok()?;
        (0..count)
            .map(|n| (first + n) % count)
            .find(|&n| self.standings[n] != Standing::Replaced)
    }

    fn serves(&self, role: &Role<'_>) -> bool {
        self.all_answer()
            || self
                .holder(role)
                .is_some_and(|n| self.standings[n] == Standing::There)
    }
}

impl State {
    /// Whether whoever has this role answers.
    pub fn serves(&self, role: &Role<'_>) -> bool {
        self.brokers.serves(role)
    }

    /// The error of a call that needs a broker that does not answer.
    pub fn reach(&self, role: &Role<'_>, during: &'static str) -> Result<(), LogError> {
        if self.serves(role) {
            return Ok(());
        }
        let detail = format!("no answer from the broker that is {}", role.name());
        Err(LogError::new(ErrorKind::Retriable, during, detail))
    }

    /// As [`State::reach`], for the leaders of all these partitions.
    pub fn reach_leaders<'a>(
        &self,
        mut partitions: impl Iterator<Item = &'a TopicPartition>,
        during: &'static str,
    ) -> Result<(), LogError> {
        partitions.try_for_each(|at| self.reach(&Role::Leader(at), during))
    }

    /// As [`State::reach`], for any broker at all.
    pub fn reach_any(&self, during: &'static str) -> Result<(), LogError> {
        let mut standings = self.brokers.standings.iter();
        if self.brokers.all_answer() || standings.any(|s| *s == Standing::There) {
            return Ok(());
        }
        Err(LogError::new(ErrorKind::Retriable, during, "no broker answers"))
    }

    /// Whether the end of a transaction can be marked here now.
    pub fn marks(&self, id: &str, marker: &Marker) -> bool {
        self.serves(&Role::Transactions(id)) && self.serves(&marker.role())
    }

    /// Whether a transaction can go on to this: whoever has to be told of it answers.
    pub fn adds(&self, id: &str, marker: &Marker, is_known: bool) -> bool {
        self.serves(&marker.role()) && (is_known || self.serves(&Role::Transactions(id)))
    }

    /// A broker goes away, unless it is away already. Says whether it went.
    fn lose_broker(&mut self, outage: Outage) -> bool {
        let Outage {
            broker,
            noticed,
            back,
        } = outage;
        if self.brokers.standings.get(broker) != Some(&Standing::There) {
            return false;
        }
        self.broker_stands(broker, Standing::Away);
        self.brokers.outages += 1;
        if noticed < back {
            self.schedule(noticed, Event::Broker(broker, Standing::Replaced));
        }
        self.schedule(back, Event::Broker(broker, Standing::There));
        true
    }

    /// The outages that were planned for this call begin.
    pub fn begin_outages(&mut self, client: &Client, call: &str, moment: Moment) {
        let now = |planned: &mut Planned| {
            (planned.call, planned.moment) == (call, moment)
                && [planned.client.as_str(), ""].contains(&client.name.as_str())
        };
        let begun: Vec<Planned> = self.faults.outages.extract_if(.., now).collect();
        for planned in begun {
            self.lose_broker(planned.outage);
        }
    }

    /// A broker now stands so. Groups that it coordinates by that, or did, give their members time anew.
    pub fn broker_stands(&mut self, broker: usize, standing: Standing) {
        let coordinated =
            |state: &Self, group: &str| state.brokers.holder(&Role::Group(group)) == Some(broker);
        let groups: Vec<String> = self.groups.keys().cloned().collect();
        let before: Vec<bool> = groups.iter().map(|group| coordinated(self, group)).collect();
        if let Some(place) = self.brokers.standings.get_mut(broker) {
            *place = standing;
        }
        for (group, before) in groups.iter().zip(before) {
            if before || coordinated(self, group) {
                self.renew_sessions(group);
            }
        }
        self.stir();
    }
}

impl Faults {
    /// Spreads leaders and coordinators over so many brokers.
    pub fn brokers(&self, count: usize) {
        self.shared
            .with(|state| state.brokers.standings = vec![Standing::There; count]);
    }

    /// A broker goes away now, unless it is away already. Says whether it went.
    pub fn lose_broker(&self, outage: Outage) -> bool {
        self.shared.with(|state| state.lose_broker(outage))
    }

    /// A broker goes away just before or after the next call of this name by this client, or on the log itself.
    pub fn lose_broker_at(&self, client: &str, call: &'static str, moment: Moment, outage: Outage) {
        let client = client.to_owned();
        self.shared.with(|state| {
            state.faults.outages.push(Planned {
                client,
                call,
                moment,
                outage,
            });
        });
    }

    /// Whether all calls are answered for now, as if no broker were away: for who writes from outside.
    pub fn spare(&self, spared: bool) {
        self.shared.with(|state| state.brokers.spared = spared);
    }
}

impl MemoryLog {
    /// How many brokers are away.
    pub fn brokers_away(&self) -> usize {
        self.shared.with(|state| {
            let standings = state.brokers.standings.iter();
            standings.filter(|s| **s != Standing::There).count()
        })
    }

    /// Whether a broker is away, or is planned to be.
    pub fn may_miss_brokers(&self) -> bool {
        self.brokers_away() > 0 || self.shared.with(|state| !state.faults.outages.is_empty())
    }

    /// How often a broker went away.
    pub fn outages(&self) -> u64 {
        self.shared.with(|state| state.brokers.outages)
    }
}
