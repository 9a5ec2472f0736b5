//! Whether this process is alive, and whether it is ready: every partition given to it restored and
//! being read.

use std::collections::BTreeMap;
use std::time::Duration;

use super::metrics::Told;
use crate::engine::{Status, Trust, ahead_or_behind};
use crate::model::Millis;

/// A worker that has told nothing for so long is not ready: it hangs in a call.
const SILENT: Duration = Duration::from_secs(30);

/// After so long it is past hope: longer than all the time that calls to the brokers may take.
const STUCK: Duration = Duration::from_secs(300);

/// How a process is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// Why it is not ready, a line each.
    pub not_ready: Vec<String>,
    /// Why it should be restarted, a line each.
    pub not_alive: Vec<String>,
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

impl Unreachable {
    fn line(&self) -> String {
        format!("brokers unreachable since {}: {}", self.since.second(), self.why)
    }
}

/// Of a process with so many workers, at this running time, by a clock that is so to be trusted.
pub(super) fn of(
    workers: &BTreeMap<usize, Told>,
    expected: usize,
    now: Duration,
    clock: Trust,
    unreachable: Option<&Unreachable>,
) -> Health {
    let mut health = Health::default();
    health.not_ready.extend(unreachable.map(Unreachable::line));
    // Without brokers there is nobody to ask for the time: they are told of, and it follows.
    health.not_ready.extend(match clock {
        Trust::Off { ahead, since } => Some(format!(
            "the clock of this machine is {} since {}: no deadline fires until it is right. Set it (NTP)",
            ahead_or_behind(ahead),
            since.second()
        )),
        Trust::Unknown if unreachable.is_none() => {
            Some("the brokers' time is not known yet: no deadline fires until it is".to_owned())
        }
        Trust::Unknown | Trust::Believed | Trust::Right { .. } => None,
    });
    for worker in 0..expected {
        let Some(Told { status, at, .. }) = workers.get(&worker) else {
            health.not_ready.push(format!("worker {worker} is starting"));
            continue;
        };
        if status.left {
            health
                .not_ready
                .push(format!("worker {worker} has left its group"));
            continue;
        }
        let silent = now.saturating_sub(*at);
        if silent >= STUCK {
            let line = format!("worker {worker} has not moved for {} s", silent.as_secs());
            health.not_alive.push(line);
        }
        let lines = not_ready(status, silent, unreachable.is_some());
        let of_worker = lines.into_iter().map(|line| format!("worker {worker} {line}"));
        health.not_ready.extend(of_worker);
    }
    health
}

fn not_ready(status: &Status, silent: Duration, unreachable: bool) -> Vec<String> {
    let mut lines = Vec::new();
    if silent >= SILENT {
        lines.push(format!("has not moved for {} s", silent.as_secs()));
    }
    if let Some(error) = &status.mending {
        lines.push(format!("is mending: {error}"));
    } else if !status.joined && !unreachable {
        // Without brokers there is no group to be in: they are told of, and it follows.
        lines.push("has not joined its group".to_owned());
    }
    let restoring = status.restoring.iter();
    lines.extend(restoring.map(|partition| format!("does not read {partition} yet: it is being restored")));
    let blocked = status.blocked.iter();
    lines.extend(blocked.map(|partition| {
        format!("cannot read {partition}: it holds what only a newer release knows. Finish the roll-out")
    }));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::{ErrorKind, LogError, TopicPartition};

    fn told(status: Status, at: u64) -> Told {
        Told::after(None, status, &"interactions".into(), Duration::from_secs(at))
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
        let health = of(
            &workers,
            1,
            Duration::from_secs(1),
            Trust::Unknown,
            Some(&unreachable),
        );
        assert_eq!(
            health.not_ready,
            ["brokers unreachable since 2025-11-30T17:00:05Z: asking for the ends of partitions: timed out"]
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
            let health = of(&workers, 1, Duration::from_secs(1), clock, None);
            assert_eq!(health.not_ready, Vec::from_iter(reason), "{clock:?}");
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
            let health = of(&workers, 1, Duration::from_secs(now), Trust::Believed, None);
            match health.not_ready.as_slice() {
                [] => assert_eq!(reason, ""),
                [line] => assert!(!reason.is_empty() && line.starts_with(reason), "{line}"),
                lines => panic!("{lines:?}"),
            }
            assert_eq!(health.not_alive.is_empty(), alive, "{reason}");
        }
    }
}
