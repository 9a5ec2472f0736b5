//! The group coordinator: members, generations and eager rebalances.
//!
//! A change of the members, or of the topics they want, begins a rebalance. Each member is told at its
//! next poll that all its partitions are revoked. Once every member has given back what it held, the
//! next generation begins, and each member is told at its next poll what it has been assigned. Until
//! then the old generation stands, and its members may still commit.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::Millis;

use super::super::{ErrorKind, GroupSettings, LogError, Topic, TopicPartition};
use super::assignor;
use super::brokers::Role;
use super::consumer::Membership;
use super::offsets::Offsets;
use super::state::{State, ms};

/// A member, as the coordinator sees it.
#[derive(Debug)]
pub(super) struct Member {
    pub client: String,
    topics: Vec<Topic>,
    last_seen: Millis,
    /// What it was told it has, and has not given back.
    pub holds: BTreeSet<TopicPartition>,
    /// What this generation gives it, until it is told.
    offered: Option<Vec<TopicPartition>>,
}

/// A group.
#[derive(Debug, Default)]
pub(super) struct Group {
    pub generation: i32,
    pub members: BTreeMap<String, Member>,
    /// A rebalance has begun and its generation has not.
    preparing: bool,
    pub offsets: Offsets,
}

/// What the coordinator tells a member that polls.
pub(super) enum Told {
    /// It is no member any more.
    Expelled,
    /// To give back all it holds.
    Revoke,
    /// Its share of a new generation.
    Assigned {
        partitions: Vec<TopicPartition>,
        generation: i32,
    },
    /// Nothing new.
    Nothing,
}

impl Group {
    /// Whether the membership is of the present generation.
    pub fn check(&self, membership: &Membership, during: &'static str) -> Result<(), LogError> {
        let Membership {
            group,
            member,
            generation,
        } = membership;
        let detail = if !self.members.contains_key(member) {
            format!("{member} is not a member of group {group} any more")
        } else if self.generation != *generation {
            format!(
                "group {group} is at generation {}, not at {generation}",
                self.generation
            )
        } else {
            return Ok(());
        };
        Err(LogError::new(ErrorKind::Abortable, during, detail))
    }

    fn prepare(&mut self) {
        self.preparing = true;
        for member in self.members.values_mut() {
            // Never told, so there is nothing to give back.
            member.offered = None;
        }
    }

    /// Begins the next generation if one is wanted and nobody holds anything of the old one.
    fn begin_if_released(&mut self, count: impl Fn(&Topic) -> i32) -> bool {
        if !self.preparing || self.members.values().any(|m| !m.holds.is_empty()) {
            return false;
        }
        self.preparing = false;
        self.generation += 1;
        let members = self
            .members
            .iter()
            .map(|(id, m)| (id.as_str(), m.topics.as_slice()));
        for (id, partitions) in assignor::assign(members, count) {
            if let Some(member) = self.members.get_mut(&id) {
                member.offered = Some(partitions);
            }
        }
        true
    }
}

impl State {
    /// The group of this name, which exists as soon as it is spoken of.
    pub fn group(&mut self, name: &str) -> &mut Group {
        self.groups.entry(name.to_owned()).or_default()
    }

    /// A new member; returns its id.
    pub fn join(&mut self, settings: &GroupSettings) -> String {
        let id = format!("{}-{:06}", settings.client, self.next_serial());
        let member = Member {
            client: settings.client.clone(),
            topics: settings.topics.clone(),
            last_seen: self.now(),
            holds: BTreeSet::new(),
            offered: None,
        };
        self.group(&settings.group).members.insert(id.clone(), member);
        self.rebalance(&settings.group);
        id
    }

    /// A member makes a call: its session goes on. False if it is no member any more.
    pub fn heartbeat(&mut self, group: &str, member: &str) -> bool {
        let now = self.now();
        let member = self.group(group).members.get_mut(member);
        member.map(|m| m.last_seen = now).is_some()
    }

    /// See [`super::MemoryLog::keep_alive`].
    pub fn keep_alive(&mut self, client: &str) {
        for (group, member) in self.members_of(client) {
            if self.serves(&Role::Group(&group)) {
                self.heartbeat(&group, &member);
            }
        }
    }

    /// Groups and members of this client name.
    fn members_of(&self, client: &str) -> Vec<(String, String)> {
        self.groups
            .iter()
            .flat_map(|(name, group)| group.members.iter().map(move |(id, m)| (name, id, m)))
            .filter(|(_, _, m)| m.client == client)
            .map(|(name, id, _)| (name.clone(), id.clone()))
            .collect()
    }

    /// A coordinator that has just come to the group gives each member a session's time.
    pub fn renew_sessions(&mut self, group: &str) {
        let now = self.now();
        let members = self.group(group).members.values_mut();
        members.for_each(|member| member.last_seen = now);
    }

    /// What a member is told at a poll.
    pub fn tell(&mut self, group: &str, member: &str) -> Told {
        let Group {
            generation,
            members,
            preparing,
            ..
        } = self.group(group);
        let Some(member) = members.get_mut(member) else {
            return Told::Expelled;
        };
        if *preparing && !member.holds.is_empty() {
            return Told::Revoke;
        }
        let Some(partitions) = member.offered.take() else {
            return Told::Nothing;
        };
        member.holds = partitions.iter().cloned().collect();
        Told::Assigned {
            partitions,
            generation: *generation,
        }
    }

    /// A member gives partitions back.
    pub fn give_back(&mut self, group: &str, member: &str, partitions: &[TopicPartition]) {
        if let Some(member) = self.group(group).members.get_mut(member) {
            partitions.iter().for_each(|p| _ = member.holds.remove(p));
        }
        self.begin_generation(group);
    }

    /// A member leaves or is expelled, with all it held.
    pub fn remove_member(&mut self, group: &str, member: &str) {
        if self.group(group).members.remove(member).is_some() {
            self.rebalance(group);
        }
    }

    /// Expels all members of this client name; says whether there was one.
    pub fn expire_sessions_of(&mut self, client: &str) -> bool {
        let expired = self.members_of(client);
        for (group, member) in &expired {
            self.remove_member(group, member);
        }
        !expired.is_empty()
    }

    /// The session that expires first: when, the group and the member. Without a coordinator none does.
    pub fn next_session_timeout(&self) -> Option<(Millis, &str, &str)> {
        let timeout = ms(self.settings.session_timeout);
        let members = self
            .groups
            .iter()
            .filter(|(name, _)| self.serves(&Role::Group(name)))
            .flat_map(|(name, g)| g.members.iter().map(move |(id, m)| (name, id, m)));
        members
            .map(|(name, id, m)| (m.last_seen.plus(timeout), name.as_str(), id.as_str()))
            .min()
    }

    /// A topic has appeared: groups with members that want it rebalance.
    pub fn rebalance_subscribers(&mut self, topic: &Topic) {
        let wants = |g: &Group| g.members.values().any(|m| m.topics.contains(topic));
        let groups: Vec<String> = self
            .groups
            .iter()
            .filter(|(_, g)| wants(g))
            .map(|(name, _)| name.clone())
            .collect();
        for group in groups {
            self.rebalance(&group);
        }
    }

    fn rebalance(&mut self, group: &str) {
        self.group(group).prepare();
        self.stir();
        self.begin_generation(group);
    }

    fn begin_generation(&mut self, group: &str) {
        let topics = &self.topics;
        let count = |topic: &Topic| topics.get(topic).map_or(0, |t| t.partitions.len() as i32);
        if self
            .groups
            .get_mut(group)
            .is_some_and(|g| g.begin_if_released(count))
        {
            self.stir();
        }
    }
}
