//! Transactions that time out, and producers used out of turn.

use heard::log::{ErrorKind, Isolation, Log, Producer};

use crate::contract::World;
use crate::contract::tools::*;
use crate::world::{Memory, kind};

#[test]
fn a_transaction_that_times_out_is_aborted_and_its_producer_fenced() {
    let world = Memory::simulated();
    let of = partitions(&topic(&world, 1), 1);
    let mut slow = producer_of(&world, "slow");
    world.retry("begin", || slow.begin()).expect("begin");
    world.seconds(60);
    // It is open from its first record on, not from `begin`.
    send(&mut slow, &of[0], "late").expect("send");
    world.seconds(14);
    assert_eq!(world.log.open_transactions(), ["slow"]);
    world.seconds(1);
    assert!(world.log.open_transactions().is_empty());
    assert!(world.log.is_settled());
    assert_eq!(kind(slow.commit()), ErrorKind::Fenced);
    assert_eq!(kind(slow.abort()), ErrorKind::Fenced);
    assert_eq!(kind(slow.begin()), ErrorKind::Fenced);
    assert!(world.log.dump(&of[0].topic).is_empty());
    assert_eq!(values(&read_all(&world, &of, Isolation::Uncommitted)), ["late"]);
    let mut again = producer_of(&world, "slow");
    begin_with(&world, &mut again, &of[0], &["again"]);
    commit(&world, &mut again);
    assert_eq!(values(&read_all(&world, &of, Isolation::Committed)), ["again"]);
}

#[test]
fn a_test_can_time_a_transaction_out() {
    let world = Memory::simulated();
    let of = partitions(&topic(&world, 1), 1);
    assert!(!world.log.expire_transaction("id"));
    let mut producer = producer_of(&world, "id");
    begin_with(&world, &mut producer, &of[0], &["1"]);
    assert!(!world.log.is_settled());
    assert!(world.log.expire_transaction("id"));
    assert!(world.log.is_settled());
    assert_eq!(kind(send(&mut producer, &of[0], "2")), ErrorKind::Fenced);
}

#[test]
fn a_transaction_that_touched_nothing_asks_nobody() {
    let world = Memory::simulated();
    let mut old = producer_of(&world, "id");
    old.begin().expect("begin");
    let _new = producer_of(&world, "id");
    // So with a broker: the client ends it by itself, and never hears that it was fenced.
    old.commit().expect("nothing to commit");
}

#[test]
fn a_producer_used_out_of_turn_says_so() {
    let world = Memory::simulated();
    let of = partitions(&topic(&world, 1), 1);
    let mut producer = world.log.producer("id").expect("a producer");
    producer.abort().expect("nothing is open");
    assert_eq!(kind(producer.begin()), ErrorKind::Fatal, "not initialised");
    producer.init().expect("init");
    assert_eq!(kind(producer.init()), ErrorKind::Fatal, "twice");
    assert_eq!(
        kind(send(&mut producer, &of[0], "1")),
        ErrorKind::Fatal,
        "not begun"
    );
    assert_eq!(kind(producer.commit()), ErrorKind::Fatal, "not begun");
    producer.begin().expect("begin");
    assert_eq!(kind(producer.begin()), ErrorKind::Fatal, "twice");
    let nowhere = heard::log::TopicPartition::new(of[0].topic.clone(), 1);
    assert_eq!(
        kind(send(&mut producer, &nowhere, "1")),
        ErrorKind::Fatal,
        "no such partition"
    );
}

#[test]
fn a_topic_may_set_its_own_limits() {
    let world = Memory::simulated();
    let topic = heard::log::Topic::new("small");
    let settings = vec![
        ("max.message.bytes".to_owned(), "1000".to_owned()),
        ("cleanup.policy".to_owned(), "compact,delete".to_owned()),
    ];
    let spec = heard::log::TopicSpec {
        topic: topic.clone(),
        partitions: 1,
        replication: -1,
        settings,
    };
    world.log.create_topics(&[spec]).expect("create");
    let mut producer = producer(&world);
    producer.begin().expect("begin");
    let mut send = |key: Option<&[u8]>, value: &[u8]| {
        producer.send(&heard::log::Outgoing {
            topic: &topic,
            partition: None,
            key,
            value: Some(value),
            headers: &[],
        })
    };
    send(Some(b"k"), &[b'x'; 900]).expect("it fits");
    assert_eq!(kind(send(Some(b"k"), &[b'x'; 1000])), ErrorKind::TooLarge);
    send(Some(b"k"), &[b'x'; 900]).expect("the transaction goes on");
    assert_eq!(
        kind(send(None, b"x")),
        ErrorKind::Abortable,
        "a compacted topic needs keys"
    );
    assert_eq!(kind(producer.commit()), ErrorKind::Abortable);
}
