//! A changelog that is not what the last commit left behind, whatever of it is gone, is noticed at restore, before
//! anything is written that repeats numbers (RELIABILITY.md F23).

use std::collections::BTreeMap;

use heard::engine::Refusal;
use heard::log::memory::DumpedRecord;
use heard::log::{Ends, Log, TopicPartition};
use heard::processor::Codec;

use super::scenarios::{count, feed, number_of, outcome, refusal, restart, run_for, stop, worked, write};
use super::toy::{MAIN, Toy, ToyRow, counter, row};
use super::world::World;

const MARKER: &[u8] = b"heard.marker";

fn changelog() -> TopicPartition {
    TopicPartition::new("changelog".into(), 0)
}

/// A world that has written rows, rows anew, and stands still.
fn busy() -> World<'static, Toy> {
    let mut world = worked();
    for round in 1..4 {
        restart(&mut world).expect("it runs");
        feed(
            &world,
            &[
                count(round * 10, 1),
                count(round * 10 + 1, 2),
                count(round * 10 + 2, 3),
            ],
        );
        run_for(&mut world, 300).expect("it runs");
        stop(&mut world);
    }
    assert_eq!((number_of(&world, 1), number_of(&world, 3)), (5, 3));
    world
}

fn rows(world: &World<'_, Toy>) -> Vec<DumpedRecord> {
    world.log.dump(&changelog().topic)
}

fn ends(world: &World<'_, Toy>) -> Ends {
    world.log.ends(&[changelog()]).expect("it exists")[0]
}

/// What the rows are, whatever was written before.
fn newest(records: &[DumpedRecord]) -> BTreeMap<&[u8], &[u8]> {
    let mut newest = BTreeMap::new();
    for record in records {
        let key = record.key.as_deref().expect("all have keys");
        match record.value.as_deref() {
            Some(value) => newest.insert(key, value),
            None => newest.remove(key),
        };
    }
    newest
}

/// Whether a world of which these records are gone goes on as it should: refused if rows are other than they were.
fn lose(from: i64, to: i64) {
    let mut world = busy();
    let before = rows(&world);
    world.log.lose(&changelog(), from..to);
    let after = rows(&world);
    let (left, found) = (newest(&before), newest(&after));
    let wrote = outcome(&world).outputs;
    let restarted = restart(&mut world);
    if left == found {
        restarted.expect("nothing is missing");
        feed(&world, &[count(99, 1)]);
        run_for(&mut world, 300).expect("it runs");
        assert_eq!(number_of(&world, 1), 6);
        return;
    }
    // Who does not find the marker says so first.
    match refusal(restarted) {
        Refusal::OffsetWithoutRows(_) => assert!(!found.contains_key(MARKER)),
        Refusal::NotWhole { left: was, found: is } => {
            let rows =
                |rows: &BTreeMap<&[u8], &[u8]>| rows.keys().filter(|key| **key != MARKER).count() as u64;
            assert_eq!((was, is), (rows(&left), rows(&found)), "lost {from}..{to}");
        }
        other => panic!("lost {from}..{to}: {other}"),
    }
    assert_eq!(outcome(&world).outputs, wrote, "nothing was written");
}

#[test]
fn any_tail_that_is_lost_and_any_single_record_of_which_a_row_is_left() {
    let world = busy();
    let Ends {
        start,
        high_watermark: end,
        ..
    } = ends(&world);
    let written = rows(&world);
    assert!(
        written.len() > newest(&written).len(),
        "some rows were written again"
    );
    for offset in start..end {
        lose(offset, end);
        lose(offset, offset + 1);
    }
    lose(start, start);
}

#[test]
fn a_compaction_loses_nothing() {
    let mut world = busy();
    world.log.compact(&changelog().topic, true);
    restart(&mut world).expect("nothing is missing");
    assert_eq!((number_of(&world, 1), number_of(&world, 3)), (5, 3));
}

#[test]
fn what_other_hands_have_written_is_noticed_until_an_administrator_sets_the_offsets() {
    let mut world = busy();
    let mut value = vec![ToyRow::FORMAT];
    ToyRow::default().encode(&mut value);
    let key = row(counter(1), MAIN).to_bytes();
    write(&world, &changelog().topic, Some(0), &key, &value);
    let refused = refusal(restart(&mut world));
    assert!(
        matches!(refused, Refusal::NotWhole { left, found } if left == found),
        "{refused:?}"
    );
    world.log.set_offsets_by_hand("sim");
    restart(&mut world).expect("nobody knows better");
    assert_eq!(number_of(&world, 1), 0);
}
