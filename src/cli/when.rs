//! Times as arguments.

use jiff::Timestamp;

use crate::config::duration;
use crate::model::Millis;

/// Reads a time, or how long ago it was by the clock of this machine.
pub(super) fn time_or_ago(text: &str) -> Result<Millis, String> {
    time_at(text, now())
}

/// The clock of this machine.
pub(super) fn now() -> Millis {
    Millis(Timestamp::now().as_millisecond())
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
    use super::time_at;
    use crate::model::Millis;

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
