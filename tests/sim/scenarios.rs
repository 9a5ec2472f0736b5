//! Single things that must hold, told step by step.

use std::time::Duration;

use heard::engine::{EngineError, Mode, Pace, Refusal, Roles, Sabotage, Status, Step};
use heard::log::memory::Moment;
use heard::log::{ErrorKind, Log, Outgoing, Producer, Topic, TopicPartition};
use heard::processor::Codec;

use super::outcome::Outcome;
use super::subject::Input;
use super::toy::{MAIN, Message, Toy, ToyRow, Trick, counter, input, row};
use super::world::{Shape, World};

pub(super) fn world(
    local_delivery: bool,
    mode: Mode,
    partitions: i32,
    instances: usize,
) -> World<'static, Toy> {
    World::new(
        &Toy,
        &Shape {
            mailbox_partitions: partitions,
            input_partitions: 1,
            instances,
            split_roles: false,
            queue_sends: true,
            mode,
            local_delivery,
            sabotage: Sabotage::None,
            pace: Pace {
                purge: Duration::from_secs(3_600),
                ..Pace::default()
            },
            checks_clocks: true,
            applies_older: false,
            tell: false,
        },
    )
}

pub(super) fn write(world: &World<'_, Toy>, topic: &Topic, partition: Option<i32>, key: &[u8], value: &[u8]) {
    let mut producer = world.log.producer("outside").expect("a producer");
    producer.init().expect("the id is free");
    producer.begin().expect("nothing is open");
    let record = Outgoing {
        topic,
        partition,
        key: Some(key),
        value: Some(value),
        headers: &[],
    };
    producer.send(&record).expect("it fits");
    producer.flush(Duration::ZERO).expect("it is written");
    producer.commit().expect("nothing is in its way");
}

pub(super) fn feed(world: &World<'_, Toy>, inputs: &[Input]) {
    for Input { topic, key, value } in inputs {
        write(world, &world.settings.topics.inputs[*topic], None, key, value);
    }
}

/// Steps all workers for so long.
pub(super) fn run_for(world: &mut World<'_, Toy>, ms: u64) -> Result<(), EngineError> {
    for _ in 0..ms {
        world.log.advance(Duration::from_millis(1));
        for instance in &mut world.instances {
            instance.look_at_clock();
            if let Some(worker) = &mut instance.worker {
                while worker.step(Duration::ZERO)? == Step::Worked {}
            }
        }
    }
    Ok(())
}

pub(super) fn outcome(world: &World<'_, Toy>) -> Outcome {
    let topics = &world.settings.topics;
    Outcome::of(
        &world.log,
        &topics.changelog,
        &topics.outputs,
        &topics.dead_letters,
    )
}

pub(super) fn number_of(world: &World<'_, Toy>, actor: u64) -> u64 {
    let stored = outcome(world).rows.get(&row(counter(actor), MAIN)).cloned();
    stored.map_or(0, |bytes| {
        ToyRow::decode(bytes[0], &bytes[1..]).expect("a toy's row").number
    })
}

pub(super) fn told(world: &World<'_, Toy>, what: &str) -> usize {
    let events = world.ear.events.lock().expect("nobody panics with it");
    events.iter().filter(|event| event.contains(what)).count()
}

pub(super) fn count(id: u64, actor: u64) -> Input {
    input(
        actor,
        0,
        &Message::Count {
            id,
            left: 0,
            direct: true,
        },
    )
}

pub(super) fn refusal(result: Result<(), EngineError>) -> Refusal {
    match result {
        Err(EngineError::Refused { why, .. }) => why,
        other => panic!("expected a refusal, found {other:?}"),
    }
}

/// How the one worker stands, by what it tells next.
fn status_of(world: &mut World<'_, Toy>) -> Status {
    world.log.advance(Duration::from_secs(1));
    world.step(0, false).expect("it runs");
    world.ear.status.lock().expect("nobody panics with it").clone()
}

/// A world that has worked, and stands still.
pub(super) fn worked() -> World<'static, Toy> {
    let mut world = world(false, Mode::Live, 1, 1);
    feed(&world, &[count(1, 1), count(2, 1)]);
    world.start(0).expect("it starts");
    run_for(&mut world, 300).expect("it runs");
    assert_eq!(number_of(&world, 1), 2);
    stop(&mut world);
    world
}

pub(super) fn stop(world: &mut World<'_, Toy>) {
    let worker = world.instances[0].worker.take().expect("it runs");
    worker.close().expect("it closes");
}

pub(super) fn restart(world: &mut World<'_, Toy>) -> Result<(), EngineError> {
    world.start(0).expect("it starts");
    run_for(world, 300)
}

/// As the client does for which a topic has vanished in the midst of a transaction: it says for ever that the abort is still
/// to be done.
#[test]
fn an_abort_that_is_never_done_is_followed_by_a_new_producer() {
    let mut world = world(true, Mode::Live, 1, 1);
    world.start(0).expect("nothing is wrong yet");
    run_for(&mut world, 1_000).expect("it joins");
    let (mut fails, mut hangs) = (false, false);
    let client = world.client(0);
    world.log.faults().fail(move |operation| {
        if operation.client != client {
            return None;
        }
        match operation.name {
            "flushing" if !fails => {
                (fails, hangs) = (true, true);
                Some(ErrorKind::Abortable)
            }
            "aborting" if hangs => Some(ErrorKind::Retriable),
            "initialising the producer" => {
                hangs = false;
                None
            }
            _ => None,
        }
    });
    feed(&world, &[count(1, 7)]);
    for _ in 0..5_000 {
        world.log.advance(Duration::from_millis(1));
        world.step(0, false).expect("it goes on");
    }
    assert_eq!(told(&world, "transaction aborted"), 1, "once");
    assert_eq!(number_of(&world, 7), 1, "it is taken in");
}

#[test]
fn rows_without_offsets_and_offsets_without_rows_are_refused() {
    let mut world = worked();
    world.log.expire_offsets("sim");
    assert_eq!(refusal(restart(&mut world)), Refusal::RowsWithoutOffset);

    let mut world = worked();
    let changelog = TopicPartition::new("changelog".into(), 0);
    let end = world
        .log
        .ends(std::slice::from_ref(&changelog))
        .expect("it exists")[0]
        .high_watermark;
    world
        .log
        .delete_records(&[(changelog, end)])
        .expect("it may be deleted");
    assert!(matches!(
        refusal(restart(&mut world)),
        Refusal::OffsetWithoutRows(_)
    ));
}

#[test]
fn a_purged_mailbox_with_neither_rows_nor_offsets_is_refused() {
    let mut world = worked();
    world.log.expire_offsets("sim");
    for (name, index) in [("changelog", 0), ("mailbox", 0)] {
        let partition = TopicPartition::new(name.into(), index);
        let end = world
            .log
            .ends(std::slice::from_ref(&partition))
            .expect("it exists")[0]
            .high_watermark;
        world
            .log
            .delete_records(&[(partition, end)])
            .expect("it may be deleted");
    }
    assert!(matches!(refusal(restart(&mut world)), Refusal::Purged(_)));
}

#[test]
fn another_number_of_partitions_is_refused() {
    let mut world = worked();
    // As a changelog written with three partitions would have it.
    write(
        &world,
        &"changelog".into(),
        Some(0),
        b"heard.marker",
        &[1, 0, 0, 0, 3],
    );
    assert_eq!(
        refusal(restart(&mut world)),
        Refusal::PartitionsChanged { was: 3, now: 1 }
    );
}

#[test]
fn inputs_deleted_before_they_were_read_are_refused() {
    let mut world = worked();
    feed(&world, &[count(3, 1), count(4, 1)]);
    let partition = TopicPartition::new("input-1".into(), 0);
    let end = world
        .log
        .ends(std::slice::from_ref(&partition))
        .expect("it exists")[0]
        .high_watermark;
    world
        .log
        .delete_records(&[(partition, end - 1)])
        .expect("it may be deleted");
    assert!(matches!(
        refusal(restart(&mut world)),
        Refusal::InputDeleted { .. }
    ));
}

#[test]
fn a_newer_message_stops_its_partition_only_and_is_no_dead_letter() {
    let mut world = world(false, Mode::Live, 2, 1);
    let home = |actor: u64| heard::log::partitioner::partition(&counter(actor).to_bytes(), 2);
    let blocked = 1;
    let other = (2..20)
        .find(|&actor| home(actor) != home(blocked))
        .expect("one of many");
    let value = [Message::FORMAT + 1, 0, 9, 9];
    write(
        &world,
        &"mailbox".into(),
        Some(home(blocked)),
        &counter(blocked).to_bytes(),
        &value,
    );
    feed(&world, &[count(1, blocked), count(2, other)]);
    world.start(0).expect("it starts");
    run_for(&mut world, 400).expect("it runs");
    assert_eq!((number_of(&world, blocked), number_of(&world, other)), (0, 1));
    assert_eq!((outcome(&world).dead.len(), told(&world, "stands still")), (0, 1));
    let blocked_partition = TopicPartition::new("mailbox".into(), home(blocked));
    let status = status_of(&mut world);
    assert_eq!(
        (status.blocked, status.restoring),
        (vec![blocked_partition], vec![])
    );

    // A drain could never end.
    stop(&mut world);
    world.settings.mode = Mode::Drain { as_of: None };
    world.start(0).expect("it starts");
    let ended = run_for(&mut world, 400);
    assert!(
        matches!(
            ended,
            Err(EngineError::NewerFormat {
                found: 2,
                known: 1,
                ..
            })
        ),
        "{ended:?}"
    );
}

#[test]
fn a_newer_row_stops_its_partition() {
    let mut world = worked();
    let key = row(counter(1), MAIN).to_bytes();
    write(
        &world,
        &"changelog".into(),
        Some(0),
        &key,
        &[ToyRow::FORMAT + 1, 0],
    );
    feed(&world, &[count(3, 1)]);
    restart(&mut world).expect("it runs");
    assert_eq!((told(&world, "stands still"), outcome(&world).dead.len()), (1, 0));
    let status = status_of(&mut world);
    let partition = TopicPartition::new("mailbox".into(), 0);
    assert_eq!((status.blocked, status.held.len()), (vec![partition], 0));
    assert!(status.joined);
}

/// CASES 47: two partitions are given together, one of them is blocked by a newer row, and both are taken away before the
/// other is restored. Given back, however soon, it is blocked again: half of its rows are not all of them.
#[test]
fn a_blocked_partition_that_is_given_back_is_blocked_again() {
    for newer_row_first in [true, false] {
        let mut world = world(false, Mode::Live, 2, 2);
        let home = |actor: u64| heard::log::partitioner::partition(&counter(actor).to_bytes(), 2);
        let blocked = 1;
        let other = (2..20)
            .find(|&actor| home(actor) != home(blocked))
            .expect("one of many");
        feed(&world, &[count(1, blocked), count(2, other)]);
        world.start(0).expect("it starts");
        run_for(&mut world, 400).expect("it runs");
        stop(&mut world);

        let changelog: Topic = "changelog".into();
        let newer = [ToyRow::FORMAT + 1, 0];
        let newer_row = || {
            let key = row(counter(blocked), MAIN).to_bytes();
            write(&world, &changelog, Some(home(blocked)), &key, &newer);
        };
        if newer_row_first {
            newer_row();
        }
        // Rows of others behind it, or before it.
        for actor in (20..60).filter(|&actor| home(actor) == home(blocked)) {
            let key = row(counter(actor), MAIN).to_bytes();
            let mut value = vec![ToyRow::FORMAT];
            ToyRow::default().encode(&mut value);
            write(&world, &changelog, Some(home(blocked)), &key, &value);
        }
        if !newer_row_first {
            newer_row();
        }
        // The other's restore waits for a transaction that hangs.
        let mut hanging = world.log.producer("hanging").expect("a producer");
        hanging.init().expect("the id is free");
        hanging.begin().expect("nothing is open");
        let record = Outgoing {
            topic: &changelog,
            partition: Some(home(other)),
            key: Some(b"foreign"),
            value: Some(b"foreign"),
            headers: &[],
        };
        hanging.send(&record).expect("it fits");
        hanging.flush(Duration::ZERO).expect("it is written");

        world.start(0).expect("it starts");
        run_for(&mut world, 400).expect("it runs");
        assert_eq!(told(&world, "stands still"), 1);
        world.start(1).expect("it starts");
        run_for(&mut world, 400).expect("it runs");
        let double = world.instances[1].worker.take().expect("it runs");
        double.close().expect("it closes");
        let (before, restored) = (told(&world, "stands still"), told(&world, "restored: "));
        run_for(&mut world, 400).expect("it runs");
        hanging.abort().expect("it is open");
        run_for(&mut world, 400).expect("it runs");

        let partition = TopicPartition::new("mailbox".into(), home(blocked));
        assert_eq!(
            status_of(&mut world).blocked.as_slice(),
            std::slice::from_ref(&partition),
            "newer row first: {newer_row_first}"
        );
        assert!(told(&world, "stands still") > before, "it was read again");
        assert_eq!(
            told(&world, &format!("{partition} restored")),
            told(&world, &format!("{partition} restored: 0 rows"))
        );
        assert!(told(&world, "restored: ") > restored, "the other is whole");
        assert_eq!(number_of(&world, other), 1);
    }
}

/// ENGINE.md 8: where many rows cannot be read, going on would write it down.
#[test]
fn a_restore_of_which_much_cannot_be_read_is_refused() {
    let mut world = worked();
    for actor in 100..120 {
        let key = row(counter(actor), MAIN).to_bytes();
        write(
            &world,
            &"changelog".into(),
            Some(0),
            &key,
            &[ToyRow::FORMAT, 0xff],
        );
    }
    let refused = refusal(restart(&mut world));
    assert!(
        matches!(refused, Refusal::Unreadable { unreadable: 20, .. }),
        "{refused:?}"
    );
    assert!(refused.to_string().contains("cannot be read"), "{refused}");
}

#[test]
fn a_row_that_cannot_be_read_costs_the_message_that_needs_it_and_no_more() {
    let mut world = worked();
    let key = row(counter(1), MAIN).to_bytes();
    write(
        &world,
        &"changelog".into(),
        Some(0),
        &key,
        &[ToyRow::FORMAT, 0xff],
    );
    // Else others' hands would be noticed.
    world.log.set_offsets_by_hand("sim");
    feed(&world, &[count(3, 1), count(4, 2)]);
    restart(&mut world).expect("it runs");
    let dead = outcome(&world).dead;
    assert_eq!(
        dead.iter().map(|d| d.reason.as_str()).collect::<Vec<_>>(),
        ["corrupt_state"]
    );
    assert_eq!(number_of(&world, 2), 1);
}

#[test]
fn what_is_too_large_is_buried_cut_and_never_tried_for_ever() {
    let mut world = world(false, Mode::Live, 1, 1);
    world.settings.max_record = 2_000;
    let large = Input {
        topic: 0,
        key: b"key".to_vec(),
        value: vec![0xff; 50_000],
    };
    // A row that grows beyond what is taken: as many alarms as make it so.
    let alarms: Vec<_> = (0..300)
        .map(|id| input(1, 0, &Message::Alarm { id, at: i64::MAX / 4 }))
        .collect();
    feed(&world, &[large]);
    feed(&world, &alarms);
    feed(&world, &[count(1, 1)]);
    world.start(0).expect("it starts");
    run_for(&mut world, 1_000).expect("it runs");
    let dead = outcome(&world).dead;
    let cut = dead
        .iter()
        .find(|d| d.key.as_deref() == Some(b"key"))
        .expect("the large one");
    assert!(
        cut.value
            .as_ref()
            .is_some_and(|v| !v.is_empty() && v.len() < 2_000)
    );
    let rows = dead.iter().filter(|d| d.reason == "row_too_large").count();
    assert!(rows > 0 && rows < 300, "{rows} alarms did not fit any more");
    assert_eq!(number_of(&world, 1), 1, "what came behind it was done");
}

#[test]
fn an_eager_rebalance_costs_no_restore() {
    let mut world = world(true, Mode::Live, 4, 2);
    let inputs: Vec<_> = (1..40).map(|id| count(id, id % 12)).collect();
    feed(&world, &inputs);
    world.start(0).expect("it starts");
    run_for(&mut world, 500).expect("it runs");
    let read = |world: &World<'_, Toy>| world.ear.counts.lock().expect("nobody panics with it").restored;
    assert_eq!(read(&world), 0, "there was nothing to restore");
    world.start(1).expect("it starts");
    run_for(&mut world, 500).expect("it runs");
    let after_join = read(&world);
    assert!(after_join > 0, "the second restores what it is given");
    let worker = world.instances[1].worker.take().expect("it runs");
    worker.close().expect("it closes");
    run_for(&mut world, 500).expect("it runs");
    assert_eq!(read(&world), after_join, "the first had kept the rows of all");
    feed(&world, &inputs);
    run_for(&mut world, 500).expect("it runs");
    assert_eq!((0..12).map(|actor| number_of(&world, actor)).sum::<u64>(), 78);
}

#[test]
fn hops_count_actors_and_going_on_is_none() {
    let mut world = world(false, Mode::Live, 1, 1);
    // Passed on twice, then it fails: the third actor sees three hops. A fan of nine goes on twice.
    feed(
        &world,
        &[
            input(1, 0, &Message::Relay { left: 2 }),
            input(
                2,
                0,
                &Message::Fan {
                    id: 5,
                    from: 0,
                    to: 9,
                },
            ),
        ],
    );
    world.start(0).expect("it starts");
    run_for(&mut world, 500).expect("it runs");
    let dead = outcome(&world).dead;
    assert_eq!(dead.len(), 1);
    assert_eq!(dead[0].value.as_ref().map(|value| value[1]), Some(3));
    assert_eq!((0..12).map(|actor| number_of(&world, actor)).sum::<u64>(), 9);
}

#[test]
fn a_failed_message_of_either_way_is_buried_as_it_was_and_salvaged() {
    for local_delivery in [false, true] {
        let mut world = world(local_delivery, Mode::Live, 1, 1);
        let message = Message::Fail {
            id: 7,
            trick: Trick::Reject,
        };
        feed(&world, &[input(1, 0, &message)]);
        world.start(0).expect("it starts");
        run_for(&mut world, 300).expect("it runs");
        let mut value = vec![Message::FORMAT, 1];
        message.encode(&mut value);
        let dead = outcome(&world).dead;
        assert_eq!(dead.len(), 1, "local delivery {local_delivery}");
        assert_eq!(dead[0].key.as_deref(), Some(&counter(1).to_bytes()[..]));
        assert_eq!(dead[0].value.as_deref(), Some(&value[..]));
        assert_eq!(outcome(&world).outputs[0].len(), 1, "salvaged once");
    }
}

#[test]
fn a_row_is_published_once_a_commit() {
    let mut world = world(true, Mode::Live, 1, 1);
    feed(&world, &(1..=20).map(|id| count(id, 1)).collect::<Vec<_>>());
    world.start(0).expect("it starts");
    run_for(&mut world, 300).expect("it runs");
    let committed = world.ear.counts.lock().expect("nobody panics with it").committed;
    let snapshots = outcome(&world).outputs[1].len();
    assert!(
        number_of(&world, 1) == 20 && snapshots as u64 <= committed && snapshots < 10,
        "{snapshots} in {committed}"
    );
}

#[test]
fn the_mailbox_is_purged_up_to_what_was_read() {
    let mut world = world(false, Mode::Live, 1, 1);
    world.settings.pace.purge = Duration::from_millis(50);
    feed(&world, &(1..=20).map(|id| count(id, 1)).collect::<Vec<_>>());
    world.start(0).expect("it starts");
    run_for(&mut world, 500).expect("it runs");
    let mailbox = [TopicPartition::new("mailbox".into(), 0)];
    let committed = world.log.committed("sim", &mailbox).expect("nothing is open")[0].clone();
    let ends = world.log.ends(&mailbox).expect("it exists")[0];
    assert_eq!(Some(ends.start), committed.map(|c| c.offset));
    stop(&mut world);
    restart(&mut world).expect("a purged mailbox with rows and offsets is fine");
}

#[test]
fn missing_and_uneven_topics_are_named() {
    let mut world = world(false, Mode::Live, 2, 1);
    world.settings.topics.outputs.push("nowhere".into());
    let error = world.start(0).expect_err("a topic is missing");
    assert!(
        error.contains("nowhere") && error.contains("heard topics apply"),
        "{error}"
    );
    world.settings.topics.outputs.pop();
    world.settings.topics.changelog = "dead-letters".into();
    let error = world.start(0).expect_err("the partitions differ");
    assert!(
        error.contains("mailbox has 2 partitions and dead-letters has 1"),
        "{error}"
    );
}

#[test]
fn two_processes_of_one_instance_end_in_a_clear_message() {
    let mut world = world(false, Mode::Live, 1, 1);
    world.start(0).expect("it starts");
    run_for(&mut world, 50).expect("it runs");
    let mut first = world.instances[0].worker.take().expect("it runs");
    world.start(0).expect("its double starts");
    let mut second = world.instances[0].worker.take().expect("it runs");
    let mut error = None;
    for id in 0..400 {
        feed(&world, &[count(id, 1)]);
        world.log.advance(Duration::from_millis(50));
        let steps = [first.step(Duration::ZERO), second.step(Duration::ZERO)];
        error = steps.into_iter().find_map(Result::err);
        if error.is_some() {
            break;
        }
    }
    assert!(
        matches!(error, Some(EngineError::FencedAgain { .. })),
        "{error:?}"
    );
    assert!(error.is_some_and(|e| e.to_string().contains("--instance")));
}

#[test]
fn an_outage_is_waited_out() {
    let mut world = world(false, Mode::Live, 1, 1);
    world.start(0).expect("it starts");
    run_for(&mut world, 50).expect("it runs");
    feed(&world, &[count(1, 1)]);
    run_for(&mut world, 3).expect("it runs");
    world.log.faults().fail(|_| Some(ErrorKind::Retriable));
    for _ in 0..200 {
        let worker = world.instances[0].worker.as_mut().expect("it runs");
        worker
            .step(Duration::ZERO)
            .expect("an outage is no reason to stop");
    }
    world.log.faults().clear();
    run_for(&mut world, 500).expect("it runs");
    assert_eq!(number_of(&world, 1), 1);
}

#[test]
fn a_slow_commit_is_told_of_with_its_parts() {
    const SLOW_FLUSH: &str =
        "a commit took 1010 ms: 0 to write, 1010 until the brokers had all of it, 0 for offsets and the end";
    const SLOW_END: &str =
        "a commit took 1010 ms: 0 to write, 0 until the brokers had all of it, 1010 for offsets and the end";
    // Between two attempts: 2, 4, 8, ... 256, 500 ms.
    for (refused, times, expected) in [
        ("flushing", 8, None),
        ("flushing", 9, Some(SLOW_FLUSH)),
        ("sending offsets", 9, Some(SLOW_END)),
    ] {
        let mut world = world(false, Mode::Live, 1, 1);
        world.start(0).expect("it starts");
        run_for(&mut world, 50).expect("it runs");
        feed(&world, &[count(1, 1)]);
        let mut left = times;
        world.log.faults().fail(move |operation| {
            let refuses = operation.name == refused && left > 0;
            left -= i32::from(refuses);
            refuses.then_some(ErrorKind::Retriable)
        });
        run_for(&mut world, 2_000).expect("it runs");
        assert_eq!(number_of(&world, 1), 1);
        let events = world.ear.events.lock().expect("nobody panics with it");
        let slow: Vec<_> = events
            .iter()
            .filter(|event| event.contains("commit took"))
            .collect();
        assert_eq!(
            slow,
            Vec::from_iter(expected),
            "{refused} is refused {times} times"
        );
    }
}

#[test]
fn one_role_alone_does_its_half() {
    let mut world = world(false, Mode::Drain { as_of: None }, 1, 2);
    feed(&world, &[count(1, 1)]);
    world.settings.roles = Roles::Intake;
    world.instances[0].name = "intake0".into();
    world.start(0).expect("it starts");
    for _ in 0..300 {
        world.log.advance(Duration::from_millis(10));
        world.step(0, false).expect("it runs");
    }
    assert!(
        world.instances[0].worker.is_none(),
        "it has taken everything in and is done"
    );
    assert_eq!(number_of(&world, 1), 0);
    world.start(1).expect("it starts");
    for _ in 0..300 {
        world.log.advance(Duration::from_millis(10));
        world.step(1, false).expect("it runs");
    }
    assert!(
        world.instances[1].worker.is_none(),
        "it has applied everything and is done"
    );
    assert_eq!(number_of(&world, 1), 1);
}

/// A broker answers a commit before its markers are written: `heard ingest` and, at once, a drain.
#[test]
fn a_drain_takes_in_what_was_committed_just_before_it() {
    let mut world = world(false, Mode::Drain { as_of: None }, 1, 1);
    world.log.faults().delay_markers(|_| Duration::from_secs(2));
    feed(&world, &[count(1, 1)]);
    world.start(0).expect("it starts");
    for _ in 0..2_000 {
        world.log.advance(Duration::from_millis(10));
        world.step(0, false).expect("it runs");
    }
    assert!(world.instances[0].worker.is_none(), "it is done");
    assert_eq!(number_of(&world, 1), 1);
}

#[test]
fn a_drain_waits_for_a_transaction_that_somebody_holds_open_and_takes_in_what_it_brings() {
    let mut world = world(false, Mode::Drain { as_of: None }, 1, 1);
    feed(&world, &[count(1, 1)]);
    let mut hanging = world.log.producer("hanging").expect("a producer");
    hanging.init().expect("the id is free");
    hanging.begin().expect("nothing is open");
    let Input { topic, key, value } = count(2, 1);
    let topic = &world.settings.topics.inputs[topic].clone();
    let record = Outgoing {
        topic,
        partition: None,
        key: Some(&key),
        value: Some(&value),
        headers: &[],
    };
    hanging.send(&record).expect("it fits");
    hanging.flush(Duration::ZERO).expect("it is written");
    world.start(0).expect("it starts");
    for _ in 0..300 {
        world.log.advance(Duration::from_millis(10));
        world.step(0, false).expect("it runs");
    }
    assert!(
        world.instances[0].worker.is_some(),
        "it is not done, and does not say so"
    );
    hanging.commit().expect("it is open");
    for _ in 0..300 {
        world.log.advance(Duration::from_millis(10));
        world.step(0, false).expect("it runs");
    }
    assert!(world.instances[0].worker.is_none(), "it is done");
    assert_eq!(number_of(&world, 1), 2, "what was held open is in it");
}

#[test]
fn a_worker_held_up_while_it_gives_back_does_not_take_old_rows_for_new_ones() {
    let mut world = world(false, Mode::Live, 1, 2);
    feed(&world, &[count(1, 1)]);
    world.start(0).expect("it starts");
    run_for(&mut world, 300).expect("it runs");
    feed(&world, &[count(2, 1)]);
    while world.step(0, false).expect("it steps") {}
    world.start(1).expect("it starts");
    let mut held_up = false;
    for _ in 0..20 {
        // Its session expires, and the other takes over and does the work.
        held_up = held_up
            || world
                .step_halfway(0, "flushing", Moment::Before, |world| {
                    for _ in 0..240 {
                        world.log.advance(Duration::from_millis(50));
                        world.step(1, false)?;
                    }
                    Ok(())
                })
                .expect("it steps");
    }
    assert!(held_up, "it had a transaction open when it had to give back");
    assert_eq!(number_of(&world, 1), 2);
    let other = world.instances[1].worker.take().expect("it runs");
    other.close().expect("it closes");
    run_for(&mut world, 300).expect("it runs");
    feed(&world, &[count(3, 1)]);
    run_for(&mut world, 300).expect("it runs");
    assert_eq!(number_of(&world, 1), 3);
}
