//! How large records may be: what the settings say, and what the log has refused.

/// What a record costs beside its key, value and headers: framing and batch header, rounded up.
const FRAME: usize = 128;

/// Which topic a limit is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// The mailbox.
    Mailbox,
    /// The changelog.
    Changelog,
    /// The dead letters.
    DeadLetters,
    /// The output topic with this index.
    Output(usize),
}

/// The size limit of each topic, in bytes of key, value and headers. A topic may be set to take less
/// than the settings say; the first refusal teaches it, and the work that was too large is then done
/// again within the limit, so that nothing is retried for ever (ENGINE.md 16).
#[derive(Debug)]
pub(super) struct Sizes {
    limits: Vec<usize>,
    /// The largest record of the open transaction, by target.
    largest: Vec<usize>,
    /// A row was refused: until the next commit, rows are measured when they are stored, so that the
    /// message that made one too large is told from the others.
    pub measure_rows: bool,
}

/// No limit is learnt below this: a topic that takes less than that cannot be worked with.
const LEAST: usize = 1_024;

impl Sizes {
    /// Limits for so many output topics.
    pub fn new(max_record: usize, outputs: usize) -> Self {
        Self {
            limits: vec![max_record.saturating_sub(FRAME).max(LEAST); outputs + 3],
            largest: vec![0; outputs + 3],
            measure_rows: false,
        }
    }

    /// The place of a target among all: mailbox, changelog, dead letters, outputs.
    pub fn index(target: Target) -> usize {
        match target {
            Target::Mailbox => 0,
            Target::Changelog => 1,
            Target::DeadLetters => 2,
            Target::Output(index) => index + 3,
        }
    }

    /// The limit.
    pub fn limit(&self, target: Target) -> usize {
        self.limits[Self::index(target)]
    }

    /// The largest limit of all.
    pub fn roomiest(&self) -> usize {
        self.limits.iter().copied().max().unwrap_or(LEAST)
    }

    /// A record of this size is about to be sent.
    pub fn sending(&mut self, target: Target, size: usize) {
        let largest = &mut self.largest[Self::index(target)];
        *largest = size.max(*largest);
    }

    /// A transaction begins.
    pub fn begin(&mut self) {
        self.largest.fill(0);
    }

    /// The log refused a record of the open transaction as too large. The log does not always say
    /// which; it is taken to be the largest of them.
    pub fn refused(&mut self) {
        let largest = (0..self.largest.len())
            .max_by_key(|&i| self.largest[i])
            .unwrap_or_default();
        let size = self.largest[largest];
        self.limits[largest] = (size - size / 8).clamp(LEAST, self.limits[largest]);
        self.measure_rows |= largest == Self::index(Target::Changelog);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_lowers_the_limit_of_the_topic_that_refused() {
        let mut sizes = Sizes::new(10_000, 2);
        sizes.sending(Target::Output(1), 8_000);
        sizes.sending(Target::Mailbox, 500);
        sizes.refused();
        assert_eq!(sizes.limit(Target::Output(1)), 7_000);
        assert_eq!(sizes.limit(Target::Output(0)), 10_000 - FRAME);
        assert!(!sizes.measure_rows);
        sizes.begin();
        sizes.sending(Target::Changelog, 9_000);
        sizes.refused();
        assert!(sizes.measure_rows && sizes.limit(Target::Changelog) < 9_000);
    }
}
