//! heard.example.toml, made from what the code reads.

use super::book::{Entry, Setting, Shown};
use super::settings::all_settings;

const HEAD: &str = "\
heard.example.toml: every setting, with its default. What is commented out is an example: nothing holds there, or what another setting says. \
Copy what you change into a file of your own and start with: heard --config heard.toml run. This file is made \
from the code, by `make reference`, and so is docs/configuration.md.";

/// How long a line may be.
const WIDTH: usize = 108;

/// The text of heard.example.toml.
pub fn example() -> String {
    let entries = all_settings();
    let mut out = comment(HEAD);
    out.push('\n');
    let mut told: Vec<&str> = Vec::new();
    // Whether the line before belongs to a setting: then a comment stands apart from it.
    let mut apart = false;
    for (index, entry) in entries.iter().enumerate() {
        match entry {
            Entry::Table {
                path,
                about,
                repeated,
                ..
            } => {
                out.push('\n');
                out.push_str(&comment(about));
                if let Some(mark) = header(&entries[index + 1..]) {
                    let name = if *repeated {
                        format!("[{path}]")
                    } else {
                        path.clone()
                    };
                    out.push_str(&format!("{mark}[{name}]\n"));
                }
                apart = false;
            }
            // What is told of one channel holds for the others too.
            Entry::Setting(setting) if told.contains(&setting.pattern.as_str()) => {
                if matches!(setting.value, Shown::Default(_)) {
                    out.push_str(&line(setting));
                }
            }
            Entry::Setting(setting) => {
                if apart {
                    out.push('\n');
                }
                out.push_str(&comment(&setting.about));
                out.push_str(&line(setting));
                told.push(&setting.pattern);
                apart = true;
            }
        }
    }
    out
}

/// What stands before the header of a table with these entries: a comment's mark if nothing in it is
/// set. `None`: no header, it holds tables only.
fn header(rest: &[Entry]) -> Option<&'static str> {
    let own: Vec<_> = rest
        .iter()
        .map_while(|entry| match entry {
            Entry::Setting(setting) => Some(setting),
            Entry::Table { .. } => None,
        })
        .collect();
    let set = own
        .iter()
        .any(|setting| matches!(setting.value, Shown::Default(_)));
    match (own.is_empty(), set) {
        (true, _) => None,
        (false, true) => Some(""),
        (false, false) => Some("# "),
    }
}

fn line(setting: &Setting) -> String {
    let key = if setting.path.starts_with("kafka.") {
        setting.path.trim_start_matches("kafka.")
    } else {
        setting.key()
    };
    match &setting.value {
        Shown::Default(value) => format!("{key} = {value}\n"),
        Shown::Example(value) | Shown::Like { example: value, .. } => format!("# {key} = {value}\n"),
    }
}

/// A text as comment lines of bounded width.
fn comment(text: &str) -> String {
    let mut out = String::new();
    let mut length = WIDTH;
    for word in text.split_whitespace() {
        if length + 1 + word.len() > WIDTH {
            if !out.is_empty() {
                out.push('\n');
            }
            out.push('#');
            length = 1;
        }
        out.push(' ');
        out.push_str(word);
        length += 1 + word.len();
    }
    if !out.is_empty() {
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::comment;

    #[test]
    fn comments_are_folded() {
        assert_eq!(comment(""), "");
        assert_eq!(comment("a b"), "# a b\n");
        let long = comment(&"word ".repeat(50));
        assert!(
            long.lines()
                .all(|line| line.len() <= 108 && line.starts_with("# word")),
            "{long}"
        );
        assert!(long.lines().count() > 1);
    }
}
