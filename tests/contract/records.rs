//! Records: whole, in order, in the right partition.

use heard::log::{ErrorKind, Header, Isolation, Log, Outgoing, Producer, Topic, TopicSpec, partitioner};

use super::World;
use super::tools::*;

/// Keys, values and headers come back, null or not, and the time is the writer's.
pub fn a_record_comes_back_whole<W: World>(world: &W) {
    let topic = topic(world, 1);
    let of = partitions(&topic, 1);
    let mut producer = producer(world);
    let headers = [
        Header {
            name: "twice",
            value: Some(b"1"),
        },
        Header {
            name: "null",
            value: None,
        },
        Header {
            name: "twice",
            value: Some(b"\xff\x00"),
        },
        Header {
            name: "empty",
            value: Some(b""),
        },
    ];
    let cases: [(Option<&str>, Option<&str>, &[Header<'_>]); 4] = [
        (Some("key"), Some("value"), &headers),
        (Some("key"), None, &[]),
        (None, Some("value"), &headers[..1]),
        (Some(""), Some(""), &[]),
    ];
    let before = world.now();
    world.retry("begin", || producer.begin()).expect("begin");
    for (key, value, headers) in cases {
        let (key, value) = (key.map(str::as_bytes), value.map(str::as_bytes));
        producer
            .send(&Outgoing {
                topic: &topic,
                partition: Some(0),
                key,
                value,
                headers,
            })
            .expect("send");
    }
    producer.flush(FLUSH).expect("flush");
    commit(world, &mut producer);
    settled(world, &of);
    let after = world.now();
    let seen = read_all(world, &of, Isolation::Committed);
    assert_eq!(seen.len(), cases.len());
    for (offset, (seen, (key, value, headers))) in (0..).zip(seen.iter().zip(cases)) {
        assert_eq!((seen.topic, seen.partition, seen.offset), (0, 0, offset));
        assert_eq!(
            (seen.key.as_deref(), seen.value.as_deref()),
            (key, value),
            "record {offset}"
        );
        let expected: Vec<_> = headers
            .iter()
            .map(|h| (h.name.to_owned(), h.value.map(<[u8]>::to_vec)))
            .collect();
        assert_eq!(seen.headers, expected, "record {offset}");
        // A broker on this machine stamps by the same clock, give or take its resolution.
        assert!(
            (before - 1..=after + 1).contains(&seen.timestamp),
            "{} in {before}..{after}",
            seen.timestamp
        );
    }
}

/// Within a partition, a reader and a consumer get what was sent in the order of sending, over
/// several transactions.
pub fn records_of_a_partition_keep_their_order<W: World>(world: &W) {
    let topic = topic(world, 2);
    let of = partitions(&topic, 2);
    let mut producer = producer(world);
    let numbers: Vec<String> = (0..600).map(|n| n.to_string()).collect();
    for part in numbers.chunks(200) {
        world.retry("begin", || producer.begin()).expect("begin");
        for (number, at) in part.iter().zip(of.iter().cycle()) {
            send(&mut producer, at, number).expect("send");
        }
        producer.flush(FLUSH).expect("flush");
        commit(world, &mut producer);
    }
    settled(world, &of);
    let mut member = Member::join(world, &world.fresh("group"), std::slice::from_ref(&topic));
    member.until_it_has_seen(world, numbers.len());
    for seen in [read_all(world, &of, Isolation::Committed), member.seen] {
        for at in &of {
            let here = seen.iter().filter(|s| s.partition == at.partition);
            let sent = numbers.iter().skip(at.partition as usize).step_by(2);
            assert_eq!(values(here.clone()), sent.collect::<Vec<_>>(), "{at}");
            assert!(
                here.clone().zip(here.skip(1)).all(|(a, b)| a.offset < b.offset),
                "{at}: offsets rise"
            );
        }
    }
    member.consumer.close_or_panic();
}

/// Without a partition, the key's murmur2 hash chooses; an explicit partition has precedence.
pub fn keys_choose_partitions_as_java_clients_do<W: World>(world: &W) {
    let topic = topic(world, 5);
    let of = partitions(&topic, 5);
    let mut producer = producer(world);
    let keys: Vec<String> = (0..40).map(|n| format!("key-{n}")).collect();
    world.retry("begin", || producer.begin()).expect("begin");
    for key in &keys {
        let (key, value) = (Some(key.as_bytes()), Some(&b"by key"[..]));
        producer
            .send(&Outgoing {
                topic: &topic,
                partition: None,
                key,
                value,
                headers: &[],
            })
            .expect("send");
        let value = Some(&b"by hand"[..]);
        producer
            .send(&Outgoing {
                topic: &topic,
                partition: Some(3),
                key,
                value,
                headers: &[],
            })
            .expect("send");
    }
    producer.flush(FLUSH).expect("flush");
    commit(world, &mut producer);
    settled(world, &of);
    let seen = read_all(world, &of, Isolation::Committed);
    assert_eq!(seen.len(), 2 * keys.len());
    for record in seen {
        let key = record.key.expect("all have keys");
        let expected = match record.value.as_deref() {
            Some("by key") => partitioner::partition(key.as_bytes(), 5),
            _ => 3,
        };
        assert_eq!(record.partition, expected, "{key}");
    }
}

/// A record over the limit is refused as such; the transaction goes on and commits the others.
pub fn a_record_that_is_too_large_harms_nothing_else<W: World>(world: &W) {
    let topic = topic(world, 1);
    let of = partitions(&topic, 1);
    let mut producer = producer(world);
    let large = "x".repeat(3 << 20);
    world.retry("begin", || producer.begin()).expect("begin");
    send(&mut producer, &of[0], "before").expect("send");
    let error = send(&mut producer, &of[0], &large).expect_err("3 MiB are over the default limit of 1 MiB");
    assert_eq!(error.kind, ErrorKind::TooLarge, "{error}");
    send(&mut producer, &of[0], "after").expect("send");
    producer.flush(FLUSH).expect("flush");
    commit(world, &mut producer);
    settled(world, &of);
    assert_eq!(
        values(&read_all(world, &of, Isolation::Committed)),
        ["before", "after"]
    );
}

/// A topic that exists is left as it is, one that does not is not counted.
pub fn topics_are_created_once_and_counted<W: World>(world: &W) {
    let first = topic(world, 2);
    let missing = Topic::new(&world.fresh("missing"));
    let again = TopicSpec {
        topic: first.clone(),
        partitions: 7,
        replication: -1,
        settings: Vec::new(),
    };
    world
        .retry("create", || {
            world.log().create_topics(std::slice::from_ref(&again))
        })
        .expect("create");
    let other = topic(world, 3);
    let asked = [missing, other.clone(), first.clone()];
    let mut known = world
        .retry("partitions", || world.log().partitions(&asked))
        .expect("partitions");
    known.sort();
    let mut expected = vec![(first, 2), (other, 3)];
    expected.sort();
    assert_eq!(known, expected);
}
