//! Short words for running `heard` in tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use crate::broker::Broker;

/// An installation of `heard`: its topics' prefix on the shared broker, and a directory of its own.
pub struct Heard {
    prefix: String,
    directory: TempDir,
    config: Option<PathBuf>,
    /// A broker of its own, by its address; `None`: the one that tests share.
    broker: Option<String>,
}

/// How a command ended.
pub struct Ran {
    command: String,
    output: Output,
}

impl Heard {
    /// An installation whose topics begin with `name`.
    pub fn new(name: &str) -> Self {
        Self {
            prefix: format!("{name}."),
            directory: TempDir::new().expect("a temporary directory can be made"),
            config: None,
            broker: None,
        }
    }

    /// On a broker of its own, which may be stopped.
    pub fn on(self, broker: &Broker) -> Self {
        self.at(&broker.address())
    }

    /// On the brokers at these addresses.
    pub fn at(mut self, brokers: &str) -> Self {
        self.broker = Some(brokers.to_owned());
        self
    }

    /// With this configuration file.
    pub fn config(mut self, text: &str) -> Self {
        self.config = Some(self.file("heard.toml", text));
        self
    }

    /// With this configuration file, and as an application of its own: tests that run the processing
    /// cannot share a consumer group.
    pub fn application(self, text: &str) -> Self {
        let name = self.prefix.trim_end_matches('.');
        let text = format!("application = \"{name}\"\n{text}");
        self.config(&text)
    }

    /// With its topics created.
    pub fn topics(self) -> Self {
        self.run(&["topics", "apply"]).succeeds();
        self
    }

    /// Writes a file into its directory.
    pub fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).expect("the directory can be written");
        path
    }

    /// Where a file of this name is, or would be, in its directory.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The command with these arguments, not yet run, for tests that kill it or feed it.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_heard"));
        // Nothing of this machine's environment that it would heed.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("HEARD_") {
                command.env_remove(name);
            }
        }
        let shared = || Broker::shared().address();
        let brokers = self.broker.clone().unwrap_or_else(shared);
        command.args(["--brokers", &brokers, "--prefix", &self.prefix]);
        if let Some(config) = &self.config {
            command.arg("--config").arg(config);
        }
        command.args(args);
        command
    }

    /// Where its configuration is, as a command line names it.
    pub fn config_path(&self) -> String {
        let path = self.config.as_ref().map(|path| path.display().to_string());
        path.unwrap_or_default()
    }

    /// Runs it to its end.
    pub fn run(&self, args: &[&str]) -> Ran {
        let output = self
            .command(args)
            .output()
            .expect("the binary was built for this test");
        Ran {
            command: args.join(" "),
            output,
        }
    }

    /// Runs it to its end, with topics that begin with another prefix.
    pub fn run_as(&self, prefix: &str, args: &[&str]) -> Ran {
        let other = Self {
            prefix: prefix.into(),
            directory: TempDir::new().expect("a temporary directory can be made"),
            config: self.config.clone(),
            broker: self.broker.clone(),
        };
        other.run(args)
    }

    /// Ingests a file by one of the maps in maps/.
    pub fn ingest(&self, map: &str, file: &Path, more: &[&str]) -> Ran {
        let map = repository().join("maps").join(map);
        let paths = [path(&map), path(file)];
        let args = [&["ingest", "--map", paths[0], paths[1]][..], more].concat();
        self.run(&args)
    }

    /// Takes in what was ingested, with these further arguments of `heard run --drain`.
    pub fn drain(&self, more: &[&str]) -> Ran {
        self.run(&[&["run", "--drain"][..], more].concat()).succeeds()
    }

    /// All records of topics.
    pub fn tail(&self, topics: &[&str]) -> Vec<Value> {
        let args = [&["tail", "--drain", "--json"][..], topics].concat();
        self.run(&args).succeeds().json_lines()
    }
}

impl Ran {
    /// Fails the test unless the exit status is this one.
    pub fn exits(self, status: i32) -> Self {
        let ended = self.output.status;
        assert_eq!(
            ended.code(),
            Some(status),
            "heard {}: {ended}\n{}",
            self.command,
            self.err()
        );
        self
    }

    /// Fails the test unless the exit status is 0.
    pub fn succeeds(self) -> Self {
        self.exits(0)
    }

    /// Whether its exit status was 0.
    pub fn is_success(&self) -> bool {
        self.output.status.success()
    }

    /// Standard output.
    pub fn out(&self) -> String {
        String::from_utf8_lossy(&self.output.stdout).into_owned()
    }

    /// Standard error.
    pub fn err(&self) -> String {
        String::from_utf8_lossy(&self.output.stderr).into_owned()
    }

    /// Standard output as one JSON value.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out()).unwrap_or_else(|e| panic!("{e} in: {}", self.out()))
    }

    /// Standard output as a JSON value a line.
    pub fn json_lines(&self) -> Vec<Value> {
        let out = self.out();
        let lines = out.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e} in: {line}")))
            .collect()
    }
}

/// The repository's root.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file of the real data, which is never copied into the project; `None`, said so, without it.
pub fn data(file: &str) -> Option<PathBuf> {
    let path = repository().join("../shared/data").join(file);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {file} of ../shared/data is not here");
    None
}

/// A path as an argument.
pub fn path(path: &Path) -> &str {
    path.to_str().expect("paths of these tests are UTF-8")
}
