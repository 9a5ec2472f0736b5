//! heard.example.toml and docs/configuration.md are made from the code and say what it reads.

use std::fs;
use std::path::Path;

/// Set it, and the files are written anew instead of compared: `make reference`.
const UPDATE: &str = "HEARD_UPDATE_REFERENCE";

fn is_up_to_date(name: &str, made: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    if std::env::var_os(UPDATE).is_some() {
        fs::write(&path, made).expect("the checkout can be written");
        return;
    }
    let there = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        there == made,
        "{name} is not what the code makes of it. Run: make reference"
    );
}

#[test]
fn the_example_file() {
    is_up_to_date("heard.example.toml", &heard::config::example());
}

#[test]
fn the_manual() {
    is_up_to_date("docs/configuration.md", &heard::config::manual());
}
