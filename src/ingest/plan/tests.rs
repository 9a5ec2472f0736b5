//! Maps, rows and plans together: small tables, and the real data where it is at hand.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::{Plan, Planned, Planner};
use crate::ingest::build::Input;
use crate::ingest::map::Map;
use crate::ingest::rows::{self, Origin, Row};

fn plan_json(map: &str, lines: &[&str]) -> Plan {
    let map = Map::from_text("map.toml", map).unwrap_or_else(|problems| panic!("{problems}"));
    let rows = (1..).zip(lines).map(|(line, text)| {
        let row = serde_json::from_str(text)
            .map(Row::Json)
            .map_err(|e| e.to_string());
        (Origin { file: 0, line }, row)
    });
    super::plan(&map, rows)
}

const REPLIES: &str = r#"
    format = "ndjson"
    time_format = "unix_s"
    [kind]
    from = "{by}"
    complaint = ["customer"]
    response = ["us"]
    skip = ["system"]
    [every]
    id = "{id}"
    source = "s"
    channel = "social"
    occurred_at = "{t}"
    in_reply_to = "{re}"
    [complaint.author]
    display_name = "{name}"
    [[complaint.author.identifiers]]
    kind = "email"
    value = "{mail}"
    [[complaint.author.identifiers]]
    kind = "handle"
    value = "{name}"
    realm = "s"
    [links]
    conversation_from_replies = true
"#;

fn conversations(plan: &Plan) -> Vec<(&str, &str)> {
    let inputs = plan.records.iter().map(|planned| &planned.input);
    inputs
        .filter_map(|input| Some((input.id(), input.conversation_id()?)))
        .collect()
}

#[test]
fn a_conversation_is_named_by_the_beginning_of_its_replies() {
    let plan = plan_json(
        REPLIES,
        &[
            r#"{"by":"us","id":"c","re":"b","t":3}"#,
            r#"{"by":"customer","id":"b","re":"a","t":2,"name":"ann"}"#,
            r#"{"by":"customer","id":"a","t":1}"#,
            r#"{"by":"customer","id":"e","re":"gone","t":5}"#,
            r#"{"by":"customer","id":"y","re":"x","t":7}"#,
            r#"{"by":"customer","id":"x","re":"y","t":6}"#,
            r#"{"by":"customer","id":"z","re":"y","t":8}"#,
        ],
    );
    assert_eq!(plan.rejected, []);
    let expected = [
        ("a", "a"),
        ("b", "a"),
        ("c", "a"),
        ("e", "gone"),
        ("x", "x"),
        ("y", "x"),
        ("z", "x"),
    ];
    assert_eq!(conversations(&plan), expected);
}

#[test]
fn an_identifier_without_a_value_is_left_out() {
    let plan = plan_json(
        REPLIES,
        &[r#"{"by":"customer","id":"a","t":1,"name":"ann","mail":""}"#],
    );
    let Input::Complaint(complaint) = &plan.records[0].input else {
        panic!("a customer complains");
    };
    let identifiers: Vec<_> = complaint
        .author
        .identifiers
        .iter()
        .map(|i| i.kind.as_str())
        .collect();
    assert_eq!(identifiers, ["handle"]);
}

const SURVEYS: &str = r#"
    format = "ndjson"
    time_format = "unix_s"
    [kind]
    from = "{what}"
    survey = ["nps"]
    [survey]
    id = "{id}"
    source = "s"
    channel = "{channel}"
    conversation_id = "{about}"
    scale = "NPS_0_10"
    score = "{score}"
    occurred_at = "{t}"
    comment = "{said}"
    [[survey.customer.identifiers]]
    kind = "email"
    value = "{mail}"
"#;

#[test]
fn surveys_of_a_conversation_and_of_a_person() {
    let plan = plan_json(
        SURVEYS,
        &[
            r#"{"what":"nps","id":"1","t":1,"score":"9","channel":"email","about":"c1"}"#,
            r#"{"what":"nps","id":"2","t":2,"score":"0","mail":"a@b","said":"bad"}"#,
            r#"{"what":"nps","id":"3","t":3,"score":"ten"}"#,
        ],
    );
    let surveys = plan.records.iter().map(|planned| match &planned.input {
        Input::Survey(survey) => survey,
        other => panic!("{other:?} is no survey"),
    });
    let surveys: Vec<_> = surveys.collect();
    assert_eq!(conversations(&plan), [("1", "c1")]);
    assert_eq!(
        (surveys[0].score, surveys[0].channel.as_deref()),
        (9.0, Some("email"))
    );
    assert_eq!(
        (surveys[1].score, surveys[1].conversation_id.as_deref()),
        (0.0, None)
    );
    let person = surveys[1].customer.as_ref().expect("it names a person");
    assert_eq!(person.identifiers[0].value.as_str(), "a@b");
    let reasons: Vec<_> = plan
        .rejected
        .iter()
        .map(|rejected| &rejected.reason[..])
        .collect();
    assert_eq!(reasons, ["score is not a number"]);
}

#[test]
fn lines_that_cannot_be_used_are_told_with_number_and_reason() {
    let plan = plan_json(
        REPLIES,
        &[
            r#"{"by":"system"}"#,
            r#"{"by":"nobody","id":"a","t":1}"#,
            r#"{"id":"a","t":1}"#,
            r#"{"by":"customer","t":1}"#,
            r#"{"by":"customer","id":"a","t":"secret"}"#,
            "not json",
            r#"{"by":"customer","id":"a","t":1}"#,
        ],
    );
    assert_eq!(plan.records.len(), 1);
    let told: Vec<_> = plan
        .rejected
        .iter()
        .map(|r| format!("{} {}", r.origin.line, r.reason))
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    2 the map's [kind] does not say what record this is
    3 kind: column by is empty
    4 id: column id is empty
    5 occurred_at is not a time as the map's time_format says
    6 expected ident at line 1 column 2
    "#);
}

#[test]
fn turns_reply_to_the_turn_before_in_their_conversation() {
    let map = r#"
        format = "ndjson"
        time_format = "unix_s"
        [complaint]
        id = "{c}{n}"
        source = "s"
        channel = "social"
        conversation_id = "{c}"
        in_reply_to = "{re}"
        occurred_at = "{n}"
        [links]
        turn = "{n}"
    "#;
    let plan = plan_json(
        map,
        &[
            r#"{"c":"p","n":10}"#,
            r#"{"c":"p","n":9}"#,
            r#"{"c":"q","n":9}"#,
            r#"{"c":"p","n":11,"re":"p9"}"#,
        ],
    );
    let replies: Vec<_> = plan
        .records
        .iter()
        .map(|p| (p.input.id(), p.input.in_reply_to()))
        .collect();
    let expected = [
        ("p9", None),
        ("q9", None),
        ("p10", Some("p9")),
        ("p11", Some("p9")),
    ];
    assert_eq!(replies, expected);
}

#[test]
fn what_is_wrong_with_a_map_is_told_at_once() {
    let problems = Map::from_text(
        "map.toml",
        r#"format = "xml"
time_zone = "Mars"

[kind]
complaint = ["client"]

[every]
chanel = "x"
source = "{"

[complaint]
id = { from = "{id}", lookup = "none" }
occurred_at = { from = "{t}", time_format = "%s", time_zone = "Mars/Base" }
intent = "WRATH"

[[complaint.author.identifiers]]
value = "{x}"

[update]
id = "{id}"
"#,
    )
    .expect_err("nearly everything is wrong");
    insta::assert_snapshot!(problems.to_string(), @r#"
    map.toml:1  format must be "csv" or "ndjson", not "xml".
    map.toml:2  a time_zone needs a time_format beside it.
    map.toml:4  kind.from must name the value that decides, such as from = "{role}".
    map.toml:8  every.chanel is not known here. Did you mean channel?
    map.toml:9  every.source: it has a { without a }; write {{ for the brace itself.
    map.toml:11  complaint has no channel. Add to [complaint] or [every], such as channel = "{a column}".
    map.toml:12  there is no table [lookup.none].
    map.toml:13  this machine's zone database does not know this time_zone. Write an IANA name such as "America/New_York", and see that tzdata is installed.
    map.toml:14  complaint.intent must be one of COMPLAINT, QUESTION, PRAISE, THANKS, OTHER.
    map.toml:16  complaint.author.identifiers[0] needs a kind and a value, such as kind = "handle", value = "{author}".
    map.toml:19  update has no channel, conversation_id, occurred_at. Add to [update] or [every], such as channel = "{a column}".
    map.toml:19  update has no when. Say which column makes a row an update too, such as when = "{Closed Date}".
    "#);
}

/// The real data, which is never copied into the project.
fn data(file: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/data")
        .join(file);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {file} of ../shared/data is not here");
    None
}

fn plan_file(map: &str, file: &Path) -> Plan {
    let maps = Path::new(env!("CARGO_MANIFEST_DIR")).join("maps");
    let map = Map::read(&maps.join(map)).unwrap_or_else(|problems| panic!("{problems}"));
    let mut planner = Planner::new(&map);
    rows::read(file, 0, map.format, &map.columns(), |origin, row| {
        planner.add(origin, row)
    })
    .unwrap_or_else(|error| panic!("{error}"));
    planner.finish()
}

fn count<K: Ord>(plan: &Plan, key: impl Fn(&Input) -> K) -> BTreeMap<K, usize> {
    let mut counts = BTreeMap::new();
    for planned in &plan.records {
        *counts.entry(key(&planned.input)).or_default() += 1;
    }
    counts
}

fn kind(input: &Input) -> &'static str {
    match input {
        Input::Complaint(_) => "complaint",
        Input::Response(_) => "response",
        Input::Update(_) => "update",
        Input::Survey(_) => "survey",
    }
}

#[test]
fn the_dialogues_come_out_the_same_from_csv_and_ndjson() {
    let files = (
        data("social_ibm_care_1025_dialogs.csv"),
        data("events/social_ibm_care.ndjson"),
    );
    let (Some(csv), Some(ndjson)) = files else {
        return;
    };
    let csv = plan_file("social_ibm_care_csv.toml", &csv);
    let ndjson = plan_file("social_ibm_care_ndjson.toml", &ndjson);
    assert_eq!((csv.rejected.len(), ndjson.rejected.len()), (0, 0));
    assert_eq!(
        count(&csv, kind),
        BTreeMap::from([("complaint", 1211), ("response", 1139)])
    );
    let ids: BTreeSet<_> = csv.records.iter().map(|planned| planned.input.id()).collect();
    assert_eq!(ids.len(), 2350, "no two messages share an id");
    let by_id = |plan: Plan| -> BTreeMap<String, Input> {
        let inputs = plan.records.into_iter();
        inputs
            .map(|planned| (planned.input.id().to_owned(), planned.input))
            .collect()
    };
    let (csv, ndjson) = (by_id(csv), by_id(ndjson));
    for (id, input) in &csv {
        assert_eq!(Some(input), ndjson.get(id), "{id}");
    }
}

#[test]
fn the_citys_complaints_and_closings() {
    let Some(file) = data("city_nyc311_924.csv") else {
        return;
    };
    let plan = plan_file("city_nyc311.toml", &file);
    assert_eq!(plan.rejected, []);
    assert_eq!(
        count(&plan, kind),
        BTreeMap::from([("complaint", 924), ("update", 480)])
    );
    let complaints = |channel| {
        let of_channel = |input: &&Input| kind(input) == "complaint" && input.channel() == Some(channel);
        plan.records.iter().map(|p| &p.input).filter(of_channel).count()
    };
    assert_eq!(
        ["phone", "mobile", "online", "other"].map(complaints),
        [139, 280, 501, 4]
    );
    let mut opened = BTreeMap::new();
    let mut resolutions = Vec::new();
    for Planned { input, .. } in &plan.records {
        match input {
            Input::Update(update) => {
                let opened_at = opened[update.conversation_id.as_str()];
                resolutions.push(update.occurred_at.since(opened_at) / 1000);
            }
            message => drop(opened.insert(
                message.conversation_id().unwrap_or_default(),
                message.occurred_at(),
            )),
        }
    }
    resolutions.sort_unstable();
    assert_eq!(
        (resolutions[480 / 2 - 1], resolutions[480 * 9 / 10 - 1]),
        (1941, 4354)
    );
}

#[test]
fn the_regulators_complaints_by_way_of_submission() {
    let Some(file) = data("regulator_cfpb_268.csv") else {
        return;
    };
    let plan = plan_file("regulator_cfpb.toml", &file);
    assert_eq!(plan.rejected, []);
    let expected = [
        ("email", 1),
        ("fax", 4),
        ("phone", 17),
        ("post", 10),
        ("referral", 25),
        ("web", 211),
    ];
    let ways = count(&plan, |input| input.channel().unwrap_or_default().to_owned());
    let ways: Vec<_> = ways.iter().map(|(way, n)| (way.as_str(), *n)).collect();
    assert_eq!(ways, expected);
}
