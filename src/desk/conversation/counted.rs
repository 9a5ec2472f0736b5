//! What a case tells to be counted over many cases (rules 13, 14, 22).

use super::Actor;
use super::case::CaseRow;
use super::ledger::Head;
use crate::desk::message::Message;
use crate::desk::row::Row;
use crate::desk::tally::told::{Told, shard_key, shard_of};
use crate::processor::{Corrupt, RowKey};

impl Actor<'_, '_> {
    /// Tells the shard of the tally what differs between the case as it is stored and as it will be. A case is
    /// stored once an apply.
    pub(super) fn tell_tally(&mut self, head: &Head, key: RowKey, row: &CaseRow) -> Result<(), Corrupt> {
        let before = match self.state.get(&key)? {
            Some(Row::Case(before)) => Told::of(before),
            _ => None,
        };
        let shard = shard_of(self.key);
        for counts in Told::news(before.as_ref(), Told::of(row).as_ref(), &head.channel, shard) {
            let to = shard_key(self.desk.keys(), &counts.of, shard);
            self.effects.tell(to, Message::Count(Box::new(counts)));
        }
        Ok(())
    }
}
