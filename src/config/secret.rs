//! Where the secret of keyed hashes comes from.

use std::path::Path;

use super::rules::HashSecret;
use super::section::Section;

const MEND: &str = "A secret is 32 hexadecimal digits; make one with: openssl rand -hex 16";

/// Reads `secret = { file | env | value = "..." }`, the file relative to `base`; `None`: there is none.
/// What cannot be used is reported, and [`HashSecret::TRIAL`] stands in until the end.
pub(super) fn read(section: Section<'_>, base: &Path, env: &dyn Env) -> Option<HashSecret> {
    let mut section = section.secret();
    // One source from outside the file is enough to put the file's aside.
    let aside = section.any_given();
    let mut get = |key: &str, example: &str, about: &str| {
        let value = section.optional::<String>(key, example, about);
        value.filter(|_| !aside || section.is_given(key))
    };
    let sources = [
        get(
            "file",
            "\"/run/secrets/heard\"",
            "A file that holds it, relative to this one.",
        ),
        get(
            "env",
            "\"HEARD_SECRET\"",
            "An environment variable that holds it.",
        ),
        get("value", "\"...\"", "The secret itself."),
    ];
    let found = match sources {
        [None, None, None] if !section.exists() => {
            section.finish();
            return None;
        }
        [Some(file), None, None] => read_file(&base.join(file)).map(|text| ("file", text)),
        [None, Some(name), None] => read_env(&name, env).map(|text| ("env", text)),
        [None, None, Some(text)] => Ok(("value", text)),
        _ => Err(
            "needs exactly one of file, env and value, such as secret = { file = \"heard.secret\" }".into(),
        ),
    };
    let secret = match found {
        Ok((key, text)) => {
            parse(&text).ok_or((key, format!("secret.{key} does not hold a usable secret. {MEND}")))
        }
        Err(why) => Err(("", format!("secret {why}. {MEND}"))),
    };
    let secret = secret.unwrap_or_else(|(key, what)| {
        section.problem(key, what);
        HashSecret::TRIAL
    });
    section.finish();
    Some(secret)
}

/// Looks up environment variables.
pub(super) trait Env: Fn(&str) -> Option<String> {}

impl<F: Fn(&str) -> Option<String>> Env for F {}

/// The contents of a file with a secret; or why it cannot be read, to follow the name of a key.
pub(super) fn read_file(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| match error.kind() {
        // The error of what is not UTF-8 could be taken for one of the file system.
        std::io::ErrorKind::InvalidData => format!("names {}, which is not text", path.display()),
        _ => format!("names {}, which cannot be read: {error}", path.display()),
    })
}

/// The value of an environment variable with a secret; or that there is none, to follow a key's name.
pub(super) fn read_env(name: &str, env: &dyn Env) -> Result<String, String> {
    env(name).ok_or_else(|| format!("names the environment variable {name}, which is not set"))
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
    use std::path::Path;

    use super::{HashSecret, parse, read};
    use crate::config::section::Document;

    #[test]
    fn a_secret_is_32_hex_digits() {
        let hex = "000102030405060708090a0b0c0d0e0F";
        let bytes = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
        assert_eq!(parse(&format!(" {hex}\n")), Some(HashSecret(bytes)));
        for bad in ["", "password", &hex[1..], "+00102030405060708090a0b0c0d0e0f"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    fn load(text: &str, variable: Option<&str>) -> Result<Option<HashSecret>, String> {
        let variable = variable.map(str::to_owned);
        let env = move |name: &str| variable.clone().filter(|_| name == "HEARD_SECRET");
        Document::new("heard.toml", text)
            .interpret(|top| read(top.table("secret", ""), Path::new(""), &env))
            .map_err(|problems| problems.to_string())
    }

    #[test]
    fn where_a_secret_may_come_from() {
        let hex = "00112233445566778899aabbccddeeff";
        let secret = parse(hex);
        assert_eq!(load("", None), Ok(None));
        assert_eq!(load(&format!("secret.value = \"{hex}\""), None), Ok(secret));
        assert_eq!(load("secret.env = \"HEARD_SECRET\"", Some(hex)), Ok(secret));
    }

    #[test]
    fn errors_name_the_place_and_not_the_contents() {
        let unset = load("secret.env = \"HEARD_SECRET\"", None).expect_err("not set");
        let wrong = load("secret.env = \"HEARD_SECRET\"", Some("hunter2")).expect_err("too short");
        assert!(unset.contains("HEARD_SECRET"), "{unset}");
        let value = load("secret.value = \"hunter2\"", None).expect_err("too short");
        for error in [&unset, &wrong, &value] {
            assert!(
                error.starts_with("heard.toml:1  secret") && error.contains("openssl"),
                "{error}"
            );
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
