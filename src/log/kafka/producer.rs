//! A transactional producer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::message::{Header as KafkaHeader, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use rdkafka::types::RDKafkaErrorCode;

use super::consumer::KafkaMembership;
use super::context::{Failed, WriteContext};
use super::settings::{KafkaSettings, REQUEST_TIMEOUT};
use super::watched::Watched;
use super::{errors, lists};
use crate::log::{ErrorKind, Header, LogError, OffsetCommit, Outgoing, Producer};

/// How many records are sent between two looks at what the library has to tell.
const LISTEN_EVERY: u64 = 128;
/// How long one wait for acknowledgements takes. The library's poll does not return early.
const STEP: Duration = Duration::from_millis(1);

/// A transactional producer.
///
/// The library stops a record that is larger than its `message.max.bytes` (1,000,000 by default)
/// before it is sent: that is [`ErrorKind::TooLarge`]. A topic with a smaller limit refuses what was
/// sent, perhaps many records at once: that is [`ErrorKind::Fatal`], with the mend.
pub struct KafkaProducer {
    client: Arc<BaseProducer<WriteContext>>,
    /// Makes the calls that drive transactions.
    watched: Watched,
    /// A transaction is open.
    open: bool,
    /// Records sent in it.
    sent: u64,
    /// How long a send, a commit or an abort may take: as long as the broker lets a transaction live.
    /// After that the broker ends it, so that waiting on tells nothing.
    patience: Duration,
}

impl KafkaProducer {
    pub(super) fn create(settings: &KafkaSettings, transactional_id: &str) -> Result<Self, LogError> {
        let client = settings
            .producer(transactional_id)
            .create_with_context(WriteContext::default())
            .map_err(|e| LogError::new(ErrorKind::Fatal, "creating a producer", e.to_string()))?;
        Ok(Self {
            client: Arc::new(client),
            watched: Watched::default(),
            open: false,
            sent: 0,
            patience: settings.transaction_timeout(),
        })
    }

    fn context(&self) -> &WriteContext {
        self.client.client().context()
    }

    /// Records that are neither acknowledged nor told to have failed. The library tells of failures
    /// only: to be told of every record, one by one, took a twentieth of the worker's time.
    fn unanswered(&self) -> usize {
        usize::try_from(self.client.in_flight_count()).unwrap_or_default()
    }

    fn require_open(&self, during: &'static str) -> Result<(), LogError> {
        if self.open {
            return Ok(());
        }
        Err(LogError::new(ErrorKind::Fatal, during, "no transaction is open"))
    }

    /// Why the library takes no more: the error that it met first.
    fn broken(&self, during: &'static str) -> LogError {
        if let Some((code, text)) = self.client.client().fatal_error() {
            return LogError::new(errors::end_of_client(code), during, text).denied(errors::is_denial(code));
        }
        let cause = self.undelivered(during).or_else(|| self.failure(during));
        cause.unwrap_or_else(|| {
            LogError::new(
                ErrorKind::Abortable,
                during,
                "the transaction has failed and must be aborted",
            )
        })
    }

    /// The first record of this transaction that was not acknowledged, and why.
    fn undelivered(&self, during: &'static str) -> Option<LogError> {
        match self.context().failed()? {
            Failed::Refused { code, .. }
                if matches!(
                    code,
                    RDKafkaErrorCode::PurgeQueue | RDKafkaErrorCode::PurgeInflight
                ) && let Some(cause) = self.failure(during) =>
            {
                Some(cause)
            }
            Failed::Refused {
                code,
                topic,
                partition,
            } => {
                let mut error = errors::delivery(during, code);
                error.detail = format!("{topic}-{partition}: {}", error.detail);
                Some(error)
            }
            Failed::Unsure(what) => {
                let detail = format!("no broker has said that all records were written: {what}");
                Some(LogError::new(ErrorKind::Abortable, during, detail))
            }
        }
    }

    /// Why the open transaction has failed, where its records were only thrown away for that. The library has no question
    /// for it; but it says so where another transaction is to be begun, and begins none while one is open.
    fn failure(&self, during: &'static str) -> Option<LogError> {
        match self.client.begin_transaction() {
            Err(KafkaError::Transaction(e)) if e.txn_requires_abort() || e.is_fatal() => {
                let mut error = errors::transaction(during, &KafkaError::Transaction(e));
                if let Some(what) = self.context().not_added() {
                    error.detail = format!("{} ({what})", error.detail);
                }
                Some(error)
            }
            _ => None,
        }
    }

    /// Hears what the library has to tell: failures among it, one bunch a call.
    fn listen(&self) {
        loop {
            let before = self.context().failures();
            self.client.poll(Duration::ZERO);
            if self.context().failures() == before {
                return;
            }
        }
    }

    /// Waits a moment for acknowledgements. Not in the library's poll: below a few milliseconds that
    /// spins, which took a third of the worker's time in a profile.
    fn wait(&self) {
        std::thread::sleep(STEP);
        self.listen();
    }

    /// Calls an operation of the library again for as long as it says that it may be, at most until
    /// `within` has passed. Failures are heard in between.
    fn repeat(
        &mut self,
        during: &'static str,
        within: Duration,
        call: impl Fn(&BaseProducer<WriteContext>, Duration) -> KafkaResult<()> + Clone + Send + 'static,
    ) -> Result<(), LogError> {
        let deadline = Instant::now() + within;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.attempt(during, left, call.clone()) {
                Err(error) if error.kind == ErrorKind::Retriable && Instant::now() < deadline => self.wait(),
                other => return other,
            }
        }
    }

    /// Calls an operation of the library. One that does not come back is given up, and with it this producer.
    fn attempt(
        &mut self,
        during: &'static str,
        within: Duration,
        call: impl FnOnce(&BaseProducer<WriteContext>, Duration) -> KafkaResult<()> + Send + 'static,
    ) -> Result<(), LogError> {
        let client = Arc::clone(&self.client);
        match self.watched.call(within, move || call(&client, within)) {
            Some(result) => result.map_err(|e| errors::transaction(during, &e)),
            None => {
                let detail = "the client does not come back from it, and is given up";
                Err(LogError::new(ErrorKind::Abortable, during, detail))
            }
        }
    }
}

impl Producer for KafkaProducer {
    type Membership = KafkaMembership;

    fn init(&mut self) -> Result<(), LogError> {
        let during = "taking hold of the transactional id";
        self.repeat(during, REQUEST_TIMEOUT, |client, left| {
            client.init_transactions(left)
        })
    }

    fn begin(&mut self) -> Result<(), LogError> {
        let during = "beginning a transaction";
        self.client
            .begin_transaction()
            .map_err(|e| errors::transaction(during, &e))?;
        self.context().begin();
        self.sent = 0;
        self.open = true;
        Ok(())
    }

    fn send(&mut self, record: &Outgoing<'_>) -> Result<(), LogError> {
        let during = "sending a record";
        self.require_open(during)?;
        let mut message: BaseRecord<'_, [u8], [u8]> = BaseRecord::to(record.topic.as_str());
        message.partition = record.partition;
        message.key = record.key;
        message.payload = record.value;
        message.headers = headers(record.headers);
        let mut deadline = None;
        loop {
            let (error, back) = match self.client.send(message) {
                Ok(()) => {
                    self.sent += 1;
                    if self.sent.is_multiple_of(LISTEN_EVERY) {
                        self.listen();
                    }
                    return Ok(());
                }
                Err(refused) => refused,
            };
            let fail = |kind, detail: String| Err(LogError::new(kind, during, detail));
            match errors::code_of(&error) {
                Some(RDKafkaErrorCode::QueueFull)
                    if Instant::now() < *deadline.get_or_insert_with(|| Instant::now() + self.patience) =>
                {
                    self.wait();
                    message = back;
                }
                Some(RDKafkaErrorCode::QueueFull) => {
                    return fail(
                        ErrorKind::Abortable,
                        format!(
                            "the brokers have taken nothing for {:?} and the queue is full",
                            self.patience
                        ),
                    );
                }
                Some(RDKafkaErrorCode::MessageSizeTooLarge) => {
                    let bytes = record.key.map_or(0, <[u8]>::len) + record.value.map_or(0, <[u8]>::len);
                    let topic = record.topic;
                    return fail(
                        ErrorKind::TooLarge,
                        format!("a record for {topic} with {bytes} bytes of key and value: {error}"),
                    );
                }
                Some(RDKafkaErrorCode::State | RDKafkaErrorCode::Fatal | RDKafkaErrorCode::Fenced) => {
                    return Err(self.broken(during));
                }
                // Without a code the library refused what it was asked, and would again.
                None => return fail(ErrorKind::Fatal, format!("to {}: {error}", record.topic)),
                Some(code) => {
                    let mut why = errors::delivery(during, code);
                    why.detail = format!("to {}: {}", record.topic, why.detail);
                    return Err(why);
                }
            }
        }
    }

    fn flush(&mut self, max_wait: Duration) -> Result<(), LogError> {
        let during = "waiting for acknowledgements";
        let deadline = Instant::now() + max_wait;
        loop {
            // In this order: a record that fails is counted as unanswered until its failure is heard.
            self.listen();
            let open = self.unanswered();
            if let Some(error) = self.undelivered(during) {
                // A fenced producer fails its records too: the cause counts, not the consequence.
                return Err(match self.client.client().fatal_error() {
                    Some(_) => self.broken(during),
                    None => error,
                });
            }
            if open == 0 {
                return Ok(());
            }
            if Instant::now() >= deadline {
                let detail = format!(
                    "{open} of {} records are not acknowledged after {max_wait:?}",
                    self.sent
                );
                return Err(LogError::new(ErrorKind::Retriable, during, detail));
            }
            self.wait();
        }
    }

    fn send_offsets(
        &mut self,
        offsets: &[OffsetCommit],
        membership: &KafkaMembership,
    ) -> Result<(), LogError> {
        let during = "adding offsets to the transaction";
        self.require_open(during)?;
        if offsets.is_empty() {
            return Ok(());
        }
        let list = Arc::new(lists::of_commits(offsets).map_err(|e| errors::request(during, &e))?);
        let membership = Arc::clone(&membership.0);
        self.repeat(during, REQUEST_TIMEOUT, move |client, left| {
            client.send_offsets_to_transaction(&list, &membership, left)
        })
    }

    fn commit(&mut self) -> Result<(), LogError> {
        let during = "committing the transaction";
        self.require_open(during)?;
        // rdkafka's commit would wait for these in steps of 100 ms.
        self.flush(self.patience)?;
        // Once, and never again: a call that is to go on with a commit, and has not time enough to say so, makes the library
        // forget that it is one. When the answer comes after all, the library takes it for that of an abort, and ends the
        // whole process for the contradiction.
        match self.attempt(during, self.patience, |client, left| {
            client.commit_transaction(left)
        }) {
            Ok(()) => {
                self.open = false;
                Ok(())
            }
            Err(mut error) => {
                if error.kind == ErrorKind::Retriable || self.watched.is_hung() {
                    error.kind = ErrorKind::Unknown;
                }
                Err(error)
            }
        }
    }

    fn abort(&mut self) -> Result<(), LogError> {
        let during = "aborting the transaction";
        if !self.open {
            return Ok(());
        }
        self.repeat(during, self.patience, |client, left| {
            // While records are on their way the library waits inside for us to hear of their
            // failures, which we cannot do meanwhile: so in short steps.
            let wait = if client.in_flight_count() <= 0 {
                left
            } else {
                left.min(STEP * 5)
            };
            client.abort_transaction(wait)
        })?;
        self.open = false;
        Ok(())
    }
}

fn headers(headers: &[Header<'_>]) -> Option<OwnedHeaders> {
    if headers.is_empty() {
        return None;
    }
    let owned = OwnedHeaders::new_with_capacity(headers.len());
    Some(headers.iter().fold(owned, |owned, h| {
        owned.insert(KafkaHeader {
            key: h.name,
            value: h.value,
        })
    }))
}

#[cfg(test)]
mod tests {
    use rdkafka::ClientContext;
    use rdkafka::config::RDKafkaLogLevel;

    use crate::log::kafka::{KafkaLog, KafkaSettings};
    use crate::log::{ErrorKind, Log};

    /// Mock brokers never bring it about: unlike real ones they refuse a batch that does not begin with the first number, also
    /// where they know nothing of its producer.
    #[test]
    fn what_the_library_only_concludes_to_be_written_is_not_committed() {
        let log = KafkaLog::new(KafkaSettings::new("127.0.0.1:1", "test"));
        let log = log.expect("the settings are valid");
        for facility in ["IMPLICITACK", "DUPSEQ"] {
            let producer = log.producer("id").expect("it needs no broker");
            let said = "topic [0] 1 message(s) implicitly acked by subsequent batch success";
            producer.context().log(RDKafkaLogLevel::Debug, "PRODUCE", said);
            assert!(producer.undelivered("flushing").is_none(), "nothing is wrong yet");
            producer.context().log(RDKafkaLogLevel::Debug, facility, said);
            let error = producer.undelivered("flushing").expect("it is heard");
            assert_eq!(error.kind, ErrorKind::Abortable, "{error}");
            producer.context().begin();
            assert!(
                producer.undelivered("flushing").is_none(),
                "the next transaction is another"
            );
        }
    }
}
