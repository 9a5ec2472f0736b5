//! Who may not write any more.

use heard::log::{Consumer, ErrorKind, Isolation, LogError, Producer, TopicPartition};

use super::World;
use super::tools::*;

/// Sends, flushes and commits; the first error. A client that writes in the background learns that it
/// was fenced at any of them.
fn finish<W: World>(
    world: &W,
    producer: &mut ProducerOf<W>,
    more: &[(&TopicPartition, &str)],
) -> Result<(), LogError> {
    more.iter()
        .try_for_each(|(at, value)| send(producer, at, value))?;
    producer.flush(FLUSH)?;
    world.retry("commit", || producer.commit())
}

/// `init` of the same id: the old producer's next commit fails as fenced, what it wrote is aborted.
pub fn a_new_producer_fences_the_old_one_and_aborts_what_it_left<W: World>(world: &W) {
    let of = partitions(&topic(world, 1), 1);
    let id = world.fresh("id");
    for more in [&[][..], &[(&of[0], "too late")]] {
        let mut old = producer_of(world, &id);
        begin_with(world, &mut old, &of[0], &["left open"]);
        let mut new = producer_of(world, &id);
        // It was aborted by the time that init returned, give or take its marker.
        settled(world, &of);
        let error = finish(world, &mut old, more).expect_err("the id is another's");
        assert_eq!(error.kind, ErrorKind::Fenced, "{error}");
        begin_with(world, &mut new, &of[0], &["new"]);
        commit(world, &mut new);
        settled(world, &of);
    }
    assert_eq!(
        values(&read_all(world, &of, Isolation::Committed)),
        ["new", "new"]
    );
}

/// Fencing goes before membership: a valid member's offsets are not taken from a fenced producer.
pub fn a_fenced_producer_commits_no_offsets<W: World>(world: &W) {
    let topic = topic(world, 1);
    let of = partitions(&topic, 1);
    let (id, group) = (world.fresh("id"), world.fresh("group"));
    let mut member = Member::join(world, &group, &[topic]);
    member.until_it_holds(world, &of);
    let mut old = producer_of(world, &id);
    begin_with(world, &mut old, &of[0], &["output"]);
    let membership = member.consumer.membership().expect("a membership");
    let _new = producer_of(world, &id);
    let offsets = [offset(&of[0], 7, "")];
    let sent = world.retry("offsets", || old.send_offsets(&offsets, &membership));
    let error = sent
        .and_then(|()| world.retry("commit", || old.commit()))
        .expect_err("the id is another's");
    assert_eq!(error.kind, ErrorKind::Fenced, "{error}");
    assert_eq!(committed(world, &group, &of), [None]);
    member.consumer.close_or_panic();
}

/// Offsets with the membership of one that has left fail, and with them the transaction.
pub fn a_member_that_has_left_commits_nothing<W: World>(world: &W) {
    let topic = topic(world, 1);
    let of = partitions(&topic, 1);
    let group = world.fresh("group");
    let mut member = Member::join(world, &group, std::slice::from_ref(&topic));
    member.until_it_holds(world, &of);
    let membership = member.consumer.membership().expect("a membership");
    member.consumer.close_or_panic();
    refused(world, &group, &of, &membership);
}

/// Offsets with the membership of an earlier generation fail, though the member is still there.
pub fn a_member_of_an_old_generation_commits_nothing<W: World>(world: &W) {
    let topic = topic(world, 2);
    let of = partitions(&topic, 2);
    let group = world.fresh("group");
    let mut one = Member::join(world, &group, std::slice::from_ref(&topic));
    one.until_it_holds(world, &of);
    let old = one.consumer.membership().expect("a membership");
    let mut two = Member::join(world, &group, &[topic]);
    world.eventually("both have a share", || {
        one.step(world);
        two.step(world);
        (one.holds.len() == 1 && two.holds.len() == 1).then_some(())
    });
    refused(world, &group, &of, &old);
    // The present one is taken.
    let mine = one.holds.first().expect("a share").clone();
    commit_offset(world, &mut one, &mine, 3);
    assert_eq!(
        committed(world, &group, &[mine])[0].as_ref().map(|c| c.offset),
        Some(3)
    );
    one.consumer.close_or_panic();
    two.consumer.close_or_panic();
}

/// Neither records nor offsets of a transaction with this membership become visible, and after the
/// abort the producer is as good as new.
fn refused<W: World>(world: &W, group: &str, of: &[TopicPartition], membership: &MembershipOf<W>) {
    let mut producer = producer(world);
    begin_with(world, &mut producer, &of[0], &["of a stale member"]);
    let offsets = [offset(&of[0], 9, "")];
    let error = world
        .retry("offsets", || producer.send_offsets(&offsets, membership))
        .expect_err("a stale membership");
    assert_eq!(error.kind, ErrorKind::Abortable, "{error}");
    let error = world
        .retry("commit", || producer.commit())
        .expect_err("offsets have failed");
    assert_eq!(error.kind, ErrorKind::Abortable, "{error}");
    abort(world, &mut producer);
    assert_eq!(committed(world, group, &of[..1]), [None]);
    begin_with(world, &mut producer, &of[0], &["afterwards"]);
    commit(world, &mut producer);
    settled(world, of);
    assert_eq!(values(&read_all(world, of, Isolation::Committed)), ["afterwards"]);
}

/// Aborting, also with nothing open or nothing written, leaves a producer that works.
pub fn a_producer_goes_on_after_an_abort<W: World>(world: &W) {
    let of = partitions(&topic(world, 1), 1);
    let mut producer = producer(world);
    abort(world, &mut producer);
    world.retry("begin", || producer.begin()).expect("begin");
    abort(world, &mut producer);
    world.retry("begin", || producer.begin()).expect("begin");
    commit(world, &mut producer);
    begin_with(world, &mut producer, &of[0], &["aborted"]);
    abort(world, &mut producer);
    begin_with(world, &mut producer, &of[0], &["committed"]);
    commit(world, &mut producer);
    settled(world, &of);
    assert_eq!(values(&read_all(world, &of, Isolation::Committed)), ["committed"]);
}
