//! Channels and stages by number: the queues of open cases, and the groups whose figures are added up.

use serde::{Deserialize, Serialize};

use crate::model::Stage;

/// A channel, as queues of open cases and groups of figures name it: the same on every run, whatever the
/// configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelTag(u32);

impl ChannelTag {
    /// The tag of a channel.
    pub fn of(channel: &str) -> Self {
        // FNV-1a, 32 bits (Fowler, Noll, Vo): simple, and fixed for ever, since rows keep it.
        let mix = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        Self(channel.bytes().fold(0x811c_9dc5, mix))
    }

    /// The queue of this channel's cases in this stage.
    pub fn queue(self, stage: Stage, waiting: Waiting) -> u64 {
        (self.group(stage) << 1) | waiting as u64
    }

    /// The group of this channel's cases in this stage, whose figures are added up.
    pub fn group(self, stage: Stage) -> u64 {
        (u64::from(self.0) << 1) | u64::from(stage == Stage::Onstage)
    }
}

/// The stage of a group, whatever its channel.
pub fn stage_of_group(group: u64) -> Stage {
    if group & 1 != 0 {
        Stage::Onstage
    } else {
        Stage::Offstage
    }
}

/// For what a case stands in a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// It is neither resolved nor let go; since its opening.
    ForResolution = 0,
    /// Its customer waits for a reply; since the wait's first message.
    ForReply = 1,
}

impl Waiting {
    /// The stage of a queue's cases and for what they stand in it, whatever their channel.
    pub fn of_queue(queue: u64) -> (Stage, Self) {
        let waiting = if queue & 1 != 0 {
            Self::ForReply
        } else {
            Self::ForResolution
        };
        (stage_of_group(queue >> 1), waiting)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{ChannelTag, Waiting, stage_of_group};
    use crate::model::Stage;

    #[test]
    fn tags_are_fixed_and_queues_and_groups_differ() {
        assert_eq!(ChannelTag::of(""), ChannelTag(0x811c_9dc5));
        assert_eq!(
            ChannelTag::of("foobar"),
            ChannelTag(0xbf9c_f968),
            "the published test vector"
        );
        let tag = ChannelTag::of("social");
        let stages = [Stage::Onstage, Stage::Offstage];
        let queues: BTreeSet<u64> = stages
            .into_iter()
            .flat_map(|stage| [Waiting::ForReply, Waiting::ForResolution].map(|w| tag.queue(stage, w)))
            .collect();
        assert_eq!(queues.len(), 4);
        for stage in stages {
            assert_eq!(stage_of_group(tag.group(stage)), stage);
            let queue = tag.queue(stage, Waiting::ForReply);
            assert_eq!(Waiting::of_queue(queue), (stage, Waiting::ForReply));
        }
    }
}
