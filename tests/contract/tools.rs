//! What the tests of the suite are written with.

use std::collections::BTreeSet;
use std::time::Duration;

use heard::log::{
    Batch, CommittedOffset, Consumer, Ends, GroupSettings, Isolation, Log, LogError, OffsetCommit, Outgoing,
    Polled, Producer, Reader, Record, Topic, TopicPartition, TopicSpec,
};

use super::World;

/// The consumer of a world's log.
pub type ConsumerOf<W> = <<W as World>::Log as Log>::Consumer;
/// The producer of a world's log.
pub type ProducerOf<W> = <<W as World>::Log as Log>::Producer;
/// The membership of a world's log.
pub type MembershipOf<W> = <<W as World>::Log as Log>::Membership;

/// How long writing may take.
pub const FLUSH: Duration = Duration::from_secs(30);

/// A record read, with what it points to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub topic: usize,
    pub partition: i32,
    pub offset: i64,
    pub timestamp: i64,
    pub key: Option<String>,
    pub value: Option<String>,
    pub headers: Vec<(String, Option<Vec<u8>>)>,
}

impl From<Record<'_>> for Seen {
    fn from(r: Record<'_>) -> Self {
        let text = |b: &[u8]| String::from_utf8(b.to_vec()).expect("tests write text");
        Self {
            topic: r.topic,
            partition: r.partition,
            offset: r.offset,
            timestamp: r.timestamp,
            key: r.key.map(text),
            value: r.value.map(text),
            headers: r
                .headers()
                .map(|h| (h.name.to_owned(), h.value.map(<[u8]>::to_vec)))
                .collect(),
        }
    }
}

/// The values of records; "-" for a tombstone.
pub fn values<'a>(seen: impl IntoIterator<Item = &'a Seen>) -> Vec<&'a str> {
    seen.into_iter()
        .map(|s| s.value.as_deref().unwrap_or("-"))
        .collect()
}

/// A new topic, ready for use.
pub fn topic<W: World>(world: &W, partitions: i32) -> Topic {
    topic_with(world, partitions, &[])
}

/// A new topic with these settings, ready for use.
pub fn topic_with<W: World>(world: &W, partitions: i32, settings: &[(&str, &str)]) -> Topic {
    let settings = settings.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
    let topic = Topic::new(&world.fresh("topic"));
    let spec = TopicSpec {
        topic: topic.clone(),
        partitions,
        replication: -1,
        settings: settings.collect(),
    };
    world
        .retry("creating a topic", || {
            world.log().create_topics(std::slice::from_ref(&spec))
        })
        .expect("create");
    world.eventually("the topic is known", || {
        let known = world.retry("partitions", || {
            world.log().partitions(std::slice::from_ref(&topic))
        });
        (known.expect("partitions") == [(topic.clone(), partitions)]).then_some(())
    });
    topic
}

/// All partitions of a topic.
pub fn partitions(topic: &Topic, count: i32) -> Vec<TopicPartition> {
    (0..count)
        .map(|p| TopicPartition::new(topic.clone(), p))
        .collect()
}

/// Start and end offsets.
pub fn ends<W: World>(world: &W, of: &[TopicPartition]) -> Vec<Ends> {
    world.retry("ends", || world.log().ends(of)).expect("ends")
}

/// Waits until no transaction is open in these partitions: a commit is answered before all its
/// markers are written.
pub fn settled<W: World>(world: &W, of: &[TopicPartition]) -> Vec<Ends> {
    world.eventually("no transaction is open", || {
        let ends = ends(world, of);
        ends.iter()
            .all(|e| e.last_stable == e.high_watermark)
            .then_some(ends)
    })
}

/// An initialised producer of this id.
pub fn producer_of<W: World>(world: &W, id: &str) -> ProducerOf<W> {
    let mut producer = world.log().producer(id).expect("a producer");
    world.retry("init", || producer.init()).expect("init");
    producer
}

/// An initialised producer of an id of its own.
pub fn producer<W: World>(world: &W) -> ProducerOf<W> {
    producer_of(world, &world.fresh("id"))
}

/// Sends a value without a key to a partition.
pub fn send<P: Producer>(producer: &mut P, to: &TopicPartition, value: &str) -> Result<(), LogError> {
    producer.send(&Outgoing {
        topic: &to.topic,
        partition: Some(to.partition),
        key: None,
        value: Some(value.as_bytes()),
        headers: &[],
    })
}

/// Opens a transaction and writes these values to a partition; they are acknowledged on return.
pub fn begin_with<W: World>(world: &W, producer: &mut ProducerOf<W>, to: &TopicPartition, values: &[&str]) {
    world.retry("begin", || producer.begin()).expect("begin");
    for value in values {
        send(producer, to, value).expect("send");
    }
    producer.flush(FLUSH).expect("flush");
}

/// Commits.
pub fn commit<W: World>(world: &W, producer: &mut ProducerOf<W>) {
    world.retry("commit", || producer.commit()).expect("commit");
}

/// Aborts.
pub fn abort<W: World>(world: &W, producer: &mut ProducerOf<W>) {
    world.retry("abort", || producer.abort()).expect("abort");
}

/// Writes these values in one transaction and commits it.
pub fn write<W: World>(world: &W, to: &TopicPartition, values: &[&str]) {
    let mut producer = producer(world);
    begin_with(world, &mut producer, to, values);
    commit(world, &mut producer);
}

/// Reads partitions from their starts to their ends, as seen in this isolation.
pub fn read_all<W: World>(world: &W, of: &[TopicPartition], isolation: Isolation) -> Vec<Seen> {
    let from: Vec<_> = of
        .iter()
        .cloned()
        .zip(ends(world, of).iter().map(|e| e.start))
        .collect();
    let mut reader = world.log().reader(&from, isolation).expect("a reader");
    read_to_end(world, &mut reader, of, isolation)
}

/// Reads on until the positions are at the present ends.
pub fn read_to_end<W: World>(
    world: &W,
    reader: &mut <W::Log as Log>::Reader,
    of: &[TopicPartition],
    isolation: Isolation,
) -> Vec<Seen> {
    let ends: Vec<i64> = ends(world, of)
        .iter()
        .map(|e| {
            if isolation == Isolation::Committed {
                e.last_stable
            } else {
                e.high_watermark
            }
        })
        .collect();
    let (mut seen, mut batch) = (Vec::new(), Batch::new());
    world.eventually("the reader reaches the end", || {
        let at_end = |(tp, end): (&TopicPartition, &i64)| reader.position(tp).expect("a position") >= *end;
        if of.iter().zip(&ends).all(at_end) {
            return Some(());
        }
        world
            .retry("reading", || reader.poll(world.poll_wait(), &mut batch))
            .expect("reading");
        seen.extend(batch.iter().map(Seen::from));
        None
    });
    seen
}

/// What a group has committed.
pub fn committed<W: World>(world: &W, group: &str, of: &[TopicPartition]) -> Vec<Option<CommittedOffset>> {
    world
        .retry("committed offsets", || world.log().committed(group, of))
        .expect("committed offsets")
}

/// An offset to commit.
pub fn offset(partition: &TopicPartition, offset: i64, metadata: &str) -> OffsetCommit {
    let committed = CommittedOffset {
        offset,
        metadata: metadata.to_owned(),
    };
    OffsetCommit {
        partition: partition.clone(),
        committed,
    }
}

/// Commits an offset of a member in a transaction of its own.
pub fn commit_offset<W: World>(world: &W, member: &mut Member<W>, at: &TopicPartition, to: i64) {
    let mut producer = producer(world);
    world.retry("begin", || producer.begin()).expect("begin");
    let membership = member.consumer.membership().expect("a membership");
    let offsets = [offset(at, to, "")];
    world
        .retry("offsets", || producer.send_offsets(&offsets, &membership))
        .expect("offsets");
    commit(world, &mut producer);
}

/// A consumer that does as it is told: accepts what it is given, where the group stopped or else at
/// the start, gives back what is revoked, and keeps what it reads.
pub struct Member<W: World> {
    pub consumer: ConsumerOf<W>,
    pub group: String,
    pub holds: BTreeSet<TopicPartition>,
    pub seen: Vec<Seen>,
    batch: Batch,
}

impl<W: World> Member<W> {
    /// Joins a group.
    pub fn join(world: &W, group: &str, topics: &[Topic]) -> Self {
        let client = world.fresh("client");
        let settings = GroupSettings {
            group: group.to_owned(),
            client,
            topics: topics.to_vec(),
            gather: Duration::ZERO,
        };
        let consumer = world.log().consumer(&settings).expect("a consumer");
        Self {
            consumer,
            group: settings.group,
            holds: BTreeSet::new(),
            seen: Vec::new(),
            batch: Batch::new(),
        }
    }

    /// Polls once and says what came, without answering.
    pub fn poll(&mut self, world: &W) -> Polled {
        let polled = world.retry("polling", || {
            self.consumer.poll(world.poll_wait(), &mut self.batch)
        });
        let polled = polled.expect("a poll");
        assert_eq!(
            polled == Polled::Records,
            !self.batch.is_empty(),
            "records come with Records only"
        );
        self.seen.extend(self.batch.iter().map(Seen::from));
        polled
    }

    /// Polls once and answers.
    pub fn step(&mut self, world: &W) -> Polled {
        let polled = self.poll(world);
        match &polled {
            Polled::Assigned(partitions) => self.accept(world, partitions),
            Polled::Revoked { partitions, .. } => self.release(partitions),
            Polled::Idle | Polled::Records => {}
        }
        polled
    }

    /// Accepts partitions where the group stopped, or else at their start.
    pub fn accept(&mut self, world: &W, partitions: &[TopicPartition]) {
        let committed = committed(world, &self.group, partitions);
        let starts = ends(world, partitions);
        let from: Vec<_> = partitions
            .iter()
            .zip(committed.iter().zip(starts))
            .map(|(tp, (committed, ends))| (tp.clone(), committed.as_ref().map_or(ends.start, |c| c.offset)))
            .collect();
        self.consumer.accept(&from).expect("accept");
        self.holds.extend(partitions.iter().cloned());
    }

    /// Gives partitions back.
    pub fn release(&mut self, partitions: &[TopicPartition]) {
        self.consumer.release(partitions).expect("release");
        partitions.iter().for_each(|tp| _ = self.holds.remove(tp));
    }

    /// Steps until it holds just this.
    pub fn until_it_holds(&mut self, world: &W, partitions: &[TopicPartition]) {
        let wanted: BTreeSet<_> = partitions.iter().cloned().collect();
        world.eventually("the member has its partitions", || {
            (self.holds == wanted || {
                self.step(world);
                self.holds == wanted
            })
            .then_some(())
        });
    }

    /// Steps until it has seen so many records.
    pub fn until_it_has_seen(&mut self, world: &W, records: usize) {
        world.eventually("the member has seen the records", || {
            if self.seen.len() < records {
                self.step(world);
            }
            (self.seen.len() >= records).then_some(())
        });
    }
}

/// Leaves the group.
pub trait CloseOrPanic {
    /// Leaves the group; a test ends with it so that the next one does not wait for a session.
    fn close_or_panic(&mut self);
}

impl<C: Consumer> CloseOrPanic for C {
    fn close_or_panic(&mut self) {
        self.close().expect("close");
    }
}
