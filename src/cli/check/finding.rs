//! What a check found: what is as it should be, what one should know, what is odd, and what is lacking.

use serde_json::{Value, json};

use crate::cli::Exit;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    /// All is well.
    Fine,
    /// As it may well be meant; whoever looks may want to know.
    Note,
    /// `heard run` would work, but somebody should look at it.
    Odd,
    /// `heard run` would not work; the status says what kind of thing is lacking.
    Lacks(Exit),
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    /// How much it matters.
    pub weight: Weight,
    /// What was looked at, such as `topic crm.cases`.
    pub about: String,
    /// What was found.
    pub what: String,
    /// What to do about it; empty if there is nothing to do.
    pub mend: String,
}

impl Finding {
    /// All is well.
    pub fn fine(about: impl Into<String>, what: impl Into<String>) -> Self {
        Self {
            weight: Weight::Fine,
            about: about.into(),
            what: what.into(),
            mend: String::new(),
        }
    }

    /// May well be meant so.
    pub fn note(about: impl Into<String>, what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self {
            weight: Weight::Note,
            mend: mend.into(),
            ..Self::fine(about, what)
        }
    }

    /// Works, but should be looked at.
    pub fn odd(about: impl Into<String>, what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self {
            weight: Weight::Odd,
            mend: mend.into(),
            ..Self::fine(about, what)
        }
    }

    /// Something is lacking.
    pub fn lacks(
        exit: Exit,
        about: impl Into<String>,
        what: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        Self {
            weight: Weight::Lacks(exit),
            ..Self::odd(about, what, mend)
        }
    }

    /// A line for people.
    pub fn line(&self) -> String {
        let Self {
            about, what, mend, ..
        } = self;
        let space = if mend.is_empty() { "" } else { " " };
        format!("{:<5}  {about}: {what}{space}{mend}", self.word())
    }

    /// The same for programs.
    pub fn json(&self) -> Value {
        let Self {
            about, what, mend, ..
        } = self;
        json!({ "finding": self.word(), "about": about, "what": what, "mend": mend })
    }

    fn word(&self) -> &'static str {
        match self.weight {
            Weight::Fine => "ok",
            Weight::Note => "note",
            Weight::Odd => "odd",
            Weight::Lacks(_) => "lacks",
        }
    }
}

/// The status of all findings together: that of the first thing that is lacking.
pub(super) fn exit(findings: &[Finding]) -> Exit {
    let lacking = findings.iter().find_map(|finding| match finding.weight {
        Weight::Lacks(exit) => Some(exit),
        Weight::Fine | Weight::Note | Weight::Odd => None,
    });
    lacking.unwrap_or(Exit::Done)
}
