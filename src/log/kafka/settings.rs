//! How to reach the brokers, and what every client of ours is set to (ENGINE.md, "The client").

use std::fmt;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;
use thiserror::Error;

use super::pass::refusal;

/// How long one request to the brokers may take, retries included, before it fails as retriable.
pub(super) const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// Where the brokers are and what to tell the client library besides.
#[derive(Clone, Default)]
pub struct KafkaSettings {
    /// Bootstrap addresses, `host:port`, separated by commas.
    pub brokers: String,
    /// Names this program in the brokers' logs, metrics and quotas.
    pub client_id: String,
    /// Settings of librdkafka by their own names, for all clients: encryption and authentication
    /// (`security.protocol`, `ssl.*`, `sasl.*`), buffers, times. Those the guarantees rest on are
    /// refused, as are those that load or run other code.
    pub extra: Vec<(String, String)>,
}

/// Values may be secrets; only the names are printed.
impl fmt::Debug for KafkaSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KafkaSettings")
            .field("brokers", &self.brokers)
            .field("client_id", &self.client_id)
            .field(
                "extra",
                &self.extra.iter().map(|(key, _)| key).collect::<Vec<_>>(),
            )
            .finish()
    }
}

/// Why settings cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SettingsError {
    /// No address to begin with.
    #[error("no Kafka brokers are given: set the bootstrap addresses, such as \"kafka-1:9092,kafka-2:9092\"")]
    NoBrokers,
    /// A key that is not the user's to set.
    #[error("the Kafka client setting \"{key}\" cannot be set: {why}; take it out")]
    Refused {
        /// The key.
        key: String,
        /// The reason.
        why: &'static str,
    },
    /// A key that librdkafka does not know, or a value it does not take.
    #[error("the Kafka client setting \"{key}\" is wrong: {detail}")]
    Invalid {
        /// The key.
        key: String,
        /// What librdkafka says about it.
        detail: String,
    },
    /// Settings that do not fit each other or the machine, such as a certificate that cannot be read.
    #[error("the Kafka client cannot be set up: {0}")]
    Unusable(String),
}

/// The defaults of all clients.
const ALL: &[(&str, &str)] = &[
    ("socket.keepalive.enable", "true"),
    ("socket.nagle.disable", "true"),
    ("reconnect.backoff.max.ms", "2000"),
    // Brokers close idle connections as a matter of course.
    ("log.connection.close", "false"),
];

const READS: &[(&str, &str)] = &[
    ("enable.auto.commit", "false"),
    ("enable.auto.offset.store", "false"),
    ("auto.offset.reset", "error"),
    ("allow.auto.create.topics", "false"),
];

/// The defaults of clients that ask. A question about offsets that are pending in a transaction is
/// put again and again until that has ended.
const ASKS: &[(&str, &str)] = &[("retry.backoff.ms", "10"), ("retry.backoff.max.ms", "100")];

/// The defaults of clients that fetch. One request is in flight to a broker at a time: a partition
/// that starts, resumes or seeks waits for it, so it should not wait long at the broker. The buffer
/// of each client is bounded, and refilled as soon as it has room.
const FETCHES: &[(&str, &str)] = &[
    ("fetch.wait.max.ms", "100"),
    ("fetch.queue.backoff.ms", "5"),
    ("queued.min.messages", "20000"),
    ("queued.max.messages.kbytes", "16384"),
    ("check.crcs", "true"),
];

/// Where deliveries are gathered, so many bytes are one without waiting.
const GATHERED: &str = "100000";

const JOINS: &[(&str, &str)] = &[
    ("session.timeout.ms", "10000"),
    ("heartbeat.interval.ms", "1000"),
    ("max.poll.interval.ms", "60000"),
    ("partition.assignment.strategy", "range"),
];

/// The defaults of producers. A back-off of 1 ms, because the first request of a transaction is
/// turned away while the markers of the one before are being written. The buffer is bounded: a full
/// one is waited out. What a transaction sends comes topic by topic, so that a short wait for more
/// of the same makes whole batches; a longer one would only make commits wait.
const PRODUCES: &[(&str, &str)] = &[
    ("compression.type", "lz4"),
    ("linger.ms", "2"),
    ("retry.backoff.ms", "1"),
    ("retry.backoff.max.ms", "100"),
    ("transaction.timeout.ms", "15000"),
    ("queue.buffering.max.messages", "100000"),
    ("queue.buffering.max.kbytes", "65536"),
];

const WRITES: &[(&str, &str)] = &[
    ("acks", "all"),
    ("enable.idempotence", "true"),
    ("partitioner", "murmur2_random"),
    // Nothing waits for the report of one record: a commit waits until none is unanswered.
    ("delivery.report.only.error", "true"),
];

/// The part of the library's log in which a producer says that it takes records for written without having been told.
const SAYS_UNSURE: &str = "eos";

/// One record at a time, at once. Twice is as good as once.
const ASKS_TIME: &[(&str, &str)] = &[
    ("acks", "all"),
    ("enable.idempotence", "false"),
    ("linger.ms", "0"),
    ("compression.type", "none"),
];

impl KafkaSettings {
    /// Settings that reach these brokers, and nothing else special.
    pub fn new(brokers: &str, client_id: &str) -> Self {
        Self {
            brokers: brokers.to_owned(),
            client_id: client_id.to_owned(),
            extra: Vec::new(),
        }
    }

    /// Whether these settings can be used, as far as can be said without a connection.
    pub(super) fn validate(&self) -> Result<(), SettingsError> {
        if self.brokers.split(',').all(|b| b.trim().is_empty()) {
            return Err(SettingsError::NoBrokers);
        }
        for (key, _) in &self.extra {
            if let Some(why) = refusal(key) {
                return Err(SettingsError::Refused {
                    key: key.clone(),
                    why,
                });
            }
        }
        for client in [
            self.member("check", "check", Duration::ZERO),
            self.producer("check"),
        ] {
            client.create_native_config().map_err(SettingsError::of)?;
        }
        Ok(())
    }

    /// A client that asks and never fetches.
    pub(super) fn asking(&self, isolation: &str) -> ClientConfig {
        let mut config = self.client(&[ASKS], READS);
        config.set("isolation.level", isolation);
        config
    }

    /// A client that asks about the committed offsets of a group, without being a member of it.
    pub(super) fn asking_group(&self, group: &str) -> ClientConfig {
        // With this isolation level a client asks for stable offsets: rd_kafka_committed() in librdkafka.
        let mut config = self.asking("read_committed");
        config.set("group.id", group);
        config
    }

    /// A client for administration.
    pub(super) fn admin(&self) -> ClientConfig {
        self.client(&[], &[])
    }

    /// A member of a group, to which brokers may deliver after `gather` what has come until then.
    pub(super) fn member(&self, group: &str, client: &str, gather: Duration) -> ClientConfig {
        let wait = gather.as_millis().to_string();
        let gathers = [("fetch.min.bytes", GATHERED), ("fetch.wait.max.ms", &wait)];
        let gathers = if gather.is_zero() { &[][..] } else { &gathers };
        let mut config = self.client(&[FETCHES, gathers, JOINS], READS);
        config.set("isolation.level", "read_committed");
        config.set("group.id", group);
        config.set("client.id", format!("{}-{client}", self.client_id));
        config
    }

    /// A reader outside any group. librdkafka will not fetch without a group's name; nothing is ever
    /// joined or committed under it.
    pub(super) fn reader(&self, isolation: &str) -> ClientConfig {
        let mut config = self.client(&[FETCHES], READS);
        config.set("isolation.level", isolation);
        config.set("group.id", format!("{}-reader", self.client_id));
        config
    }

    /// A reader that is told of the ends of partitions, to see what may be read.
    pub(super) fn trial_reader(&self) -> ClientConfig {
        let mut config = self.reader("read_uncommitted");
        config.set("enable.partition.eof", "true");
        config
    }

    /// A producer of which no broker takes anything: there is no such number of acknowledgements, which
    /// is found out after the right to write.
    pub(super) fn trial_producer(&self) -> ClientConfig {
        let mut config = self.client(&[], &[]);
        config.set("acks", "2").set("linger.ms", "0");
        config
    }

    /// A transactional producer.
    pub(super) fn producer(&self, transactional_id: &str) -> ClientConfig {
        let mut config = self.client(&[PRODUCES], WRITES);
        config.set("transactional.id", transactional_id);
        config.set("client.id", format!("{}-{transactional_id}", self.client_id));
        // It says there, and nowhere else, which records it is not sure of.
        let debug = config.get("debug").map(|debug| format!("{debug},{SAYS_UNSURE}"));
        config.set("debug", debug.as_deref().unwrap_or(SAYS_UNSURE));
        config.set_log_level(RDKafkaLogLevel::Debug);
        config
    }

    /// A producer outside any transaction, which writes one record at a time to learn when it was taken in. What is not
    /// taken in within the request time-out is given up.
    pub(super) fn time_producer(&self) -> ClientConfig {
        let mut config = self.client(&[], ASKS_TIME);
        config.set("message.timeout.ms", REQUEST_TIMEOUT.as_millis().to_string());
        config
    }

    /// How long a transaction may stay open before the broker aborts it.
    pub(super) fn transaction_timeout(&self) -> Duration {
        milliseconds(&self.producer(""), "transaction.timeout.ms")
    }

    /// Defaults, then what the user set, then what nobody may change.
    fn client(&self, defaults: &[&[(&str, &str)]], fixed: &[(&str, &str)]) -> ClientConfig {
        let mut config = ClientConfig::new();
        let extra = self.extra.iter().map(|(k, v)| (k.as_str(), v.as_str()));
        let defaults = ALL.iter().chain(defaults.iter().copied().flatten()).copied();
        for (key, value) in defaults.chain(extra).chain(fixed.iter().copied()) {
            config.set(key, value);
        }
        config.set("bootstrap.servers", &self.brokers);
        config.set("client.id", &self.client_id);
        // Never: it would run kinit through a shell. Tickets are taken from the cache or the keytab that the environment names.
        if cfg!(feature = "gssapi") {
            config.set("sasl.kerberos.min.time.before.relogin", "0");
        }
        // What is worth telling is decided by the subscriber of our own log lines, not by the library.
        config.set_log_level(match config.get("debug") {
            Some(_) => RDKafkaLogLevel::Debug,
            None => RDKafkaLogLevel::Info,
        });
        config
    }
}

/// The value of a setting in milliseconds that has a default of ours.
pub(super) fn milliseconds(config: &ClientConfig, key: &str) -> Duration {
    let ms = config.get(key).and_then(|ms| ms.parse().ok());
    Duration::from_millis(ms.expect("it has a default, and what users set was validated"))
}

impl SettingsError {
    pub(super) fn of(error: KafkaError) -> Self {
        match error {
            // The value is left out: it may be a secret.
            KafkaError::ClientConfig(_, detail, key, _) => Self::Invalid {
                key,
                detail: detail.trim_end().to_owned(),
            },
            other => Self::Unusable(other.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{KafkaSettings, SettingsError};

    fn with(key: &str, value: &str) -> Result<(), SettingsError> {
        let mut settings = KafkaSettings::new("localhost:9092", "heard");
        settings.extra.push((key.to_owned(), value.to_owned()));
        settings.validate()
    }

    #[test]
    fn keys_of_the_client_library_pass_unless_a_guarantee_rests_on_them() {
        for (key, value) in [
            ("security.protocol", "SASL_SSL"),
            ("sasl.password", "secret"),
            ("compression.type", "zstd"),
            ("max.poll.interval.ms", "120000"),
            ("partition.assignment.strategy", "cooperative-sticky"),
        ] {
            assert_eq!(with(key, value), Ok(()), "{key}");
        }
        for key in [
            "plugin.library.paths",
            "sasl.kerberos.kinit.cmd",
            "ssl.engine.location",
            "enable.auto.commit",
            "isolation.level",
            "transactional.id",
            "acks",
            "partitioner",
            "test.mock.num.brokers",
        ] {
            assert!(
                matches!(with(key, "1"), Err(SettingsError::Refused { .. })),
                "{key}"
            );
        }
    }

    #[test]
    fn a_producer_says_of_which_records_it_is_not_sure() {
        let mut settings = KafkaSettings::new("127.0.0.1:1", "test");
        assert_eq!(settings.producer("id").get("debug"), Some("eos"));
        settings
            .extra
            .push(("debug".to_owned(), "broker,security".to_owned()));
        assert_eq!(settings.producer("id").get("debug"), Some("broker,security,eos"));
    }

    #[test]
    fn what_is_wrong_is_named_and_secrets_are_not_told() {
        let missing = KafkaSettings::new(" , ", "heard").validate();
        assert_eq!(missing, Err(SettingsError::NoBrokers));
        let misspelt = with("sasl.pasword", "secret").expect_err("there is no such key");
        assert!(misspelt.to_string().contains("sasl.pasword"), "{misspelt}");
        assert!(!misspelt.to_string().contains("secret"), "{misspelt}");
        let mut settings = KafkaSettings::new("localhost:9092", "heard");
        settings.extra.push(("sasl.password".into(), "secret".into()));
        assert!(!format!("{settings:?}").contains("secret"));
    }
}
