//! How signals go out: counted, and with details in words.

use super::Effects;
use super::figures;
use super::output::Output;
use crate::model::{Millis, Signal};

/// Sends a signal out.
pub fn emit(signal: Signal, effects: &mut Effects) {
    effects.count(figures::of_signal(signal.kind), 1);
    effects.emit(Output::Signal(Box::new(signal)));
}

/// Details of a signal, in the order of writing; those that are not known are left out.
#[derive(Debug, Default)]
pub struct Details(std::collections::BTreeMap<String, String>);

impl Details {
    /// A detail in words.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.0.insert(name.to_owned(), value.to_string());
        self
    }

    /// A detail that may not be known.
    #[must_use]
    pub fn maybe(self, name: &str, value: Option<impl ToString>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// A time, in milliseconds since 1970-01-01T00:00Z as everywhere.
    #[must_use]
    pub fn at(self, name: &str, at: Millis) -> Self {
        self.with(name, at.0)
    }
}

impl From<Details> for std::collections::BTreeMap<String, String> {
    fn from(details: Details) -> Self {
        details.0
    }
}
