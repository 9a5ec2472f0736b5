//! Who is compared, and how each is started.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::str::FromStr;
use std::time::Duration;

use crate::cluster::Cluster;
use crate::pass_through;
use crate::process::Process;
use crate::settings::Settings;

/// The times that contestants are set to.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Time between commits.
    pub commit: Duration,
    /// How long a work item waits for findings before it goes out unranked.
    pub ranking_wait: Duration,
}

impl Pace {
    /// For a burst: everything is late, so that work items wait until they are ranked. Else they would
    /// go out twice, and more often the slower a contestant is.
    pub const BURST: Self = Self {
        commit: Duration::from_millis(100),
        ranking_wait: Duration::from_secs(600),
    };

    /// For a steady stream: as heard does by itself.
    pub fn steady(commit: Duration) -> Self {
        Self {
            commit,
            ranking_wait: Duration::from_secs(5),
        }
    }
}

/// A contestant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contestant {
    /// librdkafka alone: reads complaints and writes each so many times, in transactions.
    PassThrough {
        /// Records written for each one read.
        copies: u32,
    },
    /// The Kafka Streams application in benches/kafka-streams.
    Streams,
    /// `heard run`.
    Heard,
}

impl fmt::Display for Contestant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PassThrough { copies: 1 } => f.write_str("pass-through"),
            Self::PassThrough { copies } => write!(f, "pass-through-{copies}"),
            Self::Streams => f.write_str("streams"),
            Self::Heard => f.write_str("heard"),
        }
    }
}

impl FromStr for Contestant {
    type Err = &'static str;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let copies = |text: &str| text.parse().ok().filter(|copies| (1..=100).contains(copies));
        match name {
            "pass-through" => Ok(Self::PassThrough { copies: 1 }),
            "streams" => Ok(Self::Streams),
            "heard" => Ok(Self::Heard),
            _ => name
                .strip_prefix("pass-through-")
                .and_then(copies)
                .map(|copies| Self::PassThrough { copies })
                .ok_or("pass-through, pass-through-N, streams and heard take part"),
        }
    }
}

impl Contestant {
    /// What it is, for people.
    pub fn title(self) -> String {
        match self {
            Self::PassThrough { copies: 1 } => "librdkafka pass-through".into(),
            Self::PassThrough { copies } => format!("the same, {copies} records written for one read"),
            Self::Streams => "Kafka Streams".into(),
            Self::Heard => "heard".into(),
        }
    }

    /// Where it writes one record for each complaint, last of all.
    pub fn last_output(self) -> &'static str {
        match self {
            Self::PassThrough { .. } => pass_through::OUTPUT,
            Self::Streams | Self::Heard => "handling.offstage",
        }
    }

    /// Records that it writes there for each complaint.
    pub fn copies(self) -> u64 {
        match self {
            Self::PassThrough { copies } => copies.into(),
            Self::Streams | Self::Heard => 1,
        }
    }

    /// Whether it does the whole job, customers and all.
    pub fn is_whole(self) -> bool {
        matches!(self, Self::Streams | Self::Heard)
    }

    /// Starts instance number `instance` of it.
    pub fn start(self, settings: &Settings, cluster: &Cluster, pace: Pace, instance: usize) -> Process {
        let name = format!("{self}-{instance}");
        let [commit, ranking_wait] = [pace.commit, pace.ranking_wait].map(|time| time.as_millis());
        let command = match self {
            Self::PassThrough { copies } => {
                let this = std::env::current_exe().expect("this program has a file");
                let mut command = Command::new(this);
                command.args([pass_through::COMMAND, cluster.address()]);
                command.args([copies.to_string(), commit.to_string()]);
                command
            }
            Self::Heard => {
                let text = format!(
                    "{}\n[engine]\nworkers = 1\ncommit_interval = \"{commit}ms\"\n\
                     [rules]\nranking_wait = \"{ranking_wait}ms\"\n",
                    cluster.heard_topics()
                );
                let config = cluster.directory().join(format!("{name}.toml"));
                std::fs::write(&config, text).expect("the directory can be written");
                let mut command = Command::new(&settings.heard);
                command.arg("--config").arg(config);
                command.args([
                    "--brokers",
                    cluster.address(),
                    "run",
                    "--listen",
                    "off",
                    "--instance",
                    &name,
                ]);
                command
            }
            Self::Streams => {
                let mut command = Command::new("java");
                command.args(settings.streams_jvm.split_whitespace());
                // Avro's generated coders, which are its fastest.
                command.arg("-Dorg.apache.avro.specific.use_custom_coders=true");
                command.arg("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn");
                let built = streams_directory();
                let path = format!("{0}/classes:{0}/lib/*", built.display());
                command.args(["-cp", &path, "heard.bench.Main"]);
                command.args([
                    format!("brokers={}", cluster.address()),
                    "application=streams".to_owned(),
                    format!("state={}", cluster.directory().join(&name).display()),
                    format!("threads={}", settings.streams_threads),
                    format!("store={}", settings.streams_store),
                    format!("commit={commit}"),
                    format!("ranking={ranking_wait}"),
                ]);
                command.args(settings.streams_settings.split_whitespace());
                command
            }
        };
        Process::start(&name, &command, cluster.directory())
    }
}

fn streams_directory() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("target"),
        PathBuf::from,
    );
    target.join("kafka-streams")
}

/// Builds the Kafka Streams application with Maven, which fetches what it needs once.
pub fn build_streams() {
    eprintln!("building the Kafka Streams application");
    let project = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/kafka-streams/pom.xml");
    let status = Command::new("mvn")
        .args(["-q", "-B", "-f", project])
        .arg(format!("-Dbuilt={}", streams_directory().display()))
        .arg("process-classes")
        .stdin(Stdio::null())
        .status();
    match status {
        Ok(status) if status.success() => {}
        Ok(status) => panic!("Maven could not build benches/kafka-streams ({status}): see above"),
        Err(error) => panic!("mvn cannot be run: {error}. Install a JDK, 17 or later, and Maven"),
    }
}
