//! Where the secret of keyed hashes comes from.

use std::path::{Path, PathBuf};

use super::problem::Problems;
use super::rules::HashSecret;
use super::section::Section;

const MEND: &str = "The secret is 32 hexadecimal digits; make one with: openssl rand -hex 16";

/// A source of the secret, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum SecretSource {
    /// The built-in secret of trials.
    Trial,
    /// Given in the configuration itself.
    Value(HashSecret),
    /// The contents of a file.
    File(PathBuf),
    /// An environment variable.
    Environment(String),
}

impl SecretSource {
    /// Reads `secret = { value | file | env = "..." }`; files are relative to `base`.
    pub(super) fn read(section: Option<Section<'_>>, base: &Path) -> Self {
        let Some(mut section) = section else {
            return Self::Trial;
        };
        let value: Option<String> = section.get("value");
        let file: Option<String> = section.get("file");
        let env: Option<String> = section.get("env");
        let source = match (value, file, env) {
            (Some(text), None, None) => parse(&text).map(Self::Value).unwrap_or_else(|| {
                section.problem("value", format!("secret.value cannot be used. {MEND}"));
                Self::Trial
            }),
            (None, Some(file), None) => Self::File(base.join(file)),
            (None, None, Some(name)) => Self::Environment(name),
            _ => {
                section.problem("", "secret needs exactly one of value, file and env, such as secret = { file = \"heard.secret\" }.");
                Self::Trial
            }
        };
        section.finish();
        source
    }

    /// The secret itself. `env` looks up environment variables.
    pub(super) fn resolve(&self, env: impl Fn(&str) -> Option<String>) -> Result<HashSecret, Problems> {
        let (place, text) = match self {
            Self::Trial => return Ok(HashSecret::TRIAL),
            Self::Value(secret) => return Ok(*secret),
            Self::File(path) => {
                let place = path.display().to_string();
                match std::fs::read_to_string(path) {
                    Ok(text) => (place, text),
                    Err(error) => {
                        let what = format!("the secret cannot be read: {error}. {MEND}");
                        return Err(Problems::with_file(place, what));
                    }
                }
            }
            Self::Environment(name) => {
                let place = format!("environment variable {name}");
                match env(name) {
                    Some(text) => (place, text),
                    None => {
                        let what = format!("is not set, but secret.env names it. {MEND}");
                        return Err(Problems::with_file(place, what));
                    }
                }
            }
        };
        parse(&text)
            .ok_or_else(|| Problems::with_file(place, format!("does not hold a usable secret. {MEND}")))
    }
}

fn parse(text: &str) -> Option<HashSecret> {
    let text = text.trim();
    if text.len() != 32 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let number = u128::from_str_radix(text, 16).ok()?;
    Some(HashSecret(number.to_be_bytes()))
}

#[cfg(test)]
mod tests {
    use super::{HashSecret, SecretSource, parse};

    #[test]
    fn a_secret_is_32_hex_digits() {
        let hex = "000102030405060708090a0b0c0d0e0F";
        let bytes = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
        assert_eq!(parse(&format!(" {hex}\n")), Some(HashSecret(bytes)));
        for bad in ["", "password", &hex[1..], "+00102030405060708090a0b0c0d0e0f"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn errors_name_the_place_and_not_the_contents() {
        let source = SecretSource::Environment("HEARD_SECRET".into());
        let unset = source.resolve(|_| None).expect_err("not set").to_string();
        let wrong = source
            .resolve(|_| Some("hunter2".into()))
            .expect_err("too short")
            .to_string();
        for error in [&unset, &wrong] {
            assert!(
                error.contains("HEARD_SECRET") && error.contains("openssl"),
                "{error}"
            );
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
