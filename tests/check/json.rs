//! `heard check --json`, for programs.

use serde_json::{Value, json};

use crate::golden::{directory, heard};

fn check(file: &str) -> (Option<i32>, Value) {
    let output = heard()
        .current_dir(directory("configurations"))
        .args(["check", "--json", "--config", file])
        .output()
        .expect("the binary was built for this test");
    assert!(
        output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let told = serde_json::from_slice(&output.stdout).expect("it is JSON");
    (output.status.code(), told)
}

#[test]
fn each_problem_has_its_parts() {
    let (status, told) = check("05-misspelt-choice.toml");
    assert_eq!((status, &told["ok"]), (Some(78), &Value::Bool(false)));
    assert_eq!(
        told["problems"][0],
        json!({
            "file": "05-misspelt-choice.toml",
            "line": 2,
            "key": "channels.social.stage",
            "what": "channels.social.stage must be \"onstage\" or \"offstage\", not \"on-stage\". Did you mean \"onstage\"?",
            "allowed": "\"onstage\" or \"offstage\"",
            "nearest": "onstage",
        })
    );
    let (_, told) = check("02-misspelt-setting.toml");
    assert_eq!(told["problems"][0]["nearest"], "commit_interval");
    assert_eq!(told["problems"][0]["key"], "engine.comit_interval");
    let (_, told) = check("21-wrong-environment-variables.toml");
    assert_eq!(told["problems"][0]["line"], Value::Null);
}

#[test]
fn what_is_right_is_ok() {
    let (status, told) = check("../../../examples/parcels/heard.toml");
    assert_eq!((status, &told["ok"]), (Some(0), &Value::Bool(true)));
    assert_eq!(told["problems"], json!([]));
    assert_eq!(told["findings"][0]["finding"], "ok");
    assert_eq!(told["warnings"].as_array().map(Vec::len), Some(1));
}
