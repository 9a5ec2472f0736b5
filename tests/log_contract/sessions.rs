//! Sessions, generations and zombies.

use heard::log::{Consumer, ErrorKind, Log, Polled, Producer, Topic, TopicPartition};

use crate::contract::World;
use crate::contract::tools::*;
use crate::world::{Memory, kind};

/// A group of one that holds both partitions of a topic.
fn group_of_one(world: &Memory) -> (Topic, Vec<TopicPartition>, Member<Memory>) {
    let topic = topic(world, 2);
    let of = partitions(&topic, 2);
    let mut one = Member::join(world, "group", std::slice::from_ref(&topic));
    one.until_it_holds(world, &of);
    (topic, of, one)
}

#[test]
fn a_stalled_member_keeps_its_partitions_until_its_session_expires() {
    let world = Memory::simulated();
    let (topic, of, _stalled) = group_of_one(&world);
    world.seconds(5);
    let mut two = Member::join(&world, "group", &[topic]);
    world.seconds(4);
    assert_eq!(two.step(&world), Polled::Idle, "the first has released nothing");
    assert_eq!(world.log.group_members("group").1.len(), 2);
    world.seconds(1);
    assert_eq!(two.step(&world), Polled::Assigned(of));
    assert_eq!(world.log.group_members("group").1.len(), 1);
}

#[test]
fn any_call_keeps_a_session_alive() {
    let world = Memory::simulated();
    let (_, of, mut one) = group_of_one(&world);
    for _ in 0..3 {
        world.seconds(9);
        one.consumer.pause(&of).expect("pause");
        world.seconds(9);
        one.consumer.membership().expect("a membership");
    }
    assert_eq!(one.step(&world), Polled::Idle);
}

#[test]
fn a_zombie_commits_nothing_and_learns_at_its_next_poll() {
    let world = Memory::simulated();
    let (topic, of, mut zombie) = group_of_one(&world);
    let mut producer = producer(&world);
    begin_with(&world, &mut producer, &of[0], &["of a zombie"]);
    let client = world.log.group_members("group").1[0].client.clone();
    assert!(world.log.expire_session(&client));
    assert!(!world.log.expire_session(&client), "it is gone already");
    let mut heir = Member::join(&world, "group", &[topic]);
    heir.until_it_holds(&world, &of);
    // It knows nothing of it yet.
    let membership = zombie.consumer.membership().expect("what it believes");
    assert_eq!(
        kind(producer.send_offsets(&[offset(&of[0], 1, "")], &membership)),
        ErrorKind::Abortable
    );
    assert_eq!(kind(producer.commit()), ErrorKind::Abortable);
    abort(&world, &mut producer);
    assert_eq!(committed(&world, "group", &of), [None, None]);
    // Now it does.
    let lost = Polled::Revoked {
        partitions: of.clone(),
        lost: true,
    };
    assert_eq!(zombie.poll(&world), lost);
    assert_eq!(kind(zombie.consumer.membership()), ErrorKind::Abortable);
    assert_eq!(zombie.poll(&world), Polled::Idle, "not before it has released");
    assert_eq!(world.log.group_members("group").1.len(), 1);
    zombie.release(&of);
    // And comes back as another member.
    world.eventually("both have a share", || {
        zombie.step(&world);
        heir.step(&world);
        (zombie.holds.len() == 1 && heir.holds.len() == 1).then_some(())
    });
}

#[test]
fn a_generation_begins_when_all_have_released() {
    let world = Memory::simulated();
    let (topic, of, mut one) = group_of_one(&world);
    assert_eq!(world.log.group_members("group").0, 1);
    let mut two = Member::join(&world, "group", std::slice::from_ref(&topic));
    let mut three = Member::join(&world, "group", &[topic]);
    let revoked = Polled::Revoked {
        partitions: of.clone(),
        lost: false,
    };
    assert_eq!(one.poll(&world), revoked);
    one.consumer.release(&of[..1]).expect("release");
    assert_eq!(
        world.log.group_members("group").0,
        1,
        "one partition is still held"
    );
    let old = one.consumer.membership().expect("the old generation stands");
    assert_eq!(old.generation, 1);
    one.consumer.release(&of[1..]).expect("release");
    assert_eq!(world.log.group_members("group").0, 2);
    assert_eq!(
        kind(one.consumer.membership()),
        ErrorKind::Abortable,
        "nothing is held"
    );
    // Range: of two partitions, the third member by id gets none, and is not told of an empty list.
    one.holds.clear();
    one.step(&world);
    two.step(&world);
    assert_eq!(three.step(&world), Polled::Idle);
    let held: Vec<usize> = [&one, &two, &three].iter().map(|m| m.holds.len()).collect();
    assert_eq!(held, [1, 1, 0]);
    assert_eq!(one.consumer.membership().expect("a membership").generation, 2);
}

#[test]
fn an_expelled_member_commits_nothing_even_before_the_next_generation() {
    let world = Memory::simulated();
    let (topic, of, mut one) = group_of_one(&world);
    let mut two = Member::join(&world, "group", &[topic]);
    world.eventually("both have a share", || {
        one.step(&world);
        two.step(&world);
        (one.holds.len() == 1 && two.holds.len() == 1).then_some(())
    });
    let generation = world.log.group_members("group").0;
    let client = world.log.group_members("group").1[1].client.clone();
    assert!(world.log.expire_session(&client));
    assert_eq!(
        world.log.group_members("group").0,
        generation,
        "the first holds its share yet"
    );
    let mut producer = producer(&world);
    producer.begin().expect("begin");
    let membership = two.consumer.membership().expect("what it believes");
    let sent = producer.send_offsets(&[offset(&of[1], 1, "")], &membership);
    assert_eq!(kind(sent), ErrorKind::Abortable);
    commit_offset(&world, &mut one, &of[0], 1);
}

#[test]
fn an_assignment_of_a_generation_that_is_over_is_not_handed_out() {
    let world = Memory::simulated();
    let (topic, _, mut one) = group_of_one(&world);
    let mut two = Member::join(&world, "group", std::slice::from_ref(&topic));
    one.step(&world);
    one.step(&world);
    assert_eq!(one.holds.len(), 1, "the second has the other, and was not told");
    let _three = Member::join(&world, "group", &[topic]);
    assert_eq!(two.step(&world), Polled::Idle);
}

#[test]
fn an_assignment_that_nobody_was_told_of_is_replaced() {
    let world = Memory::simulated();
    let topic = topic(&world, 2);
    let mut one = Member::join(&world, "group", std::slice::from_ref(&topic));
    let mut two = Member::join(&world, "group", &[topic]);
    assert_eq!(world.log.group_members("group").0, 2);
    one.step(&world);
    two.step(&world);
    assert_eq!((one.holds.len(), two.holds.len()), (1, 1));
}

#[test]
fn a_topic_that_appears_is_assigned() {
    let world = Memory::simulated();
    let name = Topic::new("later");
    let mut member = Member::join(&world, "group", std::slice::from_ref(&name));
    assert_eq!(member.step(&world), Polled::Idle);
    let spec = heard::log::TopicSpec {
        topic: name.clone(),
        partitions: 1,
        replication: -1,
        settings: vec![],
    };
    world.log.create_topics(&[spec]).expect("create");
    assert_eq!(member.step(&world), Polled::Assigned(partitions(&name, 1)));
}

#[test]
fn offsets_that_a_zombie_left_pending_hold_the_heir_up() {
    let world = Memory::simulated();
    let (topic, of, mut zombie) = group_of_one(&world);
    commit_offset(&world, &mut zombie, &of[0], 1);
    let mut producer = producer(&world);
    begin_with(&world, &mut producer, &of[0], &["in doubt"]);
    let membership = zombie.consumer.membership().expect("a membership");
    producer
        .send_offsets(&[offset(&of[0], 2, "")], &membership)
        .expect("it is a member yet");
    world.seconds(10);
    let mut heir = world.log.consumer(&heard::log::GroupSettings {
        group: "group".into(),
        client: "heir".into(),
        topics: vec![topic],
        gather: std::time::Duration::ZERO,
    });
    let heir = heir.as_mut().expect("a consumer");
    let mut batch = heard::log::Batch::new();
    let polled = heir.poll(world.poll_wait(), &mut batch).expect("a poll");
    assert_eq!(polled, Polled::Assigned(of.clone()));
    assert_eq!(kind(world.log.committed("group", &of)), ErrorKind::Retriable);
    assert_eq!(
        world
            .log
            .committed("group", &of[1..])
            .expect("of the other partition"),
        [None]
    );
    // The generation is checked when offsets are sent, not at the commit: it still counts.
    commit(&world, &mut producer);
    let found = world.log.committed("group", &of[..1]).expect("it is decided");
    assert_eq!(found[0].as_ref().map(|c| c.offset), Some(2));
}

#[test]
fn a_consumer_used_out_of_turn_says_so() {
    let world = Memory::simulated();
    let (_, of, mut one) = group_of_one(&world);
    assert_eq!(kind(one.consumer.release(&of)), ErrorKind::Fatal);
    let other = TopicPartition::new(of[0].topic.clone(), 7);
    assert_eq!(
        kind(one.consumer.seek(&[(of[0].clone(), 1), (other, 0)])),
        ErrorKind::Fatal
    );
    assert_eq!(one.step(&world), Polled::Idle, "and seeks none of them");
    one.consumer.close().expect("close");
    one.consumer.close().expect("close again");
    assert_eq!(
        kind(
            one.consumer
                .poll(world.poll_wait(), &mut heard::log::Batch::new())
        ),
        ErrorKind::Fatal
    );
    assert!(world.log.group_members("group").1.is_empty());
}
