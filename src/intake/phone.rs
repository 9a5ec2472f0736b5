//! Phone numbers in one form, by the metadata of libphonenumber.

use rlibphonenumber::{NumberLengthType, PHONE_NUMBER_UTIL, PhoneNumberFormat};
use smol_str::{SmolStr, format_smolstr};
use unicode_normalization::UnicodeNormalization;

use crate::config::rules::Region;

/// Brings a number to E.164, with its extension if it has one; one that is written without its country is of the
/// region. A number counts if it has a length that its country has numbers of: which of them are given out changes
/// faster than metadata do. What is none stays as text: digits and the plus they begin with; with letters in it,
/// in lower case.
pub(super) fn normalise(value: &mut SmolStr, region: Option<Region>) {
    let plain = plain(value);
    let number = international(&plain, region).or_else(|| {
        // Where nothing says how abroad is dialled, it is as most do.
        let abroad = plain.trim_start_matches(['(', ' ']).strip_prefix("00")?;
        international(&format!("+{abroad}"), None)
    });
    *value = number.unwrap_or_else(|| text(&plain));
}

/// Digits of any script as those of ASCII, and one sign for all dashes, and one for all blanks; without `tel:`.
fn plain(value: &str) -> String {
    let plain: String = match value.is_ascii() {
        true => value.into(),
        false => value.nfkc().map(plain_sign).collect(),
    };
    match plain.get(..4) {
        Some(scheme) if scheme.eq_ignore_ascii_case("tel:") => plain[4..].trim().into(),
        _ => plain,
    }
}

fn plain_sign(c: char) -> char {
    match c {
        _ if c.is_ascii() => c,
        _ if c.is_whitespace() => ' ',
        '\u{58A}'
        | '\u{5BE}'
        | '\u{1400}'
        | '\u{1806}'
        | '\u{2010}'..='\u{2015}'
        | '\u{2043}'
        | '\u{2053}'
        | '\u{207B}'
        | '\u{208B}'
        | '\u{2212}'
        | '\u{2E17}'
        | '\u{2E1A}'
        | '\u{2E3A}'..='\u{2E3B}'
        | '\u{301C}'
        | '\u{3030}'
        | '\u{30A0}'
        | '\u{30FC}' => '-',
        _ if c.is_numeric() => {
            let digit = PHONE_NUMBER_UTIL.normalize_digits_only(c.encode_utf8(&mut [0; 4]));
            digit.chars().next().unwrap_or(c)
        }
        _ => c,
    }
}

/// A number in E.164.
fn international(number: &str, region: Option<Region>) -> Option<SmolStr> {
    let parsed = PHONE_NUMBER_UTIL.parse(number, region).ok()?;
    let length = parsed.is_possible_with_reason().ok()?;
    if !matches!(length, NumberLengthType::IsPossible) {
        return None;
    }
    let form = parsed.format_as(PhoneNumberFormat::E164);
    Some(match parsed.extension.as_deref().unwrap_or_default() {
        "" => form.into(),
        extension => format_smolstr!("{form};ext={extension}"),
    })
}

/// What is no number, as text.
fn text(plain: &str) -> SmolStr {
    let plain = plain.trim();
    let is_number = plain.chars().all(|c| c.is_ascii_digit() || " +-./()".contains(c));
    if !is_number {
        return plain.to_lowercase().into();
    }
    let plus = plain.starts_with('+').then_some('+');
    let digits = plain.chars().filter(char::is_ascii_digit);
    plus.into_iter().chain(digits).collect()
}

#[cfg(test)]
mod tests {
    use smol_str::SmolStr;

    use crate::config::rules::Region;

    fn spelt(value: &str, region: Option<Region>) -> SmolStr {
        let mut value = SmolStr::from(value);
        crate::intake::spelling::clean(&mut value);
        super::normalise(&mut value, region);
        value
    }

    /// CASES 19.
    #[test]
    fn one_number_however_it_is_written_in_britain() {
        for spelling in [
            "+447700900123",
            "+44 (0)7700 900123",
            "+44(0)7700-900123",
            "0044 7700 900123",
            "0044 (0) 7700 900123",
            "(0044) 7700 900123",
            "00447700900123",
            "07700 900123",
            "(07700) 900-123",
            "07700.900.123",
            "07700/900123",
            "7700 900123",
            "tel:+447700900123",
            "TEL:+44-7700-900123",
            "tel:07700900123",
            "+44\u{2011}7700\u{2011}900123",
            "+44\u{2013}7700\u{2212}900123",
            "+44\u{202F}7700\u{202F}900123",
            "+44\u{A0}7700\u{2009}900\u{3000}123",
            "+44\u{200B}7700\u{200D}900123\u{FEFF}",
            "\u{202A}+447700900123\u{202C}",
            "+٤٤٧٧٠٠٩٠٠١٢٣",
            "٠٧٧٠٠ ٩٠٠١٢٣",
            "۰۷۷۰۰۹۰۰۱۲۳",
            "०७७०० ९००१२३",
            "＋４４ ７７００ ９００１２３",
            "+4407700900123",
        ] {
            assert_eq!(spelt(spelling, Some(Region::GB)), "+447700900123", "{spelling:?}");
        }
    }

    #[test]
    fn what_a_number_comes_to() {
        use Region::{DE, GB, IR, IT, US};
        //   given                    in the region      then
        for (number, region, form) in [
            ("+447700900123", Some(US), "+447700900123"),
            ("0044 7700 900123", Some(US), "+447700900123"), // 011 there, but nobody is called 00
            ("0044 7700 900123", None, "+447700900123"),
            ("tel:+44(0)7700 900123", None, "+447700900123"),
            ("07700 900123", None, "07700900123"),
            ("07700 900123", Some(DE), "+497700900123"),
            ("(415) 555-0100", Some(US), "+14155550100"),
            ("06 698 12345", Some(IT), "+390669812345"), // where the 0 is part of the number
            ("۰۹۱۲۱۲۳۴۵۶۷", Some(IR), "+989121234567"),
            ("+44 20 7946 0958 ext. 12", Some(GB), "+442079460958;ext=12"),
            ("+44 20 7946 0958 x12", None, "+442079460958;ext=12"),
            ("1-800-FLOWERS", Some(US), "+18003569377"),
            // No numbers, or none of the length of any.
            ("12345", Some(GB), "12345"),
            ("+15550100", Some(GB), "+15550100"),
            ("+1 555-0100", None, "+15550100"),
            ("0000", Some(GB), "0000"),
            ("Withheld", Some(GB), "withheld"),
            ("", Some(GB), ""),
        ] {
            assert_eq!(spelt(number, region), form, "{number:?} in {region:?}");
        }
    }
}
