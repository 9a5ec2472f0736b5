//! Wrong configurations: each `NAME.toml` in configurations/ has what is said of it beside it, in
//! `NAME.txt`. Lines `#env NAME=VALUE` and `#arg TEXT` at its beginning come from outside the file.

use std::fs;

use crate::golden::{directory, heard, said, same};

/// How many the project promises.
const AT_LEAST: usize = 20;

#[test]
fn every_mistake_is_told_with_its_place_and_the_mend() {
    let directory = directory("configurations");
    let files = fs::read_dir(&directory).expect("it is in the repository");
    let mut files: Vec<_> = files
        .map(|file| file.expect("it can be listed").path())
        .filter(|path| path.extension().is_some_and(|it| it == "toml"))
        .collect();
    files.sort();
    assert!(files.len() >= AT_LEAST, "only {}", files.len());
    for path in files {
        let text = fs::read_to_string(&path).expect("it can be read");
        let mut command = heard();
        command.current_dir(&directory).args(["check", "--config"]);
        command.arg(path.file_name().expect("it has a name"));
        for line in text.lines() {
            if let Some((name, value)) = line.strip_prefix("#env ").and_then(|it| it.split_once('=')) {
                command.env(name, value);
            } else if let Some(arg) = line.strip_prefix("#arg ") {
                command.arg(arg);
            }
        }
        let said = said(&mut command, &[]);
        assert!(
            said.starts_with("exit status 78\nerr: "),
            "{}: {said}",
            path.display()
        );
        same(&path.with_extension("txt"), &said);
    }
}
