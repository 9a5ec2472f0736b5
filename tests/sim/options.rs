//! What a run is asked for.

use heard::engine::Sabotage;

/// How a simulation differs from the ordinary one.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Whether messages may skip the mailbox.
    pub local_delivery: bool,
    /// A fault to plant.
    pub sabotage: Sabotage,
    /// Whether instances believe the clocks of their machines: a fault, as those are off now and then.
    pub believes_clocks: bool,
    /// Whether an older state of another is applied over a newer one: a fault.
    pub applies_older: bool,
    /// Tell what happens on stderr.
    pub tell: bool,
}
