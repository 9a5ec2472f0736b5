//! Where reading begins, as kcat's users write it.

use std::str::FromStr;

use crate::log::Ends;

/// Where to begin in a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// With the first record that is there.
    Beginning,
    /// With what comes from now on.
    End,
    /// At this offset.
    At(i64),
    /// So many offsets before the end.
    Last(i64),
}

impl FromStr for Start {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "beginning" => Ok(Self::Beginning),
            "end" => Ok(Self::End),
            _ => match (text.strip_prefix('-'), text.parse::<i64>()) {
                (Some(_), Ok(number)) if number <= 0 => Ok(Self::Last(-number)),
                (None, Ok(offset)) => Ok(Self::At(offset)),
                _ => Err("write beginning, end, an offset such as 17, or -5 for the last five".into()),
            },
        }
    }
}

impl Start {
    /// The offset in a partition with these ends.
    pub fn offset(self, ends: Ends) -> i64 {
        let offset = match self {
            Self::Beginning => ends.start,
            Self::End => ends.last_stable,
            Self::At(offset) => offset,
            Self::Last(number) => ends.last_stable - number,
        };
        offset.clamp(ends.start, ends.last_stable.max(ends.start))
    }
}

#[cfg(test)]
mod tests {
    use super::Start;
    use crate::log::Ends;

    #[test]
    fn where_a_partition_of_offsets_10_to_20_is_begun() {
        let ends = Ends {
            start: 10,
            last_stable: 20,
            high_watermark: 23,
        };
        //   given this text   then it begins at
        for (text, offset) in [
            ("beginning", Some(10)),
            ("end", Some(20)),
            ("0", Some(10)),
            ("15", Some(15)),
            ("20", Some(20)),
            ("99", Some(20)),
            ("-1", Some(19)),
            ("-5", Some(15)),
            ("-99", Some(10)),
            ("-0", Some(20)),
            ("", None),
            ("-", None),
            ("last", None),
            ("1.5", None),
            ("+-3", None),
            ("99999999999999999999", None),
        ] {
            let start = text.parse::<Start>().ok();
            assert_eq!(start.map(|start| start.offset(ends)), offset, "{text:?}");
        }
    }
}
