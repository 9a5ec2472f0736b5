//! By what a report divides cases into groups.

use std::fmt;

use serde::{Serialize, Serializer};
use smol_str::SmolStr;

use crate::model::{Case, Stage};

/// What groups may differ in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    /// The brand it is about.
    Brand,
    /// The channel.
    Channel,
    /// The stage: a private message in a public channel is offstage.
    Stage,
    /// The customer's tier.
    Tier,
}

impl Dimension {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Brand, Self::Channel, Self::Stage, Self::Tier];

    /// How it is called.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Brand => "brand",
            Self::Channel => "channel",
            Self::Stage => "stage",
            Self::Tier => "tier",
        }
    }

    /// What a case has in it.
    pub fn of(self, case: &Case) -> Label {
        match self {
            Self::Brand => Label::optional(case.brand.as_ref()),
            Self::Channel => Label::Name(case.channel.clone()),
            Self::Stage => Label::Stage(case.stage),
            Self::Tier => Label::optional(case.tier.as_ref()),
        }
    }
}

/// What the cases of a group have in common, in one dimension.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(untagged)]
pub enum Label {
    /// A name that messages or the CRM brought along.
    Name(SmolStr),
    /// A stage.
    Stage(Stage),
    /// Nothing is known.
    None,
}

impl Label {
    fn optional(name: Option<&SmolStr>) -> Self {
        name.map_or(Self::None, |name| Self::Name(name.clone()))
    }
}

impl fmt::Display for Label {
    /// As a cell of a table. Names come from outside: nothing in them may move a terminal's cursor.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => name
                .chars()
                .map(|c| if c.is_control() { '\u{fffd}' } else { c })
                .try_for_each(|c| write!(f, "{c}")),
            Self::Stage(Stage::Onstage) => f.write_str("onstage"),
            Self::Stage(Stage::Offstage) => f.write_str("offstage"),
            Self::None => f.write_str("-"),
        }
    }
}

/// What the cases of a group have in common, in the order of the dimensions asked for. As JSON, an object
/// with the dimensions' names.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Labels(pub Vec<(Dimension, Label)>);

impl Labels {
    /// The label in a dimension, if groups differ in it.
    pub fn get(&self, dimension: Dimension) -> Option<&Label> {
        self.0
            .iter()
            .find(|(of, _)| *of == dimension)
            .map(|(_, label)| label)
    }
}

impl Serialize for Labels {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(of, label)| (of.name(), label)))
    }
}

#[cfg(test)]
mod tests {
    use super::{Dimension, Label, Labels};
    use crate::model::{Case, Stage};

    #[test]
    fn what_a_case_has() {
        let case = Case {
            brand: Some("Google".into()),
            channel: "social".into(),
            stage: Stage::Onstage,
            ..Case::default()
        };
        let labels = Labels(Dimension::ALL.map(|of| (of, of.of(&case))).into());
        let json = serde_json::to_string(&labels).expect("JSON");
        assert_eq!(
            json,
            r#"{"brand":"Google","channel":"social","stage":"ONSTAGE","tier":null}"#
        );
        assert_eq!(labels.get(Dimension::Tier), Some(&Label::None));
        let shown: Vec<_> = labels.0.iter().map(|(_, label)| label.to_string()).collect();
        assert_eq!(shown, ["Google", "social", "onstage", "-"]);
        assert_eq!(Label::Name("a\u{1b}[2J".into()).to_string(), "a\u{fffd}[2J");
    }
}
