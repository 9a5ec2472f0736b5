//! Doing what a processor wants, once nothing on its side can fail any more.

use super::error::Trouble;
use super::event::Event;
use super::local::Letter;
use super::savepoint::{Scope, Scratch, Stage, Staged};
use super::settings::Sabotage;
use super::sizes::{Sizes, Target};
use super::source::SourceId;
use super::worker::Worker;
use crate::log::{Log, Outgoing};
use crate::processor::{ActorKey, Context, Effect, Effects, Processor, Rejection};

impl<L: Log, P: Processor> Worker<L, P> {
    /// What an apply may know, in a chain of messages that has passed so many actors.
    pub(super) fn context(&self, hops: u8) -> Context {
        let wall = self.time.wall;
        Context {
            now: self.now(wall),
            wall,
            hops,
        }
    }

    /// Stages what the call before has put into the scratch.
    pub(super) fn stage(&mut self, scope: Scope, hops: u8) -> Result<(), Rejection> {
        let Self {
            scratch,
            processor,
            sizes,
            desks,
            partitions,
            local,
            settings,
            ..
        } = self;
        scratch.stage(Stage {
            processor,
            sizes,
            desks,
            mailbox_partitions: *partitions,
            local: settings.local_delivery.then_some(local),
            hops,
            scope,
        })
    }

    /// Performs what was staged; `own` is the mailbox partition of the actor, if it is one's.
    pub(super) fn perform(&mut self, own: i32, hops: u8) -> Result<(), Trouble> {
        self.perform_as(own, hops, None)
    }

    /// The same for a publication: what goes out is held until the transaction ends.
    pub(super) fn perform_as(
        &mut self,
        own: i32,
        hops: u8,
        publishing: Option<usize>,
    ) -> Result<(), Trouble> {
        let mut scratch = std::mem::take(&mut self.scratch);
        let done = self.perform_staged(&mut scratch, own, hops, publishing);
        self.scratch = scratch;
        done
    }

    fn perform_staged(
        &mut self,
        scratch: &mut Scratch<P>,
        own: i32,
        hops: u8,
        publishing: Option<usize>,
    ) -> Result<(), Trouble> {
        let Scratch {
            effects,
            staged,
            arena,
            ..
        } = scratch;
        for (figure, by) in effects.take_figures() {
            self.transaction.figures.add(figure, by);
        }
        self.transaction.delivered.extend(effects.take_delivered());
        for (effect, staged) in effects.drain().zip(staged.drain(..)) {
            match (effect, staged) {
                (Effect::Store { row, value }, _) => {
                    if let Some(desk) = self.desks.get_mut(&own) {
                        desk.rows.put(row, value);
                    }
                }
                (Effect::Publish(row), _) => self.transaction.publications.mark(own, row),
                (
                    Effect::Tell { to, message } | Effect::Continue { to, message },
                    Staged::Local(partition),
                ) => {
                    self.begin(SourceId::Mailbox(partition))?;
                    let hops = hops.saturating_add(1);
                    self.local.push(partition, Letter { to, message, hops });
                }
                (Effect::Tell { to, .. } | Effect::Continue { to, .. }, Staged::Mail(partition, value)) => {
                    self.mail(to, partition, &arena[value])?;
                }
                (_, Staged::Output(topic, key, value)) => {
                    let (key, value) = (&arena[key], value.map(|v| &arena[v]));
                    match publishing {
                        Some(place) => self.transaction.publications.hold(place, topic, key, value),
                        None => self.output(topic, key, value)?,
                    }
                }
                // Staged::Rows goes with Store and Publish only.
                _ => {}
            }
        }
        Ok(())
    }

    /// A record of this size is about to be sent in the open transaction.
    pub(super) fn sending(&mut self, target: Target, size: usize) {
        self.sizes.sending(target, size);
        self.transaction.counts.sent.add(Sizes::index(target), size);
    }

    fn mail(&mut self, to: ActorKey, partition: i32, value: &[u8]) -> Result<(), Trouble> {
        let key = to.to_bytes();
        self.sending(Target::Mailbox, key.len() + value.len());
        self.outbox.send(
            &mut self.producer,
            &Outgoing {
                topic: &self.settings.topics.mailbox,
                partition: Some(partition),
                key: Some(&key),
                value: Some(value),
                headers: &[],
            },
        )?;
        self.transaction.counts.mailed += 1;
        self.transaction.first_mail.get_or_insert(self.time.running);
        Ok(())
    }

    pub(super) fn output(&mut self, topic: usize, key: &[u8], value: Option<&[u8]>) -> Result<(), Trouble> {
        self.sending(Target::Output(topic), key.len() + value.map_or(0, <[u8]>::len));
        self.transaction.counts.emitted += 1;
        self.emitted += 1;
        let times = match self.settings.sabotage {
            Sabotage::OutputDropped if self.emitted.is_multiple_of(100) => 0,
            Sabotage::OutputTwice if self.emitted.is_multiple_of(100) => 2,
            _ => 1,
        };
        for _ in 0..times {
            self.outbox.send(
                &mut self.producer,
                &Outgoing {
                    topic: &self.settings.topics.outputs[topic],
                    partition: None,
                    key: Some(key),
                    value,
                    headers: &[],
                },
            )?;
        }
        Ok(())
    }

    /// Lets out what must go out although a message failed.
    pub(super) fn salvage(&mut self, partition: i32, letter: &Letter<P::Message>) -> Result<(), Trouble> {
        let cx = self.context(letter.hops);
        let Self {
            desks,
            scratch,
            processor,
            ..
        } = self;
        let Some(desk) = desks.get_mut(&partition) else {
            return Ok(());
        };
        let outcome = scratch
            .call(|effects: &mut Effects<_, _, _>| {
                processor.salvage(letter.to, &letter.message, &mut desk.rows, &cx, effects);
                Ok(())
            })
            .and_then(|()| self.stage(Scope::Salvage(letter.to), letter.hops));
        match outcome {
            Ok(()) => self.perform(partition, letter.hops),
            Err(reason) => {
                let partition = self.mailbox_partition(partition);
                self.transaction
                    .events
                    .push(Event::SalvageFailed { partition, reason });
                Ok(())
            }
        }
    }
}
