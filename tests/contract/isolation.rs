//! Who sees what of a transaction, and when.

use heard::log::{Batch, Isolation, Log, Producer, Reader};

use super::World;
use super::tools::*;

/// Before the commit only an uncommitted reader sees records; afterwards both do.
pub fn committed_records_only_or_all<W: World>(world: &W) {
    let of = partitions(&topic(world, 1), 1);
    let mut producer = producer(world);
    begin_with(world, &mut producer, &of[0], &["1", "2"]);
    assert_eq!(values(&read_all(world, &of, Isolation::Uncommitted)), ["1", "2"]);
    let mut committed = world
        .log()
        .reader(&[(of[0].clone(), 0)], Isolation::Committed)
        .expect("a reader");
    let mut batch = Batch::new();
    for _ in 0..3 {
        assert!(
            !committed.poll(world.poll_wait(), &mut batch).expect("a poll"),
            "nothing is committed"
        );
        assert!(batch.is_empty());
    }
    assert_eq!(committed.position(&of[0]).expect("a position"), 0);
    commit(world, &mut producer);
    settled(world, &of);
    assert_eq!(
        values(&read_to_end(world, &mut committed, &of, Isolation::Committed)),
        ["1", "2"]
    );
}

/// Aborted records are skipped, and the position moves past them and past control records.
pub fn a_committed_reader_moves_past_what_it_may_not_see<W: World>(world: &W) {
    let of = partitions(&topic(world, 1), 1);
    let mut producer = producer(world);
    for (values, end) in [
        (["a1", "a2"], true),
        (["x1", "x2"], false),
        (["b1", "b2"], true),
        (["y1", "y2"], false),
    ] {
        begin_with(world, &mut producer, &of[0], &values);
        if end {
            commit(world, &mut producer)
        } else {
            abort(world, &mut producer)
        }
    }
    let ends = settled(world, &of)[0];
    // Eight records and the ends of four transactions.
    assert_eq!((ends.start, ends.high_watermark), (0, 12));
    let mut reader = world
        .log()
        .reader(&[(of[0].clone(), 0)], Isolation::Committed)
        .expect("a reader");
    let seen = read_to_end(world, &mut reader, &of, Isolation::Committed);
    assert_eq!(values(&seen), ["a1", "a2", "b1", "b2"]);
    assert_eq!(seen.iter().map(|s| s.offset).collect::<Vec<_>>(), [0, 1, 6, 7]);
    assert_eq!(reader.position(&of[0]).expect("a position"), 12);
    let all = read_all(world, &of, Isolation::Uncommitted);
    assert_eq!(
        values(&all),
        ["a1", "a2", "x1", "x2", "b1", "b2", "y1", "y2"],
        "an uncommitted reader sees all"
    );
}

/// While a transaction is open, what others commit behind its first record stays invisible.
pub fn an_open_transaction_holds_the_last_stable_offset<W: World>(world: &W) {
    let of = partitions(&topic(world, 1), 1);
    write(world, &of[0], &["before"]);
    settled(world, &of);
    let mut open = producer(world);
    begin_with(world, &mut open, &of[0], &["open"]);
    let mut other = producer(world);
    begin_with(world, &mut other, &of[0], &["other"]);
    commit(world, &mut other);
    let now = world.eventually("the other commit's marker is written", || {
        let ends = ends(world, &of)[0];
        (ends.high_watermark == 5).then_some(ends)
    });
    assert_eq!(
        (now.start, now.last_stable),
        (0, 2),
        "stable up to the open transaction's first record"
    );
    assert_eq!(values(&read_all(world, &of, Isolation::Committed)), ["before"]);
    assert_eq!(
        values(&read_all(world, &of, Isolation::Uncommitted)),
        ["before", "open", "other"]
    );
    abort(world, &mut open);
    assert_eq!(settled(world, &of)[0].high_watermark, 6);
    assert_eq!(
        values(&read_all(world, &of, Isolation::Committed)),
        ["before", "other"]
    );
}

/// One transaction over several partitions of several topics.
pub fn a_transaction_is_visible_in_all_partitions_or_in_none<W: World>(world: &W) {
    let mut of = partitions(&topic(world, 2), 2);
    of.extend(partitions(&topic(world, 1), 1));
    let mut producer = producer(world);
    for (value, end) in [("dropped", false), ("kept", true)] {
        world.retry("begin", || producer.begin()).expect("begin");
        for at in &of {
            send(&mut producer, at, value).expect("send");
        }
        producer.flush(FLUSH).expect("flush");
        if end {
            commit(world, &mut producer)
        } else {
            abort(world, &mut producer)
        }
    }
    settled(world, &of);
    let seen = read_all(world, &of, Isolation::Committed);
    assert_eq!(values(&seen), ["kept"; 3]);
    let mut places: Vec<_> = seen.iter().map(|s| (s.topic, s.partition)).collect();
    places.sort();
    assert_eq!(places, [(0, 0), (0, 1), (1, 0)]);
}

/// A consumer gets neither pending nor aborted records.
pub fn a_consumer_sees_committed_records_only<W: World>(world: &W) {
    let topic = topic(world, 1);
    let of = partitions(&topic, 1);
    let mut producer = producer(world);
    begin_with(world, &mut producer, &of[0], &["aborted"]);
    abort(world, &mut producer);
    begin_with(world, &mut producer, &of[0], &["committed"]);
    let mut member = Member::join(world, &world.fresh("group"), &[topic]);
    member.until_it_holds(world, &of);
    for _ in 0..3 {
        member.step(world);
    }
    assert!(
        member.seen.is_empty(),
        "nothing is committed yet: {:?}",
        member.seen
    );
    commit(world, &mut producer);
    member.until_it_has_seen(world, 1);
    assert_eq!(values(&member.seen), ["committed"]);
    member.consumer.close_or_panic();
}
