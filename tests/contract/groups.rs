//! Members of a group: shares, rebalances, positions.

use heard::log::{Consumer, ErrorKind, Polled, TopicPartition};

use super::World;
use super::tools::*;

/// Steps both until each has its share of the partitions.
fn share<W: World>(world: &W, one: &mut Member<W>, two: &mut Member<W>, of: &[TopicPartition]) {
    let half = of.len() / 2;
    world.eventually("both have their share", || {
        one.step(world);
        two.step(world);
        assert!(
            one.holds.is_disjoint(&two.holds),
            "{:?} and {:?}",
            one.holds,
            two.holds
        );
        (one.holds.len() == half && two.holds.len() == half).then_some(())
    });
    let mut all: Vec<_> = one.holds.union(&two.holds).cloned().collect();
    all.sort();
    assert_eq!(all, of);
}

/// One member has all; with a second, each partition has one owner, and each record is read by just
/// one of them, from where the group stopped.
pub fn a_second_member_takes_its_share<W: World>(world: &W) {
    let topic = topic(world, 4);
    let of = partitions(&topic, 4);
    let group = world.fresh("group");
    let mut one = Member::join(world, &group, std::slice::from_ref(&topic));
    one.until_it_holds(world, &of);
    for at in &of {
        write(world, at, &["0", "1"]);
    }
    one.until_it_has_seen(world, 8);
    for at in &of {
        commit_offset(world, &mut one, at, 2);
    }
    let mut two = Member::join(world, &group, &[topic]);
    share(world, &mut one, &mut two, &of);
    one.seen.clear();
    for at in &of {
        write(world, at, &["3"]);
    }
    world.eventually("all is read", || {
        one.step(world);
        two.step(world);
        (one.seen.len() + two.seen.len() >= 4).then_some(())
    });
    for member in [&one, &two] {
        assert_eq!(values(&member.seen), ["3", "3"]);
        assert!(
            member
                .seen
                .iter()
                .all(|s| member.holds.iter().any(|at| at.partition == s.partition))
        );
    }
    one.consumer.close_or_panic();
    two.consumer.close_or_panic();
}

/// The member that must give up can first commit what it has done; until it has released, nobody
/// else is given anything.
pub fn a_revoked_partition_is_kept_until_it_is_released<W: World>(world: &W) {
    let topic = topic(world, 2);
    let of = partitions(&topic, 2);
    let group = world.fresh("group");
    let mut one = Member::join(world, &group, std::slice::from_ref(&topic));
    one.until_it_holds(world, &of);
    let mut two = Member::join(world, &group, &[topic]);
    let revoked = world.eventually("it is revoked", || {
        assert!(
            !matches!(two.step(world), Polled::Assigned(_)),
            "the first has not released"
        );
        match one.poll(world) {
            Polled::Revoked { partitions, lost } => {
                assert!(!lost, "it is still a member");
                Some(partitions)
            }
            Polled::Idle => None,
            other => panic!("{other:?}"),
        }
    });
    let mut sorted = revoked.clone();
    sorted.sort();
    assert_eq!(sorted, of);
    for at in &of {
        commit_offset(world, &mut one, at, 6);
    }
    assert!(
        !matches!(two.step(world), Polled::Assigned(_)),
        "the first has not released"
    );
    one.release(&revoked);
    share(world, &mut one, &mut two, &of);
    let found = committed(world, &group, &of);
    assert!(
        found.iter().all(|c| c.as_ref().is_some_and(|c| c.offset == 6)),
        "{found:?}"
    );
    one.consumer.close_or_panic();
    two.consumer.close_or_panic();
}

/// When one closes, the other gets its share.
pub fn a_member_that_closes_gives_its_partitions_back<W: World>(world: &W) {
    let topic = topic(world, 2);
    let of = partitions(&topic, 2);
    let group = world.fresh("group");
    let mut one = Member::join(world, &group, std::slice::from_ref(&topic));
    let mut two = Member::join(world, &group, &[topic]);
    share(world, &mut one, &mut two, &of);
    one.consumer.close_or_panic();
    two.until_it_holds(world, &of);
    two.consumer.close_or_panic();
}

/// Nothing is read before `accept`, and then from the offset it names.
pub fn reading_goes_on_where_it_is_accepted<W: World>(world: &W) {
    let topic = topic(world, 2);
    let of = partitions(&topic, 2);
    for at in &of {
        write(world, at, &["0", "1", "2"]);
    }
    settled(world, &of);
    let mut member = Member::join(world, &world.fresh("group"), &[topic]);
    let mut given = world.eventually("it is assigned", || match member.poll(world) {
        Polled::Assigned(partitions) => Some(partitions),
        _ => None,
    });
    given.sort();
    assert_eq!(given, of);
    for _ in 0..3 {
        assert_eq!(member.poll(world), Polled::Idle, "nothing was accepted");
    }
    // One after the other, as a restore finishes.
    member.consumer.accept(&[(of[1].clone(), 2)]).expect("accept");
    member.until_it_has_seen(world, 1);
    member.consumer.accept(&[(of[0].clone(), 1)]).expect("accept");
    member.until_it_has_seen(world, 3);
    let places: Vec<_> = member.seen.iter().map(|s| (s.partition, s.offset)).collect();
    assert_eq!(places, [(1, 2), (0, 1), (0, 2)]);
    member.consumer.close_or_panic();
}

/// After a seek the same records come again, and those fetched before do not come in between.
pub fn seeking_reads_again<W: World>(world: &W) {
    let topic = topic(world, 1);
    let of = partitions(&topic, 1);
    write(world, &of[0], &["0", "1", "2", "3"]);
    settled(world, &of);
    let mut member = Member::join(world, &world.fresh("group"), &[topic]);
    member.until_it_has_seen(world, 4);
    member.consumer.seek(&[(of[0].clone(), 2)]).expect("seek");
    member.until_it_has_seen(world, 6);
    member.consumer.seek(&[(of[0].clone(), 0)]).expect("seek");
    member.until_it_has_seen(world, 10);
    assert_eq!(
        values(&member.seen),
        ["0", "1", "2", "3", "2", "3", "0", "1", "2", "3"]
    );
    member.consumer.close_or_panic();
}

/// A paused partition stays the member's, gives nothing, and goes on where it stopped.
pub fn a_paused_partition_waits<W: World>(world: &W) {
    let topic = topic(world, 2);
    let of = partitions(&topic, 2);
    let mut member = Member::join(world, &world.fresh("group"), &[topic]);
    member.until_it_holds(world, &of);
    write(world, &of[0], &["first"]);
    member.until_it_has_seen(world, 1);
    member.consumer.pause(&of[..1]).expect("pause");
    write(world, &of[0], &["later"]);
    write(world, &of[1], &["other"]);
    member.until_it_has_seen(world, 2);
    for _ in 0..3 {
        assert_eq!(member.step(world), Polled::Idle);
    }
    member.consumer.resume(&of[..1]).expect("resume");
    member.until_it_has_seen(world, 3);
    assert_eq!(values(&member.seen), ["first", "other", "later"]);
    member.consumer.close_or_panic();
}

/// The position is where reading was begun or sought, and then past whatever was read, up to the end:
/// control records and aborted records are passed, though no poll returns them.
pub fn the_position_of_a_member_reaches_the_end<W: World>(world: &W) {
    let topic = topic(world, 1);
    let of = partitions(&topic, 1);
    write(world, &of[0], &["0", "1"]);
    settled(world, &of);
    let mut member = Member::join(world, &world.fresh("group"), &[topic]);
    assert_eq!(
        member.consumer.position(&of[0]).map_err(|e| e.kind),
        Err(ErrorKind::Fatal),
        "it is not the member's"
    );
    member.until_it_holds(world, &of);
    assert_eq!(member.consumer.position(&of[0]).expect("a position"), 0);
    let at_the_end = |member: &mut Member<W>| {
        let end = settled(world, &of)[0];
        world.eventually("it is at the end", || {
            member.step(world);
            let position = member.consumer.position(&of[0]).expect("a position");
            (end.lag(position) == 0).then(|| assert_eq!(position, end.high_watermark))
        });
    };
    at_the_end(&mut member);
    let mut producer = producer(world);
    begin_with(world, &mut producer, &of[0], &["aborted"]);
    abort(world, &mut producer);
    at_the_end(&mut member);
    assert_eq!(values(&member.seen), ["0", "1"]);
    member.consumer.seek(&[(of[0].clone(), 1)]).expect("seek");
    assert_eq!(member.consumer.position(&of[0]).expect("a position"), 1);
    at_the_end(&mut member);
    assert_eq!(values(&member.seen), ["0", "1", "1"]);
    member.consumer.close_or_panic();
}
