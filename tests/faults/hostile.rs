//! Records that cannot be used, thousands of them, among those that can (F11).

use std::collections::BTreeMap;
use std::time::Duration;

use heard::log::{Header, Log, Outgoing, Producer, Topic};

use crate::installation::Installation;
use crate::oracle;
use crate::poison::{Poison, Target, poison};
use crate::seed::Chance;
use crate::watch::{Dump, Seen};

const RECORDS: usize = 10_000;
/// Stands beside each of them, with its number: who it is, whatever its key and value.
const NUMBER: &str = "poison";

#[test]
fn ten_thousand_hostile_records_are_dead_letters_and_change_nothing_else() {
    let Some(installation) = Installation::new("hostile", 8, "15s") else {
        return;
    };
    let mut chance = Chance::new("hostile");
    let poisons: Vec<Poison> = (0..RECORDS).map(|n| poison(n, &mut chance)).collect();
    std::thread::scope(|scope| {
        scope.spawn(|| installation.feed(&installation.slices));
        send(&installation, &poisons);
    });
    let watch = installation.watch();
    installation.drain();
    // It has seen nothing, and nothing was there before: what it checks here is the end alone.
    oracle::check(&installation, &watch.dump, RECORDS);
    let sent = installation.read(&Target::ALL.map(Target::topic));
    let dead = installation.read(&["dead-letters"]);
    each_is_dead_as_it_came(&installation, &poisons, &sent, &dead);
}

/// Sends them in eight transactions, so that they lie between the dialogues.
fn send(installation: &Installation, poisons: &[Poison]) {
    let mut producer = installation
        .log
        .producer("hostile-sender")
        .expect("valid settings");
    producer.init().expect("the broker is there");
    for (batch, poisons) in poisons.chunks(RECORDS / 8).enumerate() {
        producer.begin().expect("none is open");
        for (n, poison) in poisons.iter().enumerate() {
            let number = (batch * (RECORDS / 8) + n).to_string();
            let sent = producer.send(&Outgoing {
                topic: &Topic::new(&installation.topic(poison.target.topic())),
                partition: None,
                key: poison.key.as_deref(),
                value: poison.value.as_deref(),
                headers: &[Header {
                    name: NUMBER,
                    value: Some(number.as_bytes()),
                }],
            });
            sent.expect("the broker takes it");
        }
        producer
            .flush(Duration::from_secs(30))
            .expect("the broker takes them");
        producer.commit().expect("the broker takes them");
    }
}

/// Each one that was sent is in the dead letters once, with its key, its bytes, where it was and why
/// it is there.
fn each_is_dead_as_it_came(installation: &Installation, poisons: &[Poison], sent: &Dump, dead: &Dump) {
    let mut places = BTreeMap::new();
    for ((topic, partition), seen) in sent {
        for record in seen.iter().filter(|record| header(record, NUMBER).is_some()) {
            places.insert(number(record), (topic, partition, record.offset));
        }
    }
    assert_eq!(places.len(), RECORDS, "all were sent");
    let mut letters = BTreeMap::new();
    for letter in dead.values().flatten() {
        assert!(
            letters.insert(number(letter), letter).is_none(),
            "{} is there twice",
            number(letter)
        );
    }
    for (n, poison) in poisons.iter().enumerate() {
        let what = format!("{} record {n} in {}", poison.what, poison.target.topic());
        let letter = letters
            .get(&n)
            .unwrap_or_else(|| panic!("{what} is not in the dead letters"));
        assert!(is_of(letter, poison), "{what} has another value");
        assert!(letter.key == poison.key, "{what} has another key");
        let reason = header(letter, "heard.dlq.reason").expect("there is a reason");
        assert!(
            poison.reasons.contains(&reason),
            "{what}: {reason}, not {:?}",
            poison.reasons
        );
        assert!(
            header(letter, "heard.dlq.detail").is_some_and(|detail| !detail.is_empty()),
            "{what}"
        );
        let (topic, partition, offset) = &places[&n];
        let told = ["topic", "partition", "offset"].map(|name| header(letter, &format!("heard.dlq.{name}")));
        let place = [(*topic).clone(), partition.to_string(), offset.to_string()];
        assert_eq!(told, place.each_ref().map(|text| Some(text.as_str())), "{what}");
    }
    assert_eq!(
        letters.len(),
        RECORDS,
        "{} has other dead letters too",
        installation.name
    );
}

/// Whether a letter has the value of the record; or its beginning, and how long it was, where it is longer than topics take.
fn is_of(letter: &Seen, poison: &Poison) -> bool {
    let Some(length) = header(letter, "heard.dlq.cut") else {
        return letter.value == poison.value;
    };
    let (kept, all) = (letter.value.as_deref(), poison.value.as_deref());
    let (kept, all) = (kept.unwrap_or_default(), all.unwrap_or_default());
    length == all.len().to_string() && kept.len() > 800_000 && all.starts_with(kept)
}

fn number(record: &Seen) -> usize {
    let number = header(record, NUMBER).and_then(|number| number.parse().ok());
    number.expect("only hostile records are here")
}

fn header<'a>(record: &'a Seen, name: &str) -> Option<&'a str> {
    let (_, value) = record.headers.iter().find(|(n, _)| n == name)?;
    std::str::from_utf8(value.as_deref()?).ok()
}
