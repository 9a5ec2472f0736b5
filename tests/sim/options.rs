//! What a run is asked for.

use heard::engine::Sabotage;

/// How a simulation differs from the ordinary one.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Whether messages may skip the mailbox.
    pub local_delivery: bool,
    /// A fault to plant.
    pub sabotage: Sabotage,
    /// Tell what happens on stderr.
    pub tell: bool,
}
