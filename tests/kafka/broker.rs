//! A real broker for tests, on free ports, with a directory of its own; always stopped.
//!
//! Another test crate takes it in with `#[path = "../kafka/broker.rs"] mod broker;`.

#![allow(dead_code, reason = "not every test crate uses every helper")]

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;

/// The first start fetches the broker; a later one takes 3 to 5 s on an idle machine.
const READY_WITHIN: Duration = Duration::from_secs(120);

/// A running broker. tools/kafka/kafka.sh runs it for as long as the pipe on its standard input is
/// open: the broker ends, and its directory goes, when this is dropped and also when the test
/// process ends in any way, be it killed. So a `static` may hold one.
pub struct Broker {
    script: Child,
    port: u16,
    guarded: u16,
}

/// Why a broker did not start.
enum Failure {
    Ended(ExitStatus),
    NotReady(KafkaError),
}

impl Broker {
    /// Starts a broker and waits until it answers a metadata request.
    ///
    /// # Panics
    /// With what is lacking, if java or mvn is missing or the broker does not start.
    pub fn start() -> Self {
        Self::start_with("")
    }

    /// As [`Broker::start`], with further lines of server.properties. In them `{port}` and
    /// `{controller}` are the ports it has anyway, and `{guarded}` is a third one.
    ///
    /// # Panics
    /// As [`Broker::start`].
    pub fn start_with(properties: &str) -> Self {
        for attempt in 1.. {
            let mut broker = Self::launch(properties);
            match broker.wait_until_ready() {
                Ok(()) => return broker,
                // Between choosing ports and using them another process may have taken them.
                Err(Failure::Ended(status)) if status.code() == Some(75) && attempt < 3 => {}
                Err(Failure::Ended(status)) => {
                    panic!("no Kafka broker for this test: tools/kafka/kafka.sh ended ({status}), see above")
                }
                Err(Failure::NotReady(why)) => {
                    panic!("no Kafka broker for this test: not ready within {READY_WITHIN:?}: {why}")
                }
            }
        }
        unreachable!("the third attempt returns or panics")
    }

    /// The one broker that all tests of this process share; they use topics of their own.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Broker> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// The bootstrap address.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The address of a listener at `{guarded}`.
    pub fn guarded_address(&self) -> String {
        format!("127.0.0.1:{}", self.guarded)
    }

    /// Where it keeps its data and its log, `broker.log`.
    pub fn directory(&self) -> PathBuf {
        directory(self.port)
    }

    /// Stops the broker in its tracks, as a long pause of its machine would, or lets it go on.
    pub fn freeze(&self, frozen: bool) {
        let pid = std::fs::read_to_string(self.directory().join("pid")).expect("the script writes it");
        let signal = if frozen { "-STOP" } else { "-CONT" };
        let done = Command::new("kill").args([signal, pid.trim()]).status();
        assert!(done.is_ok_and(|s| s.success()), "kill {signal} {pid}");
    }

    fn launch(properties: &str) -> Self {
        let [port, controller, guarded] = free_ports();
        let ports = [("port", port), ("controller", controller), ("guarded", guarded)];
        let properties = ports.iter().fold(properties.to_owned(), |text, (name, port)| {
            text.replace(&format!("{{{name}}}"), &port.to_string())
        });
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tools/kafka/kafka.sh");
        let script = Command::new(script)
            .arg("run")
            .arg(directory(port))
            .args([port, controller].map(|p| p.to_string()))
            .env("KAFKA_PROPERTIES", properties)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap_or_else(|e| panic!("cannot run {script}: {e}"));
        Self {
            script,
            port,
            guarded,
        }
    }

    fn wait_until_ready(&mut self) -> Result<(), Failure> {
        let client = asker(&self.address());
        let deadline = Instant::now() + READY_WITHIN;
        loop {
            if let Some(status) = self.script.try_wait().expect("it is a child of ours") {
                return Err(Failure::Ended(status));
            }
            match client.fetch_metadata(None, Duration::from_millis(500)) {
                Ok(metadata) if !metadata.brokers().is_empty() => return Ok(()),
                Ok(_) => {}
                Err(e) if Instant::now() > deadline => return Err(Failure::NotReady(e)),
                Err(_) => {}
            }
        }
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        drop(self.script.stdin.take());
        let _ = self.script.wait();
    }
}

/// A client that asks brokers that may not be there yet.
pub fn asker(brokers: &str) -> BaseConsumer {
    ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .set("reconnect.backoff.max.ms", "200")
        .set("log_level", "0")
        .create()
        .expect("these settings are valid")
}

/// Where the broker at a port keeps its data.
pub fn directory(port: u16) -> PathBuf {
    std::env::temp_dir().join(format!("heard-kafka-{}-{port}", std::process::id()))
}

/// Ports that nobody listens on at this moment.
pub fn free_ports() -> [u16; 3] {
    let sockets = [(); 3].map(|()| TcpListener::bind("127.0.0.1:0").expect("loopback has free ports"));
    sockets.map(|s| s.local_addr().expect("it is bound").port())
}
