//! Workers on threads, from start to shutdown.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use super::clock::Clock;
use super::error::EngineError;
use super::observer::Observer;
use super::panics::{WORKER, hide_payloads_of_workers};
use super::settings::EngineSettings;
use super::worker::{Step, Worker};
use crate::log::Log;
use crate::processor::Processor;

/// How long a step may wait: how late a shutdown may be noticed.
const STEP: Duration = Duration::from_millis(100);

/// Runs `settings.workers` workers, a thread each with a processor of its own, until `shutdown` is set,
/// a drain is done, or one of them fails; then the others end what they have open and leave too.
///
/// # Errors
/// The first error of a worker.
pub fn run<L: Log, P: Processor>(
    log: &L,
    processor: &(impl Fn() -> P + Sync),
    settings: &Arc<EngineSettings>,
    clock: &Arc<dyn Clock>,
    observer: &Arc<dyn Observer>,
    shutdown: &AtomicBool,
) -> Result<(), EngineError> {
    hide_payloads_of_workers();
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let mut threads = Vec::new();
        for index in 0..settings.workers.max(1) {
            let stop = &stop;
            let work = move || {
                let result = Worker::new(
                    log.clone(),
                    processor(),
                    Arc::clone(settings),
                    Arc::clone(clock),
                    Arc::clone(observer),
                    index,
                )
                .and_then(|worker| {
                    drive(worker, || {
                        shutdown.load(Ordering::Relaxed) || stop.load(Ordering::Relaxed)
                    })
                });
                if result.is_err() {
                    stop.store(true, Ordering::Relaxed);
                }
                result
            };
            threads.push(
                thread::Builder::new()
                    .name(format!("{WORKER}{index}"))
                    .spawn_scoped(scope, work),
            );
        }
        let mut first = Ok(());
        for (index, thread) in threads.into_iter().enumerate() {
            let result = match thread.map(thread::ScopedJoinHandle::join) {
                Ok(Ok(result)) => result,
                Ok(Err(_)) => Err(EngineError::Panicked(index)),
                Err(error) => Err(EngineError::Thread(error)),
            };
            if result.is_err() {
                stop.store(true, Ordering::Relaxed);
            }
            first = first.and(result);
        }
        first
    })
}

fn drive<L: Log, P: Processor>(mut worker: Worker<L, P>, stop: impl Fn() -> bool) -> Result<(), EngineError> {
    while !stop() {
        if worker.step(STEP)? == Step::Done {
            break;
        }
    }
    worker.close()
}
