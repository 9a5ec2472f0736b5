//! What polls bring, and in which order; compaction as a reader sees it; waiting in a live log.

use std::time::{Duration, Instant};

use heard::log::{Batch, Consumer, Isolation, Outgoing, Polled, Producer};

use crate::contract::World;
use crate::contract::tools::*;
use crate::world::Memory;

#[test]
fn the_test_chooses_order_and_size_of_polls() {
    let world = Memory::simulated();
    let topic = topic(&world, 3);
    let of = partitions(&topic, 3);
    for at in &of {
        write(&world, at, &["a", "b"]);
    }
    let mut member = Member::join(&world, "group", &[topic]);
    member.until_it_holds(&world, &of);
    world.log.set_max_batch(1);
    world
        .log
        .set_fetch_order(|partitions| partitions.retain(|p| p.partition == 1));
    for _ in 0..4 {
        member.step(&world);
    }
    let places = |m: &Member<Memory>| m.seen.iter().map(|s| (s.partition, s.offset)).collect::<Vec<_>>();
    assert_eq!(
        places(&member),
        [(1, 0), (1, 1)],
        "the others' data are on their way"
    );
    world.log.set_fetch_order(|partitions| partitions.reverse());
    world.log.set_max_batch(3);
    assert_eq!(member.step(&world), Polled::Records);
    assert_eq!(places(&member)[2..], [(2, 0), (2, 1), (0, 0)]);
    assert_eq!(member.step(&world), Polled::Records);
    assert_eq!(places(&member)[5..], [(0, 1)]);
}

#[test]
fn without_a_choice_no_partition_is_starved() {
    let world = Memory::simulated();
    let topic = topic(&world, 3);
    let of = partitions(&topic, 3);
    for at in &of {
        write(&world, at, &["a", "b"]);
    }
    let mut member = Member::join(&world, "group", &[topic]);
    member.until_it_holds(&world, &of);
    world.log.set_max_batch(1);
    for _ in 0..3 {
        member.step(&world);
    }
    let mut seen: Vec<_> = member.seen.iter().map(|s| s.partition).collect();
    seen.sort();
    assert_eq!(seen, [0, 1, 2]);
}

#[test]
fn a_reader_moves_over_what_compaction_took() {
    let world = Memory::simulated();
    let topic = topic(&world, 1);
    let of = partitions(&topic, 1);
    let mut producer = producer(&world);
    for (key, value) in [("a", Some("1")), ("b", Some("1")), ("a", Some("2")), ("b", None)] {
        producer.begin().expect("begin");
        let (key, value) = (Some(key.as_bytes()), value.map(str::as_bytes));
        producer
            .send(&Outgoing {
                topic: &topic,
                partition: Some(0),
                key,
                value,
                headers: &[],
            })
            .expect("send");
        commit(&world, &mut producer);
    }
    world.log.compact(&topic, false);
    assert_eq!(values(&read_all(&world, &of, Isolation::Committed)), ["2", "-"]);
    world.log.compact(&topic, true);
    let seen = read_all(&world, &of, Isolation::Committed);
    assert_eq!((values(&seen), seen[0].offset), (vec!["2"], 4));
    let dump = world.log.dump(&topic);
    assert_eq!(dump.len(), 1);
    assert_eq!((dump[0].offset, dump[0].key.as_deref()), (4, Some(&b"a"[..])));
}

#[test]
fn a_live_poll_waits_for_a_commit_and_no_longer() {
    let world = Memory::live();
    let topic = topic(&world, 1);
    let of = partitions(&topic, 1);
    let mut member = Member::join(&world, "group", &[topic]);
    member.until_it_holds(&world, &of);
    let mut batch = Batch::new();
    let began = Instant::now();
    assert_eq!(
        member
            .consumer
            .poll(Duration::from_millis(30), &mut batch)
            .expect("a poll"),
        Polled::Idle
    );
    assert!(
        began.elapsed() >= Duration::from_millis(30),
        "it waits as long as it may"
    );
    let mut producer = producer(&world);
    begin_with(&world, &mut producer, &of[0], &["1"]);
    let began = Instant::now();
    std::thread::scope(|scope| {
        let polling = scope.spawn(|| {
            let polled = member.consumer.poll(Duration::from_secs(60), &mut batch);
            (polled.expect("a poll"), batch.len())
        });
        commit(&world, &mut producer);
        assert_eq!(
            polling.join().expect("the thread polls and ends"),
            (Polled::Records, 1)
        );
    });
    assert!(
        began.elapsed() < Duration::from_secs(30),
        "it is woken, and does not sit the time out"
    );
}

#[test]
fn a_simulated_poll_never_waits() {
    let world = Memory::simulated();
    let mut member = Member::join(&world, "group", &[topic(&world, 1)]);
    member.step(&world);
    let began = Instant::now();
    let polled = member.consumer.poll(Duration::from_secs(60), &mut Batch::new());
    assert_eq!(polled.expect("a poll"), Polled::Idle);
    assert!(began.elapsed() < Duration::from_secs(30));
    assert_eq!(
        world.now(),
        heard::log::memory::Settings::default().start.0,
        "nor does time pass"
    );
}
