//! What differs between what the desk has made of records and what the model finds.

mod cases;
mod work;

use std::fmt;

pub use cases::misjudged;
pub use work::mishandled;

/// One field, or a whole record, that is not as the model has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The case or work item, by its id, which names nobody.
    pub id: String,
    /// Which field, or what is wrong with the whole.
    pub what: String,
    /// All of it, with names and values: for records that are invented.
    pub told: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.told)
    }
}
