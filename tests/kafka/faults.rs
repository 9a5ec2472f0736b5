//! What only a real broker can show: members that stall, transactions that time out, a commit
//! whose answer does not come.

use std::time::{Duration, Instant};

use heard::log::{Batch, Consumer, ErrorKind, Isolation, Log, Polled, Producer, TopicPartition};

use crate::broker::Broker;
use crate::contract::World;
use crate::contract::tools::*;
use crate::kafka_contract::Kafka;

/// A member must poll every one and a half seconds.
const IMPATIENT: [(&str, &str); 3] = [
    ("session.timeout.ms", "1000"),
    ("heartbeat.interval.ms", "200"),
    ("max.poll.interval.ms", "1500"),
];

/// A member stalls past its poll interval in the middle of a transaction; another takes over. The
/// membership from before the stall is refused, and there is no other; it learns that it has lost
/// everything, nothing of it is visible, and it can join again.
#[test]
fn a_zombie_commits_nothing() {
    let world = Kafka::with(&IMPATIENT);
    let topic = topic(&world, 2);
    let of = partitions(&topic, 2);
    let group = world.fresh("group");
    let mut zombie = Member::join(&world, &group, std::slice::from_ref(&topic));
    zombie.until_it_holds(&world, &of);
    let mut producer = producer(&world);
    begin_with(&world, &mut producer, &of[0], &["of a zombie"]);
    let membership = zombie.consumer.membership().expect("a membership");

    let mut heir = Member::join(&world, &group, &[topic]);
    heir.until_it_holds(&world, &of);

    let offsets = [offset(&of[0], 5, "zombie")];
    let error = world
        .retry("offsets", || producer.send_offsets(&offsets, &membership))
        .expect_err("another has the partition");
    assert_eq!(error.kind, ErrorKind::Abortable, "{error}");
    let error = zombie
        .consumer
        .membership()
        .err()
        .expect("it is no member any more");
    assert_eq!(error.kind, ErrorKind::Abortable, "{error}");
    abort(&world, &mut producer);

    let revoked = world.eventually("it is told", || match zombie.poll(&world) {
        Polled::Revoked { partitions, lost } => {
            assert!(lost, "another has them");
            Some(partitions)
        }
        _ => None,
    });
    assert_eq!(sorted(revoked.clone()), of);
    zombie.release(&revoked);
    world.eventually("both have a share", || {
        zombie.step(&world);
        heir.step(&world);
        (zombie.holds.len() == 1 && heir.holds.len() == 1).then_some(())
    });
    settled(&world, &of);
    assert_eq!(
        values(&read_all(&world, &of, Isolation::Committed)),
        [] as [&str; 0]
    );
    assert_eq!(committed(&world, &group, &of), [None, None]);
    zombie.consumer.close_or_panic();
    heir.consumer.close_or_panic();
}

/// While a member takes its time to accept, as a restore does, others join and get their share: it
/// is asked to give back what it has not accepted yet.
#[test]
fn a_member_that_has_not_accepted_holds_nobody_up() {
    let world = Kafka::new();
    let topic = topic(&world, 2);
    let of = partitions(&topic, 2);
    let group = world.fresh("group");
    let mut slow = Member::join(&world, &group, std::slice::from_ref(&topic));
    let given = world.eventually("it is assigned", || match slow.poll(&world) {
        Polled::Assigned(partitions) => Some(partitions),
        _ => None,
    });
    assert_eq!(sorted(given), of);
    assert!(
        slow.consumer.membership().is_ok(),
        "it is a member before it accepts"
    );
    assert!(slow.consumer.resume(&of).is_err(), "nobody said where to begin");
    let mut other = Member::join(&world, &group, &[topic]);
    let revoked = world.eventually("it is revoked", || {
        other.step(&world);
        match slow.poll(&world) {
            Polled::Revoked { partitions, lost } => Some((partitions, lost)),
            Polled::Idle => None,
            other => panic!("{other:?}"),
        }
    });
    assert_eq!((sorted(revoked.0.clone()), revoked.1), (of, false));
    slow.release(&revoked.0);
    world.eventually("both have a share", || {
        slow.step(&world);
        other.step(&world);
        (slow.holds.len() == 1 && other.holds.len() == 1).then_some(())
    });
    slow.consumer.close_or_panic();
    other.consumer.close_or_panic();
}

/// The broker ends a transaction that is open too long; committing it then looks like being fenced,
/// and taking hold of the id again mends it.
#[test]
fn a_commit_after_the_transaction_timed_out_is_refused() {
    let world = Kafka::with(&[("transaction.timeout.ms", "1000")]);
    let of = partitions(&topic(&world, 1), 1);
    let id = world.fresh("id");
    let mut late = producer_of(&world, &id);
    begin_with(&world, &mut late, &of[0], &["too late"]);
    settled(&world, &of);
    let error = world
        .retry("commit", || late.commit())
        .expect_err("it was aborted");
    assert_eq!(error.kind, ErrorKind::Fenced, "{error}");
    drop(late);
    let mut again = producer_of(&world, &id);
    begin_with(&world, &mut again, &of[0], &["in time"]);
    commit(&world, &mut again);
    settled(&world, &of);
    assert_eq!(values(&read_all(&world, &of, Isolation::Committed)), ["in time"]);
}

/// A broker that does not answer leaves the outcome of a commit unknown. Taking hold of the id again
/// settles it, and the committed offset with its text tells what it was.
#[test]
fn a_commit_without_an_answer_is_unknown_until_the_id_is_taken_again() {
    let broker = Broker::start();
    let world = Kafka::on(&broker, &[("transaction.timeout.ms", "2000")]);
    let topic = topic(&world, 1);
    let of = partitions(&topic, 1);
    let (id, group) = (world.fresh("id"), world.fresh("group"));
    let mut member = Member::join(&world, &group, &[topic]);
    member.until_it_holds(&world, &of);
    let mut producer = producer_of(&world, &id);
    begin_with(&world, &mut producer, &of[0], &["perhaps"]);
    let membership = member.consumer.membership().expect("a membership");
    let offsets = [offset(&of[0], 1, "commit 1")];
    world
        .retry("offsets", || producer.send_offsets(&offsets, &membership))
        .expect("offsets");

    broker.freeze(true);
    let begun = Instant::now();
    let error = producer.commit().expect_err("nobody answers");
    broker.freeze(false);
    assert_eq!(error.kind, ErrorKind::Unknown, "{error}");
    assert!(
        begun.elapsed() < Duration::from_secs(8),
        "bounded by the transaction time-out"
    );
    drop(producer);

    let _again = producer_of(&world, &id);
    settled(&world, &of);
    let found = committed(&world, &group, &of);
    let happened = found[0].as_ref().is_some_and(|c| c.metadata == "commit 1");
    let expected: &[&str] = if happened { &["perhaps"] } else { &[] };
    assert_eq!(values(&read_all(&world, &of, Isolation::Committed)), expected);
    member.consumer.close_or_panic();
}

/// An offset past the end is no place to go on from: the topic is not the one it was.
#[test]
fn a_member_that_is_sent_past_the_end_is_to_join_anew() {
    let world = Kafka::new();
    let topic = topic(&world, 1);
    let of = partitions(&topic, 1);
    write(&world, &of[0], &["0"]);
    settled(&world, &of);
    let mut member = Member::join(&world, &world.fresh("group"), &[topic]);
    member.until_it_has_seen(&world, 1);
    member.consumer.seek(&[(of[0].clone(), 100)]).expect("seek");
    let mut batch = Batch::new();
    let error = world.eventually("it fails", || {
        member.consumer.poll(world.poll_wait(), &mut batch).err()
    });
    assert_eq!(error.kind, ErrorKind::Expelled, "{error}");
    member.consumer.close_or_panic();
}

/// Nothing listens there: calls fail as retriable when their time is up, and nothing hangs.
#[test]
fn without_a_broker_calls_fail_in_time() {
    let nowhere = heard::log::kafka::KafkaSettings::new("127.0.0.1:1", "test");
    let log = heard::log::kafka::KafkaLog::new(nowhere).expect("the settings are valid");
    let at = TopicPartition::new("topic".into(), 0);
    let begun = Instant::now();
    let errors = std::thread::scope(|scope| {
        let calls = [
            scope.spawn(|| log.ends(std::slice::from_ref(&at)).err()),
            scope.spawn(|| log.partitions(&["topic".into()]).err()),
            scope.spawn(|| log.committed("group", std::slice::from_ref(&at)).err()),
            scope.spawn(|| log.delete_records(&[(at.clone(), 1)]).err()),
            scope.spawn(|| log.producer("id").and_then(|mut p| p.init()).err()),
        ];
        calls.map(|c| c.join().expect("no panic").expect("nobody answers"))
    });
    for error in errors {
        assert_eq!(error.kind, ErrorKind::Retriable, "{error}");
    }
    assert!(begun.elapsed() < Duration::from_secs(15));
}

/// The suite's rebalances under the incremental protocol, which users may choose.
mod cooperative {
    use crate::contract::groups;
    use crate::kafka_contract::Kafka;

    const STICKY: [(&str, &str); 1] = [("partition.assignment.strategy", "cooperative-sticky")];

    #[test]
    fn a_second_member_takes_its_share() {
        groups::a_second_member_takes_its_share(&Kafka::with(&STICKY));
    }

    #[test]
    fn a_member_that_closes_gives_its_partitions_back() {
        groups::a_member_that_closes_gives_its_partitions_back(&Kafka::with(&STICKY));
    }

    #[test]
    fn reading_goes_on_where_it_is_accepted() {
        groups::reading_goes_on_where_it_is_accepted(&Kafka::with(&STICKY));
    }
}

fn sorted(mut partitions: Vec<TopicPartition>) -> Vec<TopicPartition> {
    partitions.sort();
    partitions
}
