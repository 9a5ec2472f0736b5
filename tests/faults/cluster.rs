//! Three brokers, each of which may be killed and come back.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rdkafka::consumer::Consumer;

use crate::broker::{asker, directory, free_ports};

/// Three start at once, on two cores.
const READY_WITHIN: Duration = Duration::from_secs(180);

/// Three brokers; each partition on all of them, and two are enough.
pub struct Cluster {
    nodes: Vec<Node>,
}

struct Node {
    script: Child,
    port: u16,
    guarded: u16,
}

impl Cluster {
    /// Starts them and waits until all are known to each other.
    pub fn start() -> Self {
        Self::start_with(&["", "", ""])
    }

    /// As [`Cluster::start`], with further lines of each broker's server.properties, where `{port}`, `{controller}` and
    /// `{guarded}` are its own ports, of which it does not need the last.
    pub fn start_with(each: &[&str; 3]) -> Self {
        let ports: Vec<_> = (0..3).map(|_| free_ports()).collect();
        let voters = (1..)
            .zip(&ports)
            .map(|(n, [_, controller, _])| format!("{n}@127.0.0.1:{controller}"));
        let voters: Vec<_> = voters.collect();
        let properties = format!(
            "controller.quorum.voters={}\ndefault.replication.factor=3\nmin.insync.replicas=2\n\
             offsets.topic.replication.factor=3\ntransaction.state.log.replication.factor=3\n\
             transaction.state.log.min.isr=2\nbroker.session.timeout.ms=6000",
            voters.join(",")
        );
        let nodes = (1..).zip(&ports).zip(each).map(|((number, ports), more)| {
            let [port, controller, guarded] = ports;
            let more = [("port", port), ("controller", controller), ("guarded", guarded)]
                .iter()
                .fold((*more).to_owned(), |text, (name, port)| {
                    text.replace(&format!("{{{name}}}"), &port.to_string())
                });
            let script = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tools/kafka/kafka.sh"))
                .arg("run")
                .arg(directory(*port))
                .args([port, controller].map(ToString::to_string))
                .env("KAFKA_NODE", i32::to_string(&number))
                .env("KAFKA_COMES_BACK", "1")
                .env("KAFKA_PROPERTIES", format!("{properties}\n{more}"))
                .stdin(Stdio::piped())
                .spawn();
            Node {
                script: script.expect("the script can be run"),
                port: *port,
                guarded: *guarded,
            }
        });
        let cluster = Self {
            nodes: nodes.collect(),
        };
        cluster.until_there_are(3);
        cluster
    }

    /// The bootstrap addresses.
    pub fn addresses(&self) -> String {
        let all = self.nodes.iter().map(|node| format!("127.0.0.1:{}", node.port));
        all.collect::<Vec<_>>().join(",")
    }

    /// The address of the listener at `{guarded}` of one.
    pub fn guarded_address(&self, node: usize) -> String {
        format!("127.0.0.1:{}", self.nodes[node].guarded)
    }

    /// `kill -9` of one; it stays away until it is let back.
    pub fn kill(&self, node: usize) {
        fs::write(self.nodes[node].file("down"), "").expect("its directory can be written");
        self.nodes[node].signal("-KILL");
    }

    /// SIGTERM to one, as a roll-out does; it stays away until it is let back.
    pub fn stop(&self, node: usize) {
        fs::write(self.nodes[node].file("down"), "").expect("its directory can be written");
        self.nodes[node].signal("-TERM");
        self.nodes[node].until_it_has_ended();
    }

    /// No file of one may grow any more, as on a disk that is full: it ends by itself, and stays away until it is let back, to
    /// a disk with room.
    pub fn fill_the_disk(&self, node: usize) {
        let node = &self.nodes[node];
        fs::write(node.file("down"), "").expect("its directory can be written");
        let pid = node.pid();
        let done = Command::new("prlimit")
            .args(["--fsize=0", "--pid", &pid])
            .status();
        assert!(done.is_ok_and(|status| status.success()), "prlimit {pid}");
        node.until_it_has_ended();
    }

    /// Lets all come back, and waits until they know each other.
    pub fn let_all_back(&self) {
        for node in &self.nodes {
            let _ = fs::remove_file(node.file("down"));
        }
        self.until_there_are(self.nodes.len());
    }

    /// Lets a killed one come back, and waits until the others know it.
    pub fn let_back(&self, node: usize) {
        fs::remove_file(self.nodes[node].file("down")).expect("it is down");
        self.until_there_are(3);
    }

    fn until_there_are(&self, brokers: usize) {
        let client = asker(&self.addresses());
        let deadline = Instant::now() + READY_WITHIN;
        loop {
            let metadata = client.fetch_metadata(None, Duration::from_millis(500));
            if metadata.is_ok_and(|metadata| metadata.brokers().len() == brokers) {
                return;
            }
            assert!(
                Instant::now() < deadline,
                "no {brokers} brokers within {READY_WITHIN:?}"
            );
        }
    }
}

impl Node {
    fn file(&self, name: &str) -> PathBuf {
        directory(self.port).join(name)
    }

    fn pid(&self) -> String {
        let pid = fs::read_to_string(self.file("pid")).expect("the script writes it");
        pid.trim().to_owned()
    }

    fn until_it_has_ended(&self) {
        let process = PathBuf::from(format!("/proc/{}", self.pid()));
        let deadline = Instant::now() + READY_WITHIN;
        while process.exists() {
            assert!(Instant::now() < deadline, "a broker goes on for {READY_WITHIN:?}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn signal(&self, signal: &str) {
        let pid = self.pid();
        let done = Command::new("kill").args([signal, &pid]).status();
        assert!(done.is_ok_and(|status| status.success()), "kill {signal} {pid}");
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        drop(self.script.stdin.take());
        let _ = self.script.wait();
    }
}
