//! An installation of `heard` with the dialogues to feed it, and a view into its topics.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use heard::log::kafka::{KafkaLog, KafkaSettings};
use heard::log::{Ends, Log, Topic, TopicPartition};

use crate::broker::Broker;
use crate::dialogues::{self, MAP};
use crate::dsl::Heard;
use crate::process::Running;
use crate::takeover::HAS;
use crate::watch::{Dump, Watch};

/// Where every fault run ends, so that it can be compared with the published figures.
pub const AS_OF: &str = "2020-06-01T00:00:00Z";

/// Everything that is written, without the prefix. The first ones are what others read.
const OUTPUTS: [&str; 4] = ["cases", "case-events", "handling.onstage", "handling.offstage"];
const OTHERS: [&str; 7] = [
    "complaints.social",
    "responses.social",
    "updates",
    "customers",
    "interactions",
    "interactions-changelog",
    "dead-letters",
];

/// Members of a group are missed after 3 s; all else is as in production unless a test says so.
pub struct Installation {
    pub name: String,
    pub heard: Heard,
    /// What instances are started by: the same, or by way of other addresses.
    program: Heard,
    pub log: KafkaLog,
    /// The dialogues, in files.
    pub slices: Vec<PathBuf>,
}

impl Installation {
    /// An installation with its topics. `None`, and said so, where the data are not.
    pub fn new(name: &str, slices: usize, transaction_timeout: &str) -> Option<Self> {
        let engine = format!(
            "session_timeout = \"3s\"\ntransaction_timeout = \"{transaction_timeout}\"\nmax_poll_interval = \"20s\""
        );
        Self::at(&Broker::shared().address(), name, slices, 1, &engine)
    }

    /// One at these brokers, with so many copies of each partition, and with these settings of its engine.
    pub fn at(brokers: &str, name: &str, slices: usize, replication: usize, engine: &str) -> Option<Self> {
        Self::by_way_of(brokers, brokers, name, slices, replication, engine)
    }

    /// As [`Installation::at`], where instances go `by` other addresses than all else, such as proxies.
    pub fn by_way_of(
        by: &str,
        brokers: &str,
        name: &str,
        slices: usize,
        replication: usize,
        engine: &str,
    ) -> Option<Self> {
        let heard = Heard::new(name).at(brokers);
        let slices = dialogues::slices(&heard, slices)?;
        let config = format!(
            r#"
            application = "{name}"
            [topics]
            partitions = 3
            replication = {replication}
            [engine]
            {engine}
            [channels.social]
            answer = "1h"
            "#
        );
        let log = KafkaLog::new(KafkaSettings::new(brokers, "faults"));
        Some(Self {
            name: name.to_owned(),
            heard: heard.config(&config).topics(),
            program: Heard::new(name).at(by).config(&config),
            log: log.expect("these settings are valid"),
            slices,
        })
    }

    /// Starts an instance in live mode.
    pub fn start(&self, instance: &str) -> Running {
        Running::start(&self.program, instance)
    }

    /// Starts two instances, and waits until both have partitions.
    pub fn start_two(&self, watch: &mut Watch, names: [&str; 2]) -> [Running; 2] {
        let both = names.map(|name| self.start(name));
        watch.until("both have partitions", |_| {
            both.iter().all(|one| one.said(HAS) > 0)
        });
        both
    }

    /// Sends slices, one after another.
    pub fn feed(&self, slices: &[PathBuf]) {
        for slice in slices {
            self.heard.ingest(MAP, slice, &[]).succeeds();
        }
    }

    /// Takes in whatever is left, moves the event clock to [`AS_OF`], and checks that it ends well.
    pub fn drain(&self) {
        let args = ["run", "--drain", "--as-of", AS_OF, "--instance", "drain"];
        self.heard.run(&args).succeeds();
    }

    /// Looks on at the outputs, from their beginning.
    pub fn watch(&self) -> Watch {
        self.watch_topics(&OUTPUTS)
    }

    /// All that the outputs and the dead letters hold, read-committed.
    pub fn outputs(&self) -> Dump {
        self.read(&[&OUTPUTS[..], &["dead-letters"]].concat())
    }

    /// All that these topics hold, read-committed.
    pub fn read(&self, topics: &[&str]) -> Dump {
        let mut watch = self.watch_topics(topics);
        let ends = self.ends(topics);
        let ends: Vec<_> = ends.into_iter().map(|(p, ends)| (p, ends.last_stable)).collect();
        watch.until_ends(&ends);
        watch.dump
    }

    /// The partitions in which a transaction is open.
    pub fn open_transactions(&self) -> Vec<(TopicPartition, Ends)> {
        let mut ends = self.ends(&[&OUTPUTS[..], &OTHERS[..]].concat());
        ends.retain(|(_, ends)| ends.last_stable < ends.high_watermark);
        ends
    }

    /// Freezes an instance at a moment when it has a transaction open: in some partition the last
    /// stable offset stays for a second where it is. Others may go on meanwhile; their transactions
    /// are short.
    pub fn freeze_in_a_transaction(&self, running: &mut Running, mut look_on: impl FnMut()) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while Instant::now() < deadline {
            running.freeze();
            let mut hanging = self.open_transactions();
            let since = Instant::now();
            while !hanging.is_empty() && since.elapsed() < Duration::from_secs(1) {
                look_on();
                let open = self.open_transactions();
                let same = |(partition, ends): &(TopicPartition, Ends)| {
                    let now = open.iter().find(|(p, _)| p == partition);
                    now.is_some_and(|(_, now)| now.last_stable == ends.last_stable)
                };
                hanging.retain(same);
            }
            if !hanging.is_empty() {
                return;
            }
            running.thaw();
            look_on();
        }
        panic!("it was never found with a transaction open");
    }

    /// The topic of this name, as it is called here.
    pub fn topic(&self, name: &str) -> String {
        format!("{}.{name}", self.name)
    }

    fn watch_topics(&self, topics: &[&str]) -> Watch {
        Watch::new(&self.log, &self.partitions(topics), &self.topic("cases"))
    }

    fn ends(&self, topics: &[&str]) -> Vec<(TopicPartition, Ends)> {
        let partitions = self.partitions(topics);
        let ends = self.log.ends(&partitions).expect("the broker is there");
        partitions.into_iter().zip(ends).collect()
    }

    fn partitions(&self, topics: &[&str]) -> Vec<TopicPartition> {
        let of = |name: &&str| {
            let topic = Topic::new(&self.topic(name));
            (0..3).map(move |n| TopicPartition::new(topic.clone(), n))
        };
        topics.iter().flat_map(of).collect()
    }
}
