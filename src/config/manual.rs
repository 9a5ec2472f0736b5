//! docs/configuration.md, made from what the code reads.

use std::collections::BTreeMap;

use super::book::{Entry, Setting, Shown};
use super::given::variable;
use super::settings::all_settings;

const HEAD: &str = r#"# Configuration

<!-- Made from the code by `make reference`. Change the words where the setting is read, in src/config. -->

`heard` runs without a file: built-in defaults hold, and `--brokers` alone is enough for a trial. A file is
named with `--config FILE` or the environment variable `HEARD_CONFIG`; `heard.example.toml` shows every setting.

- **What comes first.** The command line (`--brokers`, `--prefix`) comes before environment variables, these
  before the file, and that before the defaults.
- **Environment variables.** Every setting has one: `HEARD_`, then its path in capitals, two underscores for
  each dot and one for each dash. `HEARD_ENGINE__WORKERS=4` sets `engine.workers`. The value is written as in
  TOML; quotes may be left out, and a list may be its items with commas between. A variable that begins with
  `HEARD_` and is no setting is an error, unless a setting names it, Kubernetes made it for a service, or it is
  one of `HEARD_CONFIG`, `HEARD_LOG` and what tests and builds of heard use.
- **Secrets.** `secret`, and every value in `[kafka]`, may be `{ file = "..." }` or `{ env = "..." }`: then the
  value is in that file or variable, so that it need not stand in the configuration. In the environment that is
  `HEARD_SECRET__FILE` and `HEARD_KAFKA__SASL__PASSWORD__FILE`. A line's end at the end of a file is left out.
  Values of both tables are never repeated in messages.
- **Files** that a setting names are looked for beside the configuration file.
- **Durations** are numbers with `ms`, `s`, `m`, `h`, `d` or `w`: `"100ms"`, `"1h30m"`, `"7d"`.
- **Mistakes** are told all at once by `heard check` and by every other command, each with its file, its line,
  what may be written, and the known name that was probably meant. The exit status is 78. With
  `heard check --json` they are JSON.
"#;

/// The text of docs/configuration.md.
pub fn manual() -> String {
    let entries = all_settings();
    let mut out = HEAD.to_owned();
    let mut rest = entries.as_slice();
    // The settings at the top have no table of their own.
    let (top, tables) = split(rest);
    section(&mut out, "At the top", "", &top);
    environment(&mut out, &top);
    rest = tables;
    while let [
        Entry::Table {
            path,
            pattern,
            about,
            repeated,
        },
        after @ ..,
    ] = rest
    {
        let (own, next) = split(after);
        rest = next;
        if path == "channels" {
            let channels = take_members(&mut rest, "channels.");
            out.push_str("\n## [channels.NAME]\n");
            out.push_str(&format!("\n{about}\n"));
            members(&mut out, &channels);
        } else {
            let title = if *repeated {
                format!("[[{pattern}]]")
            } else {
                format!("[{pattern}]")
            };
            section(&mut out, &title, about, &own);
            if !repeated {
                environment(&mut out, &own);
            }
        }
    }
    out
}

/// The settings before the next table, and what follows.
fn split(entries: &[Entry]) -> (Vec<&Setting>, &[Entry]) {
    let end = entries
        .iter()
        .position(|entry| matches!(entry, Entry::Table { .. }))
        .unwrap_or(entries.len());
    let own = entries[..end].iter().filter_map(|entry| match entry {
        Entry::Setting(setting) => Some(setting),
        Entry::Table { .. } => None,
    });
    (own.collect(), &entries[end..])
}

/// The tables that follow whose paths begin so, by name.
fn take_members<'e>(rest: &mut &'e [Entry], beginning: &str) -> BTreeMap<&'e str, Vec<&'e Setting>> {
    let mut found = BTreeMap::new();
    while let [Entry::Table { path, .. }, after @ ..] = *rest {
        let Some(name) = path.strip_prefix(beginning) else {
            break;
        };
        let (own, next) = split(after);
        found.insert(name, own);
        *rest = next;
    }
    found
}

fn section(out: &mut String, title: &str, about: &str, settings: &[&Setting]) {
    out.push_str(&format!("\n## {title}\n"));
    if !about.is_empty() {
        out.push_str(&format!("\n{about}\n"));
    }
    if settings.is_empty() {
        return;
    }
    out.push_str("\n| setting | default | may be | means |\n|---|---|---|---|\n");
    for setting in settings {
        let value = match &setting.value {
            Shown::Default(value) => code(value),
            Shown::Like { of, .. } => format!("as {}", code(of)),
            Shown::Example(value) => format!("none; such as {}", code(value)),
        };
        row(
            out,
            &[&code(&setting.pattern), &value, &setting.allowed, &setting.about],
        );
    }
}

/// How settings are given from outside the file; those in a list of tables are not.
fn environment(out: &mut String, settings: &[&Setting]) {
    let variables: Vec<_> = settings.iter().map(|setting| variable(&setting.path)).collect();
    if let [first, ..] = variables.as_slice() {
        out.push_str(&format!("\nIn the environment: `{first}`"));
        out.push_str(if variables.len() > 1 {
            " and so on.\n"
        } else {
            ".\n"
        });
    }
}

/// Tables that are alike: the settings once, and what differs from one to the other.
fn members(out: &mut String, members: &BTreeMap<&str, Vec<&Setting>>) {
    let Some(first) = members.values().next() else {
        return;
    };
    out.push_str("\n| setting | default | may be | means |\n|---|---|---|---|\n");
    let mut differing = Vec::new();
    for (index, setting) in first.iter().enumerate() {
        let value = match &setting.value {
            Shown::Like { of, .. } => format!("as {}", code(of)),
            _ => {
                differing.push(index);
                "see below".to_owned()
            }
        };
        row(
            out,
            &[&code(&setting.pattern), &value, &setting.allowed, &setting.about],
        );
    }
    out.push_str("\nIn the environment: `HEARD_CHANNELS__SOCIAL__PATIENCE` and so on.\n");
    out.push_str("\nThe channels that are built in:\n\n| channel |");
    for &index in &differing {
        out.push_str(&format!(" {} |", first[index].key()));
    }
    out.push_str(&format!("\n|---|{}\n", "---|".repeat(differing.len())));
    for (name, settings) in members {
        let values = differing.iter().map(|&index| match &settings[index].value {
            Shown::Default(value) | Shown::Like { example: value, .. } => code(value),
            Shown::Example(_) => "none".to_owned(),
        });
        let values: Vec<_> = values.collect();
        let cells: Vec<&str> = std::iter::once(*name)
            .chain(values.iter().map(String::as_str))
            .collect();
        row(out, &cells);
    }
}

fn row(out: &mut String, cells: &[&str]) {
    out.push('|');
    for cell in cells {
        out.push_str(&format!(" {} |", cell.replace('|', "\\|")));
    }
    out.push('\n');
}

fn code(text: &str) -> String {
    format!("`{text}`")
}
