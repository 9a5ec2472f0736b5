//! The contract suite on the log in memory, and tests of what only this log can show.

#[path = "../contract/mod.rs"]
mod contract;

mod brokers;
mod echo;
mod faults;
mod fetching;
mod sessions;
mod transactions;
mod world;

mod simulated {
    use crate::world::Memory;
    crate::contract::suite!(Memory::simulated());
}

mod queueing {
    use crate::world::Memory;
    crate::contract::suite!(Memory::queueing());
}

mod live {
    use crate::world::Memory;
    crate::contract::suite!(Memory::live());
}
