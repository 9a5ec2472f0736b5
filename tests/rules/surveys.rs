//! Rule 12 as stories: surveys find their cases, whatever the order of arrival.

use std::collections::BTreeMap;

use proptest::prelude::*;

use heard::config::rules::RuleSettings;
use heard::model::Advocacy::{Detractor, Passive, Promoter};
use heard::model::SurveyScale::{Nps0To10, Stars1To5};
use heard::model::{Advocacy, Case, CaseEventType, CaseId, Complaint, Survey, SurveyAbout, SurveyScale};

use crate::story::{Line, Story, at, customer, permutations, replies, says, scores};

const DAY: i64 = 24 * 60;

/// What cases show of surveys: by conversation, the score and what it makes of the customer.
type Shown = BTreeMap<String, (Option<f64>, Option<Advocacy>)>;

fn shown(story: &Story) -> Shown {
    let cases = story.cases().into_values();
    cases
        .map(|case| {
            (
                case.conversation_id.to_string(),
                (case.survey_score, case.advocacy),
            )
        })
        .collect()
}

/// The story ends in the same cases in every order of its lines, and every line twice; no event is told
/// twice; what is told in the end is what the cases show.
fn in_any_order(lines: &[Line], until: i64) -> Story {
    let settings = RuleSettings::default;
    let plain = Story::told(settings(), lines.to_vec()).until(until);
    for order in permutations(lines) {
        let twice = order.iter().flat_map(|line| [line.clone(), line.clone()]);
        let story = Story::told(settings(), twice).until(until);
        assert_eq!(story.cases(), plain.cases(), "{order:?}");
        assert_eq!(told_twice(&story), [""; 0], "{order:?}");
        for case in story.cases().values() {
            assert_eq!(
                standing(&story, case.case_id),
                standing(&plain, case.case_id),
                "{order:?}"
            );
        }
    }
    plain
}

fn told_twice(story: &Story) -> Vec<String> {
    let mut known = std::collections::BTreeSet::new();
    let events = story.events().into_iter();
    let again = events.filter(|event| !known.insert(event.event_id));
    again
        .map(|event| format!("{} {:?}", event.kind.symbol(), event.details))
        .collect()
}

/// The surveys that were told of a case and not taken back.
fn standing(story: &Story, case: CaseId) -> Vec<String> {
    let mut standing = Vec::new();
    for event in story.events().into_iter().filter(|event| event.case_id == case) {
        let detail = |name: &str| event.details.get(name).map(ToString::to_string);
        let id = detail("survey").or(detail("message")).unwrap_or_default();
        if event.kind == CaseEventType::Surveyed {
            standing.push(id);
        } else if event.kind == CaseEventType::Corrected && detail("what").as_deref() == Some("surveyed") {
            let known = standing.iter().position(|known| *known == id);
            standing.remove(known.expect("what is taken back was told"));
        }
    }
    standing.sort();
    standing
}

fn of(conversation: &str, complaint: Complaint) -> Line {
    let conversation_id = Some(conversation.into());
    Line::Says(Complaint {
        conversation_id,
        ..complaint
    })
}

/// A survey that names conversation `c` of a channel.
fn about(channel: &str, survey: Survey) -> Survey {
    Survey {
        channel: Some(channel.into()),
        conversation_id: Some("c".into()),
        ..survey
    }
}

fn at_all(shown: &[(&str, Option<(f64, Advocacy)>)]) -> Shown {
    let cases = shown.iter();
    cases
        .map(|(conversation, found)| {
            let (score, advocacy) = (found.map(|f| f.0), found.map(|f| f.1));
            ((*conversation).to_owned(), (score, advocacy))
        })
        .collect()
}

#[test]
fn a_survey_that_names_the_conversation_is_its_case_s() {
    let ann = ["email:a@b"];
    let survey = about("email", scores(60, "s", 9.0, &[]));
    let lines = [
        says(0, "m", "email", &ann).into(),
        replies(30, "r", "email").into(),
        survey.into(),
        customer(-10, "A", &ann).into(),
    ];
    let story = in_any_order(&lines, 2 * DAY);
    let case = story.case();
    assert_eq!(
        (case.survey_score, case.survey_scale),
        (Some(9.0), Some(Nps0To10))
    );
    assert_eq!(
        (case.advocacy, case.answered_when_surveyed),
        (Some(Promoter), Some(true))
    );
    let events = story.events();
    let surveyed = events.iter().find(|event| event.kind == CaseEventType::Surveyed);
    let surveyed = surveyed.expect("it was told");
    assert_eq!(surveyed.at, at(60));
    let details: Vec<_> = ["survey", "score", "scale"]
        .map(|name| surveyed.details.get(name).map(ToString::to_string))
        .into();
    assert_eq!(details, ["s", "9", "NPS_0_10"].map(|text| Some(text.to_owned())));
}

#[test]
fn whose_case_in_the_conversation_it_is() {
    //   the survey names           then it is the case of
    for (named, whose) in [
        (&[][..], "ann"), // she began
        (&["handle:bob"], "bob"),
        (&["email:b@c"], "bob"), // he was seen with it
        (&["handle:nobody"], "ann"),
    ] {
        let lines = [
            says(0, "ann", "social", &["handle:ann"]).into(),
            says(5, "bob", "social", &["handle:bob", "email:b@c"]).into(),
            about("social", scores(60, "s", 3.0, named)).into(),
        ];
        let story = in_any_order(&lines, DAY);
        let cases = story.cases();
        let having: Vec<_> = cases
            .values()
            .filter(|case| case.survey_score.is_some())
            .collect();
        let excerpts: Vec<_> = having.iter().map(|case| case.excerpt.0.to_string()).collect();
        assert_eq!(excerpts, [format!("text of {whose}")], "{named:?}");
        assert_eq!(having[0].advocacy, Some(Detractor));
    }
}

/// A case is named by its author's handle, on whatever platform; so is the person asked.
#[test]
fn whoever_is_named_without_the_platform_is_found_in_any_order() {
    let mut bob = says(5, "bob", "email", &["handle:bob"]);
    bob.author.identifiers[0].realm = Some("forum.example".into());
    let lines = [
        says(0, "ann", "email", &["email:a@b"]).into(),
        bob.into(),
        about("email", scores(60, "s", 3.0, &["handle:bob", "email:bob@b"])).into(),
    ];
    let story = in_any_order(&lines, DAY);
    let cases = story.cases();
    let surveyed = cases.values().find(|case| case.survey_score.is_some());
    assert_eq!(surveyed.map(|case| &**case.excerpt), Some("text of bob"));
}

#[test]
fn a_survey_of_a_system_whose_clock_is_slow_is_joined_all_the_same() {
    let lines = [
        about("chat", scores(-1, "s", 10.0, &[])).into(),
        says(0, "m", "chat", &["email:a@b"]).into(),
        says(1, "n", "chat", &["email:a@b"]).into(),
    ];
    let case = in_any_order(&lines, DAY).case();
    assert_eq!(
        (case.survey_score, case.answered_when_surveyed),
        (Some(10.0), Some(false))
    );
}

#[test]
fn answered_or_not_is_judged_as_of_the_survey() {
    //   given a survey after minutes   then the case answered after 30
    for (minute, answered) in [(29, false), (30, true), (31, true)] {
        let lines = [
            says(0, "m", "email", &["email:a@b"]).into(),
            replies(30, "r", "email").into(),
            scores(minute, "s", 5.0, &["email:a@b"]).into(),
        ];
        let case = in_any_order(&lines, DAY).case();
        assert_eq!(case.answered_when_surveyed, Some(answered), "after {minute}");
    }
}

#[test]
fn a_survey_of_a_person_is_their_latest_case_s() {
    let ann = ["email:a@b"];
    let lines = [
        of("one", says(0, "m", "email", &ann)),
        of("two", says(10 * DAY, "n", "email", &ann)),
        of("later", says(30 * DAY, "o", "email", &ann)),
        scores(20 * DAY, "s", 7.0, &ann).into(),
    ];
    let story = in_any_order(&lines, 31 * DAY);
    let expected = at_all(&[("one", None), ("two", Some((7.0, Passive))), ("later", None)]);
    assert_eq!(shown(&story), expected);
}

#[test]
fn of_cases_too_long_ago_it_is_none_s() {
    let ann = ["email:a@b"];
    //   given a survey after days   then the case has it
    for (day, has) in [(90, true), (91, false)] {
        let lines = [
            says(0, "m", "email", &ann).into(),
            scores(day * DAY, "s", 7.0, &ann).into(),
        ];
        let case = in_any_order(&lines, 100 * DAY).case();
        assert_eq!(case.survey_score.is_some(), has, "after {day} days");
    }
}

/// The CRM says, sooner or later, that the handle, the email and the id of the loyalty scheme are one
/// customer's.
#[test]
fn a_survey_finds_the_person_whatever_it_calls_them() {
    let known = ["handle:ann", "email:a@b"];
    for name in ["handle:ann", "email:a@b", "customer_id:A"] {
        let lines = [
            of("post", says(0, "m", "social", &["handle:ann"])),
            scores(DAY, "s", 1.0, &[name]).into(),
            customer(2 * DAY, "A", &known).into(),
            replies(DAY, "r", "social").into(),
        ];
        let story = in_any_order(&lines, 9 * DAY);
        assert_eq!(
            shown(&story),
            at_all(&[("post", Some((1.0, Detractor)))]),
            "{name}"
        );
    }
    // Two names seen in no record are two people.
    let lines = [
        of("post", says(0, "m", "social", &["handle:ann"])),
        scores(DAY, "s", 1.0, &["email:a@b"]).into(),
    ];
    assert_eq!(shown(&in_any_order(&lines, 9 * DAY)), at_all(&[("post", None)]));
}

#[test]
fn a_survey_goes_with_the_customer_who_is_merged_and_back() {
    let mut merged = customer(2 * DAY, "A", &["email:a@b"]);
    merged.merged_into = Some("B".into());
    let lines = [
        of("bills", says(0, "m", "email", &["email:c@d"])),
        scores(DAY, "s", 9.0, &["email:a@b"]).into(),
        customer(0, "B", &["email:c@d"]).into(),
        merged.into(),
    ];
    let story = in_any_order(&lines, 9 * DAY);
    assert_eq!(shown(&story), at_all(&[("bills", Some((9.0, Promoter)))]));
    let parted = customer(3 * DAY, "A", &["email:a@b"]);
    let lines: Vec<Line> = lines.into_iter().chain([parted.into()]).collect();
    assert_eq!(shown(&in_any_order(&lines, 9 * DAY)), at_all(&[("bills", None)]));
}

#[test]
fn of_several_surveys_the_latest_is_shown_on_its_own_scale() {
    let ann = ["email:a@b"];
    let stars = |minute, id, score| Survey {
        scale: Stars1To5,
        ..scores(minute, id, score, &ann)
    };
    let lines = [
        says(0, "m", "email", &ann).into(),
        scores(30, "first", 9.0, &ann).into(),
        stars(40, "a", 5.0).into(),
        about("email", stars(40, "b", 4.0)).into(),
    ];
    let story = in_any_order(&lines, DAY);
    let case = story.case();
    // Of one moment, the lower.
    let (score, scale): (Option<f64>, Option<SurveyScale>) = (case.survey_score, case.survey_scale);
    assert_eq!((score, scale), (Some(4.0), Some(Stars1To5)));
    assert_eq!(standing(&story, case.case_id), ["b", "test/a", "test/first"]);
}

#[test]
fn a_relationship_survey_is_the_party_s_only() {
    let ann = ["email:a@b"];
    let survey = Survey {
        about: SurveyAbout::Relationship,
        ..about("email", scores(30, "s", 2.0, &ann))
    };
    let lines = [says(0, "m", "email", &ann).into(), survey.into()];
    let story = in_any_order(&lines, DAY);
    let case = story.case();
    assert_eq!((case.survey_score, case.advocacy), (None, None));
    let work = story.work().into_values().next().expect("it went out");
    assert_eq!(
        (work.history.last_score, work.history.last_scale),
        (Some(2.0), Some(Nps0To10))
    );
}

#[test]
fn work_items_tell_the_party_s_last_score() {
    let ann = ["email:a@b"];
    let lines = [
        says(0, "m", "email", &ann).into(),
        about("email", scores(30, "s", 2.0, &[])).into(),
        of("next", says(DAY, "n", "email", &ann)),
        scores(20, "earlier", 8.0, &ann).into(),
    ];
    for order in permutations(&lines) {
        let story = Story::told(RuleSettings::default(), order).until(DAY + 60);
        let items = story.work().into_values().filter(|item| item.complaint.id == "n");
        let scores: Vec<_> = items.map(|item| item.history.last_score).collect();
        assert_eq!(scores, [Some(2.0)]);
    }
}

/// A message brings another identifier: until that one has answered, the party must hear the news all the
/// same, here that the case began before the survey.
#[test]
fn news_of_a_case_are_not_lost_while_an_identifier_is_asked() {
    let lines = [
        says(60, "m", "email", &["email:a@b"]).into(),
        scores(30, "s", 9.0, &["email:a@b"]).into(),
        says(10, "n", "email", &["email:a@b", "handle:ann"]).into(),
    ];
    assert_eq!(in_any_order(&lines, DAY).case().survey_score, Some(9.0));
}

/// A review of one star becomes one of five.
#[test]
fn a_review_s_first_stars_are_severity_and_changed_ones_advocacy() {
    let review = |revision: i64, stars: Option<f64>, edited: Option<i64>| -> Line {
        let mut review = says(0, "m", "review", &["handle:ann"]);
        review.revision = revision;
        review.rating = stars;
        review.edited_at = edited.map(at);
        review.into()
    };
    type Revisions<'a> = &'a [(Option<f64>, Option<i64>)];
    //   given stars, edited at minute, by revision                     then score, and answered by then
    let table: [(Revisions<'_>, Option<(f64, bool)>); 6] = [
        (&[(Some(1.0), None)], None),
        (&[(Some(1.0), None), (Some(1.0), Some(60))], None),
        (&[(Some(1.0), None), (Some(5.0), Some(60))], Some((5.0, true))),
        (&[(Some(1.0), None), (Some(5.0), Some(10))], Some((5.0, false))),
        (&[(None, None), (Some(5.0), Some(60))], None),
        (
            &[(Some(1.0), None), (Some(4.0), Some(10)), (Some(4.0), Some(60))],
            Some((4.0, false)),
        ),
    ];
    for (revisions, expected) in table {
        let mut lines: Vec<Line> = vec![replies(30, "r", "review").into()];
        for (number, (stars, edited)) in (0..).zip(revisions) {
            lines.push(review(number, *stars, *edited));
        }
        let story = in_any_order(&lines, DAY);
        let Case {
            survey_score,
            survey_scale,
            answered_when_surveyed,
            ..
        } = story.case();
        let found = survey_score.zip(answered_when_surveyed);
        assert_eq!(found, expected, "{revisions:?}");
        assert_eq!(survey_scale, expected.map(|_| Stars1To5));
    }
}

/// Whatever the stars are now: what they were first is how bad it was.
#[test]
fn a_review_that_was_edited_is_as_urgent_as_its_first_stars() {
    let review = |revision: i64, stars: Option<f64>| {
        let mut review = says(0, "m", "review", &["handle:ann"]);
        (review.revision, review.rating) = (revision, stars);
        Line::Says(review)
    };
    //   given stars by revision            then points
    for (stars, points) in [
        ([Some(1.0), Some(5.0)], 20),
        ([Some(5.0), Some(1.0)], 0),
        ([None, Some(2.0)], 10),
        ([Some(1.0), None], 20),
    ] {
        let lines = [review(0, stars[0]), review(1, stars[1])];
        assert_eq!(in_any_order(&lines, 60).case().priority, points, "{stars:?}");
    }
}

/// It is not an edit: it only tells which stars were given first.
#[test]
fn a_lower_revision_that_comes_late_is_no_event_of_its_own() {
    let review = |revision: i64, stars: f64| {
        let mut review = says(0, "m", "review", &["handle:ann"]);
        (review.revision, review.rating) = (revision, Some(stars));
        Line::Says(review)
    };
    let story = Story::told(RuleSettings::default(), [review(1, 5.0), review(0, 1.0)]);
    let told = story.happened();
    assert_eq!(told, ["OPENED", "SURVEYED"]);
}

/// A source that does not say when it was edited gives all revisions one time.
#[test]
fn stars_that_go_up_within_one_moment_take_nothing_back() {
    let review = |(revision, stars)| {
        let mut review = says(0, "m", "review", &["handle:ann"]);
        (review.revision, review.rating) = (revision, Some(stars));
        Line::Says(review)
    };
    for stars in [[1.0, 2.0, 5.0], [1.0, 5.0, 2.0]] {
        let story = Story::told(RuleSettings::default(), (0..).zip(stars).map(review));
        assert_eq!(story.case().survey_score, Some(stars[2]), "{stars:?}");
        assert_eq!(
            (story.times("SURVEYED"), story.times("CORRECTED")),
            (2, 0),
            "{stars:?}"
        );
    }
}

#[test]
fn a_case_that_is_over_for_long_keeps_its_score_and_may_get_another() {
    let settings = RuleSettings::default;
    let years = settings().retire_after.ms() / 60_000 + DAY;
    let lines = [
        says(0, "m", "email", &["email:a@b"]).into(),
        about("email", scores(30, "s", 2.0, &[])).into(),
    ];
    let mut story = Story::told(settings(), lines.clone()).until(years);
    assert_eq!(story.case().survey_score, Some(2.0));
    let [_, again] = lines;
    story.tell(again);
    assert_eq!(standing(&story, story.case().case_id), ["s"]);
    story.tell(about("email", scores(years, "t", 10.0, &[])));
    assert_eq!(story.case().survey_score, Some(10.0));
}

const NAMES: [&[&str]; 5] = [
    &["handle:ann"],
    &["handle:ann", "email:a@b"],
    &["handle:bob"],
    &["email:a@b"],
    &["phone:1234567"],
];

fn name() -> impl Strategy<Value = &'static [&'static str]> {
    prop::sample::select(&NAMES[..])
}

/// A few people who write, review, are asked, and are merged, over half a year.
fn line() -> impl Strategy<Value = Line> {
    let day = 0..180_i64;
    prop_oneof![
        4 => (day.clone(), 0..6_u8, 0..3_u8, name(), 0..4_u8).prop_map(|(day, id, c, author, stars)| {
            let mut review = says(day * DAY, &format!("m{id}"), "review", author);
            // A message stays where it is, and its author too.
            review.conversation_id = Some(format!("c{}", (id + c) % 3).into());
            review.rating = (stars > 0).then_some(f64::from(stars));
            Line::Says(review)
        }),
        1 => (day.clone(), 0..9_u8, 0..3_u8).prop_map(|(day, id, c)| {
            let mut reply = replies(day * DAY, &format!("r{id}"), "review");
            reply.conversation_id = format!("c{c}").into();
            Line::Replies(reply)
        }),
        3 => (day.clone(), 0..9_u8, name(), prop::option::of(0..3_u8), 0..4_u8).prop_map(
            |(day, id, customer, c, about)| {
                let mut survey = scores(day * DAY, &format!("s{id}"), f64::from(id), customer);
                survey.channel = c.map(|_| "review".into());
                survey.conversation_id = c.map(|c| format!("c{c}").into());
                if about == 0 {
                    survey.about = SurveyAbout::Relationship;
                } else if c.is_some() && about == 1 {
                    survey.customer = None;
                }
                Line::Survey(survey)
            }
        ),
        1 => (day, 0..3_u8, prop::collection::vec(name(), 0..3), prop::option::of(0..3_u8)).prop_map(
            |(day, who, names, into)| {
                let mut record = customer(day * DAY, &format!("C{who}"), &names.concat());
                record.merged_into = into.filter(|into| *into != who).map(|into| format!("C{into}").into());
                Line::Customer(record)
            }
        ),
    ]
}

/// One record for one id and revision, in one conversation; revisions are numbered as they come, and
/// edited an hour after each other.
fn honest(lines: Vec<Line>) -> Vec<Line> {
    let mut first = BTreeMap::<String, Complaint>::new();
    let mut once = std::collections::BTreeSet::new();
    let mut honest = Vec::new();
    for line in lines {
        honest.push(match line {
            Line::Says(mut said) => {
                if let Some(before) = first.get(said.id.as_str()) {
                    said = Complaint {
                        revision: before.revision + 1,
                        rating: said.rating,
                        ..before.clone()
                    };
                    said.edited_at = Some(said.occurred_at.plus(said.revision * 3_600_000));
                    said.deleted = said.revision % 4 == 3;
                }
                first.insert(said.id.to_string(), said.clone());
                Line::Says(said)
            }
            Line::Replies(reply) if once.insert(reply.id.to_string()) => Line::Replies(reply),
            Line::Survey(survey) if once.insert(survey.id.to_string()) => Line::Survey(survey),
            Line::Customer(record)
                if once.insert(format!("{} {}", record.customer_id, record.updated_at.0)) =>
            {
                Line::Customer(record)
            }
            _ => continue,
        });
    }
    honest
}

/// 300 half-years, or as many as PROPTEST_CASES says.
fn config() -> ProptestConfig {
    let asked = std::env::var_os("PROPTEST_CASES").is_some();
    let config = ProptestConfig::default();
    ProptestConfig {
        cases: if asked { config.cases } else { 300 },
        max_shrink_iters: 400,
        ..config
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn scores_and_stars_come_in_any_order(
        (lines, shuffled) in prop::collection::vec(line(), 1..24)
            .prop_map(honest)
            .prop_flat_map(|lines| {
                let twice: Vec<_> = lines.iter().chain(&lines).cloned().collect();
                (Just(lines), Just(twice).prop_shuffle())
            }),
    ) {
        let plain = Story::told(RuleSettings::default(), lines).until(200 * DAY);
        let other = Story::told(RuleSettings::default(), shuffled).until(200 * DAY);
        prop_assert_eq!(plain.cases(), other.cases());
        prop_assert_eq!(told_twice(&plain), Vec::<String>::new());
        prop_assert_eq!(told_twice(&other), Vec::<String>::new());
    }
}
