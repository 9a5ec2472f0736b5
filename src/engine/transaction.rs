//! A transaction, from its first record to its commit (ENGINE.md 2, 3, 7).

use std::time::Duration;

use rustc_hash::FxHashSet;

use super::changelog::{MARKER_KEY, Marker};
use super::counts::Counts;
use super::error::Trouble;
use super::event::Event;
use super::observer::Spent;
use super::publications::Publications;
use super::settings::{Pace, Sabotage};
use super::sizes::{Sizes, Target};
use super::source::{Source, SourceId};
use super::stamp::Stamp;
use super::worker::Worker;
use crate::log::{CommittedOffset, ErrorKind, Log, LogError, OffsetCommit, Outgoing, Producer};
use crate::processor::{Delivered, Figures, Processor, RowKey};

/// What a transaction has done, beside rows and offsets. Two serve all transactions of a worker in turn: the open
/// one, and the one [on its way](super::flight).
#[derive(Debug, Default)]
pub(super) struct Transaction {
    /// Whether it is open.
    pub open: bool,
    /// Running time when it was opened.
    pub begun: Duration,
    /// Running time when its first message went to the mailbox.
    pub first_mail: Option<Duration>,
    /// Sources that it has touched: their offsets go with it.
    pub touched: FxHashSet<SourceId>,
    /// Rows marked for publication, and what was said of them.
    pub publications: Publications,
    /// Partitions whose marker it has written.
    pub markers: Vec<i32>,
    /// What it counts, if it commits.
    pub counts: Counts,
    /// What the processor counts, if it commits.
    pub figures: Figures,
    /// What has come to an output.
    pub delivered: Vec<Delivered>,
    /// How long its parts took so far.
    pub spent: Spent,
    /// What it has to tell, if it commits.
    pub events: Vec<Event>,
}

impl Transaction {
    /// Forgets everything, keeps the memory.
    pub fn reset(&mut self) {
        self.open = false;
        self.first_mail = None;
        self.touched.clear();
        self.publications.clear();
        self.markers.clear();
        self.counts = Counts::default();
        self.figures.clear();
        self.delivered.clear();
        self.spent = Spent::default();
        self.events.clear();
    }

    /// When it should commit, in running time: sooner if somebody may wait for its messages.
    fn commit_at(&self, interval: Duration, linger: Duration) -> Duration {
        let at = self.begun + interval;
        self.first_mail.map_or(at, |mail| at.min(mail + linger))
    }
}

/// How long after its first message a transaction commits, if so many records were read last and the commit
/// before took so long. Not sooner than a commit takes: where brokers are busy, more of them would only make
/// each slower.
fn linger(pace: &Pace, last_batch: usize, commit_took: Duration) -> Duration {
    if last_batch < pace.backlog {
        pace.mailbox_linger.max(commit_took)
    } else {
        pace.commit_interval
    }
}

impl<L: Log, P: Processor> Worker<L, P> {
    /// Opens a transaction unless one is open, and notes that it touches `source`.
    pub(super) fn begin(&mut self, source: SourceId) -> Result<(), Trouble> {
        if !self.transaction.open {
            if self.flight.is_none() {
                self.begin_at_log()?;
            }
            self.transaction.counts.overlapped = u64::from(self.flight.is_some());
            self.transaction.open = true;
            self.transaction.begun = self.time.running;
            self.local.begin(self.settings.pace.local_per_transaction);
            self.sizes.begin();
        }
        self.transaction.touched.insert(source);
        Ok(())
    }

    /// When the open transaction should commit, in running time.
    pub(super) fn commit_at(&self) -> Option<Duration> {
        let pace = &self.settings.pace;
        let linger = linger(pace, self.last_batch, self.commit_took);
        let open = self.transaction.open;
        open.then(|| self.transaction.commit_at(pace.commit_interval, linger))
    }

    /// Commits if it is time. With more to read than is read at once, it does not wait for the brokers: what is
    /// on its way ends when they have all of it, at the latest when the next transaction is to go.
    pub(super) fn commit_if_due(&mut self) -> Result<bool, Trouble> {
        let arrived = self.flight.is_some() && self.has_arrived()?;
        if arrived {
            self.land()?;
        }
        let due = self.commit_at().is_some_and(|at| at <= self.time.running);
        if due {
            self.land()?;
            self.launch()?;
            if self.last_batch < self.settings.pace.backlog {
                self.land()?;
            }
        }
        Ok(arrived || due)
    }

    /// Commits what is on its way and what is open, and waits for both.
    pub(super) fn commit(&mut self) -> Result<(), Trouble> {
        self.land()?;
        self.launch()?;
        self.land()
    }

    /// Writes each row that has changed once, and the marker of a partition that has none yet.
    pub(super) fn write_rows(&mut self) -> Result<(), LogError> {
        let Self {
            producer,
            settings,
            desks,
            transaction,
            sizes,
            partitions,
            ..
        } = self;
        let topic = &settings.topics.changelog;
        for (&number, desk) in desks.iter_mut() {
            if !transaction.touched.contains(&SourceId::Mailbox(number)) {
                continue;
            }
            let partition = Some(number);
            if !desk.marker {
                let value = Marker {
                    partitions: *partitions,
                }
                .to_bytes();
                let (key, value) = (Some(MARKER_KEY), Some(&value[..]));
                producer.send(&Outgoing {
                    topic,
                    partition,
                    key,
                    value,
                    headers: &[],
                })?;
                transaction.markers.push(number);
            }
            for change in desk.rows.changes() {
                let size = RowKey::LEN + change.value().map_or(0, <[u8]>::len);
                if size > sizes.limit(Target::Changelog) {
                    // Which message made it so large is found out by doing them again, measured.
                    sizes.measure_rows = true;
                    let detail = format!("a row has grown to {size} bytes");
                    return Err(LogError::new(ErrorKind::Abortable, "writing rows", detail));
                }
                sizes.sending(Target::Changelog, size);
                transaction.counts.sent.add(Sizes::index(Target::Changelog), size);
                let (key, value) = (Some(change.key()), change.value());
                producer.send(&Outgoing {
                    topic,
                    partition,
                    key,
                    value,
                    headers: &[],
                })?;
                transaction.counts.rows_written += 1;
            }
        }
        Ok(())
    }

    /// Decides what will stand beside the offsets.
    pub(super) fn stamp_sources(&mut self) {
        self.number += 1;
        let clock = self.moved_clock();
        let Self {
            inputs,
            desks,
            transaction,
            transactional_id,
            number,
            ..
        } = self;
        let stamp = |source: &mut Source, clock| {
            let stamp = Stamp {
                writer: transactional_id.clone(),
                number: *number,
                seen: source.seen,
                clock,
                rows: None,
            };
            source.pending = Some((source.position, stamp));
        };
        for id in &transaction.touched {
            match *id {
                SourceId::Input(topic, partition) => {
                    if let Some(source) = inputs.get_mut(&(topic, partition)) {
                        stamp(source, None);
                    }
                }
                SourceId::Mailbox(partition) => {
                    if let Some(desk) = desks.get_mut(&partition) {
                        let fired = |&to: &_| desk.rows.first_due().is_none_or(|(at, _)| at > to);
                        let clock = clock.filter(fired);
                        stamp(&mut desk.source, clock);
                    }
                }
            }
        }
    }

    /// The offset of every partition whose rows or timers were touched, read from or not: without it
    /// nothing would check that the partition is still this worker's.
    pub(super) fn offsets(&self) -> Vec<OffsetCommit> {
        let inputs = self.inputs.values();
        let all = inputs.chain(self.desks.values().map(|desk| &desk.source));
        let read_only = self.settings.sabotage == Sabotage::TimersWithoutOffsets && self.drain.is_none();
        all.filter(|source| !read_only || source.position != source.committed)
            .filter_map(|source| {
                let (offset, stamp) = source.pending.as_ref()?;
                Some(OffsetCommit {
                    partition: source.partition.clone(),
                    committed: CommittedOffset {
                        offset: *offset,
                        metadata: stamp.to_text(),
                    },
                })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::settings::Pace;
    use super::{Transaction, linger};

    #[test]
    fn a_transaction_with_messages_commits_sooner_but_for_a_backlog_or_slow_commits() {
        let pace = Pace {
            commit_interval: Duration::from_millis(100),
            mailbox_linger: Duration::from_millis(10),
            ..Pace::default()
        };
        //   first message  records read  commit before  then it commits
        for (first_mail, last_batch, took, at) in [
            (None, 5, 3, 100),
            (Some(0), 5, 3, 10),
            (Some(40), 5, 3, 50),
            (Some(40), 5, 25, 65),
            (Some(40), 5, 90, 100), // never later than the interval
            (Some(40), 500, 3, 100),
        ] {
            let transaction = Transaction {
                first_mail: first_mail.map(Duration::from_millis),
                ..Transaction::default()
            };
            let linger = linger(&pace, last_batch, Duration::from_millis(took));
            let commits = transaction.commit_at(pace.commit_interval, linger);
            assert_eq!(
                commits,
                Duration::from_millis(at),
                "{first_mail:?} {last_batch} {took}"
            );
        }
    }
}
