//! Readers outside groups: where they begin, and what is there.

use heard::log::{Batch, ErrorKind, Isolation, Log, Reader};

use super::World;
use super::tools::*;

/// From the middle, and from the end on.
pub fn a_reader_begins_where_it_is_told<W: World>(world: &W) {
    let of = partitions(&topic(world, 1), 1);
    write(world, &of[0], &["0", "1", "2"]);
    let end = settled(world, &of)[0].high_watermark;
    let from = |offset| {
        world
            .log()
            .reader(&[(of[0].clone(), offset)], Isolation::Committed)
            .expect("a reader")
    };
    let mut middle = from(1);
    assert_eq!(
        middle.position(&of[0]).expect("a position"),
        1,
        "before the first poll"
    );
    assert_eq!(
        values(&read_to_end(world, &mut middle, &of, Isolation::Committed)),
        ["1", "2"]
    );
    let mut last = from(end);
    assert!(!last.poll(world.poll_wait(), &mut Batch::new()).expect("a poll"));
    write(world, &of[0], &["4"]);
    settled(world, &of);
    for reader in [&mut middle, &mut last] {
        assert_eq!(
            values(&read_to_end(world, reader, &of, Isolation::Committed)),
            ["4"]
        );
    }
}

/// Deleting up to an offset moves the start there, and nothing else.
pub fn deleted_records_move_the_start<W: World>(world: &W) {
    let of = partitions(&topic(world, 2), 2);
    for at in &of {
        write(world, at, &["0", "1", "2"]);
    }
    settled(world, &of);
    world
        .retry("delete", || world.log().delete_records(&[(of[0].clone(), 2)]))
        .expect("delete");
    let now: Vec<_> = settled(world, &of)
        .iter()
        .map(|e| (e.start, e.high_watermark))
        .collect();
    assert_eq!(now, [(2, 4), (0, 4)]);
    let seen = read_all(world, &of[..1], Isolation::Committed);
    assert_eq!(values(&seen), ["2"]);
    assert_eq!(seen[0].offset, 2);
    // Up to the very end: nothing is left, and the next record goes on counting.
    world
        .retry("delete", || world.log().delete_records(&[(of[0].clone(), 4)]))
        .expect("delete");
    assert_eq!(settled(world, &of)[0].start, 4);
    write(world, &of[0], &["4"]);
    settled(world, &of);
    assert_eq!(read_all(world, &of[..1], Isolation::Committed)[0].offset, 4);
}

/// An offset before the start is never replaced by a guess.
pub fn an_offset_that_is_gone_is_an_error<W: World>(world: &W) {
    let of = partitions(&topic(world, 1), 1);
    write(world, &of[0], &["0", "1", "2"]);
    settled(world, &of);
    world
        .retry("delete", || world.log().delete_records(&[(of[0].clone(), 2)]))
        .expect("delete");
    for isolation in [Isolation::Committed, Isolation::Uncommitted] {
        let mut reader = world
            .log()
            .reader(&[(of[0].clone(), 0)], isolation)
            .expect("a reader");
        let mut batch = Batch::new();
        let error = world.eventually("the reader fails", || {
            match reader.poll(world.poll_wait(), &mut batch) {
                Err(error) if error.kind == ErrorKind::Retriable => None,
                Err(error) => Some(error),
                Ok(found) => {
                    assert!(
                        !found,
                        "read at {} what was to be read at 0",
                        batch.get(0).map_or(-1, |r| r.offset)
                    );
                    None
                }
            }
        });
        assert_eq!(error.kind, ErrorKind::Expelled, "{error}");
    }
}

/// The first record of a time or later, in each partition by itself.
pub fn records_are_found_by_their_time<W: World>(world: &W) {
    const DAY: i64 = 86_400_000;
    let of = partitions(&topic(world, 2), 2);
    for value in ["0", "1", "2"] {
        write(world, &of[0], &[value]);
        world.pass();
    }
    settled(world, &of);
    let at = |time: i64| {
        world
            .retry("asking", || world.log().offsets_at(&of, time))
            .expect("an answer")
    };
    let seen = read_all(world, &of[..1], Isolation::Committed);
    for record in &seen {
        let time = record.timestamp;
        let first = seen.iter().find(|other| other.timestamp >= time);
        assert_eq!(at(time), [first.map(|first| first.offset), None]);
    }
    assert_eq!(at(0), [Some(0), None]);
    let last = seen.last().expect("there are three").timestamp;
    assert_eq!(at(last + DAY), [None, None]);
}

/// A record's topic is an index into the reader's list.
pub fn a_reader_names_topics_in_the_order_of_their_mention<W: World>(world: &W) {
    let (one, two) = (topic(world, 2), topic(world, 1));
    let of = [partitions(&two, 1), partitions(&one, 2)].concat();
    for at in &of {
        write(world, at, &[at.topic.as_str()]);
    }
    settled(world, &of);
    let from: Vec<_> = of.iter().map(|at| (at.clone(), 0)).collect();
    let mut reader = world.log().reader(&from, Isolation::Committed).expect("a reader");
    assert_eq!(reader.topics(), [two, one]);
    let seen = read_to_end(world, &mut reader, &of, Isolation::Committed);
    assert_eq!(seen.len(), 3);
    for record in &seen {
        assert_eq!(
            record.value.as_deref(),
            Some(reader.topics()[record.topic].as_str())
        );
    }
}
