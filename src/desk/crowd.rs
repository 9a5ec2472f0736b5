//! A list of cases that may grow large: the newest in its owner's main row, older ones in sealed
//! blocks, so that adding one costs the same in a large crowd as in a small one.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::keys::part;
use super::message::CaseRef;
use super::row::Row;
use super::{Effects, State};
use crate::processor::{ActorKey, Corrupt, RowKey};

/// Cases in a block, and at most in the main row.
const BLOCK: usize = 32;

/// A list of cases, appended to only.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Crowd {
    blocks: u32,
    tail: SmallVec<[CaseRef; 1]>,
}

impl Crowd {
    /// Adds a case; it must not be in the crowd already.
    pub fn add(&mut self, owner: ActorKey, case: CaseRef, effects: &mut Effects) {
        if self.tail.len() == BLOCK {
            let block = std::mem::take(&mut self.tail).into_vec();
            effects.store(row(owner, self.blocks), Row::Crowd(block));
            self.blocks += 1;
        }
        self.tail.push(case);
    }

    /// The newest cases, those not in a sealed block.
    pub fn newest(&self) -> &[CaseRef] {
        &self.tail
    }

    /// How many blocks are sealed: they are numbered from zero.
    pub fn blocks(&self) -> u32 {
        self.blocks
    }

    /// The cases of a sealed block.
    ///
    /// # Errors
    ///
    /// The block is missing.
    pub fn block(owner: ActorKey, block: u32, state: &mut State<'_>) -> Result<Vec<CaseRef>, Corrupt> {
        match state.get(&row(owner, block))? {
            Some(Row::Crowd(cases)) => Ok(cases.clone()),
            _ => Err(Corrupt(format!("block {block} of a crowd is missing"))),
        }
    }
}

fn row(owner: ActorKey, block: u32) -> RowKey {
    RowKey {
        actor: owner,
        part: part::CROWD,
        index: block.into(),
    }
}
