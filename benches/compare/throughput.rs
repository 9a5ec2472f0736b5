//! As fast as it goes: complaints that are all there at once, and what it costs to take them in.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::cluster::{COMPLAINTS, CUSTOMERS, Cluster};
use crate::contestant::{Contestant, Pace};
use crate::load::Load;
use crate::process::Usage;
use crate::restore::{self, Restored};
use crate::settings::Settings;
use crate::watch::Watch;

/// What one run of a contestant came to.
#[derive(Clone, Debug)]
pub struct Run {
    /// Who ran.
    pub contestant: Contestant,
    /// How many complaints.
    pub complaints: u64,
    /// From the commit that made the complaints visible to the last output committed.
    pub took: Duration,
    /// What it had used when the clock started.
    pub before: Usage,
    /// What it had used when the clock stopped.
    pub after: Usage,
    /// Records written while the clock ran, by topic.
    pub written: BTreeMap<String, u64>,
    /// Its state read back after a restart, if it is heard.
    pub restored: Option<Restored>,
}

impl Run {
    /// Complaints a second.
    pub fn rate(&self) -> f64 {
        self.complaints as f64 / self.took.as_secs_f64()
    }

    /// CPU seconds for a million complaints.
    pub fn cpu_per_million(&self) -> f64 {
        (self.after.cpu - self.before.cpu) * 1e6 / self.complaints as f64
    }

    /// Memory gained for each complaint, bytes: each is an open case.
    pub fn memory_per_case(&self) -> f64 {
        (self.after.memory as f64 - self.before.memory as f64) / self.complaints as f64
    }

    /// Records of these topics for each complaint.
    pub fn per_complaint(&self, of: impl Fn(&str) -> bool) -> f64 {
        let records = self.written.iter().filter(|(topic, _)| of(topic));
        records.map(|(_, count)| *count).sum::<u64>() as f64 / self.complaints as f64
    }
}

/// Whether a topic is a mailbox: what is written there is read again.
pub fn is_mailbox(topic: &str) -> bool {
    ["interactions", "streams-mailbox"].contains(&topic)
}

/// Whether a topic is a changelog.
pub fn is_changelog(topic: &str) -> bool {
    topic.ends_with("-changelog")
}

/// Runs a contestant on a new broker: customers, a warm-up, then the clock.
pub fn run(settings: &Settings, contestant: Contestant, complaints: u64) -> Run {
    eprintln!("{}, {complaints} complaints", contestant.title());
    let cluster = Cluster::start(settings);
    let all = complaints + settings.warm_up;
    let load = Load::new(settings.seed, all);
    let mut process = [contestant.start(settings, &cluster, Pace::BURST, 1)];
    if contestant.is_whole() {
        let known = (0..all).filter(|n| Load::is_known(*n)).map(|n| load.customer(n));
        cluster.send(CUSTOMERS, known, || ());
        cluster.settle();
    }
    let watch = Watch::from_beginning(&cluster, contestant.last_output());
    let warm = (complaints..all).map(|n| load.complaint(n));
    cluster.send(COMPLAINTS, warm, || ());
    watch.take(settings.warm_up * contestant.copies(), &mut process, |_| true);
    cluster.settle();

    let ends = cluster.ends();
    let mut before = Usage::default();
    let mut started = Instant::now();
    cluster.send(COMPLAINTS, (0..complaints).map(|n| load.complaint(n)), || {
        before = process[0].usage();
        started = Instant::now();
    });
    watch.take(complaints * contestant.copies(), &mut process, |_| true);
    let took = started.elapsed();
    let after = process[0].usage();
    eprintln!(
        "  {:.0} complaints/s, {:.1} CPU s a million",
        complaints as f64 / took.as_secs_f64(),
        (after.cpu - before.cpu) * 1e6 / complaints as f64
    );

    cluster.settle();
    let [process] = process;
    process.end();
    let restored = (contestant == Contestant::Heard).then(|| restore::run(settings, &cluster));
    let written = ends
        .iter()
        .map(|(topic, offsets)| {
            let mut count = cluster.deleted(topic, offsets);
            Watch::from_offsets(&cluster, topic, offsets).drain(|_| count += 1);
            (topic.clone(), count)
        })
        .filter(|(_, count)| *count > 0)
        .collect();
    Run {
        contestant,
        complaints,
        took,
        before,
        after,
        written,
        restored,
    }
}
