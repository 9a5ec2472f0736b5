//! Waking rows whose time has come (ENGINE.md 16, 17).

use super::error::Trouble;
use super::event::Event;
use super::savepoint::Scope;
use super::settings::Mode;
use super::source::SourceId;
use super::worker::Worker;
use crate::log::Log;
use crate::model::Millis;
use crate::processor::{Context, Processor, Rejection, RowKey};

impl<L: Log, P: Processor> Worker<L, P> {
    /// The row that is due first among all partitions that are not blocked.
    pub(super) fn first_due(&mut self) -> Option<(Millis, RowKey, i32)> {
        let desks = self.desks.iter_mut().filter(|(_, desk)| !desk.blocked);
        desks
            .filter_map(|(&partition, desk)| {
                let (at, row) = desk.rows.first_due()?;
                Some((at, row, partition))
            })
            .min()
    }

    /// Wakes what is due, in order, a bounded number of rows; whether there was any. While the wall clock is not to be
    /// believed none is, until it is: to judge later is better than to judge by a wrong time.
    pub(super) fn fire_timers(&mut self) -> Result<bool, Trouble> {
        if self.settings.mode == Mode::Live && !self.clock.trust().may_judge() {
            return Ok(false);
        }
        let until = self.now(self.clock.wall());
        let mut fired = 0;
        while fired < self.settings.pace.timers_per_step {
            let Some((due, row, partition)) = self.first_due().filter(|(due, ..)| *due <= until) else {
                break;
            };
            self.look_at_clock();
            self.wake(due, row, partition)?;
            self.cool()?;
            fired += 1;
            self.commit_if_due()?;
        }
        Ok(fired > 0)
    }

    fn wake(&mut self, due: Millis, row: RowKey, partition: i32) -> Result<(), Trouble> {
        self.begin(SourceId::Mailbox(partition))?;
        let cx = self.context(0);
        // On the event clock each timer fires at its own time; on the wall clock, when it is. That may have been set back
        // since it was seen to be due.
        let now = match self.settings.mode {
            Mode::Live => cx.now.max(due),
            Mode::Drain { .. } => due,
        };
        let cx = Context { now, ..cx };
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
            .call(|effects| processor.wake(row, &mut desk.rows, &cx, effects))
            .and_then(|()| self.stage(Scope::Actor(row.actor), 0));
        match outcome {
            Ok(()) => {
                self.transaction.counts.woken += 1;
                self.perform(partition, 0)?;
                let due = self
                    .desks
                    .get_mut(&partition)
                    .and_then(|desk| desk.rows.due(&row));
                if due.is_some_and(|due| due <= now) {
                    let reason = Rejection::new("still_due", "it was woken and is still due");
                    self.park(row, partition, reason);
                }
                self.deliver_locally()
            }
            Err(reason) => {
                self.park(row, partition, reason);
                Ok(())
            }
        }
    }

    fn park(&mut self, row: RowKey, number: i32, reason: Rejection) {
        let partition = self.mailbox_partition(number);
        if let Some(desk) = self.desks.get_mut(&number) {
            desk.rows.park(row);
        }
        self.transaction.counts.parked += 1;
        self.transaction.events.push(Event::TimerParked {
            partition,
            row,
            reason,
        });
    }
}
