//! All of it in the engine, on the log in memory.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use heard::engine::{
    Clock, EngineSettings, ManualClock, Mode, Observer, Pace, Roles, Sabotage, Topics, TracingObserver,
};
use heard::log::memory::MemoryLog;
use heard::log::{Log, Outgoing, Producer, Topic, TopicSpec};
use heard::model::Millis;

use super::app;
use super::said::START;

/// A look at the clock for each complaint: about as long as one takes.
const TICK: Duration = Duration::from_micros(50);

/// A clock that goes on by the same step each time it is looked at: as many commits for as many complaints,
/// however slowly they are counted.
struct Ticking(ManualClock);

impl Clock for Ticking {
    fn wall(&self) -> Millis {
        self.0.wall()
    }

    fn monotonic(&self) -> Duration {
        self.0.advance(TICK);
        self.0.monotonic()
    }

    fn sleep(&self, time: Duration) {
        self.0.sleep(time);
    }
}

/// Drains customers, then complaints, from a log in memory.
pub fn drain(customers: &[Vec<u8>], complaints: &[Vec<u8>]) {
    let log = MemoryLog::live();
    let topics = Topics {
        inputs: ["customers", "complaints", "responses"].map(Topic::new).into(),
        mailbox: Topic::new("interactions"),
        changelog: Topic::new("interactions-changelog"),
        outputs: ["onstage", "offstage", "cases", "events", "signals"]
            .map(Topic::new)
            .into(),
        dead_letters: Topic::new("dead-letters"),
    };
    let own = [&topics.mailbox, &topics.changelog, &topics.dead_letters];
    let all = topics.inputs.iter().chain(&topics.outputs).chain(own);
    let specs = all.map(|topic| TopicSpec {
        topic: topic.clone(),
        partitions: 6,
        replication: -1,
        settings: Vec::new(),
    });
    log.create_topics(&specs.collect::<Vec<_>>())
        .expect("topics are created");
    let settings = Arc::new(EngineSettings {
        application: "bench".into(),
        instance: "one".into(),
        topics,
        roles: Roles::Both,
        mode: Mode::Drain { as_of: None },
        workers: 1,
        local_delivery: true,
        max_record: 1_000_000,
        pace: Pace::default(),
        sabotage: Sabotage::None,
    });
    for (topic, values) in settings.topics.inputs.iter().zip([customers, complaints]) {
        let mut producer = log.producer("feeder").expect("a producer");
        producer.init().expect("it begins");
        producer.begin().expect("it begins");
        for (n, value) in values.iter().enumerate() {
            let outgoing = Outgoing {
                topic,
                partition: None,
                key: Some(&n.to_be_bytes()),
                value: Some(value),
                headers: &[],
            };
            producer.send(&outgoing).expect("it is sent");
        }
        producer.flush(Duration::from_secs(1)).expect("it is flushed");
        producer.commit().expect("it is committed");
        let clock: Arc<dyn Clock> = Arc::new(Ticking(ManualClock::new(Millis(START))));
        let observer: Arc<dyn Observer> = Arc::new(TracingObserver);
        heard::engine::run(&log, &app, &settings, &clock, &observer, &AtomicBool::new(false))
            .expect("it drains");
    }
}
