//! A real broker for tests, on free ports, with a directory of its own; always stopped.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};

/// The first start fetches the broker; a later one takes 3 to 5 s on an idle machine.
const READY_WITHIN: Duration = Duration::from_secs(120);

/// A running broker. tools/kafka/kafka.sh runs it for as long as the pipe on its standard input is
/// open: the broker ends, and its directory goes, when this is dropped and also when the test
/// process ends in any way, be it killed. So a `static` may hold one.
pub struct Broker {
    script: Child,
    port: u16,
}

impl Broker {
    /// Starts a broker and waits until it answers a metadata request.
    ///
    /// # Panics
    /// With what is lacking, if java or mvn is missing or the broker does not start.
    pub fn start() -> Self {
        // Between choosing ports and using them another process may take them.
        for attempt in 1.. {
            let mut broker = Self::launch();
            match broker.wait_until_ready() {
                Ok(()) => return broker,
                Err(_) if attempt < 3 => {}
                Err(problem) => panic!("no Kafka broker for this test: {problem}"),
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

    fn launch() -> Self {
        let [port, controller] = free_ports();
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tools/kafka/kafka.sh");
        let script = Command::new(script)
            .arg("run")
            .arg(directory(port))
            .args([port, controller].map(|p| p.to_string()))
            .stdin(Stdio::piped())
            .spawn()
            .unwrap_or_else(|e| panic!("cannot run {script}: {e}"));
        Self { script, port }
    }

    fn wait_until_ready(&mut self) -> Result<(), String> {
        let client: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", self.address())
            .set("reconnect.backoff.max.ms", "200")
            .set("log_level", "0")
            .create()
            .expect("these settings are valid");
        let deadline = Instant::now() + READY_WITHIN;
        loop {
            if let Some(status) = self.script.try_wait().expect("it is a child of ours") {
                return Err(format!(
                    "tools/kafka/kafka.sh ended ({status}); its reason is above"
                ));
            }
            match client.fetch_metadata(None, Duration::from_millis(500)) {
                Ok(metadata) if !metadata.brokers().is_empty() => return Ok(()),
                Ok(_) => {}
                Err(e) if Instant::now() > deadline => {
                    return Err(format!("not ready within {READY_WITHIN:?}: {e}"));
                }
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

fn directory(port: u16) -> PathBuf {
    std::env::temp_dir().join(format!("heard-kafka-{}-{port}", std::process::id()))
}

/// Two ports that nobody listens on at this moment.
fn free_ports() -> [u16; 2] {
    let sockets = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").expect("loopback has free ports"));
    sockets.map(|s| s.local_addr().expect("it is bound").port())
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use super::{Broker, directory};

    #[test]
    fn a_broker_that_is_dropped_is_gone_and_leaves_nothing() {
        let broker = Broker::start();
        let (port, address) = (broker.port, broker.address());
        assert!(TcpStream::connect(&address).is_ok());
        assert!(directory(port).exists());
        drop(broker);
        assert!(
            TcpStream::connect(&address).is_err(),
            "it still listens on {address}"
        );
        assert!(
            !directory(port).exists(),
            "{} is still there",
            directory(port).display()
        );
    }
}
