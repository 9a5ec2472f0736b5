//! What settings there are: noted down as they are read, so that nothing else has to list them.
//!
//! The call that reads a setting also says what it means and what holds without it
//! ([`Section::setting`](super::section::Section::setting)). Reading an empty file with a [`Book`]
//! open gives all of them: for heard.example.toml and docs/configuration.md.

/// A table or a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A table begins.
    Table {
        /// Its path; empty for the top.
        path: String,
        /// The path with a word in capitals where any name may stand, such as `channels.NAME`.
        pattern: String,
        /// What it is for.
        about: String,
        /// Whether there may be several of it: `[[...]]`.
        repeated: bool,
    },
    /// A setting of the table before it.
    Setting(Setting),
}

/// A setting, as people are told about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its path, such as `engine.workers`.
    pub path: String,
    /// The path with a word in capitals where any name may stand, such as `channels.NAME.stage`.
    pub pattern: String,
    /// What it means.
    pub about: String,
    /// What may be written, to complete "must be ...".
    pub allowed: String,
    /// What holds without it, or an example.
    pub value: Shown,
}

/// A value to show, as TOML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// What holds if nothing is set.
    Default(String),
    /// What another setting says holds if nothing is set.
    Like {
        /// The other setting, or the table it is in.
        of: &'static str,
        /// How it could be set.
        example: String,
    },
    /// Nothing holds if nothing is set; this is how it could be set.
    Example(String),
}

impl Setting {
    /// The last part of its path.
    pub fn key(&self) -> &str {
        self.path.rsplit('.').next().unwrap_or(&self.path)
    }
}

/// All entries, in the order in which they are read.
#[derive(Clone, Debug, Default)]
pub struct Book(pub Vec<Entry>);
