//! Questions to the brokers, and administration.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use futures::executor::block_on;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode;
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

use super::context::ReadContext;
use super::settings::{KafkaSettings, REQUEST_TIMEOUT, SettingsError};
use super::{errors, lists};
use crate::log::{CommittedOffset, Ends, ErrorKind, LogError, Topic, TopicPartition, TopicSpec};

/// How long to wait before asking again.
const PAUSE: Duration = Duration::from_millis(20);

/// How long one of several questions that are asked again may take.
const SLICE: Duration = Duration::from_millis(500);

/// How long a question to the leaders of partitions may take before it is asked who leads them.
const LEADER_SLICE: Duration = Duration::from_secs(2);

/// The clients that ask. They are never polled for records, and are shared by all threads.
pub(super) struct Admin {
    settings: KafkaSettings,
    /// Sees every record: its end of a partition is the high watermark.
    uncommitted: Asker,
    /// Sees committed records: its end of a partition is the last stable offset.
    committed: Asker,
    /// A client for each group that was asked about.
    groups: Mutex<HashMap<String, Arc<BaseConsumer<ReadContext>>>>,
}

impl Admin {
    pub fn new(settings: &KafkaSettings) -> Result<Self, SettingsError> {
        settings.validate()?;
        Ok(Self {
            uncommitted: Asker::new(settings.asking("read_uncommitted"))?,
            committed: Asker::new(settings.asking("read_committed"))?,
            groups: Mutex::default(),
            settings: settings.clone(),
        })
    }

    pub fn partitions(&self, topics: &[Topic]) -> Result<Vec<(Topic, i32)>, LogError> {
        let mut found = Vec::new();
        for topic in topics {
            let count = repeat(|left| self.count(topic, left))?;
            found.extend(count.map(|n| (topic.clone(), n)));
        }
        Ok(found)
    }

    /// Asks until a broker answers; how many there are. The error says why none did.
    pub fn reach(&self, about: &Topic, within: Duration) -> Result<usize, LogError> {
        let during = "reaching the brokers";
        let deadline = Instant::now() + within;
        let client = self.uncommitted.client();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let asked = client.fetch_metadata(Some(about.as_str()), left.min(SLICE));
            drain(&client);
            let error = match asked {
                Ok(metadata) if !metadata.brokers().is_empty() => return Ok(metadata.brokers().len()),
                Ok(_) => LogError::new(ErrorKind::Retriable, during, "the answer names no broker"),
                Err(error) => errors::request(during, &error),
            };
            let error = because(&client, error);
            // Who is not believed now will not be believed in a second.
            if Instant::now() >= deadline || error.denied || error.kind != ErrorKind::Retriable {
                return Err(error);
            }
        }
    }

    /// The partitions of a topic, `None` if it does not exist.
    fn count(&self, topic: &Topic, within: Duration) -> Result<Option<i32>, LogError> {
        let during = "asking for the partitions of a topic";
        let client = self.uncommitted.client();
        drain(&client);
        let metadata = client
            .fetch_metadata(Some(topic.as_str()), within)
            .map_err(|e| because(&client, errors::request(during, &e)))?;
        let Some(found) = metadata.topics().iter().find(|t| t.name() == topic.as_str()) else {
            return Ok(None);
        };
        let codes = found
            .error()
            .into_iter()
            .chain(found.partitions().iter().filter_map(|p| p.error()));
        match codes.map(RDKafkaErrorCode::from).next() {
            Some(RDKafkaErrorCode::UnknownTopicOrPartition | RDKafkaErrorCode::UnknownTopic) => Ok(None),
            Some(code) => Err(errors::answer(during, topic, code)),
            None => Ok(Some(found.partitions().len() as i32)),
        }
    }

    pub fn create_topics(&self, topics: &[TopicSpec]) -> Result<(), LogError> {
        let during = "creating topics";
        if topics.is_empty() {
            return Ok(());
        }
        let new: Vec<NewTopic<'_>> = topics.iter().map(new_topic).collect();
        let results = block_on(self.admin(during)?.create_topics(&new, &options()))
            .map_err(|e| errors::request(during, &e))?;
        for result in results {
            match result {
                Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
                Err((topic, code)) => {
                    return Err(errors::answer(during, &topic, code));
                }
            }
        }
        // They are created; now brokers must have heard of them and elected leaders.
        for spec in topics {
            repeat(|left| match self.count(&spec.topic, left)? {
                Some(_) => Ok(()),
                None => Err(missing(during, &spec.topic)),
            })?;
        }
        Ok(())
    }

    /// Waits until the brokers know none of these topics.
    pub fn until_gone(&self, topics: &[Topic]) -> Result<(), LogError> {
        let during = "waiting for topics to be gone";
        topics.iter().try_for_each(|topic| {
            repeat(|left| match self.count(topic, left)? {
                None => Ok(()),
                Some(_) => Err(LogError::new(
                    ErrorKind::Retriable,
                    during,
                    format!("the brokers still know {topic}"),
                )),
            })
        })
    }

    /// The members of a group, by the names that they give themselves.
    pub fn members(&self, group: &str) -> Result<Vec<String>, LogError> {
        let during = "asking for the members of the group";
        repeat(|left| {
            let client = self.uncommitted.client();
            drain(&client);
            let found = client
                .fetch_group_list(Some(group), left)
                .map_err(|e| because(&client, errors::request(during, &e)))?;
            let of_it = found.groups().iter().filter(|found| found.name() == group);
            let members = of_it.flat_map(|found| found.members());
            let mut names: Vec<_> = members.map(|member| member.client_id().to_owned()).collect();
            names.sort_unstable();
            Ok(names)
        })
    }

    pub fn delete_records(&self, before: &[(TopicPartition, i64)]) -> Result<(), LogError> {
        let during = "deleting records";
        if before.is_empty() {
            return Ok(());
        }
        let list = lists::of_offsets(before).map_err(|e| errors::request(during, &e))?;
        block_on(self.admin(during)?.delete_records(&list, &options()))
            .and_then(|deleted| lists::check(&deleted))
            .map_err(|e| errors::request(during, &e))
    }

    pub fn committed(
        &self,
        group: &str,
        partitions: &[TopicPartition],
    ) -> Result<Vec<Option<CommittedOffset>>, LogError> {
        let during = "asking for committed offsets";
        if partitions.is_empty() {
            return Ok(Vec::new());
        }
        let answer = self.committed_by(&*self.group(group, during)?, partitions, during);
        if is_unanswered(&answer) {
            self.groups().remove(group); // the next question is a new client's, which knows nothing of brokers that are gone
        }
        answer
    }

    /// Whether offsets of a group may be asked for. An answer is one at any time: transactions that
    /// are open, such as that of a worker that was killed, are not waited for.
    pub fn may_ask_group(&self, group: &str, partition: &TopicPartition) -> Result<bool, LogError> {
        let during = "asking for a group";
        let mut config = self.settings.asking_group(group);
        config.set("isolation.level", "read_uncommitted");
        let client = asker(&config).map_err(|e| LogError::new(ErrorKind::Fatal, during, e.to_string()))?;
        match self.committed_by(&client, std::slice::from_ref(partition), during) {
            Ok(_) => Ok(true),
            Err(error) if error.denied => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn committed_by(
        &self,
        client: &BaseConsumer<ReadContext>,
        partitions: &[TopicPartition],
        during: &'static str,
    ) -> Result<Vec<Option<CommittedOffset>>, LogError> {
        let asked = |left: Duration| {
            drain(client);
            let list = client
                .committed_offsets(lists::of_partitions(partitions), left.min(SLICE))
                .map_err(|e| errors::request(during, &e))?;
            let committed = |p| lists::committed(&list, p).map_err(|e| errors::request(during, &e));
            partitions.iter().map(committed).collect()
        };
        // Why the coordinator does not answer comes as an event of its own.
        let mut denial = None;
        let answer = repeat(|left| match asked(left) {
            Err(error) if error.kind == ErrorKind::Retriable => {
                denial = drain(client).or(denial.take());
                match denial {
                    Some(code) => Ok(Err(
                        LogError::new(error.kind, during, code.to_string()).denied(true)
                    )),
                    None => Err(error),
                }
            }
            result => result.map(Ok),
        });
        answer?
    }

    pub fn ends(&self, partitions: &[TopicPartition]) -> Result<Vec<Ends>, LogError> {
        if partitions.is_empty() {
            return Ok(Vec::new());
        }
        // In this order each offset is at most the next.
        let starts = list_offsets(&self.uncommitted, partitions, Offset::Beginning)?;
        let stable = list_offsets(&self.committed, partitions, Offset::End)?;
        let high = list_offsets(&self.uncommitted, partitions, Offset::End)?;
        // Each partition has both ends.
        let [starts, stable, high] = [starts, stable, high].map(|offsets| offsets.into_iter().flatten());
        let ends = starts.zip(stable).zip(high);
        Ok(ends
            .map(|((start, last_stable), high_watermark)| Ends {
                start,
                last_stable,
                high_watermark,
            })
            .collect())
    }

    pub fn offsets_at(&self, partitions: &[TopicPartition], time: i64) -> Result<Vec<Option<i64>>, LogError> {
        if partitions.is_empty() {
            return Ok(Vec::new());
        }
        // What is below nothing means something else to the library.
        list_offsets(&self.committed, partitions, Offset::Offset(time.max(0)))
    }

    fn group(&self, group: &str, during: &'static str) -> Result<Arc<BaseConsumer<ReadContext>>, LogError> {
        let mut groups = self.groups();
        if let Some(client) = groups.get(group) {
            return Ok(Arc::clone(client));
        }
        let client = asker(&self.settings.asking_group(group))
            .map_err(|e| LogError::new(ErrorKind::Fatal, during, e.to_string()))?;
        let client = Arc::new(client);
        groups.insert(group.to_owned(), Arc::clone(&client));
        Ok(client)
    }

    fn groups(&self) -> MutexGuard<'_, HashMap<String, Arc<BaseConsumer<ReadContext>>>> {
        self.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Made for each use: such uses are rare, and between them nobody would take its log lines.
    fn admin(&self, during: &'static str) -> Result<AdminClient<DefaultClientContext>, LogError> {
        let client = self.settings.admin().create();
        client.map_err(|e| LogError::new(ErrorKind::Fatal, during, e.to_string()))
    }
}

fn new_topic(spec: &TopicSpec) -> NewTopic<'_> {
    let replication = TopicReplication::Fixed(i32::from(spec.replication));
    let new = NewTopic::new(spec.topic.as_str(), spec.partitions, replication);
    spec.settings
        .iter()
        .fold(new, |new, (key, value)| new.set(key, value))
}

fn asker(config: &ClientConfig) -> Result<BaseConsumer<ReadContext>, KafkaError> {
    config.create_with_context(ReadContext::default())
}

fn options() -> AdminOptions {
    AdminOptions::new()
        .request_timeout(Some(REQUEST_TIMEOUT))
        .operation_timeout(Some(REQUEST_TIMEOUT))
}

fn missing(during: &'static str, topic: &Topic) -> LogError {
    LogError::new(
        ErrorKind::Retriable,
        during,
        format!("the brokers do not know the topic {topic}"),
    )
}

/// A client that asks. One that got no answer in all its time gives way to a new one: it may go on asking a broker that is
/// gone, where a new client asks those that are there.
struct Asker {
    config: ClientConfig,
    client: Mutex<Arc<BaseConsumer<ReadContext>>>,
}

impl Asker {
    fn new(config: ClientConfig) -> Result<Self, SettingsError> {
        let client = asker(&config).map_err(SettingsError::of)?;
        Ok(Self {
            config,
            client: Mutex::new(Arc::new(client)),
        })
    }

    fn client(&self) -> Arc<BaseConsumer<ReadContext>> {
        Arc::clone(&self.client.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn renew(&self) {
        if let Ok(client) = asker(&self.config) {
            *self.client.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(client);
        }
    }
}

/// Whether no broker answered in all the time that there was.
fn is_unanswered<T>(answer: &Result<T, LogError>) -> bool {
    matches!(answer, Err(error) if error.kind == ErrorKind::Retriable && !error.denied)
}

/// Asks the leaders for the first or the end offsets of all partitions, or those of a time, one request a leader
/// (ListOffsets). What the end is follows from the client's isolation level. Only of a time there may be none.
///
/// Each question has a part of the time only: the library puts it to the leader that it knows, and if that is gone, it has
/// to hear of another first.
fn list_offsets(
    asker: &Asker,
    partitions: &[TopicPartition],
    which: Offset,
) -> Result<Vec<Option<i64>>, LogError> {
    let during = "asking for the ends of partitions";
    let may_lack = matches!(which, Offset::Offset(_));
    let client = asker.client();
    let answer = repeat(|left| {
        drain(&client);
        let mut question = TopicPartitionList::with_capacity(partitions.len());
        for p in partitions {
            // Brokers refuse a question that names a partition twice.
            if question.find_partition(p.topic.as_str(), p.partition).is_none() {
                let mut element = question.add_partition(p.topic.as_str(), p.partition);
                element
                    .set_offset(which)
                    .map_err(|e| errors::request(during, &e))?;
            }
        }
        let answer = client.offsets_for_times(question, left.min(LEADER_SLICE));
        if answer.is_err() {
            let topics: BTreeSet<_> = partitions.iter().map(|p| &p.topic).collect();
            for topic in topics {
                _ = client.fetch_metadata(Some(topic.as_str()), SLICE.min(left)); // who leads it by now
            }
        }
        let answer = answer.map_err(|e| ends_error(during, &e))?;
        let offset = |p| match lists::offset(&answer, p).map_err(|e| ends_error(during, &e))? {
            None if !may_lack => Err(missing(during, &p.topic)),
            found => Ok(found),
        };
        partitions.iter().map(offset).collect()
    });
    if is_unanswered(&answer) {
        asker.renew();
    }
    answer
}

/// A topic that was just created may be unknown to the client for a moment.
fn ends_error(during: &'static str, error: &KafkaError) -> LogError {
    use RDKafkaErrorCode as Code;
    let mut log_error = errors::request(during, error);
    if let Some(Code::UnknownTopicOrPartition | Code::UnknownTopic | Code::UnknownPartition) =
        errors::code_of(error)
    {
        log_error.kind = ErrorKind::Retriable;
    }
    log_error
}

/// Asks again while the error is retriable, until the request time-out has passed.
fn repeat<T>(mut ask: impl FnMut(Duration) -> Result<T, LogError>) -> Result<T, LogError> {
    let deadline = Instant::now() + REQUEST_TIMEOUT;
    loop {
        match ask(deadline.saturating_duration_since(Instant::now())) {
            // Who has no right now will not have it in a moment.
            Err(e) if e.kind == ErrorKind::Retriable && !e.denied && Instant::now() + PAUSE < deadline => {
                thread::sleep(PAUSE)
            }
            result => return result,
        }
    }
}

/// An error of a question that no broker answered, with what kept connections from being made.
fn because(client: &BaseConsumer<ReadContext>, error: LogError) -> LogError {
    if error.kind != ErrorKind::Retriable {
        return error;
    }
    drain(client);
    match client.context().trouble() {
        Some((code, why)) => LogError::new(error.kind, error.during, why).denied(errors::is_denial(code)),
        None => error,
    }
}

/// Takes the log lines and errors that have come up since the last use, which would otherwise pile up.
/// Returns the last error for want of a right.
fn drain(client: &BaseConsumer<ReadContext>) -> Option<RDKafkaErrorCode> {
    let mut denial = None;
    loop {
        let before = client.context().lines();
        match client.poll(Duration::ZERO) {
            Some(Err(error)) => {
                let code = errors::code_of(&error).filter(|code| errors::is_denial(*code));
                denial = code.or(denial);
            }
            _ if client.context().lines() == before => return denial,
            _ => {}
        }
    }
}
