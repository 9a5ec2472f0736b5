//! Compares what a command says with the text kept for it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The directory of a kind of golden text.
pub fn directory(kind: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/check")
        .join(kind)
}

/// The binary, with nothing of this machine's environment that it would heed.
pub fn heard() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_heard"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("HEARD_") {
            command.env_remove(name);
        }
    }
    command
}

/// Runs a command to its end. What it says, the status first; texts that differ from run to run are
/// replaced, each by the name beside it.
pub fn said(command: &mut Command, replace: &[(&str, &str)]) -> String {
    let output = command.output().expect("the binary was built for this test");
    let status = output
        .status
        .code()
        .map_or("none".to_owned(), |code| code.to_string());
    let mut said = format!("exit status {status}\n");
    for (name, bytes) in [("out", output.stdout), ("err", output.stderr)] {
        let text = String::from_utf8(bytes).expect("it says UTF-8");
        // Log lines have the time of day in them.
        for line in text.lines().filter(|line| !is_log_line(line)) {
            said.push_str(&format!("{name}: {line}\n"));
        }
    }
    replace
        .iter()
        .fold(said, |said, (text, name)| said.replace(text, name))
}

fn is_log_line(line: &str) -> bool {
    line.get(..2) == Some("20") && line.get(10..11) == Some("T")
}

/// Fails the test unless `said` is the text kept in this file.
pub fn same(path: &Path, said: &str) {
    if std::env::var_os("HEARD_UPDATE_GOLDEN").is_some() {
        fs::write(path, said).expect("the checkout can be written");
        return;
    }
    let kept = fs::read_to_string(path).unwrap_or_default();
    assert!(
        kept == said,
        "{}\n--- kept\n{kept}--- said\n{said}",
        path.display()
    );
}
