//! How single TOML values become typed ones, and what is said when they do not.

use std::num::NonZeroU32;
use std::time::Duration;

use toml::de::DeValue;

use super::duration;
use super::rules::{Share, Span, UnknownKind};
use crate::model::Stage;

/// A type that a TOML value can be read as.
pub trait FromToml: Sized {
    /// The value, or what is allowed: completes the sentence "`key` must be ...".
    fn from_toml(value: &DeValue<'_>) -> Result<Self, String>;
}

impl FromToml for String {
    fn from_toml(value: &DeValue<'_>) -> Result<Self, String> {
        value
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| "a text in quotes".into())
    }
}

impl FromToml for bool {
    fn from_toml(value: &DeValue<'_>) -> Result<Self, String> {
        value.as_bool().ok_or_else(|| "true or false".into())
    }
}

impl FromToml for i64 {
    fn from_toml(value: &DeValue<'_>) -> Result<Self, String> {
        value
            .as_integer()
            .and_then(|i| Self::from_str_radix(i.as_str(), i.radix()).ok())
            .ok_or_else(|| "a whole number".into())
    }
}

impl FromToml for u32 {
    fn from_toml(value: &DeValue<'_>) -> Result<Self, String> {
        i64::from_toml(value)
            .ok()
            .and_then(|n| n.try_into().ok())
            .ok_or_else(|| "a whole number from 0".into())
    }
}

impl FromToml for NonZeroU32 {
    fn from_toml(value: &DeValue<'_>) -> Result<Self, String> {
        u32::from_toml(value)
            .ok()
            .and_then(Self::new)
            .ok_or_else(|| "a whole number from 1".into())
    }
}

impl FromToml for Share {
    fn from_toml(value: &DeValue<'_>) -> Result<Self, String> {
        let number = match value {
            DeValue::Float(f) => f.as_str().replace('_', "").parse().ok(),
            other => i64::from_toml(other).ok().map(|n| n as f64),
        };
        number
            .and_then(Self::new)
            .ok_or_else(|| "a share above 0 and at most 1, such as 0.8".into())
    }
}

impl FromToml for Span {
    fn from_toml(value: &DeValue<'_>) -> Result<Self, String> {
        let span = value.as_str().and_then(duration::parse);
        span.ok_or_else(|| duration::ALLOWED.into())
    }
}

impl FromToml for Duration {
    fn from_toml(value: &DeValue<'_>) -> Result<Self, String> {
        Span::from_toml(value).map(|span| Self::from_millis(span.ms().unsigned_abs()))
    }
}

/// A level that can be switched off: a duration, or "none".
impl FromToml for Option<Span> {
    fn from_toml(value: &DeValue<'_>) -> Result<Self, String> {
        match value.as_str() {
            Some("none") => Ok(None),
            _ => Span::from_toml(value)
                .map(Some)
                .map_err(|allowed| format!("{allowed}, or \"none\"")),
        }
    }
}

impl<T: FromToml> FromToml for Vec<T> {
    fn from_toml(value: &DeValue<'_>) -> Result<Self, String> {
        let items = value.as_array().ok_or("a list in square brackets")?;
        items
            .iter()
            .map(|item| T::from_toml(item.get_ref()))
            .collect::<Result<_, _>>()
            .map_err(|allowed| format!("a list; each item must be {allowed}"))
    }
}

/// A text out of a fixed set.
pub(crate) fn one_of<T: Copy>(value: &DeValue<'_>, choices: &[(&str, T)]) -> Result<T, String> {
    let named = |text: &str| {
        choices
            .iter()
            .find(|(name, _)| *name == text)
            .map(|(_, choice)| *choice)
    };
    value.as_str().and_then(named).ok_or_else(|| {
        let names: Vec<_> = choices.iter().map(|(name, _)| format!("\"{name}\"")).collect();
        names.join(" or ")
    })
}

impl FromToml for Stage {
    fn from_toml(value: &DeValue<'_>) -> Result<Self, String> {
        one_of(value, &[("onstage", Self::Onstage), ("offstage", Self::Offstage)])
    }
}

impl FromToml for UnknownKind {
    fn from_toml(value: &DeValue<'_>) -> Result<Self, String> {
        one_of(
            value,
            &[("human", Self::Human), ("bot", Self::Bot), ("note", Self::Note)],
        )
    }
}
