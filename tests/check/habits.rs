//! What people expect of any command line.

use std::process::{Command, Stdio};

use crate::golden::heard;

fn out(args: &[&str]) -> String {
    let output = heard()
        .args(args)
        .output()
        .expect("the binary was built for this test");
    assert!(
        output.status.success(),
        "{args:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("it says UTF-8")
}

#[test]
fn every_command_has_help_with_examples_and_no_colour_in_a_pipe() {
    let commands = [
        &["--help"][..],
        &["demo", "--help"],
        &["check", "--help"],
        &["topics", "--help"],
        &["topics", "plan", "--help"],
        &["topics", "apply", "--help"],
        &["ingest", "--help"],
        &["run", "--help"],
        &["tail", "--help"],
        &["report", "--help"],
        &["explain", "--help"],
        &["dlq", "--help"],
        &["dlq", "ls", "--help"],
        &["dlq", "show", "--help"],
        &["dlq", "replay", "--help"],
        &["completions", "--help"],
    ];
    for args in commands {
        let help = out(args);
        assert!(help.contains("Examples:\n  heard "), "{args:?}: {help}");
        assert!(!help.contains('\x1b'), "{args:?}: {help}");
    }
    assert!(out(&["--help"]).contains("\n  78  the configuration or a map is wrong"));
}

#[test]
fn the_version_says_what_it_was_built_from_and_nothing_of_the_machine() {
    let version = out(&["--version"]);
    let lines: Vec<_> = version.lines().collect();
    let [heard, rustc, client] = lines[..] else {
        panic!("{version}");
    };
    let ours = format!("heard {} (", env!("CARGO_PKG_VERSION"));
    assert!(heard.starts_with(&ours) && heard.ends_with(')'), "{heard}");
    assert!(rustc.starts_with("rustc 1."), "{rustc}");
    assert!(client.starts_with("librdkafka 2."), "{client}");
    assert!(!version.contains(['/', '\\']), "{version}");
    assert_eq!(out(&["-V"]), format!("{heard}\n"));
}

#[test]
fn every_shell_has_completions_of_all_commands() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = out(&["completions", shell]);
        for word in ["check", "connect", "ingest", "as-of"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
}

/// Help, version and results may go to a pipe that nobody reads to its end.
#[test]
fn a_pipe_that_closes_ends_a_command_quietly() {
    for args in [&["--help"][..], &["completions", "zsh"], &["check", "--json"]] {
        let mut child = heard()
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary was built for this test");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(output.status.code(), Some(0), "{args:?}: {}", output.status);
        assert!(output.stderr.is_empty() || args[0] == "check", "{args:?}");
    }
}

#[test]
fn a_closed_standard_error_does_no_harm() {
    let heard = heard();
    let program = heard
        .get_program()
        .to_str()
        .expect("paths of these tests are UTF-8");
    let script = format!("'{program}' check --config not-there.toml 2>&-");
    let status = Command::new("sh")
        .args(["-c", &script])
        .status()
        .expect("there is a shell");
    assert_eq!(status.code(), Some(78));
}

#[test]
fn a_full_disk_is_told_and_has_its_status() {
    let full = std::fs::File::options().write(true).open("/dev/full");
    let Ok(full) = full else {
        println!("skipped: this machine has no /dev/full");
        return;
    };
    let output = heard()
        .args(["completions", "bash"])
        .stdout(full)
        .stderr(Stdio::piped())
        .spawn()
        .and_then(|child| child.wait_with_output())
        .expect("the binary was built for this test");
    assert_eq!(output.status.code(), Some(74));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(
        told.contains("standard output: cannot be written: No space left"),
        "{told}"
    );
}
