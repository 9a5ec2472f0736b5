//! What a text says, as far as rules need to know: normalised so that one word written in many ways is one
//! word, searched for terms, and compared with others.
//!
//! Everything here is pure, takes any text whatever, looks at its first [`LIMIT`] bytes at most, and takes
//! time in proportion to them.

mod character;
mod fingerprint;
mod normal;
mod plain;
mod plain_search;
pub mod shingle;
pub mod sketch;
mod term;
pub mod terms;
mod trie;

pub use fingerprint::fingerprint;
pub use normal::normalise;
pub use sketch::Sketch;
pub use terms::{Category, Terms};

/// How much of a text is looked at, in bytes; a character that this would cut is left out.
pub const LIMIT: usize = 64 * 1024;

/// The beginning of a text that is looked at.
fn bounded(text: &str) -> &str {
    &text[..text.floor_char_boundary(LIMIT)]
}

#[cfg(test)]
mod tests;
