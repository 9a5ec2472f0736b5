//! What time it is.

use heard::log::{APPEND_TIME, ErrorKind, Isolation, Log, TopicPartition};

use super::World;
use super::tools::{
    begin_with, commit, ends, partitions, producer, read_all, settled, topic, topic_with, write,
};

/// It lies between the question and the answer, in every partition.
pub fn a_topic_with_the_logs_time_tells_it<W: World>(world: &W) {
    let topic = topic_with(world, 3, &[APPEND_TIME]);
    for partition in &partitions(&topic, 3) {
        let before = world.now();
        let time = world.retry("time", || world.log().time(partition, b"key"));
        let (time, after) = (time.expect("a time").expect("it is told"), world.now());
        // A live log counts whole milliseconds that have passed.
        assert!(
            (before - 2..=after + 2).contains(&time.0),
            "{time:?} is not in {before}..={after}"
        );
    }
}

/// A topic that keeps its writers' times has none of its own to tell; it is no error.
pub fn a_topic_with_its_writers_times_tells_none<W: World>(world: &W) {
    let of = partitions(&topic(world, 1), 1);
    let time = world.retry("time", || world.log().time(&of[0], b"key"));
    assert_eq!(time.expect("it may be asked"), None);
}

/// A question leaves a tombstone, which readers see, and which neither waits for transactions nor makes them wait.
pub fn a_question_is_a_tombstone_that_holds_nothing_back<W: World>(world: &W) {
    let of = partitions(&topic_with(world, 1, &[APPEND_TIME]), 1);
    write(world, &of[0], &["a"]);
    settled(world, &of);
    let mut producer = producer(world);
    begin_with(world, &mut producer, &of[0], &["b"]);
    let time = world.retry("time", || world.log().time(&of[0], b"key"));
    let time = time.expect("a time").expect("it is told");
    assert_eq!(
        read_all(world, &of, Isolation::Committed).len(),
        1,
        "it is behind a transaction that is open"
    );
    commit(world, &mut producer);
    let end = settled(world, &of)[0].high_watermark;
    let seen = read_all(world, &of, Isolation::Committed);
    let last = seen.last().expect("there are three");
    assert_eq!(
        (seen.len(), last.key.as_deref(), &last.value),
        (3, Some("key"), &None)
    );
    assert_eq!(last.timestamp, time.0);
    let time = world.retry("time", || world.log().time(&of[0], b"key"));
    time.expect("a time");
    let ends = ends(world, &of)[0];
    assert_eq!(
        (ends.last_stable, ends.high_watermark),
        (end + 1, end + 1),
        "no transaction was opened"
    );
}

/// Of a partition that does not exist there is an error.
pub fn what_is_not_there_has_no_time<W: World>(world: &W) {
    let topic = topic(world, 1);
    let error = world.log().time(&TopicPartition::new(topic, 7), b"key");
    let error = error.expect_err("there is one partition");
    assert!(error.kind != ErrorKind::Fenced, "{error}");
}
