//! Whether this process has started, is ready, and is alive: what it waits for, and since when. Ready: every partition given to
//! it is restored and being read.

use std::collections::BTreeMap;
use std::time::Duration;

use super::metrics::{Standing, Told};
use crate::engine::{Status, Trust, ahead_or_behind};
use crate::model::Millis;

/// A worker that has told nothing for so long is not ready: it hangs in a call.
const SILENT: Duration = Duration::from_secs(30);

/// After so long it is past hope: longer than all the time that calls to the brokers may take.
const STUCK: Duration = Duration::from_secs(300);

/// Something that is waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    /// For what, for people.
    pub what: String,
    /// Since when.
    pub since: Millis,
}

/// How a process is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// Why it has not started yet: once it has, it has for good.
    pub not_started: Vec<Wait>,
    /// Why it is not ready.
    pub not_ready: Vec<Wait>,
    /// Why it should be restarted.
    pub not_alive: Vec<Wait>,
}

/// That no broker answers.
#[derive(Clone, Debug)]
pub(super) struct Unreachable {
    /// When the first question was asked that none has answered.
    pub since: Millis,
    /// Running time when that was seen.
    pub at: Duration,
    /// What became of it.
    pub why: String,
}

/// What is known of a process.
pub(super) struct Known<'k> {
    /// What its workers told.
    pub workers: &'k BTreeMap<usize, Told>,
    /// How many workers it has.
    pub expected: usize,
    /// Running time, and the time of its clock.
    pub now: (Duration, Millis),
    /// When it began, by its clock.
    pub begun: Millis,
    /// How far its clock is to be trusted.
    pub clock: Trust,
    /// Where the brokers are.
    pub brokers: &'k str,
    /// Whether they are away.
    pub unreachable: Option<&'k Unreachable>,
    /// What keeps its workers from being started.
    pub lacks: Option<&'k Wait>,
}

impl Known<'_> {
    /// How it is.
    pub fn health(&self) -> Health {
        let mut health = Health::default();
        if let Some(lacks) = self.lacks {
            health.not_started.push(lacks.clone());
            health.not_ready.push(lacks.clone());
            return health;
        }
        health.not_ready.extend(self.of_brokers());
        health.not_ready.extend(self.of_clock());
        for worker in 0..self.expected {
            self.of_worker(worker, &mut health);
        }
        health
    }

    fn of_brokers(&self) -> Option<Wait> {
        let Unreachable { since, why, .. } = self.unreachable?;
        Some(Wait {
            what: format!(
                "brokers unreachable since {} ({}): {why}",
                since.second(),
                self.brokers
            ),
            since: *since,
        })
    }

    fn of_clock(&self) -> Option<Wait> {
        match self.clock {
            Trust::Off { ahead, since } => Some(Wait {
                what: format!(
                    "the clock of this machine is {} since {}: no deadline fires until it is right. Set it (NTP)",
                    ahead_or_behind(ahead),
                    since.second()
                ),
                since,
            }),
            // Without brokers there is nobody to ask for the time: they are told of, and it follows.
            Trust::Unknown if self.unreachable.is_none() => Some(Wait {
                what: "the brokers' time is not known yet: no deadline fires until it is".to_owned(),
                since: self.begun,
            }),
            Trust::Unknown | Trust::Believed | Trust::Right { .. } => None,
        }
    }

    fn of_worker(&self, worker: usize, health: &mut Health) {
        let Some(told) = self.workers.get(&worker) else {
            let what = format!("worker {worker} is starting");
            let wait = Wait {
                what,
                since: self.begun,
            };
            health.not_started.push(wait.clone());
            health.not_ready.push(wait);
            return;
        };
        let wait = |since: Duration, what: String| Wait {
            what: format!("worker {worker} {what}"),
            since: self.since(since),
        };
        if told.status.left {
            let left = wait(told.at, "has left its group".to_owned());
            return health.not_ready.push(left);
        }
        let mut waits = Vec::new();
        let silent = self.now.0.saturating_sub(told.at);
        if silent >= SILENT {
            let silence = wait(told.at, format!("has not moved for {} s", silent.as_secs()));
            if silent >= STUCK {
                health.not_alive.push(silence.clone());
            }
            waits.push(silence);
        }
        for (standing, since) in &told.since {
            // Without brokers there is no group to be in: they are told of, and it follows.
            if *standing != Standing::Outside || self.unreachable.is_none() {
                waits.push(wait(*since, words(standing, &told.status)));
            }
        }
        if !told.started {
            health.not_started.extend(self.of_brokers());
            health.not_started.extend_from_slice(&waits);
        }
        health.not_ready.append(&mut waits);
    }

    /// The time of a moment in running time.
    fn since(&self, at: Duration) -> Millis {
        let (now, wall) = self.now;
        let ago = now.saturating_sub(at).as_millis();
        wall.plus(-i64::try_from(ago).unwrap_or(i64::MAX))
    }
}

fn words(standing: &Standing, status: &Status) -> String {
    match standing {
        Standing::Mending => {
            let error = status.mending.as_ref().map(ToString::to_string);
            format!("is mending: {}", error.unwrap_or_default())
        }
        Standing::Outside => "has not joined its group".to_owned(),
        Standing::Restoring(partition) => format!("does not read {partition} yet: it is being restored"),
        Standing::Blocked(partition) => {
            format!("cannot read {partition}: it holds what only a newer release knows. Finish the roll-out")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::{ErrorKind, LogError, TopicPartition};

    const BEGUN: Millis = Millis(1_764_522_000_000);

    fn told(status: Status, at: u64) -> Told {
        Told::after(None, status, &"interactions".into(), Duration::from_secs(at))
    }

    /// How a process of one worker is, so many seconds after it began.
    fn of(
        workers: &BTreeMap<usize, Told>,
        now: u64,
        clock: Trust,
        unreachable: Option<&Unreachable>,
    ) -> Health {
        let known = Known {
            workers,
            expected: 1,
            now: (Duration::from_secs(now), BEGUN.plus(now as i64 * 1_000)),
            begun: BEGUN,
            clock,
            brokers: "one:9092",
            unreachable,
            lacks: None,
        };
        known.health()
    }

    fn lines(waits: &[Wait]) -> Vec<&str> {
        waits.iter().map(|wait| &*wait.what).collect()
    }

    #[test]
    fn brokers_that_do_not_answer_are_told_with_the_time_and_the_worker_is_not_blamed() {
        let unreachable = Unreachable {
            since: Millis(1_764_522_005_250),
            at: Duration::ZERO,
            why: "asking for the ends of partitions: timed out".into(),
        };
        let out = Status::default();
        let workers = BTreeMap::from([(0, told(out, 0))]);
        let health = of(&workers, 1, Trust::Unknown, Some(&unreachable));
        assert_eq!(
            lines(&health.not_ready),
            [
                "brokers unreachable since 2025-11-30T17:00:05Z (one:9092): asking for the ends of partitions: timed out"
            ]
        );
        assert!(health.not_alive.is_empty(), "to restart it would help nobody");
    }

    #[test]
    fn a_clock_that_no_deadline_is_judged_by_keeps_a_process_from_being_ready() {
        let well = Status {
            joined: true,
            ..Status::default()
        };
        let workers = BTreeMap::from([(0, told(well, 0))]);
        let since = Millis(1_764_522_005_250);
        //    given that the clock is     then it is not ready since
        for (clock, reason) in [
            (Trust::Believed, None),
            (Trust::Right { ahead: -4_000 }, None),
            (
                Trust::Unknown,
                Some("the brokers' time is not known yet: no deadline fires until it is"),
            ),
            (
                Trust::Off {
                    ahead: 3_600_040,
                    since,
                },
                Some(
                    "the clock of this machine is 3600.0 s ahead of the brokers' since 2025-11-30T17:00:05Z: no deadline \
                     fires until it is right. Set it (NTP)",
                ),
            ),
        ] {
            let health = of(&workers, 1, clock, None);
            assert_eq!(lines(&health.not_ready), Vec::from_iter(reason), "{clock:?}");
            assert!(health.not_alive.is_empty(), "another start would not set it");
        }
    }

    #[test]
    fn what_keeps_a_process_from_being_ready() {
        let well = Status {
            joined: true,
            ..Status::default()
        };
        let partition = |n| TopicPartition::new("interactions".into(), n);
        let restoring = Status {
            restoring: vec![partition(3)],
            ..well.clone()
        };
        let blocked = Status {
            blocked: vec![partition(2)],
            ..well.clone()
        };
        let mending = Status {
            mending: Some(LogError::new(ErrorKind::Retriable, "flushing", "no broker")),
            ..Status::default()
        };
        //    given that worker 0 told      and it is now    then it is not ready since, and alive
        for (worker, now, reason, alive) in [
            (None, 1, "worker 0 is starting", true),
            (Some(well.clone()), 1, "", true),
            (
                Some(Status::default()),
                1,
                "worker 0 has not joined its group",
                true,
            ),
            (
                Some(restoring),
                1,
                "worker 0 does not read interactions-3 yet",
                true,
            ),
            (Some(blocked), 1, "worker 0 cannot read interactions-2", true),
            (Some(mending), 1, "worker 0 is mending: ", true),
            (Some(well.clone()), 40, "worker 0 has not moved for 40 s", true),
            (Some(well), 400, "worker 0 has not moved for 400 s", false),
        ] {
            let workers = worker.map(|status| (0, told(status, 0))).into_iter().collect();
            let health = of(&workers, now, Trust::Believed, None);
            match lines(&health.not_ready).as_slice() {
                [] => assert_eq!(reason, ""),
                [line] => assert!(!reason.is_empty() && line.starts_with(reason), "{line}"),
                lines => panic!("{lines:?}"),
            }
            assert_eq!(health.not_alive.is_empty(), alive, "{reason}");
        }
    }

    #[test]
    fn it_says_since_when_it_waits_and_has_started_once_and_for_good() {
        let topic = "interactions".into();
        let partition = |n| TopicPartition::new("interactions".into(), n);
        let restores = |restoring: &[i32]| Status {
            joined: true,
            restoring: restoring.iter().map(|n| partition(*n)).collect(),
            ..Status::default()
        };
        //    given that at this second it is told    then it waits since this second, and has started
        let mut worker = None;
        for (at, status, since, started) in [
            (10, Status::default(), Some(10), false),
            (15, Status::default(), Some(10), false),
            (20, restores(&[3]), Some(20), false),
            (25, restores(&[3, 4]), Some(20), false),
            (30, restores(&[]), None, true),
            (40, restores(&[5]), Some(40), true),
            (50, Status::default(), Some(50), true),
        ] {
            worker = Some(Told::after(
                worker.take(),
                status,
                &topic,
                Duration::from_secs(at),
            ));
            let workers = worker.iter().map(|told| (0, told.clone())).collect();
            let health = of(&workers, at, Trust::Believed, None);
            let first = health
                .not_ready
                .first()
                .map(|wait| wait.since.since(BEGUN) / 1_000);
            assert_eq!(first, since, "at {at}: {health:?}");
            assert_eq!(health.not_started.is_empty(), started, "at {at}: {health:?}");
        }
    }
}
