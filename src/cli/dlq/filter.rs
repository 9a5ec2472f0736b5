//! Which letters are meant.

use clap::Args;
use jiff::Timestamp;

use super::letters::Letter;
use crate::cli::tail::resolve;
use crate::config::{Settings, duration};
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
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    since: Option<Millis>,
    /// Only letters that were given up before this time.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
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

fn parse_time(text: &str) -> Result<Millis, String> {
    time_at(text, Millis(Timestamp::now().as_millisecond()))
}

/// A time, or a duration before `now`.
fn time_at(text: &str, now: Millis) -> Result<Millis, String> {
    if let Some(span) = duration::parse(text) {
        return Ok(now.plus(-span.ms()));
    }
    text.parse::<Timestamp>()
        .map(|time| Millis(time.as_millisecond()))
        .map_err(|_| {
            "write a time with its offset, such as 2026-03-04T12:00:00Z, or how long ago, such as 2h".into()
        })
}

#[cfg(test)]
mod tests {
    use super::{Filter, time_at};
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
            (reason(&["bad-magic", "truncated"]), true),
            (reason(&["bad-magic"]), false),
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

    #[test]
    fn times_are_absolute_or_so_long_ago() {
        let now = Millis(10_000_000);
        assert_eq!(time_at("1970-01-01T01:00:00+01:00", now), Ok(Millis(0)));
        assert_eq!(time_at("1h30m", now), Ok(Millis(4_600_000)));
        for wrong in ["", "yesterday", "2026-03-04", "-2h"] {
            assert!(time_at(wrong, now).is_err(), "{wrong}");
        }
    }
}
