//! A producer and a member of a group on mock brokers, and one commit of theirs.

use std::time::{Duration, Instant};

use heard::log::kafka::KafkaProducer;
use heard::log::{Consumer, ErrorKind, Log, LogError, Producer, TopicPartition};

use crate::contract::World;
use crate::contract::tools::{Member, offset, send};
use crate::mock::Mock;

/// How long one flush waits, as the engine's does; a record that fails is told at once.
pub const FLUSH: Duration = Duration::from_secs(3);

/// More aborts in a row than any error may cost.
const ABORTS: u32 = 3;

/// A call of the commit sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    Init,
    Begin,
    Send,
    Flush,
    Prove,
    Offsets,
    Commit,
}

/// What makes the next transaction of the same id happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mend {
    /// This one is aborted; so often, until the producer is as before.
    Aborts(u32),
    /// A new producer takes hold of the id.
    Anew,
}

/// What a commit came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Came {
    /// It happened: the client tries again by itself.
    Happens,
    /// A call failed with an error of this kind.
    Fails(Call, ErrorKind, Mend),
}

/// Where a commit failed, and why.
pub type Failure = (Call, LogError);

/// Mock brokers with a partition, and a member of a group that holds it.
pub struct Place {
    pub mock: Mock,
    pub at: TopicPartition,
    member: Member<Mock>,
}

impl Place {
    /// The brokers end a transaction after three seconds.
    pub fn new() -> Self {
        Self::with("3000")
    }

    /// The brokers end a transaction after so many milliseconds.
    pub fn with(transaction_timeout: &str) -> Self {
        let mock = Mock::start(&[("transaction.timeout.ms", transaction_timeout)]);
        let at = mock.partition();
        let mut member = Member::join(&mock, &mock.group(), std::slice::from_ref(&at.topic));
        member.until_it_holds(&mock, std::slice::from_ref(&at));
        Self { mock, at, member }
    }

    /// A producer of this id, which does not hold it yet.
    pub fn producer(&self, id: &str) -> KafkaProducer {
        self.mock.log().producer(id).expect("it needs no broker")
    }

    /// Takes hold of the id, and commits a record and an offset.
    pub fn init_and_commit(&mut self, producer: &mut KafkaProducer) -> Result<(), Failure> {
        producer.init().map_err(|error| (Call::Init, error))?;
        self.commit(producer)
    }

    /// Commits a record and an offset.
    pub fn commit(&mut self, producer: &mut KafkaProducer) -> Result<(), Failure> {
        self.fill(producer)?;
        producer.commit().map_err(|error| (Call::Commit, error))
    }

    /// All of a transaction but its end.
    pub fn fill(&mut self, producer: &mut KafkaProducer) -> Result<(), Failure> {
        self.write(producer)?;
        producer.flush(FLUSH).map_err(|error| (Call::Flush, error))?;
        self.send_offsets(producer)
    }

    /// Begins a transaction with a record.
    pub fn write(&mut self, producer: &mut KafkaProducer) -> Result<(), Failure> {
        producer.begin().map_err(|error| (Call::Begin, error))?;
        send(producer, &self.at, "a record").map_err(|error| (Call::Send, error))
    }

    /// Adds the offset.
    pub fn send_offsets(&mut self, producer: &mut KafkaProducer) -> Result<(), Failure> {
        let membership = self.member.consumer.membership();
        let membership = membership.map_err(|error| (Call::Prove, error))?;
        let sent = producer.send_offsets(&[offset(&self.at, 1, "one")], &membership);
        sent.map_err(|error| (Call::Offsets, error))
    }

    /// What a commit came to, of which this is the outcome. It does as the engine does: aborts, or takes hold of the id anew,
    /// until a transaction happens.
    pub fn came(&mut self, id: &str, producer: KafkaProducer, outcome: &Result<(), Failure>) -> Came {
        let Err((call, error)) = outcome else {
            return Came::Happens;
        };
        if error.kind == ErrorKind::Abortable
            && let Some(aborts) = self.aborts(producer)
        {
            return Came::Fails(*call, error.kind, Mend::Aborts(aborts));
        }
        let mut anew = self.producer(id);
        let mended = self.init_and_commit(&mut anew);
        assert!(mended.is_ok(), "a new producer fails after {error}: {mended:?}");
        Came::Fails(*call, error.kind, Mend::Anew)
    }

    /// How many aborts there are until a transaction happens; `None` if that is not the way. Where a topic was refused, the
    /// client takes no more for it until it has asked for it again, as it does each second: that is waited for.
    fn aborts(&mut self, mut producer: KafkaProducer) -> Option<u32> {
        let deadline = Instant::now() + self.mock.patience();
        let mut aborts = 0;
        while aborts < ABORTS {
            producer.abort().ok()?;
            match self.commit(&mut producer) {
                Ok(()) => return Some(aborts + 1),
                Err((Call::Send, _)) if Instant::now() < deadline => self.mock.pass(),
                Err(_) => aborts += 1,
            }
        }
        None
    }
}
