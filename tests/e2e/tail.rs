//! CASES 49: `heard tail` as kcat's users expect it.

use std::time::Duration;

use heard::log::kafka::{KafkaLog, KafkaSettings};
use heard::log::{Header, Log, Outgoing, Producer, Topic};
use serde_json::Value;

use crate::background::Background;
use crate::broker::Broker;
use crate::dsl::Heard;
use crate::metrics::until;

/// Writes records that are no Avro, each as a transaction of its own, which takes an offset too.
fn write(prefix: &str, records: &[(i32, &str, &str)]) {
    let log = KafkaLog::new(KafkaSettings::new(&Broker::shared().address(), "tail"));
    let log = log.expect("these settings are valid");
    let mut producer = log
        .producer(&format!("{prefix}tail"))
        .expect("the broker is there");
    producer.init().expect("the broker is there");
    for (partition, key, value) in records {
        producer.begin().expect("none is open");
        let sent = producer.send(&Outgoing {
            topic: &Topic::new(&format!("{prefix}updates")),
            partition: Some(*partition),
            key: Some(key.as_bytes()),
            value: Some(value.as_bytes()),
            headers: &[Header {
                name: "from",
                value: Some(key.as_bytes()),
            }],
        });
        sent.expect("the broker takes it");
        producer
            .flush(Duration::from_secs(10))
            .expect("the broker takes it");
        producer.commit().expect("the broker takes it");
        // Their times differ.
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The values of what is shown, which are in hexadecimal.
fn values(lines: &[Value]) -> Vec<String> {
    let of = |line: &Value| {
        let hex = line["value"].as_str().expect("bytes").to_owned();
        let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).expect("two digits");
        String::from_utf8((0..hex.len()).step_by(2).map(byte).collect()).expect("UTF-8")
    };
    lines.iter().map(of).collect()
}

#[test]
fn lines_times_keys_partitions_and_offsets() {
    let heard = Heard::new("tail")
        .config("[topics]\npartitions = 2\ninput_partitions = 2")
        .topics();
    write(
        "tail.",
        &[
            (0, "a", "1"),
            (1, "b", "2"),
            (0, "a", "3"),
            (0, "b", "4"),
            (1, "a", "5"),
            (0, "c", "6"),
        ],
    );
    let tail = |args: &[&str]| {
        let args = [&["tail", "updates", "-e", "--json"][..], args].concat();
        heard.run(&args).succeeds().json_lines()
    };
    let all = tail(&["-n", "99"]);
    assert_eq!(
        values(&all),
        ["1", "2", "3", "4", "5", "6"],
        "in the order of time"
    );
    // The offset of each record's transaction is between.
    let time = |value: usize| all[value - 1]["timestamp"].as_i64().expect("a number");
    let at = |value: usize| {
        jiff::Timestamp::from_millisecond(time(value))
            .expect("a time of today")
            .to_string()
    };
    let (third, fifth) = (at(3), at(5));
    for (args, expected) in [
        (vec!["-n", "2"], vec!["5", "6"]),
        (vec!["-n", "0"], vec![]),
        (vec!["--lines", "1", "--key", "b"], vec!["4"]),
        (vec!["-k", "b", "-n", "9"], vec!["2", "4"]),
        (vec!["-k", "b", "-k", "c", "-n", "9"], vec!["2", "4", "6"]),
        (vec!["--header", "from=c"], vec!["6"]),
        (vec!["-p", "1"], vec!["2", "5"]),
        (vec!["-p", "0,1", "-n", "3"], vec!["4", "5", "6"]),
        (vec!["--since", &third, "-n", "9"], vec!["3", "4", "5", "6"]),
        (
            vec!["--since", &third, "--until", &fifth, "-n", "9"],
            vec!["3", "4"],
        ),
        (vec!["--until", &third, "-n", "9"], vec!["1", "2"]),
        (vec!["--since", "1h", "-p", "1"], vec!["2", "5"]),
        (vec!["-p", "0", "-o", "beginning"], vec!["1", "3", "4", "6"]),
        (vec!["-p", "0", "-o", "2"], vec!["3", "4", "6"]),
        (vec!["-p", "0", "-o", "-4"], vec!["4", "6"]),
        (vec!["-p", "0", "--offset", "-99"], vec!["1", "3", "4", "6"]),
        (vec!["-p", "0", "-o", "end"], vec![]),
        (vec!["-p", "0", "-o", "99"], vec![]),
        (vec!["-p", "0", "-o", "2", "-n", "1"], vec!["6"]),
    ] {
        assert_eq!(values(&tail(&args)), expected, "{args:?}");
    }
    for (args, said) in [
        (vec!["-p", "7"], "tail.updates has no partition 7"),
        (vec!["-o", "last"], "write beginning, end, an offset"),
        (vec!["--since", "yesterday"], "write a time"),
        (vec!["-o", "1", "--since", "1h"], "cannot be used with"),
    ] {
        let args = [&["tail", "updates", "-e"][..], &args].concat();
        let error = heard.run(&args).exits(64).err();
        assert!(error.contains(said), "{args:?}: {error}");
    }

    // Without -e it goes on after the last lines, with what is asked for.
    let log = heard.file("follow.log", "");
    let mut command = heard.command(&["tail", "updates", "-n", "1", "--json", "-k", "a"]);
    let follows = Background::start("tail", &mut command, log);
    let shown = |number: usize| {
        let lines: Vec<Value> = follows
            .log()
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect();
        (lines.len() == number).then(|| values(&lines))
    };
    assert_eq!(until("the last line", || shown(1)), ["5"]);
    write("tail.", &[(1, "b", "7"), (1, "a", "8")]);
    assert_eq!(until("what came", || shown(2)), ["5", "8"]);
}
