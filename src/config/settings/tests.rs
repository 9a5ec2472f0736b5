//! The configuration as a whole: defaults, the example file, and what is said about mistakes.

use super::{Overrides, RawConfig, Settings, all_settings};
use crate::config::book::{Entry, Shown};
use crate::config::given::variable;
use crate::config::rules::{HashSecret, RuleSettings, Span};
use crate::config::{Problems, TopicKind, WireFormat, example};
use crate::model::Stage;

fn load(text: &str) -> Result<Settings, Problems> {
    Settings::from_raw(
        &RawConfig::from_text("heard.toml", text),
        &Overrides::default(),
        [],
    )
}

fn with(text: &str, variables: &[(&str, &str)]) -> Result<Settings, Problems> {
    let variables = variables.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
    Settings::from_raw(
        &RawConfig::from_text("heard.toml", text),
        &Overrides::default(),
        variables,
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
fn the_example_file_says_what_the_defaults_are() {
    let shown = load(&example()).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(shown, load("").expect("defaults"));
}

/// What is commented out in the example can be written so.
#[test]
fn the_examples_of_what_has_no_default_are_right() {
    let text = example();
    let lines = text.lines().map(|line| match line.strip_prefix("# ") {
        // A header, or a setting that stands there as an example: its value, or its key.
        Some(rest) if rest.starts_with('[') && rest.ends_with(']') => rest,
        Some(rest) if rest.split_once(" = ").is_some_and(|(key, _)| !key.contains(' ')) => rest,
        _ => line,
    });
    let text: String = lines
        .filter(|line| {
            !["file = ", "value = ", "sasl.password", "ssl.ca"]
                .iter()
                .any(|it| line.starts_with(it))
        })
        .map(|line| format!("{line}\n"))
        .collect();
    let secret = ("HEARD_SECRET", "00112233445566778899aabbccddeeff");
    let settings = with(&text, &[secret]).unwrap_or_else(|problems| panic!("{problems}\n{text}"));
    assert_eq!(
        settings.topics.replication.map(std::num::NonZeroU32::get),
        Some(3)
    );
    assert_eq!(settings.wire.id_of("Complaint"), Some(17));
    assert_eq!(settings.kafka["security.protocol"].0, "SASL_SSL");
    assert!(settings.warnings.is_empty());
}

#[test]
fn every_setting_is_explained_once_and_can_be_set_from_the_environment() {
    let mut seen = std::collections::BTreeSet::new();
    for entry in all_settings() {
        let Entry::Setting(setting) = entry else {
            continue;
        };
        assert!(
            setting.about.ends_with('.') && !setting.about.contains('\n'),
            "{setting:?}"
        );
        assert!(seen.insert(variable(&setting.path)), "{} twice", setting.path);
        if let Shown::Default(value) = setting.value {
            let given = [(variable(&setting.path), value.clone())];
            let raw = RawConfig::from_text("heard.toml", "");
            let settings = Settings::from_raw(&raw, &Overrides::default(), given);
            // A text's quotes would be part of it.
            let quoted = setting.allowed.starts_with("a text");
            assert!(
                quoted || settings == load(""),
                "{}={value}",
                variable(&setting.path)
            );
        }
    }
    assert!(seen.len() > 80, "{}: {seen:?}", seen.len());
}

/// CASES 43.
#[test]
fn no_duration_may_be_nothing_and_that_is_said() {
    let mut durations = 0;
    for entry in all_settings() {
        let Entry::Setting(setting) = entry else {
            continue;
        };
        // Agreements are in a list: they have no variables.
        if !setting.allowed.starts_with("a duration") || setting.path.contains(".agreements.") {
            continue;
        }
        durations += 1;
        let problems = with("", &[(&variable(&setting.path), "0ms")]).expect_err("nothing is no duration");
        let told = format!("{} must be longer than 0", setting.path);
        assert!(problems.to_string().contains(&told), "{problems}");
    }
    assert!(durations > 20, "{durations}");
}

/// CASES 43.
#[test]
fn a_variable_that_is_nobodys_is_refused() {
    for (name, meant) in [
        ("HEARD_BROKER", "HEARD_BROKERS"),
        ("HEARD_WORKERS", "HEARD_ENGINE__WORKERS"),
        ("HEARD_SECRET", "HEARD_SECRET__"),
        ("HEARD_X", "such as HEARD_ENGINE__WORKERS"),
    ] {
        let problems = with("", &[(name, "x:1")]).expect_err("it is no setting");
        let problems = problems.to_string();
        assert!(
            problems.contains(&format!("environment variable {name}  is no setting.")),
            "{problems}"
        );
        assert!(problems.contains(meant), "{problems}");
    }
    // What a setting names is somebody's.
    let named = "secret = { env = \"HEARD_SECRET\" }";
    let secret = ("HEARD_SECRET", "00112233445566778899aabbccddeeff");
    with(named, &[secret]).unwrap_or_else(|problems| panic!("{problems}"));
}

#[test]
fn the_environment_comes_before_the_file() {
    let file = "brokers = \"a:1\"\n[channels.live-chat]\nstage = \"onstage\"\n[kafka]\nsasl.username = \"a\"";
    let settings = with(
        file,
        &[
            ("HEARD_BROKERS", "b:1"),
            ("HEARD_ENGINE__WORKERS", "3"),
            ("HEARD_CHANNELS__LIVE_CHAT__STAGE", "offstage"),
            ("HEARD_CHANNELS__KIOSK__STAGE", "onstage"),
            ("HEARD_CHANNELS__SOCIAL__AUTHOR", "handle,email"),
            ("HEARD_KAFKA__SASL__USERNAME", "b"),
            ("HEARD_KAFKA__SASL__PASSWORD__ENV", "PASSWORD"),
            ("PASSWORD", "1_000"),
            ("HEARD_WIRE__IDS__17", "Case"),
            ("HEARD_IDENTITY__BLOCKED_BY_KIND__EMAIL", "info@*"),
        ],
    )
    .unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(
        (settings.brokers.as_str(), settings.engine.workers.get()),
        ("b:1", 3)
    );
    let channel = |name: &str| settings.rules.channel(name).expect("it is there");
    assert_eq!(channel("live-chat").stage, Stage::Offstage);
    assert_eq!(channel("kiosk").stage, Stage::Onstage);
    assert_eq!(channel("social").author_kinds.len(), 2);
    assert_eq!(settings.rules.channels.len(), 10);
    assert_eq!(settings.kafka["sasl.username"].0, "b");
    assert_eq!(settings.kafka["sasl.password"].0, "1_000");
    assert_eq!(settings.wire.id_of("Case"), Some(17));
    assert!(settings.rules.identity.is_blocked("email", "info@shop.example"));
    assert!(!format!("{settings:?}").contains("1_000"));
}

#[test]
fn a_secret_from_outside_puts_the_files_aside() {
    let value = ("HEARD_SECRET__VALUE", "00112233445566778899aabbccddeeff");
    let settings = with("secret = { file = \"not/there\" }", &[value]).expect("the file is not asked");
    assert_ne!(settings.rules.secret, HashSecret::TRIAL);
}

#[test]
fn a_client_setting_from_outside_puts_the_files_aside_wherever_its_value_is() {
    let file = "[kafka]\nsasl.password = { file = \"not/there\" }\nclient.rack = \"a\"";
    let settings = with(file, &[("HEARD_KAFKA__SASL__PASSWORD", "b")]).expect("the file is not asked");
    assert_eq!(settings.kafka["sasl.password"].0, "b");
    assert_eq!(settings.kafka["client.rack"].0, "a");
    let file = "[kafka]\nsasl.password = \"a\"";
    let variables = [("HEARD_KAFKA__SASL__PASSWORD__ENV", "P"), ("P", "b")];
    assert_eq!(
        with(file, &variables).expect("right").kafka["sasl.password"].0,
        "b"
    );
}

#[test]
fn secrets_come_out_of_files_beside_the_configuration() {
    let directory = tempfile::TempDir::new().expect("a temporary directory can be made");
    let path = directory.path().join("heard.toml");
    let write = |name: &str, text: &str| std::fs::write(directory.path().join(name), text).expect("written");
    write(
        "heard.toml",
        "secret.file = \"key\"\n[kafka]\nsasl.password = { file = \"password\" }",
    );
    write("key", "00112233445566778899aabbccddeeff\n");
    write("password", " with spaces \r\n");
    let raw = RawConfig::read(Some(&path)).expect("it is there");
    let settings = Settings::from_raw(&raw, &Overrides::default(), []).unwrap_or_else(|p| panic!("{p}"));
    assert_ne!(settings.rules.secret, HashSecret::TRIAL);
    assert_eq!(settings.kafka["sasl.password"].0, " with spaces ");
}

#[test]
fn mistakes_outside_the_file_name_their_place() {
    let raw = RawConfig::from_text("heard.toml", "");
    let overrides = Overrides {
        prefix: Some("sp ace".into()),
        ..Overrides::default()
    };
    let variables = [
        ("HEARD_ENGINE__WORKRES", "1"),
        ("HEARD_ENGINE__WORKERS", "none"),
        ("HEARD_CHANNELS__SOCIAL__STAGE", "onstge"),
        ("HEARD_KAFKA__SASL__PASWORD", "hunter2"),
    ];
    let variables = variables.map(|(k, v)| (k.to_owned(), v.to_owned()));
    let problems = Settings::from_raw(&raw, &overrides, variables).expect_err("all are wrong");
    insta::assert_snapshot!(problems.to_string(), @r#"
    --prefix  topics.prefix "sp ace" is no topic name: letters, digits, '.', '_' and '-', at most 200 of them.
    environment variable HEARD_CHANNELS__SOCIAL__STAGE  channels.social.stage must be "onstage" or "offstage", not "onstge". Did you mean "onstage"?
    environment variable HEARD_ENGINE__WORKERS  engine.workers must be a whole number from 1, not "none".
    environment variable HEARD_ENGINE__WORKRES  is no setting. Did you mean HEARD_ENGINE__WORKERS?
    environment variable HEARD_KAFKA__SASL__PASWORD  kafka.sasl.pasword is not known to the Kafka client (librdkafka). Did you mean sasl.password?
    "#);
}

#[test]
fn the_command_line_comes_before_the_file() {
    let overrides = Overrides {
        brokers: Some("b:1".into()),
        prefix: Some("p.".into()),
    };
    let raw = RawConfig::from_text("heard.toml", "brokers = \"a:1\"\n[topics]\nprefix = \"q.\"");
    let settings = Settings::from_raw(&raw, &overrides, []).expect("valid");
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
    let levels = |name: &str| &settings.rules.channels[name].levels.usual;
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
        load("[kafka]\nsecurity.protocol = \"SSL\"\n\"client.rack\" = \"a\"\nretries = 3").expect("valid");
    let pairs: Vec<_> = settings
        .kafka
        .iter()
        .map(|(k, v)| (k.as_str(), v.as_str()))
        .collect();
    assert_eq!(
        pairs,
        [
            ("client.rack", "a"),
            ("retries", "3"),
            ("security.protocol", "SSL")
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
        heard.toml:2  secret needs exactly one of file, env and value, such as secret = { file = "heard.secret" }. A secret is 32 hexadecimal digits; make one with: openssl rand -hex 16
        heard.toml:4  channels.kiosk has no stage. Spectators present? stage = "onstage", else "offstage".
        heard.toml:5  channels.kiosk.patience must be a duration such as "15m", "1h30m", "48h" or "7d", not "soon".
        heard.toml:8  channels.social.anwser is not known here. Did you mean answer?
        heard.toml:9  channels.social.stage must be "onstage" or "offstage", not "upstage". Did you mean "onstage"?
        heard.toml:12  identity.blocked must not hold "*": it would block everyone. Name the values.
        heard.toml:15  kafka.group.id cannot be set: heard sets it itself, by its other settings. Remove the line.
        heard.toml:18  engine.mailbox_linger must not be longer than commit_interval (100ms unless set).
        heard.toml:19  engine.workers must be a whole number from 1, not 0.
        heard.toml:22  cases and responses are both called "responses". Give each its own name.
        heard.toml:23  topics.names.updates "up dates" is no topic name: letters, digits, '.', '_' and '-', at most 200 of them.
        heard.toml:26  wire.ids: "one" is no schema id. Write a whole number, such as 17 = "Complaint".
        heard.toml:27  wire.ids.2 must be a file that ends in .avsc, or one of Complaint, Response, Update, Survey, Customer, WorkItem, Case, CaseEvent, Signal, not "Complain". Did you mean "Complaint"?
        heard.toml:30  rules.at_risk must be a share above 0 and at most 1, such as 0.8, not 80.
        "#);
}
