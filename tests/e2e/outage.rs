//! CASES 41: with the broker stopped, metrics and readiness tell the truth; and 42: what cannot be used is no flood of
//! lines.

use std::time::{Duration, Instant};

use heard::log::kafka::{KafkaLog, KafkaSettings};
use heard::log::{Log, Outgoing, Producer, Topic};

use crate::broker::Broker;
use crate::dsl::{Heard, repository};
use crate::metrics::{Live, until};
use crate::writer::{WAIT, Writer};

const WAITING: &str = "heard_cases_waiting{";
const OLDEST: &str = "heard_oldest_waiting_case_age_seconds{";
const LAG: &str = "heard_lag_records{";

/// The values of the series of a metric, in order.
fn values(scrape: &str, name: &str) -> Vec<f64> {
    let series = scrape.lines().filter(|line| line.starts_with(name));
    series
        .filter_map(|line| line.rsplit(' ').next()?.parse().ok())
        .collect()
}

#[test]
fn with_the_broker_stopped_what_was_known_stays_known() {
    let broker = Broker::start();
    // The shortest session that a broker grants: after it the assignment is lost.
    let heard = Heard::new("outage")
        .on(&broker)
        .application("[topics]\npartitions = 2\n[engine]\nsession_timeout = \"6s\"")
        .topics();
    let examples = repository().join("examples/parcels");
    let map = examples.join("map.toml");
    let messages = examples.join("messages.csv");
    let [map, messages] = [&map, &messages].map(|path| path.to_str().expect("UTF-8"));
    heard.run(&["ingest", "--map", map, messages]).succeeds();
    let live = Live::start(&heard, "one");
    until("people wait, and the lag is known", || {
        let scrape = live.get("/metrics").1;
        let waits = values(&scrape, WAITING).iter().sum::<f64>() > 0.0;
        let is_read = !values(&scrape, LAG).is_empty() && values(&scrape, LAG).iter().sum::<f64>() == 0.0;
        (waits && is_read && live.get("/readyz").0 == 200).then_some(())
    });
    let before = live.get("/metrics").1;

    let stopped = Instant::now();
    drop(broker);
    let said = until("it says that the brokers are away", || {
        let (status, said) = live.get("/readyz");
        (status == 503 && said.contains("unreachable")).then_some(said)
    });
    assert!(said.contains("\"for\":\"brokers unreachable since 20"), "{said}");
    assert!(said.contains("\"since\":\"20"), "{said}");
    assert!(!said.contains("has not joined its group"), "{said}");
    let mut oldest = 0.0;
    // Well beyond the session.
    while stopped.elapsed() < Duration::from_secs(25) {
        let scrape = live.get("/metrics").1;
        assert_eq!(
            values(&scrape, WAITING),
            values(&before, WAITING),
            "{:?}",
            stopped.elapsed()
        );
        assert_eq!(
            values(&scrape, LAG),
            values(&before, LAG),
            "{:?}",
            stopped.elapsed()
        );
        let now = values(&scrape, OLDEST).into_iter().fold(0.0, f64::max);
        assert!(now > 0.0 && now >= oldest, "{now} after {oldest}");
        oldest = now;
        std::thread::sleep(Duration::from_millis(500));
    }
    let scrape = live.get("/metrics").1;
    for of in ["cases", "lag"] {
        let age = values(&scrape, &format!("heard_known_age_seconds{{of=\"{of}\"}}"));
        assert!(age[0] > 10.0, "{of}: {age:?}");
    }
    assert!(values(&scrape, "heard_brokers_unreachable_seconds")[0] > 5.0);
    assert_eq!(live.get("/healthz").0, 200, "to restart it would help nobody");
    let warnings = live.log().lines().filter(|line| line.contains(" WARN ")).count();
    println!("{warnings} warnings in {:?}:\n{}", stopped.elapsed(), live.log());
}

#[test]
fn three_thousand_records_that_are_no_avro_are_one_line() {
    let heard = Heard::new("flood")
        .application("[topics]\npartitions = 2")
        .topics();
    let log = KafkaLog::new(KafkaSettings::new(&Broker::shared().address(), "flood"));
    let log = log.expect("these settings are valid");
    let mut producer = log.producer("flood").expect("the broker is there");
    producer.init().expect("the broker is there");
    producer.begin().expect("none is open");
    for _ in 0..3_000 {
        let sent = producer.send(&Outgoing {
            topic: &Topic::new("flood.complaints.social"),
            partition: None,
            key: None,
            value: Some(b"no Avro"),
            headers: &[],
        });
        sent.expect("the broker takes it");
    }
    producer
        .flush(Duration::from_secs(30))
        .expect("the broker takes it");
    producer.commit().expect("the broker takes it");
    let drained = heard.drain(&[]);
    let said = drained.err();
    let lines: Vec<_> = said
        .lines()
        .filter(|line| line.contains("to the dead letters"))
        .collect();
    assert!((1..=2).contains(&lines.len()), "{lines:?}");
    assert!(lines[0].contains("more of this kind"), "{lines:?}");
    assert!(said.contains("dead_letters=3000"), "{said}");
}

/// F15: somebody's transaction hangs in an input. What is behind it waits, and a metric says how much; then it goes on.
#[test]
fn a_transaction_that_hangs_upstream_is_told_of() {
    const HELD: &str = "heard_held_back_records{topic=\"complaints\"}";
    const DEAD: &str = "heard_dead_letters_total{reason=\"bad_magic\",topic=\"complaints\"}";
    let heard = Heard::new("upstream")
        .application("[topics]\npartitions = 1")
        .topics();
    let live = Live::start(&heard, "one");
    until("it is ready", || (live.get("/readyz").0 == 200).then_some(()));
    let shows = |what: &str, name: &str, value: f64| {
        until(what, || {
            let scrape = live.get("/metrics").1;
            (values(&scrape, name).iter().sum::<f64>() == value).then_some(())
        });
    };
    shows("nothing hangs", HELD, 0.0);
    let mut hanging = Writer::with("upstream", "upstream-hanging", Vec::new());
    hanging.send("complaints.social", None, Some(b"never committed"), &[]);
    hanging.producer.flush(WAIT).expect("the broker takes it");
    let mut other = Writer::with("upstream", "upstream-other", Vec::new());
    other.send("complaints.social", None, Some(b"behind it"), &[]);
    other.commit();
    // Two records, and the mark of the commit.
    shows("it is told how much is held back", HELD, 3.0);
    shows("what is behind it waits", DEAD, 0.0);
    assert_eq!(live.get("/readyz").0, 200, "it does what can be done");
    hanging.producer.abort().expect("the broker takes it");
    shows("what was behind it is taken", DEAD, 1.0);
    shows("nothing hangs any more", HELD, 0.0);
    live.ends_well();
}
