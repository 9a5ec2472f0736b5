//! Notes what a release is built from, for `heard --version`: the commit and its date, and the compiler.
//! Nothing of the machine that builds goes in, so that the same commit gives the same program.
//!
//! Whoever builds without git says it with HEARD_BUILD_COMMIT and HEARD_BUILD_DATE.

use std::env;
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    for variable in ["HEARD_BUILD_COMMIT", "HEARD_BUILD_DATE"] {
        println!("cargo:rerun-if-env-changed={variable}");
    }
    let given = (env::var("HEARD_BUILD_COMMIT"), env::var("HEARD_BUILD_DATE"));
    let from = match given {
        (Ok(commit), Ok(date)) => format!("{commit} {date}"),
        (Ok(commit), Err(_)) => commit,
        // What is built in development changes with every file: a commit would say little, and
        // building everything anew after each would take long.
        _ if env::var("PROFILE").as_deref() != Ok("release") => "development build".to_owned(),
        _ => commit().unwrap_or_else(|| "unknown commit".to_owned()),
    };
    println!("cargo:rustc-env=HEARD_BUILT_FROM={from}");
    let rustc = env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let rustc = says(&rustc, &["--version"]).unwrap_or_else(|| "unknown rustc".to_owned());
    println!("cargo:rustc-env=HEARD_BUILT_BY={rustc}");
}

/// The commit checked out and its date, and whether tracked files differ from it.
fn commit() -> Option<String> {
    for file in ["HEAD", "logs/HEAD", "index"] {
        if let Some(path) = says("git", &["rev-parse", "--git-path", file]) {
            println!("cargo:rerun-if-changed={path}");
        }
    }
    println!("cargo:rerun-if-changed=src");
    let commit = says("git", &["show", "-s", "--abbrev=12", "--format=%h %cs", "HEAD"])?;
    let changed = says("git", &["status", "--porcelain", "--untracked-files=no"])?;
    let mark = if changed.is_empty() { "" } else { ", with changes" };
    Some(format!("{commit}{mark}"))
}

fn says(program: &str, args: &[&str]) -> Option<String> {
    let output = Command::new(program).args(args).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
