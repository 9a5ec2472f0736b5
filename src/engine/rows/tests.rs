use super::*;
use crate::processor::{ActorKey, Codec, Standing};

#[derive(Clone, Debug, PartialEq)]
struct Toy(u8, Option<Millis>);

impl Codec for Toy {
    const FORMAT: u8 = 2;
    fn encode(&self, into: &mut Vec<u8>) {
        into.push(self.0);
        into.extend(self.1.iter().flat_map(|at| at.0.to_be_bytes()));
    }
    fn decode(_: u8, bytes: &[u8]) -> Result<Self, Corrupt> {
        let (n, due) = bytes.split_first().ok_or_else(|| Corrupt("short".into()))?;
        let due = due.try_into().ok().map(|d| Millis(i64::from_be_bytes(d)));
        Ok(Self(*n, due))
    }
}

impl Row for Toy {
    fn due(&self) -> Option<Millis> {
        self.1
    }

    /// In the queue of its number, for as long as it is due.
    fn standings(&self) -> Standings {
        let standing = |since| Standing {
            queue: self.0.into(),
            since,
        };
        [self.1.map(standing), None]
    }
}

/// Rows 1 to 4, when the first is due, and the queues: number, length, second of the oldest.
type Whole = (Vec<Option<Toy>>, Option<(Millis, RowKey)>, Vec<(u64, u64, i64)>);

fn whole(rows: &mut Rows<Toy>) -> Whole {
    let toys = (1..5).map(|n| rows.get(&key(n)).expect("it can be read").cloned());
    let toys = toys.collect();
    let queues = rows.queues().iter();
    let mut queues: Vec<_> = queues
        .map(|queue| (queue.number, queue.length, queue.oldest.0))
        .collect();
    queues.sort_unstable();
    (toys, rows.first_due(), queues)
}

fn key(index: u64) -> RowKey {
    RowKey {
        actor: ActorKey { kind: 0, hash: 9 },
        part: 0,
        index,
    }
}

fn commit(rows: &mut Rows<Toy>) -> usize {
    let written = rows.changes().count();
    rows.launch();
    rows.land();
    written
}

#[test]
fn a_rollback_takes_rows_and_timers_back() {
    let mut rows = Rows::default();
    rows.put(key(1), Some(Toy(1, Some(Millis(10)))));
    rows.put(key(2), Some(Toy(2, Some(Millis(20)))));
    assert_eq!(commit(&mut rows), 2);

    rows.put(key(1), Some(Toy(3, Some(Millis(30)))));
    rows.put(key(1), Some(Toy(3, None)));
    rows.put(key(2), None);
    rows.put(key(3), Some(Toy(4, Some(Millis(5)))));
    rows.park(key(3));
    assert_eq!(rows.first_due(), None);
    assert_eq!(rows.changes().count(), 3);
    rows.rollback();

    assert_eq!(rows.get(&key(1)), Ok(Some(&Toy(1, Some(Millis(10))))));
    assert_eq!(rows.get(&key(3)), Ok(None));
    assert_eq!(rows.first_due(), Some((Millis(10), key(1))));
    assert_eq!(rows.due(&key(2)), Some(Millis(20)));
    assert!(!rows.due.is_parked(&key(3)));
}

#[test]
fn a_parked_timer_sleeps_until_its_row_changes_even_over_a_rollback() {
    let mut rows = Rows::default();
    rows.put(key(1), Some(Toy(1, Some(Millis(10)))));
    commit(&mut rows);
    rows.park(key(1));
    assert_eq!((rows.first_due(), commit(&mut rows)), (None, 0));
    rows.put(key(1), Some(Toy(2, Some(Millis(10)))));
    assert_eq!(rows.first_due(), Some((Millis(10), key(1))));
    rows.rollback();
    assert_eq!((rows.first_due(), rows.due.is_parked(&key(1))), (None, true));
    assert_eq!(rows.replay(key(1), Some(&[2, 7])), Replayed::Done);
    assert_eq!((rows.first_due(), rows.due.is_parked(&key(1))), (None, false));
}

#[test]
fn a_row_is_written_once_and_only_if_it_differs() {
    let mut rows = Rows::default();
    for n in 0..5 {
        rows.put(key(1), Some(Toy(n, None)));
    }
    rows.put(key(2), Some(Toy(0, None)));
    rows.put(key(2), None);
    let changes: Vec<_> = rows
        .changes()
        .map(|change| change.value().map(<[u8]>::to_vec))
        .collect();
    assert_eq!(changes, [Some(vec![2, 4])], "row 2 came and went");
    rows.launch();
    rows.land();
    rows.put(key(1), Some(Toy(9, None)));
    rows.put(key(1), Some(Toy(4, None)));
    assert_eq!(commit(&mut rows), 0, "it is what it was");
}

#[test]
fn what_is_built_upon_what_is_on_its_way_is_undone_with_it_or_without() {
    let at = |n: u8, ms: i64| Some(Toy(n, Some(Millis(ms))));
    let toys = |rows: &mut Rows<Toy>, puts: &[(u64, Option<Toy>)]| {
        put_cooling(rows, 0, puts);
        rows.changes().count()
    };
    let first = [(1, at(1, 1_000)), (2, at(2, 2_000)), (3, at(3, 3_000))];
    let second = [(1, None), (2, at(6, 7_000)), (4, at(4, 500))];
    let third = [(1, at(9, 100)), (2, None), (4, at(5, 600))];
    for lands in [true, false] {
        let mut rows = Rows::default();
        assert_eq!(toys(&mut rows, &first), 3);
        rows.launch();
        rows.land();
        let committed = whole(&mut rows);
        assert_eq!(committed.2, [(1, 1, 1_000), (2, 1, 2_000), (3, 1, 3_000)]);

        assert_eq!(toys(&mut rows, &second), 3);
        rows.launch();
        assert_eq!(whole(&mut rows).0, [None, at(6, 7_000), at(3, 3_000), at(4, 500)]);
        assert_eq!(
            whole(&mut rows).2,
            committed.2,
            "queues are those of what has happened"
        );
        assert_eq!(toys(&mut rows, &third), 3);
        rows.park(key(4));
        if lands {
            rows.land();
        }
        rows.rollback();
        if lands {
            let (toys, due, queues) = whole(&mut rows);
            assert_eq!(toys, [None, at(6, 7_000), at(3, 3_000), at(4, 500)]);
            assert_eq!(due, Some((Millis(500), key(4))));
            assert_eq!(queues, [(3, 1, 3_000), (4, 1, 0), (6, 1, 7_000)]);
        } else {
            rows.turn_back();
            assert_eq!(whole(&mut rows), committed);
        }
    }
}

/// Rows that are put in turn, cooling in between whenever more than so many are hot.
fn put_cooling(rows: &mut Rows<Toy>, hot: usize, puts: &[(u64, Option<Toy>)]) {
    for (index, row) in puts {
        rows.put(key(*index), row.clone());
        while let Some(key) = rows.next_to_cool(hot) {
            rows.cool(key);
        }
    }
}

#[test]
fn cooling_changes_nothing_but_when_a_row_is_packed() {
    let at = |n: u8, ms: i64| Some(Toy(n, Some(Millis(ms))));
    let before = [(1, at(1, 10)), (2, at(2, 20)), (3, at(3, 30))];
    let puts = [
        (1, at(4, 15)),
        (2, None),
        (4, at(5, 40)),
        (1, at(6, 50)),
        (3, at(9, 9)),
        (5, at(7, 1)),
        (2, at(8, 60)),
        (5, None),
        (3, at(3, 30)),
    ];
    for hot in [0, 1, 2, 100] {
        let mut rows = Rows::default();
        put_cooling(&mut rows, 0, &before);
        assert_eq!(commit(&mut rows), 3);
        for happens in [false, true] {
            put_cooling(&mut rows, hot, &puts);
            assert_eq!(rows.get(&key(1)), Ok(at(6, 50).as_ref()), "hot {hot}");
            assert_eq!(rows.first_due(), Some((Millis(30), key(3))), "hot {hot}");
            let mut changed: Vec<_> = rows.changes().map(|change| change.key()[25]).collect();
            changed.sort_unstable();
            assert_eq!(changed, [1, 2, 4], "each once; 3 is what it was, 5 came and went");
            if happens {
                rows.launch();
                rows.land();
                assert_eq!(rows.get(&key(2)), Ok(at(8, 60).as_ref()));
                assert_eq!(rows.len(), 4);
            } else {
                rows.rollback();
                assert_eq!(rows.get(&key(2)), Ok(at(2, 20).as_ref()));
                assert_eq!(rows.first_due(), Some((Millis(10), key(1))));
                assert_eq!(rows.len(), 3);
            }
        }
    }
}

#[test]
fn what_is_touched_again_stays_hot() {
    let mut rows = Rows::default();
    for n in 0..20 {
        put_cooling(
            &mut rows,
            2,
            &[(100, Some(Toy(n, None))), (n.into(), Some(Toy(n, None)))],
        );
    }
    assert!(rows.slots.contains_key(&key(100)));
    assert!(rows.slots.len() <= 3, "{}", rows.slots.len());
    assert_eq!(commit(&mut rows), 21);
}

#[test]
fn replay_keeps_the_last_value_and_its_timer_and_says_what_it_cannot_read() {
    let mut rows = Rows::<Toy>::default();
    let due = |n: u8, at: i64| [&[2, n][..], &at.to_be_bytes()].concat();
    assert_eq!(rows.replay(key(1), Some(&due(1, 50))), Replayed::Done);
    assert_eq!(rows.replay(key(1), Some(&due(2, 40))), Replayed::Done);
    assert_eq!(rows.replay(key(2), Some(&due(3, 30))), Replayed::Done);
    assert_eq!(rows.replay(key(2), None), Replayed::Done);
    assert_eq!((rows.len(), rows.first_due()), (1, Some((Millis(40), key(1)))));
    assert_eq!(rows.replay(key(3), Some(&[3, 0])), Replayed::Newer(3));
    assert_eq!(rows.replay(key(3), Some(&[1])), Replayed::Corrupt);
    assert!(rows.get(&key(3)).is_err());
    rows.put(key(3), Some(Toy(1, None)));
    assert_eq!(commit(&mut rows), 1, "a row that cannot be read can be replaced");
}
