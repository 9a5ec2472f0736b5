//! The world of a simulation: a log, its clock, topics, and instances that come and go.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use heard::engine::{
    CheckedClock, Clock, Counts, EngineError, EngineSettings, Event, Figured, Mode, Observer, Pace, Roles,
    Sabotage, Status, Step, Timekeeper, Topics, Worker,
};
use heard::log::memory::{MemoryLog, Settings};
use heard::log::{APPEND_TIME, ErrorKind, Log, Topic, TopicSpec};
use heard::model::Millis;
use heard::processor::{Figures, Processor};

use super::machine::MachineClock;
use super::subject::Subject;

pub type W<S> = Worker<MemoryLog, <S as Subject>::P>;

/// Keeps what workers tell.
#[derive(Default)]
pub struct Ear {
    pub events: Mutex<Vec<String>>,
    pub counts: Mutex<Counts>,
    pub figures: Mutex<Figures>,
    /// How the latest worker to tell stands.
    pub status: Mutex<Status>,
    pub tell: bool,
}

/// The ear at one instance.
struct EarOf {
    name: String,
    ear: Arc<Ear>,
}

impl Observer for EarOf {
    fn event(&self, _: usize, event: &Event) {
        let Self { name, ear } = self;
        if ear.tell {
            eprintln!("    {name}: {event}");
        }
        ear.events
            .lock()
            .expect("nobody panics with it")
            .push(event.to_string());
    }

    fn counted(&self, _: usize, counts: &Counts) {
        *self.ear.counts.lock().expect("nobody panics with it") += counts;
    }

    fn follows(&self) -> bool {
        true
    }

    fn stands(&self, _: usize, status: Status) {
        *self.ear.status.lock().expect("nobody panics with it") = status;
    }

    fn figured(&self, _: usize, figured: &Figured<'_>) {
        let mut figures = self.ear.figures.lock().expect("nobody panics with it");
        for (figure, by) in figured.figures.changed() {
            figures.add(figure, by);
        }
    }
}

/// An instance: alive or not, and a predecessor that does not know that it was replaced.
pub struct Instance<S: Subject> {
    pub name: String,
    pub worker: Option<W<S>>,
    pub zombie: Option<W<S>>,
    /// Stands still until then.
    pub frozen: Millis,
    /// The clocks of its machine.
    pub machine: Arc<MachineClock>,
    keeper: Option<Timekeeper<MemoryLog>>,
}

impl<S: Subject> Instance<S> {
    fn place(&mut self, zombie: bool) -> &mut Option<W<S>> {
        if zombie {
            &mut self.zombie
        } else {
            &mut self.worker
        }
    }

    /// Holds its clock against the log's, if it does that.
    pub fn look_at_clock(&mut self) {
        if let Some(keeper) = &mut self.keeper {
            keeper.look();
        }
    }
}

/// Where everything happens.
pub struct World<'a, S: Subject> {
    subject: &'a S,
    pub log: MemoryLog,
    checks_clocks: bool,
    applies_older: bool,
    pub ear: Arc<Ear>,
    pub settings: EngineSettings,
    pub instances: Vec<Instance<S>>,
    pub start: Millis,
}

/// What a world is made with.
pub struct Shape {
    pub mailbox_partitions: i32,
    pub input_partitions: i32,
    pub instances: usize,
    pub split_roles: bool,
    pub queue_sends: bool,
    pub mode: Mode,
    pub local_delivery: bool,
    pub sabotage: Sabotage,
    pub pace: Pace,
    /// Whether instances hold their clocks against the log's.
    pub checks_clocks: bool,
    /// Whether processors apply older states of others: a fault.
    pub applies_older: bool,
    pub tell: bool,
}

impl<'a, S: Subject> World<'a, S> {
    pub fn new(subject: &'a S, shape: &Shape) -> Self {
        let log = MemoryLog::new(Settings {
            queue_sends: shape.queue_sends,
            commit_flushes: false,
            ..Settings::default()
        });
        let name = |what: &str, n: usize| Topic::new(&format!("{what}-{n}"));
        let topics = Topics {
            inputs: (0..subject.input_topics()).map(|n| name("input", n)).collect(),
            mailbox: "mailbox".into(),
            changelog: "changelog".into(),
            outputs: (0..subject.output_topics()).map(|n| name("output", n)).collect(),
            dead_letters: "dead-letters".into(),
        };
        let spec = |topic: &Topic, partitions| TopicSpec {
            topic: topic.clone(),
            partitions,
            replication: 1,
            settings: vec![(APPEND_TIME.0.to_owned(), APPEND_TIME.1.to_owned())],
        };
        let mut specs: Vec<_> = topics
            .inputs
            .iter()
            .map(|t| spec(t, shape.input_partitions))
            .collect();
        specs.extend(topics.outputs.iter().map(|t| spec(t, 2)));
        specs.extend([&topics.mailbox, &topics.changelog].map(|t| spec(t, shape.mailbox_partitions)));
        specs.push(spec(&topics.dead_letters, 1));
        log.create_topics(&specs).expect("an empty log takes topics");
        let start = log.now();
        let settings = EngineSettings {
            application: "sim".into(),
            instance: String::new(),
            topics,
            roles: Roles::Both,
            mode: shape.mode,
            workers: 1,
            local_delivery: shape.local_delivery,
            max_record: 100_000,
            pace: shape.pace.clone(),
            sabotage: shape.sabotage,
        };
        let instances = (0..shape.instances)
            .map(|n| Instance {
                name: if shape.split_roles && n % 2 == 1 {
                    format!("intake{n}")
                } else {
                    format!("i{n}")
                },
                worker: None,
                zombie: None,
                frozen: start,
                machine: Arc::new(MachineClock::new(log.clone())),
                keeper: None,
            })
            .collect();
        Self {
            checks_clocks: shape.checks_clocks,
            applies_older: shape.applies_older,
            log,
            ear: Arc::new(Ear {
                tell: shape.tell,
                ..Ear::default()
            }),
            settings,
            subject,
            instances,
            start,
        }
    }

    /// The settings of an instance; those whose name begins so take inputs only.
    fn settings_of(&self, instance: usize) -> EngineSettings {
        let name = self.instances[instance].name.clone();
        let roles = if name.starts_with("intake") {
            Roles::Intake
        } else {
            Roles::Both
        };
        EngineSettings {
            instance: name,
            roles,
            ..self.settings.clone()
        }
    }

    /// The transactional id and client name of an instance.
    pub fn client(&self, instance: usize) -> String {
        self.settings_of(instance).transactional_id(0)
    }

    /// Starts an instance; an error that a fault explains leaves it down.
    pub fn start(&mut self, instance: usize) -> Result<(), String> {
        let start = self.starting(instance);
        let made = self.patiently(instance, start)?;
        self.started(instance, made)
    }

    /// What starts an instance, on whichever thread.
    pub(super) fn starting(
        &mut self,
        instance: usize,
    ) -> impl FnOnce() -> Result<W<S>, EngineError> + Send + use<S> {
        let settings = Arc::new(self.settings_of(instance));
        let log = self.log.clone();
        let ear = EarOf {
            name: settings.instance.clone(),
            ear: Arc::clone(&self.ear),
        };
        let ear: Arc<dyn Observer> = Arc::new(ear);
        let mut clock: Arc<dyn Clock> = self.instances[instance].machine.clone();
        if self.checks_clocks {
            let checked = Arc::new(CheckedClock::new(clock));
            let changelog = settings.topics.changelog.clone();
            let mut keeper = Timekeeper::new(log.clone(), changelog, checked.clone(), ear.clone());
            keeper.look();
            self.instances[instance].keeper = Some(keeper);
            clock = checked;
        }
        let processor = if self.applies_older {
            self.subject.faulty()
        } else {
            self.subject.processor()
        };
        move || Worker::new(log, processor, settings, clock, ear, 0)
    }

    /// What starting an instance has come to.
    pub(super) fn started(&mut self, instance: usize, made: Result<W<S>, EngineError>) -> Result<(), String> {
        match made {
            Ok(worker) => self.instances[instance].worker = Some(worker),
            Err(error) => explained(&error)?,
        }
        Ok(())
    }

    /// Lets a worker step; one that stops for a fault is gone, one that is done leaves. Says whether
    /// there was anything to do.
    pub fn step(&mut self, instance: usize, zombie: bool) -> Result<bool, String> {
        self.instances[instance].look_at_clock();
        let Some(mut worker) = self.instances[instance].place(zombie).take() else {
            return Ok(false);
        };
        let (worker, stepped) = self.patiently(instance, || {
            let stepped = worker.step(STEP);
            (worker, stepped)
        })?;
        let idle = matches!(stepped, Ok(Step::Idle));
        *self.instances[instance].place(zombie) = stay_or_go(worker, stepped)?;
        Ok(!idle)
    }

    /// Lets a worker leave, if there is one; an error that a fault explains is what it is.
    pub fn leave(&mut self, instance: usize) -> Result<(), String> {
        let Some(worker) = self.instances[instance].worker.take() else {
            return Ok(());
        };
        let left = self.patiently(instance, || worker.close())?;
        left.or_else(|error| explained(&error))
    }
}

/// How long a step may wait for records.
pub(super) const STEP: Duration = Duration::from_millis(5);

/// What becomes of a worker that has stepped: see [`World::step`].
pub(super) fn stay_or_go<P: Processor>(
    worker: Worker<MemoryLog, P>,
    stepped: Result<Step, EngineError>,
) -> Result<Option<Worker<MemoryLog, P>>, String> {
    match stepped {
        Ok(Step::Worked | Step::Idle) => Ok(Some(worker)),
        Ok(Step::Done) => {
            worker.close().or_else(|error| explained(&error))?;
            Ok(None)
        }
        Err(error) => {
            explained(&error)?;
            Ok(None)
        }
    }
}

/// Whether an error is what a fault of this simulation should lead to.
pub fn explained(error: &EngineError) -> Result<(), String> {
    match error {
        EngineError::FencedAgain { .. } => Ok(()),
        EngineError::Log(error)
            if error.kind == ErrorKind::Fatal && error.detail.contains("simulated crash") =>
        {
            Ok(())
        }
        // Making a worker, or one attempt to close it, may meet what would pass.
        EngineError::Log(error) if error.kind != ErrorKind::Fatal => Ok(()),
        other => Err(format!("a worker stopped: {other}")),
    }
}
