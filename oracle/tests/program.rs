//! The program's own words: what it asks for, and what it says of what it cannot use. Its judgement is tested by the tests
//! in tests/faults, on real brokers.

use std::process::{Command, Output};

fn oracle(arguments: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_heard-oracle");
    Command::new(program)
        .args(arguments)
        .output()
        .expect("it was built for this test")
}

#[test]
fn it_tells_the_rules_that_it_judges_by() {
    let output = oracle(&["--rules"]);
    assert!(output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stdout), heard_oracle::RULES);
}

#[test]
fn what_cannot_be_used_is_named() {
    let output = oracle(&["--brokers", "127.0.0.1:9", "--as-of", "tomorrow"]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(
        told.contains("\"tomorrow\" is no time: write it as 2026-12-01T00:00:00Z"),
        "{told}"
    );
}
