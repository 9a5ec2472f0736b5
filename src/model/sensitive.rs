//! Personal data that must not reach a log line by accident.

use std::fmt;
use std::ops::{Deref, DerefMut};

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// A value that prints as a fixed mask, whatever it holds, and travels on the wire as it is.
///
/// Reading it takes a deliberate step ([`Deref`], [`AsRef`], [`Sensitive::into_inner`]); formatting
/// it, alone or inside a record, does not reveal so much as its length.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sensitive<T>(pub T);

/// What a [`Sensitive`] prints as.
pub const MASK: &str = "***";

impl<T> Sensitive<T> {
    /// The value itself.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> fmt::Debug for Sensitive<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl<T> fmt::Display for Sensitive<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl<T> Deref for Sensitive<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Sensitive<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T> AsRef<T> for Sensitive<T> {
    fn as_ref(&self) -> &T {
        &self.0
    }
}

impl<T> From<T> for Sensitive<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl From<&str> for Sensitive<String> {
    fn from(value: &str) -> Self {
        Self(value.to_owned())
    }
}

impl From<&str> for Sensitive<SmolStr> {
    fn from(value: &str) -> Self {
        Self(value.into())
    }
}

impl From<String> for Sensitive<SmolStr> {
    fn from(value: String) -> Self {
        Self(value.into())
    }
}

#[cfg(test)]
mod tests {
    use super::Sensitive;

    #[test]
    fn formatting_reveals_nothing_and_json_everything() {
        let short = Sensitive::<String>::from("Ann");
        let long = Sensitive::<String>::from("ann.example@mail.example");
        assert_eq!(format!("{short:?}"), format!("{long:?}"));
        assert_eq!(format!("{short}"), "***");
        assert_eq!(format!("{:?}", Some(&short)), "Some(***)");
        assert_eq!(
            serde_json::to_string(&short).expect("a string is JSON"),
            "\"Ann\""
        );
    }
}
