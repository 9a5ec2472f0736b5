//! `heard demo`: an invented enterprise's days, told to the real application and watched.

mod lines;
mod place;
mod screen;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use clap::Args;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use super::output::Output;
use super::{Exit, Failure, connect, listen, width};
use crate::config::{Listen, Overrides, Settings};
use crate::demo::{self, DemoError, Measured, Pace, Show, Telling};
use crate::log::Log;
use crate::log::memory::MemoryLog;
use crate::observe::lag;
use lines::Lines;
use place::Place;
use screen::Screen;

/// Arguments of `heard demo`.
#[derive(Clone, Debug, Args)]
pub(super) struct DemoArgs {
    /// One week, as fast as it goes, and the end; else, on a terminal, week after week until Ctrl-C.
    #[arg(long)]
    once: bool,
    /// Picks one of the stories.
    #[arg(long, value_name = "N", default_value_t = 7)]
    seed: u64,
    /// How many times as fast as life it is told; without it, an hour a second, or with --once as fast
    /// as it goes.
    #[arg(long, value_name = "TIMES", value_parser = parse_speed)]
    speed: Option<f64>,
    /// On the Kafka of --brokers or --config, in topics of its own: PREFIXdemo-SEED.*
    #[arg(long)]
    kafka: bool,
    /// The final report as JSON: the same as of `heard report --json`.
    #[arg(long)]
    json: bool,
    /// Where to serve /metrics, /healthz and /readyz meanwhile: an address with a port (0: any that is
    /// free), or off; without it, 127.0.0.1:9464 (with --kafka, as configured) if that is free and the
    /// story goes on until Ctrl-C.
    #[arg(long, value_name = "ADDRESS", value_parser = listen::parse)]
    listen: Option<Listen>,
}

/// An hour a second.
const USUAL: Pace = Pace::Times(3600.0);

/// Without `--kafka` no configuration is read: whatever is wrong with it, the demo works.
pub(super) fn demo(
    config: Option<&Path>,
    overrides: &Overrides,
    args: &DemoArgs,
    quiet: bool,
) -> Result<Exit, Failure> {
    let audience = Audience::new(quiet);
    // Where nobody watches, a story without end would be of no use.
    let once = args.once || !matches!(audience, Audience::Watches(_));
    let pace = match args.speed {
        Some(times) => Pace::Times(times),
        None if once => Pace::AtOnce,
        None => USUAL,
    };
    let mut telling = Telling {
        settings: demo::settings(),
        seed: args.seed,
        pace,
        once,
    };
    if !args.kafka {
        let place = Place::find(args.listen, telling.settings.http.listen, !once)?;
        return tell(
            &MemoryLog::live(),
            &telling,
            args,
            (audience, place),
            "the log in memory",
        );
    }
    let settings = Settings::load(config, overrides)?;
    let prefix = format!("{}demo-{}.", settings.topics.prefix, args.seed);
    let story = &mut telling.settings;
    story.application = prefix.trim_end_matches('.').to_owned();
    story.topics.prefix = prefix;
    story.topics.replication = settings.topics.replication;
    let client = Settings {
        application: story.application.clone(),
        ..settings
    };
    let log = connect::log(&client)?;
    let place = Place::find(args.listen, client.http.listen, !once)?;
    tell(&log, &telling, args, (audience, place), &client.brokers)
}

/// Who follows the story.
enum Audience {
    /// Nobody: the final report is all that was asked for.
    Away,
    /// Somebody, later: what happened, line by line.
    Reads,
    /// Somebody before a terminal.
    Watches(Screen),
}

impl Audience {
    fn new(quiet: bool) -> Self {
        match Screen::find() {
            _ if quiet => Self::Away,
            Some(screen) => Self::Watches(screen),
            None => Self::Reads,
        }
    }

    /// Ready to be shown the story; first of all this notice.
    fn seated(self, notice: Option<String>) -> Box<dyn Show> {
        match self {
            Self::Away => Box::new(Nothing),
            Self::Reads => Box::new(Lines::new(notice)),
            Self::Watches(screen) => Box::new(screen.notice(notice)),
        }
    }
}

fn tell(
    log: &impl Log,
    telling: &Telling,
    args: &DemoArgs,
    (audience, place): (Audience, Place),
    brokers: &str,
) -> Result<Exit, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGTERM, SIGINT] {
        // The second one ends the program at once, should the end take long.
        flag::register_conditional_shutdown(signal, 1, Arc::clone(&stop))
            .and_then(|_| flag::register(signal, Arc::clone(&stop)))
            .map_err(|error| Failure::Run(format!("signals cannot be caught: {error}")))?;
    }
    let measured = Arc::new(Measured::new(&telling.settings));
    let metrics = measured.metrics();
    let follower = place
        .listener
        .as_ref()
        .map(|_| lag::follow(log.clone(), Arc::clone(metrics)));
    let server = place
        .listener
        .map(|listener| listen::serve(listener, metrics, demo::WORKERS));
    let _served = (server.transpose()?, follower);
    let outcome = {
        let mut show = audience.seated(place.notice);
        demo::run(log, telling, &measured, &mut *show, &stop)
    };
    let outcome = outcome.map_err(|error| failure(brokers, error))?;
    let mut output = Output::new();
    if args.json {
        let shown = outcome.overview.report().show(outcome.ended);
        let json = serde_json::to_string_pretty(&shown).expect("figures are numbers and names");
        output.line(&json)?;
    } else {
        output.text(&demo::summary(
            &outcome.overview,
            outcome.ended,
            width::of_output(None),
        ))?;
        if args.kafka {
            let prefix = &telling.settings.topics.prefix;
            output.line(&format!(
                "\nThe same from the topics: heard report --prefix {prefix}"
            ))?;
        }
    }
    output.flush()?;
    Ok(Exit::Done)
}

fn failure(brokers: &str, error: DemoError) -> Failure {
    let brokers = brokers.to_owned();
    match error {
        DemoError::Log(cause) => Failure::Log { brokers, cause },
        DemoError::Engine(cause) => Failure::Engine { brokers, cause },
        DemoError::Show(cause) => Failure::Write {
            path: "standard error".into(),
            cause,
        },
        other => Failure::Run(other.to_string()),
    }
}

/// Shows nothing: the final report is all that was asked for.
struct Nothing;

impl Show for Nothing {
    fn show(&mut self, _now: crate::model::Millis, _overview: &demo::Overview) -> std::io::Result<()> {
        Ok(())
    }
}

fn parse_speed(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(times) if (1.0..=1e6).contains(&times) => Ok(times),
        _ => Err("write how many times as fast as life, from 1 to 1000000; 3600 is an hour a second".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::parse_speed;

    #[test]
    fn speeds() {
        for (text, fine) in [
            ("3600", true),
            ("1.5", true),
            ("0", false),
            ("-3", false),
            ("NaN", false),
            ("x", false),
        ] {
            assert_eq!(parse_speed(text).is_ok(), fine, "{text}");
        }
    }
}
