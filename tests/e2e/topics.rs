//! `heard topics plan` and `apply`.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::broker::Broker;
use crate::dsl::{Heard, path, repository};

#[test]
fn what_is_missing_is_planned_created_and_then_there() {
    let heard = Heard::new("topics-a").config("[topics]\npartitions = 2");
    let plan = heard.run(&["topics", "plan"]).exits(3).out();
    assert!(
        plan.contains("create  topics-a.cases  2 partitions  cleanup.policy=compact"),
        "{plan}"
    );
    assert!(plan.contains("create  topics-a.complaints.email"), "{plan}");
    assert!(plan.ends_with("0 there, 27 to create, 0 differences\n"), "{plan}");
    let apply = heard.run(&["topics", "apply"]).succeeds().out();
    assert!(apply.ends_with("27 created, 0 differences left\n"), "{apply}");
    let plan = heard.run(&["topics", "plan"]).succeeds().out();
    assert_eq!(plan, "27 there, 0 to create, 0 differences\n");
}

/// Kafka's own commands, by the names under which Kafka installs them, and ours: the directory to be put into PATH.
fn tools(heard: &Heard) -> PathBuf {
    let script = repository().join("tools/kafka/kafka.sh");
    let mut directory = PathBuf::new();
    for (name, class) in [
        ("kafka-configs.sh", "kafka.admin.ConfigCommand"),
        ("kafka-topics.sh", "org.apache.kafka.tools.TopicCommand"),
        (
            "kafka-consumer-groups.sh",
            "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
        ),
    ] {
        let text = format!("#!/bin/sh\nexec {} tool {class} \"$@\"\n", path(&script));
        let file = heard.file(name, &text);
        fs::set_permissions(&file, Permissions::from_mode(0o755)).expect("it is ours");
        directory = file.parent().expect("it is in a directory").to_owned();
    }
    symlink(env!("CARGO_BIN_EXE_heard"), directory.join("heard")).expect("the directory can be written");
    directory
}

/// Types the commands that were printed, as they are.
fn paste(tools: &Path, said: &str) -> usize {
    let commands = said.lines().filter_map(|line| line.strip_prefix("  "));
    let mut pasted = 0;
    for command in commands {
        let path = format!(
            "{}:{}",
            tools.display(),
            std::env::var("PATH").unwrap_or_default()
        );
        let mut shell = Command::new("sh");
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("HEARD_") {
                shell.env_remove(name);
            }
        }
        let ran = shell.args(["-c", command]).env("PATH", path).output();
        let ran = ran.expect("there is a shell");
        // Ours says that outputs still differ.
        let fine = ran.status.success() || (command.starts_with("heard ") && ran.status.code() == Some(3));
        assert!(
            fine,
            "{command}: {}\n{}{}",
            ran.status,
            String::from_utf8_lossy(&ran.stdout),
            String::from_utf8_lossy(&ran.stderr)
        );
        pasted += 1;
    }
    pasted
}

/// CASES 44.
#[test]
fn what_the_plan_says_to_type_mends_what_differs() {
    let small = "[topics]\npartitions = 1";
    let heard = Heard::new("topics-e").application(small).topics();
    let tools = tools(&heard);
    // Two topics are kept in other ways.
    let broker = Broker::shared().address();
    for (topic, setting) in [
        ("cases", "cleanup.policy=delete"),
        ("interactions", "retention.ms=1000"),
    ] {
        let spoil = format!(
            "  kafka-configs.sh --bootstrap-server {broker} --alter --entity-type topics --entity-name topics-e.{topic} \
             --add-config {setting}"
        );
        assert_eq!(paste(&tools, &spoil), 1);
    }
    let plan = heard.run(&["topics", "plan"]).exits(3).out();
    assert_eq!(paste(&tools, &plan), 2, "{plan}");
    heard.run(&["topics", "plan"]).succeeds();

    // More partitions are wanted after it has run: mailbox and changelog go together, and the group with them.
    heard.run(&["run", "--drain"]).succeeds();
    let more = "[topics]\npartitions = 2\ninput_partitions = 1";
    let heard = heard.application(more);
    let plan = heard.run(&["topics", "plan"]).exits(3).out();
    assert!(
        plan.contains(
            "topics-e.interactions and topics-e.interactions-changelog belong together. Set partitions = 1"
        ),
        "{plan}"
    );
    assert_eq!(paste(&tools, &plan), 1, "{plan}");
    let plan = heard.run(&["topics", "plan"]).exits(3).out();
    assert!(!plan.contains("interactions"), "{plan}");
    assert_eq!(paste(&tools, &plan), 0, "outputs are left as they are: {plan}");
    heard.run(&["run", "--drain"]).succeeds();
}

#[test]
fn other_partition_counts_are_told_and_left_alone() {
    let small = "[topics]\npartitions = 1";
    let heard = Heard::new("topics-b").config(small).topics();
    let heard = heard.config("[topics]\npartitions = 3\ninput_partitions = 1");
    let apply = heard.run(&["topics", "apply"]).exits(3).out();
    assert!(
        apply.contains("topics-b.interactions  has 1 partitions, not 3"),
        "{apply}"
    );
    let plan = heard.config(small).run(&["topics", "plan"]).succeeds().out();
    assert!(plan.starts_with("27 there"), "{plan}");
}

#[test]
fn brokers_that_are_not_there_are_named() {
    let heard = Heard::new("topics-c");
    let error = heard
        .run(&["topics", "plan", "--brokers", "127.0.0.1:1"])
        .exits(69)
        .err();
    let told = |line: &str| line.starts_with("127.0.0.1:1: ") && line.contains("See that the brokers run");
    assert!(error.lines().any(told), "{error}");
}

#[test]
fn a_wrong_configuration_or_command_line_has_a_status_of_its_own() {
    let heard = Heard::new("topics-d").config("[channels.kiosk]\n");
    let error = heard.run(&["topics", "plan"]).exits(78).err();
    assert!(
        error.contains("heard.toml:1  channels.kiosk has no stage."),
        "{error}"
    );
    heard.run(&["topics", "plam"]).exits(64);
    heard.run(&["--help"]).succeeds();
}
