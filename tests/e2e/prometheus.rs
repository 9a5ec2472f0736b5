//! A real Prometheus, as tools/prepare.sh brings it.

use std::fs::{self, File};
use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::dsl::{path, repository};
use crate::http;

/// A running Prometheus. Dropped, it is killed.
pub struct Prometheus {
    child: Child,
    address: String,
    /// Its data and its log.
    directory: TempDir,
}

/// A program of Prometheus, from the path or from .tools/. `None`, said so, without it.
fn program(name: &str) -> Option<PathBuf> {
    let fetched = repository().join(".tools/prometheus/usr/bin").join(name);
    let there = |program: &PathBuf| {
        let version = Command::new(program).arg("--version").output();
        version.is_ok_and(|version| version.status.success())
    };
    let program = [PathBuf::from(name), fetched].into_iter().find(there);
    if program.is_none() {
        println!("skipped: {name} is not here; tools/prepare.sh fetches it where it can");
    }
    program
}

impl Prometheus {
    /// One that scrapes this address every second. `None`, said so, where there is no Prometheus.
    pub fn start(target: &str) -> Option<Self> {
        Self::configured(&[target], "")
    }

    /// One that scrapes these addresses every second, and records by the rules of a file as often.
    pub fn recording(targets: &[&str], rules: &Path) -> Option<Self> {
        Self::configured(targets, &format!("rule_files: [\"{}\"]\n", path(rules)))
    }

    fn configured(targets: &[&str], more: &str) -> Option<Self> {
        let program = program("prometheus")?;
        let directory = TempDir::new().expect("a temporary directory can be made");
        let config = format!(
            "global: {{ scrape_interval: 1s, evaluation_interval: 1s }}\n{more}\
             scrape_configs: [{{ job_name: heard, static_configs: [{{ targets: {targets:?} }}] }}]\n"
        );
        let file = directory.path().join("prometheus.yml");
        fs::write(&file, config).expect("the directory can be written");
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let address = free.expect("a port is free").to_string();
        let log = File::create(directory.path().join("log")).expect("the directory can be written");
        let child = Command::new(program)
            .arg(format!("--config.file={}", path(&file)))
            .arg(format!(
                "--storage.tsdb.path={}",
                path(&directory.path().join("data"))
            ))
            .arg(format!("--web.listen-address={address}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("it was found");
        Some(Self {
            child,
            address,
            directory,
        })
    }

    /// The value of an instant query that has one; `None` while it has none.
    pub fn value(&self, query: &str) -> Option<f64> {
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.".contains(byte);
        let encoded: String = query
            .bytes()
            .map(|byte| {
                if plain(&byte) {
                    char::from(byte).to_string()
                } else {
                    format!("%{byte:02X}")
                }
            })
            .collect();
        // While it starts it does not answer.
        let (status, body) = http::get(&self.address, &format!("/api/v1/query?query={encoded}")).ok()?;
        if status == 503 {
            return None;
        }
        assert_eq!(status, 200, "{query}: {body}");
        let body: Value = serde_json::from_str(&body).expect("JSON");
        let results = body["data"]["result"].as_array().expect("a list");
        assert!(results.len() < 2, "{query}: {results:?}");
        let text = results.first()?["value"][1].as_str().expect("a text");
        Some(text.parse().expect("a number"))
    }

    /// Waits until a query has this value, but for the last bits that a text does not bring back.
    pub fn waits_for(&self, query: &str, value: f64) {
        let deadline = Instant::now() + Duration::from_secs(120);
        let mut found = None;
        while Instant::now() < deadline {
            found = self.value(query);
            if found.is_some_and(|found| (found - value).abs() <= 1e-12 * value.abs()) {
                return;
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        let log = fs::read_to_string(self.directory.path().join("log")).unwrap_or_default();
        panic!("{query} is {found:?}, not {value}\n{log}");
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Fails the test unless promtool finds that rules do what a file of tests says.
pub fn test_rules(tests: &Path) {
    let Some(program) = program("promtool") else {
        return;
    };
    let output = Command::new(program)
        .args(["test", "rules", path(tests)])
        .output();
    let output = output.expect("it was found");
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
}

/// Fails the test if promtool has anything to say of a scrape.
pub fn lint(scrape: &str) {
    let Some(program) = program("promtool") else {
        return;
    };
    let mut child = Command::new(program)
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it was found");
    let mut input = child.stdin.take().expect("it is piped");
    input.write_all(scrape.as_bytes()).expect("it reads");
    drop(input);
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{said}");
}
