//! What customers say when asked.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::{Millis, Person, Sensitive};

/// A customer's answer to a survey. Instruments (scales) are never pooled.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Survey {
    /// The answer's id, unique within its source.
    pub id: SmolStr,
    /// The system that asked; if a conversation is named, that conversation's source.
    pub source: SmolStr,
    /// Who answered. Needs an identifier unless a conversation is named.
    pub customer: Option<Person>,
    /// The channel of the conversation asked about.
    pub channel: Option<SmolStr>,
    /// The conversation asked about; its channel must be named, too.
    pub conversation_id: Option<SmolStr>,
    /// What it was about.
    #[serde(default)]
    pub about: SurveyAbout,
    /// The score, in the scale's units.
    pub score: f64,
    /// The instrument.
    pub scale: SurveyScale,
    /// When it was answered.
    pub occurred_at: Millis,
    /// Whether the customer told others about it.
    pub told_others: Option<bool>,
    /// What was said beside the score.
    pub comment: Option<Sensitive<String>>,
}

/// What a survey asked about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SurveyAbout {
    /// One case.
    #[default]
    Case,
    /// The company as a whole: belongs to the party only.
    Relationship,
}

/// The instrument of a survey.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum SurveyScale {
    /// Would you recommend us? 0 to 10.
    #[default]
    #[serde(rename = "NPS_0_10")]
    Nps0To10,
    /// Stars, 1 to 5.
    #[serde(rename = "STARS_1_5")]
    Stars1To5,
    /// Satisfaction, 1 to 5.
    #[serde(rename = "CSAT_1_5")]
    Csat1To5,
}

impl SurveyScale {
    /// The symbol in the schema.
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Nps0To10 => "NPS_0_10",
            Self::Stars1To5 => "STARS_1_5",
            Self::Csat1To5 => "CSAT_1_5",
        }
    }

    /// The least and the greatest score.
    pub const fn bounds(self) -> (f64, f64) {
        match self {
            Self::Nps0To10 => (0.0, 10.0),
            Self::Stars1To5 | Self::Csat1To5 => (1.0, 5.0),
        }
    }
}
