//! `heard run`: intake and desk.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use clap::{ArgAction, Args, ValueEnum};
use jiff::Timestamp;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use super::{Exit, Failure, check, connect, listen};
use crate::app::{App, OutputFormats};
use crate::board::{Listener, Server};
use crate::config::{Listen, Settings};
use crate::engine::{
    self, CheckedClock, Clock, CommitTook, Counts, EngineSettings, Event, Figured, Mode, Observer, Pace,
    Roles, Sabotage, Status, SystemClock, Timekeeper,
};
use crate::intake::InputKind;
use crate::log::Topic;
use crate::model::{Case, CaseEvent, Millis, Signal, WorkItem};
use crate::observe::lag;
use crate::observe::metrics::Metrics;
use crate::wiring;

/// Arguments of `heard run`.
#[derive(Clone, Debug, Args)]
pub struct RunArgs {
    /// Which parts to run.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Role::Intake, Role::Desk])]
    pub roles: Vec<Role>,
    /// Take in all that was there at the start, on the event clock, and stop.
    #[arg(long)]
    pub drain: bool,
    /// The time to which the event clock moves in the end, such as 2020-06-01T00:00:00Z; without it,
    /// the largest event time.
    #[arg(long, requires = "drain", value_name = "TIME", value_parser = parse_time)]
    pub as_of: Option<Millis>,
    /// Names this instance among those of the application; without it, the host's name.
    #[arg(long, value_name = "NAME")]
    pub instance: Option<String>,
    /// Worker threads; without it, as configured.
    #[arg(long, value_name = "N")]
    pub workers: Option<std::num::NonZeroU32>,
    /// Apply messages within a worker at once instead of through the mailbox; without it, as
    /// configured.
    #[arg(long, value_name = "on|off", value_parser = parse_switch, action = ArgAction::Set)]
    pub local_delivery: Option<bool>,
    /// Where to serve /metrics, /healthz and /readyz: an address with a port (0: any that is free), or
    /// off; without it, as configured, and off in a drain.
    #[arg(long, value_name = "ADDRESS", value_parser = listen::parse)]
    pub listen: Option<Listen>,
}

/// A part of the processing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Role {
    /// Decode, validate, address.
    Intake,
    /// The actors: cases, customers, work items.
    Desk,
}

/// Runs the parts until told to stop, or with `--drain` until everything is taken in.
///
/// # Errors
/// What ended it.
pub fn run(settings: &Settings, args: &RunArgs) -> Result<Exit, Failure> {
    for warning in &settings.warnings {
        tracing::warn!("{warning}");
    }
    let log = connect::log(settings)?;
    let registry = Arc::new(connect::registry(&settings.wire)?);
    let rules = Arc::new(settings.rules.clone());
    let inputs = wiring::inputs(&settings.topics, &settings.rules);
    let kinds: Vec<_> = inputs.iter().map(|(kind, _)| *kind).collect();
    let formats = OutputFormats {
        work_item: connect::format::<WorkItem>(&settings.wire),
        case: connect::format::<Case>(&settings.wire),
        case_event: connect::format::<CaseEvent>(&settings.wire),
        signal: connect::format::<Signal>(&settings.wire),
    };
    let engine = Arc::new(engine_settings(settings, args, inputs)?);
    let stop = Arc::new(AtomicBool::new(false));
    // Until something is begun, a signal ends the program at once: the checks may wait for brokers.
    let checking = Arc::new(AtomicBool::new(true));
    for signal in [SIGTERM, SIGINT] {
        flag::register_conditional_shutdown(signal, 0, Arc::clone(&checking))
            .and_then(|_| flag::register(signal, Arc::clone(&stop)))
            .map_err(|error| Failure::Run(format!("signals cannot be caught: {error}")))?;
    }
    let checked = Arc::new(CheckedClock::new(Arc::new(SystemClock::new())));
    let clock: Arc<dyn Clock> = checked.clone();
    let metrics = Arc::new(Metrics::new(wiring::plan(settings), Arc::clone(&clock)));
    let seen: Arc<dyn Observer> = if args.drain {
        Arc::new(Draining::new(Arc::clone(&metrics)))
    } else {
        metrics.clone()
    };
    let _server = serve(settings, args, &metrics, engine.workers)?;
    let patient = (!args.drain).then_some(&*metrics);
    check::before_run(settings, &log, &args.roles, patient)?;
    checking.store(false, Ordering::SeqCst);
    let app = || App::new(&rules, kinds.clone(), &registry, formats);
    tracing::info!(instance = engine.instance, workers = engine.workers, "running");
    let started = clock.monotonic();
    end_in_time(Arc::clone(&stop));
    let mut keeper = Timekeeper::new(
        log.clone(),
        engine.topics.changelog.clone(),
        checked,
        Arc::clone(&seen),
    );
    keeper.begin(engine.pace.retry, || stop.load(Ordering::Relaxed));
    let keeping = keeper.go_on();
    if let Err(error) = &keeping {
        tracing::warn!("the brokers are asked for their time no more: {error}");
    }
    let follower = lag::follow(log.clone(), Arc::clone(&metrics));
    let ended = engine::run(&log, &app, &engine, &clock, &seen, &stop);
    drop((follower, keeping));
    metrics.last_words();
    let counts = metrics.counts();
    let took = clock.monotonic().saturating_sub(started);
    tracing::info!(
        taken = counts.taken,
        applied = counts.applied,
        delivered_locally = counts.delivered_locally,
        mailed = counts.mailed,
        rows_written = counts.rows_written,
        emitted = counts.emitted,
        dead_letters = counts.dead_letters.values().sum::<u64>(),
        transactions = counts.committed,
        // A number in JSON too, with one decimal.
        seconds = (took.as_secs_f64() * 10.0).round() / 10.0,
        "stopped"
    );
    ended.map_err(|cause| Failure::Engine {
        brokers: settings.brokers.clone(),
        cause,
    })?;
    Ok(Exit::Done)
}

/// From a signal to the end it takes no longer than this, whatever the brokers do: below any grace period.
const GRACE: Duration = Duration::from_secs(8);

/// Ends the program when it was told to end and has not for so long: brokers do not answer. What is open then is not
/// committed; brokers abort it, and its records are read again. So nothing is lost by it.
fn end_in_time(stop: Arc<AtomicBool>) {
    std::thread::spawn(move || {
        while !stop.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(50));
        }
        std::thread::sleep(GRACE);
        tracing::warn!(
            seconds = GRACE.as_secs(),
            "brokers did not answer since the signal to end: what is open is left to them to abort, and is taken in again"
        );
        std::process::exit(Exit::Done as i32);
    });
}

fn engine_settings(
    settings: &Settings,
    args: &RunArgs,
    inputs: Vec<(InputKind, Topic)>,
) -> Result<EngineSettings, Failure> {
    let roles = match (
        args.roles.contains(&Role::Intake),
        args.roles.contains(&Role::Desk),
    ) {
        (true, false) => Roles::Intake,
        (false, true) => Roles::Desk,
        _ => Roles::Both,
    };
    let instance = match &args.instance {
        Some(name) => name.clone(),
        None => host_name()?,
    };
    let workers = args.workers.unwrap_or(settings.engine.workers);
    Ok(EngineSettings {
        application: settings.application.clone(),
        instance,
        topics: wiring::topics(&settings.topics, inputs.into_iter().map(|(_, topic)| topic)),
        roles,
        mode: if args.drain {
            Mode::Drain { as_of: args.as_of }
        } else {
            Mode::Live
        },
        workers: workers.get() as usize,
        local_delivery: args.local_delivery.unwrap_or(settings.engine.local_delivery),
        max_record: settings.engine.max_record_bytes as usize,
        pace: Pace {
            commit_interval: settings.engine.commit_interval,
            mailbox_linger: settings.engine.mailbox_linger,
            ..Pace::default()
        },
        sabotage: Sabotage::None,
    })
}

/// The host's name, as it may stand in a transactional id.
fn host_name() -> Result<String, Failure> {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let name = name
        .or_else(|| std::env::var("HOSTNAME").ok())
        .unwrap_or_default();
    let name: String = name
        .trim()
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || "._-".contains(*c))
        .collect();
    if name.is_empty() {
        return Err(Failure::Usage(
            "this host has no name: give the instance one with --instance NAME".into(),
        ));
    }
    Ok(name)
}

/// When a drain first says how far it is, and between two times.
const FIRST_WORDS: Duration = Duration::from_secs(2);
const NEXT_WORDS: Duration = Duration::from_secs(10);

/// The metrics of a drain, which also says how far it is, now and then.
struct Draining {
    metrics: Arc<Metrics>,
    next: Mutex<Instant>,
}

impl Draining {
    fn new(metrics: Arc<Metrics>) -> Self {
        let next = Mutex::new(Instant::now() + FIRST_WORDS);
        Self { metrics, next }
    }
}

impl Observer for Draining {
    fn event(&self, worker: usize, event: &Event) {
        self.metrics.event(worker, event);
    }

    fn counted(&self, worker: usize, counts: &Counts) {
        self.metrics.counted(worker, counts);
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        if *next <= Instant::now() {
            *next = Instant::now() + NEXT_WORDS;
            let sum = self.metrics.counts();
            tracing::info!(
                taken = sum.taken,
                applied = sum.applied,
                emitted = sum.emitted,
                restored = sum.restored,
                "working"
            );
        }
    }

    fn figured(&self, worker: usize, figured: &Figured<'_>) {
        self.metrics.figured(worker, figured);
    }

    fn committed(&self, worker: usize, took: &CommitTook) {
        self.metrics.committed(worker, took);
    }

    fn follows(&self) -> bool {
        self.metrics.follows()
    }

    fn stands(&self, worker: usize, status: Status) {
        self.metrics.stands(worker, status);
    }
}

/// Serves metrics and health, if it is to.
fn serve(
    settings: &Settings,
    args: &RunArgs,
    metrics: &Arc<Metrics>,
    workers: usize,
) -> Result<Option<Server>, Failure> {
    let configured = if args.drain {
        Listen(None)
    } else {
        settings.http.listen
    };
    let Listen(Some(address)) = args.listen.unwrap_or(configured) else {
        return Ok(None);
    };
    let listener = Listener::bind(address)?;
    tracing::info!("{}", listen::told(&listener));
    listen::serve(listener, metrics, workers).map(Some)
}

fn parse_time(text: &str) -> Result<Millis, String> {
    text.parse::<Timestamp>()
        .map(|time| Millis(time.as_millisecond()))
        .map_err(|_| "write a time with its offset, such as 2020-06-01T00:00:00Z".into())
}

fn parse_switch(text: &str) -> Result<bool, String> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("write on or off".into()),
    }
}
