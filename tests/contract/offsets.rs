//! Offsets that a group commits, in transactions.

use std::sync::mpsc;

use heard::log::{CommittedOffset, Consumer, Log, Producer};

use super::World;
use super::tools::*;

/// A group that committed nothing, of a topic that is there.
pub fn nothing_committed_is_none<W: World>(world: &W) {
    let of = partitions(&topic(world, 2), 2);
    assert_eq!(committed(world, &world.fresh("group"), &of), [None, None]);
}

/// Not before; then the offset and the text beside it, of just these partitions, in the order asked.
pub fn offsets_and_their_text_appear_with_the_commit<W: World>(world: &W) {
    let topic = topic(world, 3);
    let of = partitions(&topic, 3);
    write(world, &of[0], &["0"]);
    let group = world.fresh("group");
    let mut member = Member::join(world, &group, &[topic]);
    member.until_it_holds(world, &of);
    let mut producer = producer(world);
    for (round, text) in [(1, "id 1"), (2, "später, \u{1F600}"), (3, "")] {
        begin_with(world, &mut producer, &of[1], &["output"]);
        let membership = member.consumer.membership().expect("a membership");
        let offsets = [offset(&of[0], round, text), offset(&of[2], 10 * round, text)];
        world
            .retry("offsets", || producer.send_offsets(&offsets, &membership))
            .expect("offsets");
        commit(world, &mut producer);
        let asked = [of[2].clone(), of[1].clone(), of[0].clone()];
        let of_text = |offset| {
            Some(CommittedOffset {
                offset,
                metadata: text.to_owned(),
            })
        };
        assert_eq!(
            committed(world, &group, &asked),
            [of_text(10 * round), None, of_text(round)]
        );
    }
    member.consumer.close_or_panic();
}

/// An abort takes its offsets with it, the ones before stay.
pub fn offsets_of_an_aborted_transaction_are_forgotten<W: World>(world: &W) {
    let topic = topic(world, 1);
    let of = partitions(&topic, 1);
    let group = world.fresh("group");
    let mut member = Member::join(world, &group, &[topic]);
    member.until_it_holds(world, &of);
    let mut producer = producer(world);
    for (to, end) in [(5, true), (9, false)] {
        world.retry("begin", || producer.begin()).expect("begin");
        let membership = member.consumer.membership().expect("a membership");
        let offsets = [offset(&of[0], to, "")];
        world
            .retry("offsets", || producer.send_offsets(&offsets, &membership))
            .expect("offsets");
        if end {
            commit(world, &mut producer)
        } else {
            abort(world, &mut producer)
        }
    }
    let found = committed(world, &group, &of);
    assert_eq!(found[0].as_ref().map(|c| c.offset), Some(5));
    member.consumer.close_or_panic();
}

/// While an offset is pending, the old one is not given out: the answer is the one after the commit.
pub fn an_answer_waits_for_offsets_that_are_pending<W: World + Sync>(world: &W) {
    let topic = topic(world, 1);
    let of = partitions(&topic, 1);
    let group = world.fresh("group");
    let mut member = Member::join(world, &group, &[topic]);
    member.until_it_holds(world, &of);
    commit_offset(world, &mut member, &of[0], 1);
    let mut producer = producer(world);
    world.retry("begin", || producer.begin()).expect("begin");
    let membership = member.consumer.membership().expect("a membership");
    let offsets = [offset(&of[0], 2, "")];
    world
        .retry("offsets", || producer.send_offsets(&offsets, &membership))
        .expect("offsets");
    std::thread::scope(|scope| {
        let (asking, asked) = mpsc::channel::<()>();
        let answer = scope.spawn(|| {
            // Dropping it says that the question is about to be asked.
            drop(asking);
            world
                .retry("committed", || world.log().committed(&group, &of))
                .expect("committed")
        });
        _ = asked.recv_timeout(world.poll_wait());
        commit(world, &mut producer);
        let answer = answer.join().expect("the thread asks and ends");
        assert_eq!(answer[0].as_ref().map(|c| c.offset), Some(2));
    });
    member.consumer.close_or_panic();
}
