//! How single TOML values become typed ones, how they are shown, and what is said when they are wrong.

use std::num::NonZeroU32;
use std::time::Duration;

use toml::de::DeValue;

use super::duration;
use super::rules::{Region, Share, Span, UnknownKind};
use crate::model::{Millis, Stage};

/// A type that a TOML value can be read as.
pub trait FromToml: Sized {
    /// The value, if it is one of this type.
    fn from_toml(value: &DeValue<'_>) -> Option<Self>;

    /// What may be written: completes the sentence "`key` must be ...".
    fn allowed() -> String;

    /// The texts that may be written, if there are but a few.
    fn choices() -> Vec<&'static str> {
        Vec::new()
    }

    /// What else is to be said of a text that is well written and yet cannot be taken: completes the same sentence.
    fn objection(_text: &str) -> Option<&'static str> {
        None
    }

    /// The value out of an environment variable: as in TOML, where quotes may be left out.
    fn from_text(text: &str) -> Option<Self> {
        let plain = DeValue::String(text.into());
        Self::from_toml(&plain).or_else(|| Self::from_toml(DeValue::parse(text.trim()).ok()?.get_ref()))
    }
}

/// A type that can be shown as TOML.
pub trait ToToml {
    /// The value as it would be written in a file.
    fn to_toml(&self) -> String;
}

/// A value as it may be repeated in a message; `None`: better not, it is long.
pub(super) fn show(value: &DeValue<'_>) -> Option<String> {
    let shown = match value {
        DeValue::String(text) => quoted(text),
        DeValue::Integer(number) => number.as_str().to_owned(),
        DeValue::Float(number) => number.as_str().to_owned(),
        DeValue::Boolean(flag) => flag.to_string(),
        DeValue::Array(_) => return Some("a list".into()),
        DeValue::Table(_) => return Some("a table".into()),
        DeValue::Datetime(_) => return Some("a date".into()),
    };
    (shown.len() <= 60).then_some(shown)
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

impl FromToml for String {
    fn from_toml(value: &DeValue<'_>) -> Option<Self> {
        value.as_str().map(str::to_owned)
    }

    fn allowed() -> String {
        "a text in quotes".into()
    }
}

impl ToToml for String {
    fn to_toml(&self) -> String {
        quoted(self)
    }
}

impl FromToml for bool {
    fn from_toml(value: &DeValue<'_>) -> Option<Self> {
        value.as_bool()
    }

    fn allowed() -> String {
        "true or false".into()
    }
}

impl ToToml for bool {
    fn to_toml(&self) -> String {
        self.to_string()
    }
}

impl FromToml for i64 {
    fn from_toml(value: &DeValue<'_>) -> Option<Self> {
        let number = value.as_integer()?;
        Self::from_str_radix(number.as_str(), number.radix()).ok()
    }

    fn allowed() -> String {
        "a whole number".into()
    }
}

impl FromToml for u32 {
    fn from_toml(value: &DeValue<'_>) -> Option<Self> {
        i64::from_toml(value)?.try_into().ok()
    }

    fn allowed() -> String {
        "a whole number from 0".into()
    }
}

impl ToToml for u32 {
    fn to_toml(&self) -> String {
        self.to_string()
    }
}

impl FromToml for NonZeroU32 {
    fn from_toml(value: &DeValue<'_>) -> Option<Self> {
        Self::new(u32::from_toml(value)?)
    }

    fn allowed() -> String {
        "a whole number from 1".into()
    }
}

impl ToToml for NonZeroU32 {
    fn to_toml(&self) -> String {
        self.to_string()
    }
}

impl FromToml for Share {
    fn from_toml(value: &DeValue<'_>) -> Option<Self> {
        let number = match value {
            DeValue::Float(f) => f.as_str().replace('_', "").parse().ok()?,
            other => i64::from_toml(other)? as f64,
        };
        Self::new(number)
    }

    fn allowed() -> String {
        "a share above 0 and at most 1, such as 0.8".into()
    }
}

impl ToToml for Share {
    fn to_toml(&self) -> String {
        format!("{:?}", self.get())
    }
}

/// Of a duration of nothing: none of the settings can be one.
const LONGER: &str = "longer than 0";

impl FromToml for Span {
    fn from_toml(value: &DeValue<'_>) -> Option<Self> {
        duration::parse(value.as_str()?)
    }

    fn allowed() -> String {
        duration::ALLOWED.into()
    }

    fn objection(text: &str) -> Option<&'static str> {
        duration::is_zero(text).then_some(LONGER)
    }
}

impl ToToml for Span {
    fn to_toml(&self) -> String {
        quoted(&duration::show(*self))
    }
}

impl FromToml for Duration {
    fn from_toml(value: &DeValue<'_>) -> Option<Self> {
        Some(Self::from_millis(Span::from_toml(value)?.ms().unsigned_abs()))
    }

    fn allowed() -> String {
        duration::ALLOWED.into()
    }

    fn objection(text: &str) -> Option<&'static str> {
        duration::is_zero(text).then_some(LONGER)
    }
}

impl ToToml for Duration {
    fn to_toml(&self) -> String {
        let ms = i64::try_from(self.as_millis()).unwrap_or(i64::MAX);
        Span::from_ms(ms).map_or_else(|| "\"0ms\"".into(), |span| span.to_toml())
    }
}

/// A level that can be switched off: a duration, or "none".
impl FromToml for Option<Span> {
    fn from_toml(value: &DeValue<'_>) -> Option<Self> {
        match value.as_str()? {
            "none" => Some(None),
            text => duration::parse(text).map(Some),
        }
    }

    fn allowed() -> String {
        format!("{}, or \"none\"", duration::ALLOWED)
    }

    fn objection(text: &str) -> Option<&'static str> {
        duration::is_zero(text).then_some("longer than 0, or \"none\"")
    }
}

impl ToToml for Option<Span> {
    fn to_toml(&self) -> String {
        self.map_or_else(|| quoted("none"), |span| span.to_toml())
    }
}

impl FromToml for Millis {
    fn from_toml(value: &DeValue<'_>) -> Option<Self> {
        let text = match value {
            DeValue::Datetime(datetime) => datetime.to_string(),
            other => other.as_str()?.to_owned(),
        };
        let moment: jiff::Timestamp = text.parse().ok()?;
        Some(Self(moment.as_millisecond()))
    }

    fn allowed() -> String {
        "a moment such as \"2000-01-01T00:00:00Z\"".into()
    }
}

impl ToToml for Millis {
    fn to_toml(&self) -> String {
        let moment = jiff::Timestamp::from_millisecond(self.0).unwrap_or_default();
        quoted(&moment.to_string())
    }
}

impl FromToml for Region {
    fn from_toml(value: &DeValue<'_>) -> Option<Self> {
        let region: Self = value.as_str()?.parse().ok()?;
        rlibphonenumber::PHONE_NUMBER_UTIL
            .get_supported_regions()
            .any(|known| known == region)
            .then_some(region)
    }

    fn allowed() -> String {
        "the two letters of a region with phone numbers, such as \"GB\"".into()
    }
}

impl FromToml for Option<Region> {
    fn from_toml(value: &DeValue<'_>) -> Option<Self> {
        match value.as_str()? {
            "none" => Some(None),
            _ => Region::from_toml(value).map(Some),
        }
    }

    fn allowed() -> String {
        format!("{}, or \"none\"", Region::allowed())
    }
}

impl ToToml for Option<Region> {
    fn to_toml(&self) -> String {
        quoted(&self.map_or_else(|| "none".to_owned(), |region| region.to_string()))
    }
}

impl<T: FromToml> FromToml for Vec<T> {
    fn from_toml(value: &DeValue<'_>) -> Option<Self> {
        let items = value.as_array()?.iter();
        items.map(|item| T::from_toml(item.get_ref())).collect()
    }

    fn allowed() -> String {
        format!("a list in square brackets; each item must be {}", T::allowed())
    }

    /// A list as in TOML, or its items separated by commas.
    fn from_text(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.starts_with('[') {
            return Self::from_toml(DeValue::parse(text).ok()?.get_ref());
        }
        let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
        items.map(T::from_text).collect()
    }
}

impl<T: ToToml> ToToml for Vec<T> {
    fn to_toml(&self) -> String {
        let items: Vec<_> = self.iter().map(ToToml::to_toml).collect();
        format!("[{}]", items.join(", "))
    }
}

/// A type with a few values that have names.
pub(crate) trait Choice: Copy + PartialEq + 'static {
    /// The values and their names.
    const NAMES: &'static [(&'static str, Self)];
}

impl<T: Choice> FromToml for T {
    fn from_toml(value: &DeValue<'_>) -> Option<Self> {
        let text = value.as_str()?;
        let named = T::NAMES.iter().find(|(name, _)| *name == text);
        named.map(|(_, choice)| *choice)
    }

    fn allowed() -> String {
        let names: Vec<_> = T::choices().into_iter().map(quoted).collect();
        names.join(" or ")
    }

    fn choices() -> Vec<&'static str> {
        T::NAMES.iter().map(|(name, _)| *name).collect()
    }
}

impl<T: Choice> ToToml for T {
    fn to_toml(&self) -> String {
        let named = T::NAMES.iter().find(|(_, choice)| choice == self);
        named.map_or_else(String::new, |(name, _)| quoted(name))
    }
}

impl Choice for Stage {
    const NAMES: &'static [(&'static str, Self)] =
        &[("onstage", Self::Onstage), ("offstage", Self::Offstage)];
}

impl Choice for UnknownKind {
    const NAMES: &'static [(&'static str, Self)] =
        &[("human", Self::Human), ("bot", Self::Bot), ("note", Self::Note)];
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::{FromToml, Region, Share, Span, ToToml};
    use crate::model::Stage;

    #[test]
    fn out_of_an_environment_variable_quotes_may_be_left_out() {
        assert_eq!(Span::from_text("15m"), Some(Span::minutes(15)));
        assert_eq!(Span::from_text("\"15m\""), Some(Span::minutes(15)));
        assert_eq!(Stage::from_text("onstage"), Some(Stage::Onstage));
        assert_eq!(NonZeroU32::from_text(" 4 "), NonZeroU32::new(4));
        assert_eq!(bool::from_text("true"), Some(true));
        assert_eq!(Share::from_text("0.5"), Share::new(0.5));
        assert_eq!(Option::<Span>::from_text("none"), Some(None));
        assert_eq!(NonZeroU32::from_text("0"), None);
        // A text is taken as it is: a password may look like anything.
        assert_eq!(String::from_text("1_0").as_deref(), Some("1_0"));
        let two = Some(vec!["a".to_owned(), "b".to_owned()]);
        assert_eq!(Vec::<String>::from_text("a, b"), two);
        assert_eq!(Vec::<String>::from_text("[\"a\", \"b\"]"), two);
    }

    #[test]
    fn what_is_shown_reads_back() {
        fn back<T: FromToml + ToToml + PartialEq + std::fmt::Debug>(value: T) {
            let shown = value.to_toml();
            let read = toml::de::DeValue::parse(&shown)
                .ok()
                .and_then(|v| T::from_toml(v.get_ref()));
            assert_eq!(read, Some(value), "{shown}");
        }
        back(Span::minutes(90));
        back(std::time::Duration::from_millis(100));
        back(Some(Span::days(7)));
        back(None::<Span>);
        back(Stage::Offstage);
        back("with \"quotes\" and \\".to_owned());
        back(vec!["a".to_owned(), "b".to_owned()]);
        back(Share::new(0.8).expect("in range"));
        back(Some(Region::GB));
        back(None::<Region>);
        back(true);
        back(7_u32);
    }
}
