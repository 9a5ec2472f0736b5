//! Which client settings users may set: all that librdkafka knows, but for those that load or run
//! code, and those that the guarantees rest on.

use rdkafka::ClientConfig;

use super::settings::SettingsError;

const LOADS_CODE: &str = "it loads or runs other code";
const NO_KERBEROS: &str = "the client would run kinit with it, through a shell";
const CALLBACK: &str = "it is a function of the program";
const OURS: &str = "heard sets it itself, by its other settings";
const EXACTLY_ONCE: &str = "exactly-once processing rests on it";
const CO_PARTITION: &str = "others partition by the same hash of the key";
const HIDES_TOPICS: &str = "topics would seem to be missing";

/// Keys that are refused, and why. A name that ends in `.` stands for all that begin so.
const REFUSED: &[(&str, &str)] = &[
    ("plugin.", LOADS_CODE),
    ("ssl.engine.", LOADS_CODE),
    ("ssl.providers", LOADS_CODE),
    // Service name, principal and keytab are put into a command line.
    ("sasl.kerberos.", NO_KERBEROS),
    ("interceptors", CALLBACK),
    ("opaque", CALLBACK),
    ("default_topic_conf", CALLBACK),
    ("msg_order_cmp", CALLBACK),
    ("ssl_engine_callback_data", CALLBACK),
    ("enabled_events", CALLBACK),
    ("bootstrap.servers", OURS),
    ("metadata.broker.list", OURS),
    ("client.id", OURS),
    ("group.id", OURS),
    ("transactional.id", OURS),
    ("log.queue", OURS),
    ("test.", "it is for librdkafka's own tests"),
    ("group.", EXACTLY_ONCE),
    ("enable.auto.commit", EXACTLY_ONCE),
    ("auto.commit.enable", EXACTLY_ONCE),
    ("auto.commit.interval.ms", EXACTLY_ONCE),
    ("enable.auto.offset.store", EXACTLY_ONCE),
    ("offset.store.", EXACTLY_ONCE),
    ("enable.partition.eof", EXACTLY_ONCE),
    ("auto.offset.reset", EXACTLY_ONCE),
    ("isolation.level", EXACTLY_ONCE),
    ("allow.auto.create.topics", EXACTLY_ONCE),
    ("enable.idempotence", EXACTLY_ONCE),
    ("enable.gapless.guarantee", EXACTLY_ONCE),
    ("acks", EXACTLY_ONCE),
    ("request.required.acks", EXACTLY_ONCE),
    ("delivery.report.only.error", EXACTLY_ONCE),
    ("topic.blacklist", HIDES_TOPICS),
    ("partitioner", CO_PARTITION),
];

/// Of Kerberos' settings the one that goes into no command line: the name of the brokers' service.
const KERBEROS_SERVICE: &str = "sasl.kerberos.service.name";

/// The keys of librdkafka that a person may want to set, for guesses at what a misspelt one means.
/// Others pass too, if the library knows them.
const KNOWN: &[&str] = &[
    "batch.num.messages",
    "batch.size",
    "broker.address.family",
    "broker.address.ttl",
    "check.crcs",
    "client.dns.lookup",
    "client.rack",
    "compression.codec",
    "compression.level",
    "compression.type",
    "connections.max.idle.ms",
    "debug",
    "delivery.timeout.ms",
    "enable.metrics.push",
    "enable.sasl.oauthbearer.unsecure.jwt",
    "enable.ssl.certificate.verification",
    "fetch.max.bytes",
    "fetch.message.max.bytes",
    "fetch.min.bytes",
    "fetch.queue.backoff.ms",
    "fetch.wait.max.ms",
    "heartbeat.interval.ms",
    "https.ca.location",
    "https.ca.pem",
    "linger.ms",
    "log.connection.close",
    "max.in.flight.requests.per.connection",
    "max.partition.fetch.bytes",
    "message.max.bytes",
    "message.timeout.ms",
    "metadata.max.age.ms",
    "metadata.recovery.strategy",
    "partition.assignment.strategy",
    "queue.buffering.max.kbytes",
    "queue.buffering.max.messages",
    "queued.max.messages.kbytes",
    "queued.min.messages",
    "receive.message.max.bytes",
    "reconnect.backoff.max.ms",
    "reconnect.backoff.ms",
    "request.timeout.ms",
    "retries",
    "retry.backoff.max.ms",
    "retry.backoff.ms",
    KERBEROS_SERVICE,
    "sasl.mechanism",
    "sasl.mechanisms",
    "sasl.oauthbearer.assertion.algorithm",
    "sasl.oauthbearer.assertion.file",
    "sasl.oauthbearer.assertion.jwt.template.file",
    "sasl.oauthbearer.assertion.private.key.file",
    "sasl.oauthbearer.assertion.private.key.passphrase",
    "sasl.oauthbearer.client.id",
    "sasl.oauthbearer.client.secret",
    "sasl.oauthbearer.config",
    "sasl.oauthbearer.extensions",
    "sasl.oauthbearer.method",
    "sasl.oauthbearer.scope",
    "sasl.oauthbearer.token.endpoint.url",
    "sasl.password",
    "sasl.username",
    "security.protocol",
    "socket.connection.setup.timeout.ms",
    "socket.keepalive.enable",
    "socket.nagle.disable",
    "socket.receive.buffer.bytes",
    "socket.send.buffer.bytes",
    "socket.timeout.ms",
    "ssl.ca.certificate.stores",
    "ssl.ca.location",
    "ssl.ca.pem",
    "ssl.certificate.location",
    "ssl.certificate.pem",
    "ssl.cipher.suites",
    "ssl.crl.location",
    "ssl.curves.list",
    "ssl.endpoint.identification.algorithm",
    "ssl.key.location",
    "ssl.key.password",
    "ssl.key.pem",
    "ssl.keystore.location",
    "ssl.keystore.password",
    "ssl.sigalgs.list",
    "statistics.interval.ms",
    "topic.metadata.refresh.interval.ms",
];

/// Why users may not set this key; `None`: they may, if there is such a key.
pub(super) fn refusal(key: &str) -> Option<&'static str> {
    if key == KERBEROS_SERVICE {
        return None;
    }
    if key.ends_with("_cb") {
        return Some(CALLBACK);
    }
    let refuses = |name: &str| key == name || (name.ends_with('.') && key.starts_with(name));
    REFUSED
        .iter()
        .find(|(name, _)| refuses(name))
        .map(|(_, why)| *why)
}

/// Whether a client setting may be set, and to this value.
///
/// # Errors
/// Why not.
pub fn check_setting(key: &str, value: &str) -> Result<(), SettingsError> {
    if let Some(why) = refusal(key) {
        return Err(SettingsError::Refused {
            key: key.to_owned(),
            why,
        });
    }
    let mut config = ClientConfig::new();
    config.set(key, value);
    config.create_native_config().map(drop).map_err(SettingsError::of)
}

/// Whether librdkafka knows a setting of this name.
pub fn is_known_setting(key: &str) -> bool {
    KNOWN.contains(&key) || refusal(key).is_some()
}

/// The client settings that a person may want to set. Others pass too, if the library knows them.
pub fn known_settings() -> &'static [&'static str] {
    KNOWN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_loads_or_runs_code_is_refused() {
        for key in [
            "plugin.library.paths",
            "ssl.engine.location",
            "ssl.engine.id",
            "ssl.providers",
            "sasl.kerberos.kinit.cmd",
            "sasl.kerberos.principal",
            "sasl.kerberos.keytab",
            "interceptors",
            "log_cb",
            "oauthbearer_token_refresh_cb",
            "ssl.certificate.verify_cb",
        ] {
            assert!(
                matches!(check_setting(key, "x"), Err(SettingsError::Refused { .. })),
                "{key}"
            );
        }
    }

    #[test]
    fn the_name_of_the_brokers_service_is_no_command() {
        assert_eq!(refusal("sasl.kerberos.service.name"), None);
        assert_eq!(check_setting("sasl.kerberos.service.name", "kafka"), Ok(()));
    }

    /// A guess at a name must be a name.
    #[test]
    fn librdkafka_knows_every_known_name() {
        for key in KNOWN {
            assert_eq!(refusal(key), None, "{key}");
            let config = ClientConfig::new().create_native_config().expect("an empty one");
            // A name that it does not know is an error; one without a value has none.
            let known = match config.get(key) {
                Ok(_) => true,
                Err(error) => {
                    !error.to_string().contains("UnknownProperty")
                        && !format!("{error:?}").contains("UNKNOWN")
                }
            };
            assert!(known, "{key}");
        }
    }
}
