//! The orderly end of a simulation, and what must hold of any processor then.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

use heard::engine::{Queue, Worker};
use heard::log::memory::MemoryLog;
use heard::model::Millis;
use heard::processor::{Addend, Processor, Row, RowKey, Standing, Totals};
use rand::RngExt;

use super::chaos::Chaos;
use super::outcome::Outcome;
use super::subject::Subject;

/// The end is not reached in so many rounds: something stands still.
const LONGEST_END: usize = 30_000;

impl<S: Subject> Chaos<'_, S> {
    /// Everything that was planned is over; whoever is left leaves or dies; what is left is drained.
    /// Returns what was in the memory of the last worker, and when the drain began.
    pub fn end(&mut self) -> Result<(Memory, Millis), String> {
        self.say(|| "the end begins".to_owned());
        self.world.log.faults().clear();
        while !self.waiting.is_empty() {
            self.feed()?;
        }
        for at in 0..self.world.instances.len() {
            let instance = &mut self.world.instances[at];
            instance.zombie = None;
            if self.rng.random_bool(0.5) {
                self.world.leave(at)?;
            } else {
                self.world.instances[at].worker = None;
            }
        }
        while self.world.log.brokers_away() > 0 {
            self.world.log.advance(Duration::from_secs(1));
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

    pub fn outcome(&mut self) -> Outcome {
        let topics = &self.world.settings.topics;
        let mut outcome = Outcome::of(
            &self.world.log,
            &topics.changelog,
            &topics.outputs,
            &topics.dead_letters,
        );
        let events = self.world.ear.events.lock().expect("nobody panics with it");
        let count = |what: &str| events.iter().filter(|event| event.contains(what)).count() as u64;
        let (restored, warm) = (count("restored"), count("from warm rows"));
        outcome.figures = self
            .world
            .ear
            .figures
            .lock()
            .expect("nobody panics with it")
            .clone();
        let counts = self.world.ear.counts.lock().expect("nobody panics with it");
        let is_told = counts.committed == self.world.log.commits_with_offsets();
        for (what, count) in [
            ("partitions restored", restored),
            ("of them warm", warm),
            ("aborts", counts.aborted),
            ("commits without an answer", counts.unknown),
            ("rebuilds", counts.rebuilt),
            ("runs of which everything was counted", u64::from(is_told)),
            ("local deliveries", counts.delivered_locally),
            ("parked timers", counts.parked),
            (
                "transactions begun before the one before had ended",
                counts.overlapped,
            ),
            ("dead letters", outcome.dead.len() as u64),
            ("brokers away", self.world.log.outages()),
            ("answers lost", self.lost.load(Ordering::Relaxed)),
        ] {
            self.story.count(what, count);
        }
        outcome
    }

    /// O10: what was told is what a sequential run counts, if every commit was told. A worker that dies
    /// between its commit and telling of it tells less; nothing is ever told twice.
    pub fn check_figures(
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
    pub fn check_log(&self, found: &Outcome, last: &Memory) -> Result<(), String> {
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

/// What a worker has in memory of committed rows.
#[derive(Default)]
pub struct Memory {
    rows: Vec<(i32, RowKey, Vec<u8>)>,
    queues: Vec<(i32, Queue)>,
    totals: Vec<(i32, Totals)>,
}

impl Memory {
    /// The queues are what the rows say, however they came to be: restored, changed, kept warm.
    pub fn check_queues<R: Row>(&self) -> Result<(), String> {
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

    /// So are the totals.
    pub fn check_totals<R: Row>(&self) -> Result<(), String> {
        let mut expected: BTreeMap<i32, Totals> = BTreeMap::new();
        for (partition, key, value) in &self.rows {
            let row = R::decode(value[0], &value[1..]).map_err(|error| format!("{key:?}: {error}"))?;
            let totals = expected.entry(*partition).or_default();
            totals.change(&Addend::default(), &row.addend());
        }
        let listed = |totals: &Totals| -> Vec<_> {
            let groups = totals.iter();
            groups.map(|(group, total)| (group, total.clone())).collect()
        };
        for (partition, found) in &self.totals {
            let expected = expected.get(partition).map(listed).unwrap_or_default();
            let found = listed(found);
            if found != expected {
                return Err(format!(
                    "totals of {partition} differ\n  expected {expected:?}\n  found    {found:?}"
                ));
            }
        }
        Ok(())
    }
}

fn snapshot<P: Processor>(worker: &Worker<MemoryLog, P>) -> Memory {
    let rows = worker.committed_rows();
    let rows =
        rows.filter_map(|(number, key, value)| Some((number, RowKey::from_bytes(key)?, value.to_vec())));
    Memory {
        rows: rows.collect(),
        queues: worker.queues().collect(),
        totals: worker
            .totals()
            .map(|(number, totals)| (number, totals.clone()))
            .collect(),
    }
}
