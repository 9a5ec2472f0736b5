//! Tells the story to the application, and watches.

use std::iter::Peekable;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use thiserror::Error;

use super::clock::StoryClock;
use super::feeder::Feeder;
use super::measured::Measured;
use super::outputs::Outputs;
use super::overview::Overview;
use super::story::{self, Line, Record};
use crate::app::{App, OutputFormats};
use crate::config::Settings;
use crate::engine::{self, Clock, EngineError, EngineSettings, Mode, Observer, Roles, Sabotage};
use crate::log::{Log, LogError, TopicPartition};
use crate::model::Millis;
use crate::wire::Registry;
use crate::wiring;

/// What to tell, and how.
#[derive(Clone, Debug)]
pub struct Telling {
    /// Topics, rules and engine.
    pub settings: Settings,
    /// Picks one of the stories.
    pub seed: u64,
    /// How fast.
    pub pace: Pace,
    /// One week, and the end; else week after week until stopped.
    pub once: bool,
}

/// How fast a story is told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pace {
    /// So many times as fast as life.
    Times(f64),
    /// Each moment as soon as the one before has been dealt with.
    AtOnce,
}

/// Who is shown what is known, whenever there may be something new.
pub trait Show {
    /// It is `now` in the story.
    ///
    /// # Errors
    /// It cannot be shown.
    fn show(&mut self, now: Millis, overview: &Overview) -> std::io::Result<()>;

    /// The story has ended; what still comes of it may be told, but takes no terminal any more.
    ///
    /// # Errors
    /// As [`Show::show`].
    fn end(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Why a story ended before its end.
#[derive(Debug, Error)]
pub enum DemoError {
    /// The log said no.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The engine stopped.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The application wrote what cannot be read; a defect.
    #[error("an output cannot be read: {0}")]
    Unreadable(String),
    /// The topics are not empty.
    #[error(
        "the topics {prefix}* have a story in them already. See what came of it with: heard report --prefix {prefix}, \
         or tell another one with --seed."
    )]
    Told {
        /// What the topics begin with.
        prefix: String,
    },
    /// It cannot be shown.
    #[error("the story cannot be shown: {0}")]
    Show(#[from] std::io::Error),
}

/// What came of a story.
#[derive(Debug)]
pub struct Outcome {
    /// When it ended, in the story.
    pub ended: Millis,
    /// Everything there is to know of it.
    pub overview: Overview,
}

/// How long the loop waits for outputs before it looks at the time again.
const LOOK: Duration = Duration::from_millis(30);
/// The same, where each moment waits for the one before.
const SHORT_LOOK: Duration = Duration::from_millis(2);
/// When somebody who watches comes in.
const MORNING: Millis = story::START.plus(6 * 3_600_000);
/// How long nothing happens after the last week, until it is seen what came of it: what was solved at the
/// beginning has been quiet for a week then.
const QUIET: i64 = 36 * 3_600_000;
/// Worker threads of the application.
pub const WORKERS: usize = 1;
/// How often transactions end: the story's time is dear.
const COMMIT: Duration = Duration::from_millis(10);

/// Creates the topics, tells the story while the application runs, and, when it has ended or `stop` is
/// set, has everything judged as of then. `measured` is of this story and no other.
///
/// # Errors
/// What kept the story from its end.
pub fn run<L: Log>(
    log: &L,
    telling: &Telling,
    measured: &Arc<Measured>,
    show: &mut dyn Show,
    stop: &AtomicBool,
) -> Result<Outcome, DemoError> {
    let settings = &telling.settings;
    log.create_topics(&settings.topics.specs(&settings.rules))?;
    let inputs = wiring::inputs(&settings.topics, &settings.rules);
    refuse_if_told(log, settings, &inputs)?;
    let registry = Arc::new(Registry::built_in());
    let application = Application {
        log,
        settings,
        registry: &registry,
        measured,
    };
    let id = format!("{}-story", settings.application);
    let mut stage = Stage {
        feeder: Feeder::new(log, id, settings.topics.clone())?,
        outputs: Outputs::new(log, &settings.topics, &registry)?,
        overview: Overview::new(&settings.rules),
        clock: measured.clock(),
        show,
    };
    let halt = AtomicBool::new(false);
    application.during(Mode::Live, &halt, |is_over| {
        let over = || is_over() || stop.load(Ordering::Relaxed);
        stage.tell(telling, measured, &over)?;
        // Before anything that may take long: another Ctrl-C must find the terminal as it was.
        Ok(stage.show.end()?)
    })?;
    // Nothing is left to be taken in. Time moves to the story's end once more, for all alike.
    let ended = measured.clock().wall();
    let halt = AtomicBool::new(false);
    application.during(Mode::Drain { as_of: Some(ended) }, &halt, |is_over| {
        while !is_over() {
            stage.outputs.read(LOOK, &mut stage.overview)?;
        }
        Ok(())
    })?;
    stage.outputs.read_out(&mut stage.overview)?;
    stage.show.show(ended, &stage.overview)?;
    Ok(Outcome {
        ended,
        overview: stage.overview,
    })
}

/// A second story in the same topics would begin before the end of the first.
fn refuse_if_told<L: Log>(
    log: &L,
    settings: &Settings,
    inputs: &[(crate::intake::InputKind, crate::log::Topic)],
) -> Result<(), DemoError> {
    let topics: Vec<_> = inputs.iter().map(|(_, topic)| topic.clone()).collect();
    let counts = log.partitions(&topics)?.into_iter();
    let partitions: Vec<_> = counts
        .flat_map(|(topic, count)| (0..count).map(move |n| TopicPartition::new(topic.clone(), n)))
        .collect();
    if log.ends(&partitions)?.iter().any(|ends| ends.high_watermark > 0) {
        return Err(DemoError::Told {
            prefix: settings.topics.prefix.clone(),
        });
    }
    Ok(())
}

/// What is on, and who watches it.
struct Stage<'a, L: Log> {
    feeder: Feeder<L>,
    outputs: Outputs<L>,
    overview: Overview,
    clock: &'a StoryClock,
    show: &'a mut dyn Show,
}

impl<L: Log> Stage<'_, L> {
    /// Tells lines as their time comes.
    fn tell(
        &mut self,
        telling: &Telling,
        measured: &Measured,
        is_over: &dyn Fn() -> bool,
    ) -> Result<(), DemoError> {
        let weeks = if telling.once { 1 } else { u32::MAX };
        let rules = &telling.settings.rules;
        let lines = (0..weeks).flat_map(|week| story::week(telling.seed, week, rules));
        let mut lines = lines.peekable();
        let end = story::begin_of(weeks).plus(if telling.once { QUIET } else { 0 });
        let started = Instant::now();
        let mut fed = 0;
        while !is_over() {
            let taken = measured.taken() >= fed;
            let now = match telling.pace {
                // The first morning: nobody wants to watch the night before it.
                Pace::Times(times) => MORNING.plus((started.elapsed().as_secs_f64() * 1000.0 * times) as i64),
                Pace::AtOnce if taken => lines.peek().map_or(end, |line| line.arrives),
                Pace::AtOnce => self.clock.wall(),
            };
            let now = now.min(end);
            self.clock.set(now);
            let due = due(&mut lines, now);
            fed += due.len() as u64;
            self.feeder.send(&due)?;
            for line in &due {
                if let Record::Complaint(said) = &line.record {
                    self.overview.said(said);
                }
            }
            if due.is_empty() && now == end && taken {
                break;
            }
            self.look(if telling.pace == Pace::AtOnce {
                SHORT_LOOK
            } else {
                LOOK
            })?;
        }
        Ok(())
    }

    /// Takes in what the outputs say, and shows it.
    fn look(&mut self, max_wait: Duration) -> Result<(), DemoError> {
        self.outputs.read(max_wait, &mut self.overview)?;
        self.show.show(self.clock.wall(), &self.overview)?;
        Ok(())
    }
}

/// The lines that have come to be known by now.
fn due(lines: &mut Peekable<impl Iterator<Item = Line>>, now: Millis) -> Vec<Line> {
    std::iter::from_fn(|| lines.next_if(|line| line.arrives <= now)).collect()
}

/// The application, as in `heard run`.
struct Application<'a, L: Log> {
    log: &'a L,
    settings: &'a Settings,
    registry: &'a Arc<Registry>,
    measured: &'a Arc<Measured>,
}

impl<L: Log> Application<'_, L> {
    /// Runs it while `meanwhile` goes on, which hears whether it is over; `halt` ends it.
    fn during(
        &self,
        mode: Mode,
        halt: &AtomicBool,
        meanwhile: impl FnOnce(&dyn Fn() -> bool) -> Result<(), DemoError>,
    ) -> Result<(), DemoError> {
        let inputs = wiring::inputs(&self.settings.topics, &self.settings.rules);
        let kinds: Vec<_> = inputs.iter().map(|(kind, _)| *kind).collect();
        let rules = Arc::new(self.settings.rules.clone());
        let engine = Arc::new(EngineSettings {
            application: self.settings.application.clone(),
            instance: "demo".into(),
            topics: wiring::topics(&self.settings.topics, inputs.into_iter().map(|(_, topic)| topic)),
            roles: Roles::Both,
            mode,
            workers: WORKERS,
            local_delivery: self.settings.engine.local_delivery,
            max_record: self.settings.engine.max_record_bytes as usize,
            pace: engine::Pace {
                commit_interval: COMMIT,
                mailbox_linger: Duration::ZERO,
                ..engine::Pace::default()
            },
            sabotage: Sabotage::None,
        });
        let clock: Arc<dyn Clock> = self.measured.clock().clone();
        let observer: Arc<dyn Observer> = self.measured.clone();
        let app = || App::new(&rules, kinds.clone(), self.registry, OutputFormats::default());
        thread::scope(|scope| {
            let running = scope.spawn(|| engine::run(self.log, &app, &engine, &clock, &observer, halt));
            let watched = meanwhile(&|| running.is_finished());
            // Whatever ended the watching ends the application, unless it ends by itself.
            if watched.is_err() || mode == Mode::Live {
                halt.store(true, Ordering::Relaxed);
            }
            let ended = match running.join() {
                Ok(ended) => ended,
                Err(_) => Err(EngineError::Panicked(0)),
            };
            // Why the application stopped matters more than that nothing came of it.
            ended?;
            watched
        })
    }
}
