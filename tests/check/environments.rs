//! Surroundings that are wrong: brokers, topics, rights, files. What is said of each is kept in
//! environments/.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use heard::config::{Overrides, RawConfig, Settings, TopicKind};
use heard::log::kafka::{KafkaLog, KafkaSettings};
use heard::log::{Log, Producer};
use tempfile::TempDir;

use crate::acl::{GUARDED, Operation, Resource, give};
use crate::broker::Broker;
use crate::golden::{directory, heard, said, same};

/// How long a call may take that the broker answers at once unless this machine is very busy.
const WAIT: Duration = Duration::from_secs(20);

fn broker() -> &'static Broker {
    static BROKER: OnceLock<Broker> = OnceLock::new();
    BROKER.get_or_init(|| Broker::start_with(GUARDED))
}

/// An installation: a directory with its configuration; topics begin with its name.
struct Place {
    directory: TempDir,
}

impl Place {
    fn new(name: &'static str, more: &str) -> Self {
        let place = Self {
            directory: TempDir::new().expect("a temporary directory can be made"),
        };
        place.configured(name, "127.0.0.1:0", more);
        place
    }

    /// Writes its configuration, with metrics at this address: the usual one may be in use here.
    fn configured(&self, name: &str, listen: &str, more: &str) {
        let small = "[topics]\npartitions = 2\ninput_partitions = 1\n";
        let text = format!(
            "application = \"{name}\"\nhttp.listen = \"{listen}\"\n{small}prefix = \"{name}.\"\n{more}"
        );
        self.file("heard.toml", &text);
    }

    /// One that says who it is, with a password out of a file.
    fn guarded(name: &'static str, password: &str) -> Self {
        let place = Self::new(
            name,
            "[kafka]\nsecurity.protocol = \"SASL_PLAINTEXT\"\nsasl.mechanism = \"PLAIN\"\n\
             sasl.username = \"heard\"\nsasl.password = { file = \"password\" }\n",
        );
        place.file("password", &format!("{password}\n"));
        place
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.directory.path().join(name);
        fs::write(&path, text).expect("the directory can be written");
        path
    }

    fn command(&self, brokers: &str, args: &[&str]) -> Command {
        let mut command = heard();
        command
            .current_dir(self.directory.path())
            .args(["--quiet", "--config", "heard.toml", "--brokers", brokers])
            .args(args);
        command
    }

    /// Creates the topics as they should be; not as a user would who lacks a right.
    fn topics(self) -> Self {
        let (log, settings) = self.inside();
        let specs = settings.topics.specs(&settings.rules);
        log.create_topics(&specs).expect("they can be created");
        self
    }

    /// The cluster and the settings, as the program sees them, but with all rights.
    fn inside(&self) -> (KafkaLog, Settings) {
        let raw = RawConfig::read(Some(&self.directory.path().join("heard.toml"))).expect("it is there");
        let settings = Settings::from_raw(&raw, &Overrides::default(), []).expect("it is right");
        let log = KafkaLog::new(KafkaSettings::new(&broker().address(), "test")).expect("it is right");
        (log, settings)
    }

    /// Gives rights to `user`, and waits until the broker heeds them: until the user of this place is
    /// denied something.
    fn give(&self, user: &str, rights: &[(Resource<'_>, Operation)], is_denied: impl Fn(&KafkaLog) -> bool) {
        give(&broker().address(), user, rights);
        let (_, settings) = self.inside();
        let log = KafkaLog::new(KafkaSettings {
            brokers: broker().guarded_address(),
            client_id: "test".into(),
            extra: settings
                .kafka
                .into_iter()
                .map(|(key, value)| (key, value.into_inner()))
                .collect(),
        })
        .expect("it is right");
        let deadline = Instant::now() + Duration::from_secs(60);
        while !is_denied(&log) {
            assert!(Instant::now() < deadline, "the broker does not heed the rights");
        }
    }

    /// Fails the test unless the command says what is kept for `golden`.
    fn says(&self, golden: &str, brokers: &str, args: &[&str]) {
        self.says_of("ADDRESS", golden, brokers, args);
    }

    /// The same, where `address` is in what is said, and another each time.
    fn says_of(&self, address: &str, golden: &str, brokers: &str, args: &[&str]) {
        let said = said(
            &mut self.command(brokers, args),
            &[
                (brokers, "BROKERS"),
                (self.directory.path().to_str().expect("UTF-8"), "DIRECTORY"),
                (address, "ADDRESS"),
            ],
        );
        assert!(!said.contains("sesame"), "it tells the password: {said}");
        same(
            &directory("environments").join(golden).with_extension("txt"),
            &said,
        );
    }
}

const CHECK: [&str; 2] = ["check", "--connect"];

#[test]
fn all_is_well() {
    let place = Place::guarded("well", "sesame").topics();
    place.says("00-all-is-well", &broker().guarded_address(), &CHECK);
    place.says(
        "00-all-is-well-run",
        &broker().guarded_address(),
        &["run", "--drain"],
    );
    // The trials have left nothing behind; what a drain leaves was always there.
    let (log, settings) = place.inside();
    let topics = [
        TopicKind::Cases,
        TopicKind::DeadLetters,
        TopicKind::HandlingOnstage,
    ];
    for topic in topics.map(|kind| settings.topics.topic(kind)) {
        let partition = heard::log::TopicPartition::new(topic, 0);
        let ends = log.ends(std::slice::from_ref(&partition)).expect("it answers");
        assert_eq!(ends[0].high_watermark, 0, "{partition}");
    }
}

#[test]
fn nobody_listens() {
    let place = Place::new("nobody", "");
    place.says("01-nobody-listens", "127.0.0.1:1", &CHECK);
    place.says(
        "01-nobody-listens-tail",
        "127.0.0.1:1",
        &["tail", "cases", "--drain"],
    );
}

/// The checks before a run wait for brokers; a signal does not wait for the checks.
#[test]
fn a_run_that_waits_for_brokers_ends_when_it_is_told() {
    let mut run = heard()
        .args(["run", "--brokers", "127.0.0.1:1"])
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary was built for this test");
    let lines = BufReader::new(run.stderr.take().expect("it is piped")).lines();
    let waits = |line: &String| line.contains("still waiting for the brokers");
    let told = lines.map(|line| line.expect("it says UTF-8")).find(waits);
    assert!(told.is_some(), "it did not wait");
    let pid = run.id().to_string();
    let done = Command::new("kill").args(["-TERM", &pid]).status();
    assert!(done.is_ok_and(|done| done.success()), "kill -TERM {pid}");
    assert_eq!(run.wait().expect("it ends").code(), Some(0));
}

#[test]
fn the_name_is_not_known() {
    let place = Place::new("unnamed", "");
    let said = said(&mut place.command("kafka.invalid:9092", &CHECK), &[]);
    // What the system's resolver says of it differs from one to the other.
    assert!(said.starts_with("exit status 69\n"), "{said}");
    assert!(
        said.contains("cannot be reached: Failed to resolve 'kafka.invalid:9092'"),
        "{said}"
    );
}

#[test]
fn something_else_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has free ports");
    let address = listener.local_addr().expect("it is bound").to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            drop(stream);
        }
    });
    let place = Place::new("other", "");
    let said = said(&mut place.command(&address, &CHECK), &[(&address, "BROKERS")]);
    assert!(said.starts_with("exit status 69\n"), "{said}");
    assert!(
        said.contains("lacks  brokers BROKERS: cannot be reached: "),
        "{said}"
    );
}

#[test]
fn the_brokers_do_not_speak_tls() {
    let place = Place::new("tls", "[kafka]\nsecurity.protocol = \"SSL\"\n");
    let address = broker().address();
    let said = said(&mut place.command(&address, &CHECK), &[(&address, "BROKERS")]);
    assert!(said.starts_with("exit status 69\n"), "{said}");
    // That the handshake failed, or, on a busy machine, that the broker has hung up on it.
    assert!(
        said.contains("cannot be reached: ") && said.contains("SSL "),
        "{said}"
    );
}

#[test]
fn the_password_is_wrong() {
    let place = Place::guarded("stranger", "open barley");
    place.says("02-wrong-password", &broker().guarded_address(), &CHECK);
    place.says("02-wrong-password-run", &broker().guarded_address(), &["run"]);
}

#[test]
fn topics_are_missing() {
    let place = Place::new("missing", "");
    place.says("03-topics-missing", &broker().address(), &CHECK);
    place.says("03-topics-missing-run", &broker().address(), &["run"]);
}

#[test]
fn mailbox_and_changelog_are_uneven() {
    let place = Place::new("uneven", "");
    let (log, settings) = place.inside();
    let mut specs = settings.topics.specs(&settings.rules);
    let changelog = settings.topics.topic(TopicKind::Changelog);
    for spec in specs.iter_mut().filter(|spec| spec.topic == changelog) {
        spec.partitions = 3;
    }
    log.create_topics(&specs).expect("they can be created");
    place.says("04-uneven", &broker().address(), &CHECK);
    place.says("04-uneven-run", &broker().address(), &["run"]);
}

#[test]
fn rows_were_written_with_other_partitions() {
    let place = Place::new("grown", "").topics();
    let (log, settings) = place.inside();
    let changelog = settings.topics.topic(TopicKind::Changelog);
    let mut producer = log.producer("grown-test").expect("a producer");
    producer.init().expect("init");
    producer.begin().expect("begin");
    // As the engine writes it first of all: format 1, 12 partitions.
    let marker = heard::log::Outgoing {
        topic: &changelog,
        partition: Some(1),
        key: Some(b"heard.marker"),
        value: Some(&[1, 0, 0, 0, 12]),
        headers: &[],
    };
    producer.send(&marker).expect("send");
    producer.flush(WAIT).expect("flush");
    producer.commit().expect("commit");
    place.says("05-other-partitions-recorded", &broker().address(), &CHECK);
}

#[test]
fn the_changelog_is_not_compacted_and_counts_differ() {
    let place = Place::new("kept", "");
    let (log, settings) = place.inside();
    let mut specs = settings.topics.specs(&settings.rules);
    for spec in &mut specs {
        if spec.topic == settings.topics.topic(TopicKind::Changelog) {
            spec.settings = vec![("cleanup.policy".into(), "delete".into())];
        }
        if spec.topic == settings.topics.topic(TopicKind::Cases) {
            spec.partitions = 5;
        }
    }
    log.create_topics(&specs).expect("they can be created");
    place.says("06-changelog-not-compacted", &broker().address(), &CHECK);
}

/// One right is lacking on each of these topics.
#[test]
fn topics_may_not_be_read_or_written() {
    use Operation::{Delete, Describe, DescribeConfigs, Read, Write};
    let place = Place::guarded("barred", "sesame").topics();
    let rights = [
        (Resource::Topic("barred.complaints.email"), Describe),
        (Resource::Topic("barred.complaints.email"), DescribeConfigs),
        (Resource::Topic("barred.cases"), Read),
        (Resource::Topic("barred.cases"), DescribeConfigs),
        (Resource::Topic("barred.case-events"), Write),
        (Resource::Topic("barred.interactions"), Read),
        (Resource::Topic("barred.interactions"), Write),
        (Resource::Topic("barred.interactions-changelog"), Read),
        (Resource::Topic("barred.interactions-changelog"), Delete),
    ];
    place.give("heard", &rights, |log| {
        let cases = ["barred.cases".into()];
        log.unwritable(&cases, WAIT).is_ok_and(|topics| topics == cases)
    });
    place.says("07-no-right-to-topics", &broker().guarded_address(), &CHECK);
    place.says("07-no-right-to-topics-run", &broker().guarded_address(), &["run"]);
    let intake = [&CHECK[..], &["--roles", "intake"]].concat();
    place.says(
        "07-no-right-to-topics-intake",
        &broker().guarded_address(),
        &intake,
    );
    let others = Place::guarded("hidden", "sesame").topics();
    others.give("somebody", &[(Resource::Topic("hidden.updates"), Read)], |log| {
        log.partitions(&["hidden.updates".into()])
            .is_err_and(|error| error.denied)
    });
    others.says("08-a-topic-is-hidden", &broker().guarded_address(), &CHECK);
    others.says(
        "08-a-topic-is-hidden-tail",
        &broker().guarded_address(),
        &["tail", "updates", "--drain"],
    );
}

#[test]
fn group_and_transactions_are_somebody_elses() {
    let place = Place::guarded("taken", "sesame").topics();
    let rights = [
        (Resource::Group("taken"), Operation::Read),
        (Resource::TransactionalIds("taken-"), Operation::Write),
    ];
    place.give("somebody", &rights, |log| {
        log.producer("taken-test")
            .and_then(|mut producer| producer.init())
            .is_err_and(|error| error.denied)
    });
    place.says(
        "09-no-right-to-group-and-ids",
        &broker().guarded_address(),
        &CHECK,
    );
}

#[test]
fn secret_files_cannot_be_read() {
    let place = Place::guarded("secretive", "sesame");
    let password = place.directory.path().join("password");
    fs::remove_file(&password).expect("it was there");
    // Whoever runs the tests may read any file; nobody can read a directory as one.
    fs::create_dir(&password).expect("the directory can be written");
    place.says("10-secret-file-unreadable", &broker().guarded_address(), &CHECK);
}

/// A record whose schema id is not in the table is no reason to stop: it is a dead letter that says so.
#[test]
fn a_schema_id_is_not_in_the_table() {
    let place = Place::new("ids", "[wire.ids]\n1 = \"Response\"\n").topics();
    let (log, settings) = place.inside();
    let topic = settings.topics.complaints("email");
    let mut producer = log.producer("ids-test").expect("a producer");
    producer.init().expect("init");
    producer.begin().expect("begin");
    for value in [&[0_u8, 0, 0, 0, 99, 2, 2][..], &[0, 0, 0, 0, 1, 2, 2]] {
        let record = heard::log::Outgoing {
            topic: &topic,
            partition: Some(0),
            key: Some(b"k"),
            value: Some(value),
            headers: &[],
        };
        producer.send(&record).expect("send");
    }
    producer.flush(WAIT).expect("flush");
    producer.commit().expect("commit");
    place.says(
        "11-schema-id-unknown-run",
        &broker().address(),
        &["run", "--drain"],
    );
    let mut tail = place.command(
        &broker().address(),
        &["tail", "dead-letters", "--drain", "--json"],
    );
    let output = tail.output().expect("the binary was built for this test");
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let reasons: Vec<String> = told
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"))
        .map(|line| format!("{:#}\n", line["headers"]))
        .collect();
    let kept: String = reasons
        .concat()
        .lines()
        .filter(|line| !line.contains("heard.dlq.at\"") && !line.contains("heard.dlq.timestamp"))
        .map(|line| format!("{line}\n"))
        .collect();
    same(&directory("environments").join("11-schema-id-unknown.txt"), &kept);
}

const MAP: &str = "format = \"ndjson\"\n[every]\nid = \"{id}\"\nsource = \"mail\"\nchannel = \"email\"\n\
                   conversation_id = \"{id}\"\noccurred_at = \"{at}\"\n[complaint]\n";

/// A place with a map and a file of which one line is rejected.
fn with_messages(name: &'static str) -> (Place, PathBuf) {
    let place = Place::new(name, "");
    place.file("map.toml", MAP);
    place.file(
        "m.ndjson",
        "{\"id\":\"1\",\"at\":\"2024-01-01T00:00:00Z\"}\n{\"id\":\"2\",\"at\":\"yesterday\"}\n",
    );
    let beside = place.directory.path().join("m.ndjson.rejected.ndjson");
    (place, beside)
}

const INGEST: [&str; 5] = ["ingest", "--dry-run", "--map", "map.toml", "m.ndjson"];

#[test]
fn the_disk_is_full_for_rejected_lines() {
    if !Path::new("/dev/full").exists() {
        println!("skipped: this machine has no /dev/full");
        return;
    }
    let (place, beside) = with_messages("full");
    std::os::unix::fs::symlink("/dev/full", beside).expect("the directory can be written");
    place.says("12-disk-full", "127.0.0.1:1", &INGEST);
}

#[test]
fn rejected_lines_cannot_be_written() {
    let (place, beside) = with_messages("unwritable");
    fs::create_dir(beside).expect("the directory can be written");
    place.says("13-rejects-unwritable", "127.0.0.1:1", &INGEST);
}

#[test]
fn files_to_read_are_missing() {
    let (place, _) = with_messages("absent");
    fs::remove_file(place.directory.path().join("m.ndjson")).expect("it was there");
    place.says("14-file-missing", "127.0.0.1:1", &INGEST);
    fs::remove_file(place.directory.path().join("map.toml")).expect("it was there");
    place.says("14-map-missing", "127.0.0.1:1", &INGEST);
    fs::remove_file(place.directory.path().join("heard.toml")).expect("it was there");
    place.says("14-configuration-missing", "127.0.0.1:1", &["check"]);
}

/// Another instance has the address of metrics, or anything else.
#[test]
fn the_port_of_metrics_is_taken() {
    let other = TcpListener::bind("127.0.0.1:0").expect("loopback has free ports");
    let address = other.local_addr().expect("it is bound").to_string();
    let place = Place::new("second", "").topics();
    place.configured("second", &address, "");
    let brokers = broker().address();
    place.says_of(&address, "15-port-taken", &brokers, &CHECK);
    place.says_of(&address, "15-port-taken-run", &brokers, &["run"]);
    let asked = ["run", "--drain", "--listen", &address];
    place.says_of(&address, "15-port-taken-drain", &brokers, &asked);
    let demo = ["demo", "--once", "--listen", &address];
    place.says_of(&address, "15-port-taken-demo", &brokers, &demo);

    // 192.0.2.0/24 is for documents: no host has an address of it.
    place.configured("second", "192.0.2.1:9464", "");
    place.says("16-address-elsewhere", &brokers, &CHECK);
    place.configured("second", "off", "");
    place.says("17-no-address", &brokers, &CHECK);
}

/// As `heard tail complaints.email | head -1`: the reader has what it wants and goes, nothing more
/// comes, and still the program ends, without a word.
#[test]
fn tail_ends_when_its_reader_goes_though_nothing_more_comes() {
    let (place, _) = with_messages("pipe");
    let place = place.topics();
    let args = ["ingest", "--map", "map.toml", "m.ndjson"];
    let status = place
        .command(&broker().address(), &args)
        .status()
        .expect("it was built");
    assert_eq!(status.code(), Some(2), "one line is rejected");
    let mut tail = place
        .command(&broker().address(), &["tail", "complaints.email"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary was built for this test");
    let mut out = BufReader::new(tail.stdout.take().expect("it is piped"));
    let mut line = String::new();
    out.read_line(&mut line).expect("it says UTF-8");
    assert!(line.starts_with("pipe.complaints.email-0@0 "), "{line}");
    drop(out);
    let deadline = Instant::now() + Duration::from_secs(60);
    while tail.try_wait().expect("it is a child of ours").is_none() {
        if Instant::now() > deadline {
            tail.kill().expect("it is a child of ours");
            panic!("it goes on though nobody reads");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let output = tail.wait_with_output().expect("it has ended");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}
