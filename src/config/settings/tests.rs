//! The configuration as a whole: defaults, the example file, and what is said about mistakes.

use super::{Overrides, RawConfig, Settings};
use crate::config::rules::{HashSecret, RuleSettings, Span};
use crate::config::{Problems, TopicKind, WireFormat};
use crate::model::Stage;

fn load(text: &str) -> Result<Settings, Problems> {
    Settings::from_raw(
        &RawConfig::from_text("heard.toml", text),
        &Overrides::default(),
        |_| None,
    )
}

#[test]
fn without_a_file_the_defaults_hold_and_the_secret_is_warned_about() {
    let settings = load("").expect("nothing is wrong with nothing");
    assert_eq!(settings.rules, RuleSettings::default());
    assert_eq!(settings.topics.topic(TopicKind::Cases).as_str(), "cases");
    assert_eq!(settings.warnings.len(), 1, "{:?}", settings.warnings);
}

#[test]
fn the_example_file_is_valid_and_says_what_the_defaults_are() {
    let example = include_str!("../../../heard.example.toml");
    let shown = Settings::from_raw(
        &RawConfig::from_text("heard.example.toml", example),
        &Overrides::default(),
        |_| Some("00112233445566778899aabbccddeeff".into()),
    )
    .unwrap_or_else(|problems| panic!("{problems}"));
    let defaults = load("").expect("defaults");
    assert_eq!(shown.topics, defaults.topics);
    assert_eq!(shown.engine, defaults.engine);
    assert_eq!(shown.http, defaults.http);
    assert_eq!(shown.rules.identity, defaults.rules.identity);
    assert_eq!(shown.rules.limits, defaults.rules.limits);
}

#[test]
fn the_command_line_comes_before_the_file() {
    let overrides = Overrides {
        brokers: Some("b:1".into()),
        prefix: Some("p.".into()),
    };
    let raw = RawConfig::from_text("heard.toml", "brokers = \"a:1\"\n[topics]\nprefix = \"q.\"");
    let settings = Settings::from_raw(&raw, &overrides, |_| None).expect("valid");
    assert_eq!(settings.brokers, "b:1");
    assert_eq!(settings.topics.complaints("email").as_str(), "p.complaints.email");
}

#[test]
fn a_channel_inherits_the_general_levels_and_may_switch_one_off() {
    let settings = load(
        r#"
        [levels]
        answer = "24h"
        resolve = "7d"
        [channels.social]
        answer = "1h"
        resolve = "none"
        [channels.kiosk]
        stage = "onstage"
        reply_limit = 0
        "#,
    )
    .expect("valid");
    let levels = |name: &str| settings.rules.channels[name].levels;
    assert_eq!(
        (levels("social").answer, levels("social").resolve),
        (Some(Span::hours(1)), None)
    );
    for inherits in ["email", "kiosk"] {
        assert_eq!(
            (levels(inherits).answer, levels(inherits).resolve),
            (Some(Span::hours(24)), Some(Span::days(7))),
            "{inherits}"
        );
    }
    let kiosk = &settings.rules.channels["kiosk"];
    assert_eq!((kiosk.stage, kiosk.reply_limit), (Stage::Onstage, None));
}

#[test]
fn a_built_in_channel_put_offstage_loses_its_reply_limit() {
    let settings = load("[channels.social]\nstage = \"offstage\"").expect("valid");
    let social = settings.rules.channel("social").expect("built in");
    assert_eq!((social.reply_limit, social.patience), (None, Span::hours(24)));
    assert_eq!(*social.author_kinds, [Box::from("handle")]);
}

#[test]
fn client_settings_pass_through_with_or_without_quotes() {
    let settings =
        load("[kafka]\nsecurity.protocol = \"SSL\"\n\"ssl.ca.location\" = \"ca.pem\"\nretries = 3")
            .expect("valid");
    let pairs: Vec<_> = settings
        .kafka
        .iter()
        .map(|(k, v)| (k.as_str(), v.as_str()))
        .collect();
    assert_eq!(
        pairs,
        [
            ("retries", "3"),
            ("security.protocol", "SSL"),
            ("ssl.ca.location", "ca.pem")
        ]
    );
}

#[test]
fn a_secret_of_ones_own_is_taken_and_not_warned_about() {
    let settings = load("secret = { value = \"00112233445566778899aabbccddeeff\" }").expect("valid");
    assert_ne!(settings.rules.secret, HashSecret::TRIAL);
    assert!(settings.warnings.is_empty());
}

#[test]
fn confluent_needs_every_id() {
    let problems =
        load("[wire]\nformat = \"confluent\"\n[wire.ids]\n1 = \"Complaint\"").expect_err("incomplete");
    assert!(problems.to_string().contains("Response, Update"), "{problems}");
    let all = crate::config::RECORDS;
    let ids: String = (1..)
        .zip(all)
        .map(|(id, name)| format!("{id} = \"{name}\"\n"))
        .collect();
    let settings = load(&format!("[wire]\nformat = \"confluent\"\n[wire.ids]\n{ids}")).expect("complete");
    assert_eq!(settings.wire.format, WireFormat::Confluent);
    assert_eq!(settings.wire.id_of("Response"), Some(2));
}

#[test]
fn all_mistakes_at_once_each_with_its_line_and_the_mend() {
    let problems = load(
        r#"brokers = ""
secret = { value = "hunter2", env = "X" }

[channels.kiosk]
patience = "soon"

[channels.social]
anwser = "1h"
stage = "upstage"

[identity]
blocked = ["*"]

[kafka]
group.id = "mine"

[engine]
mailbox_linger = "1s"
workers = 0

[topics.names]
cases = "responses"
updates = "up dates"

[wire.ids]
one = "Complaint"
2 = "Complain"

[rules]
at_risk = 80
"#,
    )
    .expect_err("everything is wrong");
    insta::assert_snapshot!(problems.to_string(), @r#"
        heard.toml:1  brokers must not be empty. Leave it out for "localhost:9092".
        heard.toml:2  secret needs exactly one of value, file and env, such as secret = { file = "heard.secret" }.
        heard.toml:4  channels.kiosk has no stage. Spectators present? stage = "onstage", else "offstage".
        heard.toml:5  channels.kiosk.patience must be a duration such as "15m", "1h30m", "48h" or "7d".
        heard.toml:8  channels.social.anwser is not known here. Did you mean answer?
        heard.toml:9  channels.social.stage must be "onstage" or "offstage".
        heard.toml:12  identity.blocked must not hold "*": it would block everyone. Name the values.
        heard.toml:15  kafka.group.id is set by heard itself. Remove the line.
        heard.toml:18  engine.mailbox_linger must not be longer than commit_interval (100ms unless set).
        heard.toml:19  engine.workers must be a whole number from 1.
        heard.toml:22  cases and responses are both called "responses". Give each its own name.
        heard.toml:23  topics.names.updates "up dates" is no topic name: letters, digits, '.', '_' and '-', at most 200 of them.
        heard.toml:26  wire.ids: "one" is no schema id. Write a whole number, such as 17 = "Complaint".
        heard.toml:27  wire.ids.2 must be a file that ends in .avsc, or one of Complaint, Response, Update, Survey, Customer, WorkItem, Case, CaseEvent, Signal.
        heard.toml:30  rules.at_risk must be a share above 0 and at most 1, such as 0.8.
        "#);
}
