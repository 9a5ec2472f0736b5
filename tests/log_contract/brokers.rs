//! Brokers that are away are missed by whoever needs them, until they are back or another has their place.

use std::time::Duration;

use heard::log::memory::{MemoryConsumer, MemoryProducer, Moment, Outage};
use heard::log::{
    Batch, CommittedOffset, Consumer, ErrorKind, GroupSettings, Isolation, Log, OffsetCommit, Polled,
    Producer, Reader, Topic, TopicPartition,
};

use crate::contract::tools::*;
use crate::world::{Memory, kind};

const SECOND: Duration = Duration::from_secs(1);

/// A broker is away, which is noticed after, and over after, so many seconds.
fn outage(broker: usize, noticed: u64, back: u64) -> Outage {
    let [noticed, back] = [noticed, back].map(Duration::from_secs);
    Outage {
        broker,
        noticed,
        back,
    }
}

fn settings(client: &str, topic: &Topic) -> GroupSettings {
    GroupSettings {
        group: "group".into(),
        client: client.into(),
        topics: vec![topic.clone()],
        gather: Duration::ZERO,
    }
}

fn poll(consumer: &mut MemoryConsumer) -> Polled {
    let mut batch = Batch::new();
    consumer.poll(Duration::ZERO, &mut batch).expect("a poll")
}

/// A log with one broker of this many, a partition and a member that reads it.
fn place(brokers: usize) -> (Memory, TopicPartition, MemoryConsumer, MemoryProducer) {
    let world = Memory::queueing();
    world.log.faults().brokers(brokers);
    let topic = topic(&world, 1);
    let at = partitions(&topic, 1).remove(0);
    let mut member = world.log.consumer(&settings("member", &topic)).expect("it joins");
    assert_eq!(poll(&mut member), Polled::Assigned(vec![at.clone()]));
    member.accept(&[(at.clone(), 0)]).expect("it was given");
    let producer = producer_of(&world, "id");
    (world, at, member, producer)
}

fn offset(at: &TopicPartition) -> Vec<OffsetCommit> {
    let committed = CommittedOffset {
        offset: 1,
        metadata: String::new(),
    };
    vec![OffsetCommit {
        partition: at.clone(),
        committed,
    }]
}

#[test]
fn nothing_is_answered_while_the_only_broker_is_away_and_all_is_there_when_it_is_back() {
    let (world, at, mut member, mut producer) = place(1);
    let (log, of) = (&world.log, std::slice::from_ref(&at));
    begin_with(&world, &mut producer, &at, &["1"]);
    commit(&world, &mut producer);
    producer.begin().expect("the client alone");
    send(&mut producer, &at, "2").expect("the client alone");
    assert!(log.faults().lose_broker(outage(0, 9, 5)));
    assert!(!log.faults().lose_broker(outage(0, 9, 50)), "it is away");
    let mut reader = log
        .reader(&[(at.clone(), 0)], Isolation::Committed)
        .expect("the client alone");
    let membership = member.membership().expect("the client alone");
    let mut batch = Batch::new();
    for _ in 0..5 {
        assert_eq!(log.brokers_away(), 1);
        let retriable = [
            kind(log.partitions(std::slice::from_ref(&at.topic))),
            kind(log.ends(of)),
            kind(log.offsets_at(of, 0)),
            kind(log.committed("group", of)),
            kind(log.delete_records(&[(at.clone(), 1)])),
            kind(log.time(&at, b"key")),
            kind(producer.flush(FLUSH)),
            kind(producer.send_offsets(&offset(&at), &membership)),
        ];
        assert_eq!(retriable, [ErrorKind::Retriable; 8]);
        assert_eq!(poll(&mut member), Polled::Idle);
        assert!(!reader.poll(Duration::ZERO, &mut batch).expect("a poll"));
        world.seconds(1);
    }
    assert_eq!((log.brokers_away(), log.dump(&at.topic).len()), (0, 1));
    assert_eq!(poll(&mut member), Polled::Records, "it is a member yet");
    producer.flush(FLUSH).expect("written now");
    producer
        .send_offsets(&offset(&at), &membership)
        .expect("the same generation");
    producer.commit().expect("the same transaction");
    assert_eq!(log.dump(&at.topic).len(), 2);
}

#[test]
fn another_broker_takes_over_once_the_loss_is_noticed() {
    for broker in 0..3 {
        let (world, at, mut member, mut producer) = place(3);
        let of = std::slice::from_ref(&at);
        world.log.faults().lose_broker(outage(broker, 3, 60));
        world.seconds(3);
        assert_eq!(world.log.brokers_away(), 1);
        begin_with(&world, &mut producer, &at, &["1"]);
        commit(&world, &mut producer);
        assert_eq!(poll(&mut member), Polled::Records);
        world.log.committed("group", of).expect("an answer");
    }
}

/// The three roles are not all one broker's, and each call needs those that it says it does.
#[test]
fn each_call_needs_whoever_has_its_role() {
    let needs = |call: &dyn Fn(&Memory, &TopicPartition, &mut MemoryProducer) -> bool| -> Vec<usize> {
        let misses = |broker: &usize| {
            let (world, at, _member, mut producer) = place(3);
            world.log.faults().lose_broker(outage(*broker, 60, 60));
            !call(&world, &at, &mut producer)
        };
        (0..3).filter(misses).collect()
    };
    let leader = needs(&|world, at, _| world.log.ends(std::slice::from_ref(at)).is_ok());
    let group = needs(&|world, at, _| world.log.committed("group", std::slice::from_ref(at)).is_ok());
    let transactions = needs(&|world, _, _| world.log.producer("id").expect("a client").init().is_ok());
    assert_eq!([leader.len(), group.len(), transactions.len()], [1, 1, 1]);
    let writes = needs(&|_, at, producer| {
        producer.begin().expect("the client alone");
        send(producer, at, "1").expect("the client alone");
        producer.flush(FLUSH).is_ok()
    });
    let mut both = [leader, transactions].concat();
    both.sort_unstable();
    both.dedup();
    assert_eq!(writes, both);
}

#[test]
fn a_commit_without_a_coordinator_is_not_known_and_never_happens() {
    let (world, at, _member, mut producer) = place(1);
    begin_with(&world, &mut producer, &at, &["1"]);
    world.log.faults().lose_broker(outage(0, 60, 5));
    assert_eq!(kind(producer.commit()), ErrorKind::Unknown);
    assert_eq!(
        kind(world.log.producer("id").expect("a client").init()),
        ErrorKind::Retriable
    );
    world.seconds(5);
    producer_of(&world, "id");
    assert!(world.log.is_settled());
    assert_eq!(world.log.dump(&at.topic).len(), 0);
}

#[test]
fn records_that_no_broker_takes_in_a_transactions_time_have_failed() {
    let (world, at, _member, mut producer) = place(1);
    producer.begin().expect("the client alone");
    send(&mut producer, &at, "1").expect("the client alone");
    world.log.faults().lose_broker(outage(0, 60, 60));
    world.seconds(15);
    assert_eq!(kind(producer.flush(FLUSH)), ErrorKind::Retriable);
    world.seconds(1);
    assert_eq!(kind(producer.flush(FLUSH)), ErrorKind::Abortable);
    producer.abort().expect("no broker knows of it");
}

#[test]
fn transactions_end_when_a_coordinator_is_there_and_are_marked_when_leaders_are() {
    let (world, at, _member, mut producer) = place(1);
    begin_with(&world, &mut producer, &at, &["1"]);
    world.log.faults().lose_broker(outage(0, 60, 20));
    world.seconds(19);
    assert_eq!(world.log.open_transactions(), ["id"], "nobody is there to end it");
    world.seconds(1);
    assert!(world.log.is_settled());

    let (world, at, _member, mut producer) = place(1);
    world.log.faults().delay_markers(|_| SECOND);
    begin_with(&world, &mut producer, &at, &["1"]);
    producer.commit().expect("it is decided");
    world.log.faults().lose_broker(outage(0, 60, 20));
    world.seconds(19);
    assert_eq!(world.log.dump(&at.topic).len(), 0, "decided, not marked");
    world.seconds(1);
    assert_eq!(world.log.dump(&at.topic).len(), 1);
}

#[test]
fn a_member_that_misses_its_coordinator_for_a_session_gives_its_membership_up() {
    let (world, at, mut member, _producer) = place(1);
    world.log.faults().lose_broker(outage(0, 60, 11));
    world.seconds(10);
    assert_eq!(poll(&mut member), Polled::Idle);
    world.log.advance(Duration::from_millis(500));
    let held = vec![at.clone()];
    assert_eq!(kind(member.membership()), ErrorKind::Abortable);
    assert_eq!(
        poll(&mut member),
        Polled::Revoked {
            partitions: held.clone(),
            lost: true
        }
    );
    member.release(&held).expect("it was taken away");
    assert_eq!(poll(&mut member), Polled::Idle, "nobody to join");
    world.seconds(1);
    poll(&mut member);
    // What it was before it joined anew is a member yet, with all it had.
    assert_eq!(world.log.group_members("group").1.len(), 2);
    world.seconds(9);
    assert_eq!(poll(&mut member), Polled::Idle);
    world.seconds(1);
    assert_eq!(poll(&mut member), Polled::Assigned(held));
}

#[test]
fn members_have_a_sessions_time_anew_once_their_coordinator_is_back() {
    let (world, at, mut member, _producer) = place(1);
    let mut second = world
        .log
        .consumer(&settings("second", &at.topic))
        .expect("it joins");
    assert!(matches!(poll(&mut member), Polled::Revoked { lost: false, .. }));
    world.log.faults().lose_broker(outage(0, 60, 8));
    member
        .release(std::slice::from_ref(&at))
        .expect("the client alone");
    assert_eq!(world.log.group_members("group").0, 1, "nobody was told");
    world.seconds(17);
    assert_eq!(
        world.log.group_members("group").1.len(),
        2,
        "17 s without a word, 9 s of them heard"
    );
    assert_eq!(poll(&mut second), Polled::Idle);
    poll(&mut member);
    assert_eq!(world.log.group_members("group").0, 2, "told now");
}

#[test]
fn who_writes_from_outside_may_be_spared() {
    let (world, at, mut member, mut producer) = place(1);
    world.log.faults().lose_broker(outage(0, 60, 60));
    world.log.faults().spare(true);
    begin_with(&world, &mut producer, &at, &["1"]);
    commit(&world, &mut producer);
    world.log.faults().spare(false);
    assert_eq!(poll(&mut member), Polled::Idle);
    assert_eq!(world.log.dump(&at.topic).len(), 1);
}

#[test]
fn a_broker_may_go_away_just_before_a_call_or_just_after_it() {
    for (moment, done) in [(Moment::Before, 0), (Moment::After, 1)] {
        let (world, at, _member, mut producer) = place(1);
        let faults = world.log.faults();
        faults.lose_broker_at("id", "committing", moment, outage(0, 60, 5));
        begin_with(&world, &mut producer, &at, &["1"]);
        assert_eq!(
            (world.log.may_miss_brokers(), world.log.brokers_away()),
            (true, 0)
        );
        assert_eq!(producer.commit().is_ok(), done == 1);
        assert_eq!((world.log.brokers_away(), world.log.outages()), (1, 1));
        world.seconds(5);
        producer_of(&world, "id");
        assert_eq!(world.log.dump(&at.topic).len(), done);
        assert!(!world.log.may_miss_brokers(), "it was planned once");
    }
}
