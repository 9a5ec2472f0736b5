//! Records and bytes that were read and written, topic by topic.

use std::ops::AddAssign;

use smallvec::SmallVec;

/// Records, and the bytes of their keys and values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flow {
    /// How many.
    pub records: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Flows by the index of a topic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flows(SmallVec<[Flow; 24]>);

impl Flows {
    fn at(&mut self, index: usize) -> &mut Flow {
        if self.0.len() <= index {
            self.0.resize(index + 1, Flow::default());
        }
        &mut self.0[index]
    }

    /// A record of so many bytes.
    pub fn add(&mut self, index: usize, bytes: usize) {
        let flow = self.at(index);
        flow.records += 1;
        flow.bytes += bytes as u64;
    }

    /// All of a topic.
    pub fn get(&self, index: usize) -> Flow {
        self.0.get(index).copied().unwrap_or_default()
    }
}

impl AddAssign<&Self> for Flows {
    fn add_assign(&mut self, other: &Self) {
        for (index, Flow { records, bytes }) in other.0.iter().enumerate() {
            let flow = self.at(index);
            flow.records += records;
            flow.bytes += bytes;
        }
    }
}
