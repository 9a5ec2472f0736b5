//! Which letters are meant.

use clap::Args;

use super::letters::Letter;
use crate::cli::tail::resolve;
use crate::cli::when;
use crate::config::Settings;
use crate::log::Topic;
use crate::model::Millis;

/// Options that narrow letters down; all of them must hold.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct FilterArgs {
    /// Only letters of this reason; may be given several times.
    #[arg(long = "reason", value_name = "REASON")]
    reasons: Vec<String>,
    /// Only letters that came from this topic, named without the prefix; may be given several times.
    #[arg(long = "topic", value_name = "TOPIC")]
    topics: Vec<String>,
    /// Only letters that were given up at this time or later: 2026-03-04T12:00:00Z, or 2h for two hours
    /// ago.
    #[arg(long, value_name = "TIME", value_parser = when::time_or_ago)]
    since: Option<Millis>,
    /// Only letters that were given up before this time.
    #[arg(long, value_name = "TIME", value_parser = when::time_or_ago)]
    until: Option<Millis>,
}

/// [`FilterArgs`] with the topics' full names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Filter {
    pub reasons: Vec<String>,
    pub topics: Vec<Topic>,
    pub since: Option<Millis>,
    pub until: Option<Millis>,
}

impl FilterArgs {
    /// The filter that the options are.
    pub fn resolve(&self, settings: &Settings) -> Filter {
        Filter {
            reasons: self.reasons.clone(),
            topics: self.topics.iter().map(|name| resolve(settings, name)).collect(),
            since: self.since,
            until: self.until,
        }
    }
}

impl Filter {
    /// Whether a letter is meant.
    pub fn takes(&self, letter: &Letter) -> bool {
        let Self {
            reasons,
            topics,
            since,
            until,
        } = self;
        let named = |topic: &Topic| topic.as_str() == letter.envelope.topic;
        (reasons.is_empty() || reasons.contains(&letter.envelope.reason))
            && (topics.is_empty() || topics.iter().any(named))
            && since.is_none_or(|since| since <= letter.envelope.at)
            && until.is_none_or(|until| letter.envelope.at < until)
    }
}

#[cfg(test)]
mod tests {
    use super::Filter;
    use crate::cli::dlq::letters::testing::letter;
    use crate::log::Topic;
    use crate::model::Millis;

    #[test]
    fn all_that_is_given_must_hold() {
        let letter = letter("0:7", "complaints.email", "truncated", 100);
        let none = Filter::default();
        let reason = |names: &[&str]| Filter {
            reasons: names.iter().map(|name| (*name).to_owned()).collect(),
            ..Filter::default()
        };
        let topic = |names: &[&str]| Filter {
            topics: names.iter().map(|name| Topic::new(name)).collect(),
            ..Filter::default()
        };
        let time = |since: Option<i64>, until: Option<i64>| Filter {
            since: since.map(Millis),
            until: until.map(Millis),
            ..Filter::default()
        };
        let both = Filter {
            topics: vec![Topic::new("responses.email")],
            ..reason(&["truncated"])
        };
        //   given filter                       then the letter is meant
        for (filter, takes) in [
            (none, true),
            (reason(&["truncated"]), true),
            (reason(&["bad_magic", "truncated"]), true),
            (reason(&["bad_magic"]), false),
            (topic(&["complaints.email"]), true),
            (topic(&["email"]), false),
            (both, false),
            (time(Some(100), None), true),
            (time(Some(101), None), false),
            (time(None, Some(100)), false),
            (time(Some(100), Some(101)), true),
        ] {
            assert_eq!(filter.takes(&letter), takes, "{filter:?}");
        }
    }
}
