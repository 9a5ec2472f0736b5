//! `heard topics plan` and `apply`.

use crate::dsl::Heard;

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
