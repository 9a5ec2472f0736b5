//! The faults that a test can plan do what they say, and nothing else.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use heard::log::memory::{Fate, Marker, MemoryLog, Moment, Settings};
use heard::log::{
    Consumer, ErrorKind, GroupSettings, Isolation, Log, Polled, Producer, Topic, TopicPartition,
};

use crate::contract::World;
use crate::contract::tools::*;
use crate::world::{Memory, kind};

/// What an application sees of its own commit afterwards.
fn visible(log: &MemoryLog, topic: &Topic) -> usize {
    log.dump(topic).len()
}

#[test]
fn a_crash_falls_before_or_after_the_call() {
    for (moment, records) in [(Moment::Before, 0), (Moment::After, 1)] {
        let world = Memory::simulated();
        let of = partitions(&topic(&world, 1), 1);
        let mut producer = producer_of(&world, "id");
        // begin, send, flush, commit
        world.log.faults().crash(&["id"], 4, moment);
        begin_with(&world, &mut producer, &of[0], &["1"]);
        assert!(world.log.faults().crash_is_pending("id"));
        assert_eq!(kind(producer.commit()), ErrorKind::Fatal);
        assert!(!world.log.faults().crash_is_pending("id"));
        assert_eq!(visible(&world.log, &of[0].topic), records, "{moment:?}");
        assert_eq!(world.log.is_settled(), records == 1, "what was open stays open");
        assert_eq!(kind(producer.abort()), ErrorKind::Fatal, "it is dead");
        let mut next = producer_of(&world, "id");
        assert!(world.log.is_settled());
        begin_with(&world, &mut next, &of[0], &["2"]);
        commit(&world, &mut next);
        assert_eq!(visible(&world.log, &of[0].topic), records + 1);
    }
}

#[test]
fn a_crash_takes_all_clients_of_a_process() {
    let world = Memory::simulated();
    let topic = topic(&world, 1);
    let of = partitions(&topic, 1);
    let settings = GroupSettings {
        group: "group".into(),
        client: "worker".into(),
        topics: vec![topic],
        gather: Duration::ZERO,
    };
    let mut consumer = world.log.consumer(&settings).expect("a consumer");
    let mut producer = producer_of(&world, "id");
    let mut bystander = producer_of(&world, "other id");
    let mut batch = heard::log::Batch::new();
    world.log.faults().crash(&["worker", "id"], 3, Moment::Before);
    assert_eq!(
        consumer.poll(Duration::ZERO, &mut batch).expect("the first call"),
        Polled::Assigned(of.clone())
    );
    begin_with(&world, &mut bystander, &of[0], &["1"]);
    producer.begin().expect("the second call");
    assert_eq!(kind(consumer.membership()), ErrorKind::Fatal, "the third");
    assert_eq!(kind(send(&mut producer, &of[0], "1")), ErrorKind::Fatal);
    commit(&world, &mut bystander);
    // Its membership outlives it by a session.
    assert_eq!(world.log.group_members("group").1.len(), 1);
    let mut again = world.log.consumer(&settings).expect("a consumer");
    assert_eq!(
        again.poll(Duration::ZERO, &mut batch).expect("a poll"),
        Polled::Idle
    );
    world.seconds(9);
    assert_eq!(
        again.poll(Duration::ZERO, &mut batch).expect("a poll"),
        Polled::Idle
    );
    world.seconds(1);
    assert_eq!(
        again.poll(Duration::ZERO, &mut batch).expect("a poll"),
        Polled::Assigned(of)
    );
}

#[test]
fn records_that_were_not_flushed_die_with_the_client() {
    for (queueing, left) in [(true, 0), (false, 1)] {
        let world = if queueing {
            Memory::queueing()
        } else {
            Memory::simulated()
        };
        let of = partitions(&topic(&world, 1), 1);
        let mut producer = producer_of(&world, "id");
        world.log.faults().crash(&["id"], 3, Moment::Before);
        producer.begin().expect("begin");
        send(&mut producer, &of[0], "1").expect("send");
        assert_eq!(kind(producer.flush(FLUSH)), ErrorKind::Fatal);
        assert_eq!(read_all(&world, &of, Isolation::Uncommitted).len(), left);
    }
}

#[test]
fn a_commit_that_does_not_flush_leaves_out_what_is_in_flight() {
    let world = Memory::with(Settings {
        queue_sends: true,
        commit_flushes: false,
        ..Settings::default()
    });
    let of = partitions(&topic(&world, 1), 1);
    let mut producer = producer_of(&world, "id");
    producer.begin().expect("begin");
    send(&mut producer, &of[0], "1").expect("send");
    producer.commit().expect("commit");
    assert_eq!(visible(&world.log, &of[0].topic), 0, "it is still in the client");
    begin_with(&world, &mut producer, &of[0], &["2"]);
    commit(&world, &mut producer);
    let seen = read_all(&world, &of, Isolation::Committed);
    assert_eq!(values(&seen), ["1", "2"], "it came with the next flush");
    producer.begin().expect("begin");
    send(&mut producer, &of[0], "3").expect("send");
    producer.commit().expect("commit");
    drop(producer);
    producer_of(&world, "id");
    assert_eq!(visible(&world.log, &of[0].topic), 2, "it died with the client");
}

#[test]
fn a_test_may_act_between_two_calls() {
    let world = Memory::queueing();
    let of = partitions(&topic(&world, 1), 1);
    let mut producer = producer_of(&world, "id");
    let (log, at) = (world.log.clone(), of[0].clone());
    let found = Arc::new(Mutex::new(Vec::new()));
    let note = Arc::clone(&found);
    world.log.faults().before_calls(move |operation| {
        if operation.client == "id" {
            let written = log.ends(std::slice::from_ref(&at)).expect("ends")[0].high_watermark;
            note.lock().expect("no panic").push((operation.name, written));
        }
    });
    producer.begin().expect("begin");
    send(&mut producer, &of[0], "1").expect("send");
    producer.flush(FLUSH).expect("flush");
    producer.commit().expect("commit");
    let expected = [
        ("beginning a transaction", 0),
        ("sending a record", 0),
        ("flushing", 0),
        ("committing", 1),
    ];
    assert_eq!(*found.lock().expect("no panic"), expected);
}

/// A transaction with a record and an offset, whose commit gets no answer.
fn lost_commit(fate: Fate) -> (Memory, Vec<TopicPartition>) {
    let world = Memory::simulated();
    let topic = topic(&world, 1);
    let of = partitions(&topic, 1);
    let mut member = Member::join(&world, "group", &[topic]);
    member.until_it_holds(&world, &of);
    let mut producer = producer_of(&world, "id");
    world.log.faults().lose_commit("id", fate);
    producer.begin().expect("begin");
    producer
        .commit()
        .expect("an empty transaction is not the one that is lost");
    begin_with(&world, &mut producer, &of[0], &["1"]);
    let membership = member.consumer.membership().expect("a membership");
    producer
        .send_offsets(&[offset(&of[0], 1, "id 1")], &membership)
        .expect("offsets");
    assert_eq!(kind(producer.commit()), ErrorKind::Unknown);
    assert_eq!(
        kind(producer.commit()),
        ErrorKind::Fatal,
        "the producer is to be dropped"
    );
    (world, of)
}

/// What the next producer of the id finds: whether the offset was committed, which agrees with what
/// readers see.
fn outcome(world: &Memory, of: &[TopicPartition]) -> bool {
    let _next = producer_of(world, "id");
    let committed = world
        .log
        .committed("group", of)
        .expect("init leaves nothing pending")[0]
        .is_some();
    assert_eq!(
        visible(&world.log, &of[0].topic) == 1,
        committed,
        "all of a transaction or nothing"
    );
    assert!(world.log.is_settled());
    world.seconds(60);
    assert_eq!(
        visible(&world.log, &of[0].topic) == 1,
        committed,
        "and it stays so"
    );
    committed
}

#[test]
fn a_commit_without_an_answer_has_happened_or_has_not() {
    let (world, of) = lost_commit(Fate::Now);
    assert!(outcome(&world, &of));
    let (world, of) = lost_commit(Fate::Never);
    assert!(!outcome(&world, &of));
}

#[test]
fn a_late_commit_happens_unless_the_id_was_taken_or_timed_out_first() {
    let late = |seconds| Fate::Later(Duration::from_secs(seconds));
    let (world, of) = lost_commit(late(3));
    assert_eq!(
        kind(world.log.committed("group", &of)),
        ErrorKind::Retriable,
        "in doubt"
    );
    world.seconds(2);
    assert!(!outcome(&world, &of), "the id was taken first");
    let (world, of) = lost_commit(late(3));
    world.seconds(3);
    assert!(outcome(&world, &of), "it came first");
    let (world, of) = lost_commit(late(20));
    world.seconds(30);
    assert!(!outcome(&world, &of), "it timed out first");
}

#[test]
fn markers_may_be_late() {
    let world = Memory::simulated();
    let topic = topic(&world, 2);
    let of = partitions(&topic, 2);
    let mut member = Member::join(&world, "group", &[topic]);
    member.until_it_holds(&world, &of);
    world.log.faults().delay_markers(|marker| match marker {
        Marker::Partition(at) => Duration::from_secs(at.partition as u64),
        Marker::Offsets(_) => Duration::from_secs(2),
    });
    let mut producer = producer(&world);
    let round = |producer: &mut ProducerOf<Memory>, member: &mut Member<Memory>, to| {
        producer.begin().expect("begin");
        of.iter().for_each(|at| send(producer, at, "x").expect("send"));
        let membership = member.consumer.membership().expect("a membership");
        producer
            .send_offsets(&[offset(&of[0], to, "")], &membership)
            .expect("offsets");
        producer.commit().expect("it is decided");
    };
    round(&mut producer, &mut member, 1);
    let seen = || {
        let committed = world.log.committed("group", &of[..1]);
        let ends = world.log.ends(&of).expect("ends");
        let stable = ends.iter().filter(|e| e.last_stable == e.high_watermark).count();
        (stable, committed.ok().map(|c| c[0].as_ref().map(|c| c.offset)))
    };
    assert_eq!(seen(), (1, None), "partition 0 at once");
    assert_eq!(world.log.open_transactions().len(), 1);
    world.seconds(1);
    assert_eq!(seen(), (2, None), "partition 1 after a second");
    world.seconds(1);
    assert_eq!(seen(), (2, Some(Some(1))), "the offsets after another");
    assert!(world.log.is_settled());
    // A decided transaction does not time out, and the next one waits for its markers.
    round(&mut producer, &mut member, 2);
    round(&mut producer, &mut member, 3);
    let _heir = producer.abort();
    assert_eq!(seen().0, 1, "of the third, one marker is written");
    world.log.faults().clear();
    world.seconds(60);
    assert_eq!(seen(), (2, Some(Some(3))));
    assert_eq!(world.log.dump(&of[0].topic).len(), 6);
}

#[test]
fn what_falls_due_in_a_leap_of_time_happens_at_its_time() {
    let world = Memory::simulated();
    let of = partitions(&topic(&world, 1), 1);
    world.log.faults().delay_markers(|_| Duration::from_secs(5));
    let mut producer = producer_of(&world, "id");
    begin_with(&world, &mut producer, &of[0], &["1"]);
    // It times out after 15 seconds, and its marker takes five more.
    world.seconds(17);
    assert_eq!(kind(producer.commit()), ErrorKind::Fenced);
    assert!(!world.log.is_settled());
    world.seconds(3);
    assert!(world.log.is_settled());
}

#[test]
fn taking_the_id_over_waits_for_markers() {
    let world = Memory::simulated();
    let of = partitions(&topic(&world, 1), 1);
    world.log.faults().delay_markers(|_| Duration::from_secs(5));
    let mut producer = producer_of(&world, "id");
    begin_with(&world, &mut producer, &of[0], &["1"]);
    commit(&world, &mut producer);
    assert_eq!(visible(&world.log, &of[0].topic), 0);
    let _next = producer_of(&world, "id");
    assert_eq!(
        visible(&world.log, &of[0].topic),
        1,
        "what was decided is not aborted"
    );
    let end = world.log.ends(&of).expect("ends");
    world.seconds(10);
    assert_eq!(
        world.log.ends(&of).expect("ends"),
        end,
        "a marker is written once"
    );
}

#[test]
fn calls_fail_when_the_test_says_so() {
    let world = Memory::simulated();
    let of = partitions(&topic(&world, 1), 1);
    let mut producer = producer_of(&world, "id");
    let mut calls = 0;
    world.log.faults().fail(move |operation| {
        calls += usize::from(operation.client == "id");
        (operation.client == "id" && calls % 2 == 1).then_some(ErrorKind::Retriable)
    });
    world.retry("begin", || producer.begin()).expect("begin");
    world
        .retry("send", || send(&mut producer, &of[0], "1"))
        .expect("send");
    world.retry("commit", || producer.commit()).expect("commit");
    assert_eq!(
        visible(&world.log, &of[0].topic),
        1,
        "a call that failed did not happen"
    );
    world
        .log
        .faults()
        .fail(|operation| (operation.name == "flushing").then_some(ErrorKind::Abortable));
    producer.begin().expect("begin");
    assert_eq!(kind(producer.flush(FLUSH)), ErrorKind::Abortable);
    assert_eq!(
        kind(producer.commit()),
        ErrorKind::Abortable,
        "it must be aborted"
    );
    producer.abort().expect("abort");
    world.log.faults().clear();
    begin_with(&world, &mut producer, &of[0], &["2"]);
    commit(&world, &mut producer);
    assert_eq!(visible(&world.log, &of[0].topic), 2);
}

#[test]
fn an_answer_may_be_late_or_lost_after_its_call_took_effect() {
    let world = Memory::queueing();
    let of = partitions(&topic(&world, 1), 1);
    let mut producer = producer_of(&world, "id");
    let (log, topic) = (world.log.clone(), of[0].topic.clone());
    let found = Arc::new(Mutex::new(Vec::new()));
    let note = Arc::clone(&found);
    world.log.faults().after_calls(move |operation| {
        if operation.client == "id" {
            log.advance(Duration::from_secs(1));
            note.lock()
                .expect("no panic")
                .push((operation.name, visible(&log, &topic)));
        }
    });
    let lost = |name| match name {
        "flushing" => Some(ErrorKind::Retriable),
        "committing" => Some(ErrorKind::Unknown),
        _ => None,
    };
    world
        .log
        .faults()
        .lose_answers(move |operation| lost(operation.name));
    let begun = world.log.now();
    producer.begin().expect("begin");
    send(&mut producer, &of[0], "1").expect("send");
    assert_eq!(kind(producer.flush(FLUSH)), ErrorKind::Retriable);
    assert_eq!(
        read_all(&world, &of, Isolation::Uncommitted).len(),
        1,
        "it is written"
    );
    assert_eq!(kind(producer.commit()), ErrorKind::Unknown);
    let expected = [
        ("beginning a transaction", 0),
        ("sending a record", 0),
        ("flushing", 0),
        ("committing", 1),
    ];
    assert_eq!(*found.lock().expect("no panic"), expected);
    assert!(world.log.now().since(begun) >= 4_000);
    assert_eq!(
        kind(producer.begin()),
        ErrorKind::Fatal,
        "it knows that it does not know"
    );

    // Of a member that does not know that it has joined, nobody hears again.
    world.log.faults().clear();
    world
        .log
        .faults()
        .lose_answers(|operation| (operation.name == "joining a group").then_some(ErrorKind::Retriable));
    let settings = GroupSettings {
        group: "group".into(),
        client: "member".into(),
        topics: vec![of[0].topic.clone()],
        gather: Duration::ZERO,
    };
    assert_eq!(kind(world.log.consumer(&settings)), ErrorKind::Retriable);
    assert_eq!(world.log.group_members("group").1.len(), 1);
    world.seconds(10);
    assert_eq!(world.log.group_members("group").1.len(), 0);
}
