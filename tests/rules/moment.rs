//! What happens in one and the same moment has one order, whatever comes first, and whoever is forgotten.

use heard::model::{Case, Complaint, Response, Status, Survey};

use crate::story::{
    Line, Story, at, becomes, customer, permutations, person, replies, says, scores, with_levels,
};

const ANN: &str = "handle:ann";
const BOB: &str = "handle:bob";

fn told(lines: impl IntoIterator<Item = Line>) -> Story {
    Story::told(with_levels(), lines)
}

fn anns_record() -> Line {
    customer(0, "C-ANN", &[ANN]).into()
}

/// Ann is forgotten. Ids of hers, if they are not said anew, are gone since.
fn forgotten(minute: i64) -> Line {
    Line::Dropped("C-ANN", at(minute))
}

/// A message of Bob's comes after a later one: all that his conversation knows is read anew.
fn all_anew() -> Line {
    says(30, "bob-late", "social", &[BOB]).into()
}

fn bobs(story: &Story) -> Case {
    let mut cases = story.cases().into_values();
    let is_bobs = |case: &Case| case.forgotten_at.is_none();
    cases.find(is_bobs).expect("Bob's case is there")
}

#[test]
fn who_spoke_first_stays_first_when_one_is_forgotten() {
    //   given ids of what Ann and Bob say in one moment   then Bob is a bystander
    for (anns, bobs_id, bystander) in [
        ("a", "b", true), // what is left of Ann's id begins with an f
        ("z", "b", false),
        ("a", "z", true),
        ("z", "y", false),
    ] {
        let lines = [
            anns_record(),
            says(10, anns, "social", &[ANN]).into(),
            says(10, bobs_id, "social", &[BOB]).into(),
            says(40, "bob-next", "social", &[BOB]).into(),
        ];
        for order in permutations(&lines) {
            let story = told(order.into_iter().chain([forgotten(100), all_anew()])).until(200);
            assert_eq!(bobs(&story).bystander, bystander, "{anns} {bobs_id}");
        }
    }
}

/// Two that nobody can tell apart by their ids any more, and a third between them.
#[test]
fn of_three_of_one_moment_the_last_to_speak_is_answered_as_before() {
    for n in 0..20 {
        let carl = says(10, &format!("c{n}"), "social", &["handle:carl"]);
        let lines = [
            anns_record(),
            says(10, &format!("a{n}"), "social", &[ANN]).into(),
            says(10, &format!("b{n}"), "social", &[BOB]).into(),
            carl.into(),
            replies(20, "r", "social").into(), // to the one who spoke last
            says(40, "bob-next", "social", &[BOB]).into(),
            Line::Forgets("handle:carl", at(90)),
            forgotten(100),
            all_anew(),
        ];
        let story = told(lines).until(200);
        let answered = story
            .cases()
            .into_values()
            .filter(|case| case.answered_at.is_some());
        let answered: Vec<_> = answered.map(|case| case.forgotten_at).collect();
        assert_eq!(answered, [Some(at(90))], "{n}");
    }
}

/// A reply that is dated before the message it names counts at that one's time, whoever is forgotten, and whatever is
/// read anew afterwards.
#[test]
fn a_reply_stays_where_it_counted_when_its_message_is_forgotten() {
    let to = |id: &str, minute, target: &str| Response {
        in_reply_to: Some(target.into()),
        ..replies(minute, id, "social")
    };
    let bob_too = Complaint {
        in_reply_to: Some("to-ann".into()),
        ..says(10, "0", "social", &[BOB])
    };
    let lines: [Line; 4] = [
        says(10, "m", "social", &[ANN]).into(),
        to("to-ann", 9, "m").into(),
        bob_too.into(), // after what was said to Ann
        to("to-bob", 8, "0").into(),
    ];
    for order in permutations(&lines) {
        let before = told([anns_record()].into_iter().chain(order.clone())).until(50);
        let answers = |story: &Story| {
            let cases = story.cases().into_values();
            let mut all: Vec<_> = cases
                .map(|case| (case.answered_at, case.first_response_ms, case.bystander))
                .collect();
            all.sort();
            all
        };
        assert_eq!(
            answers(&before),
            [(Some(at(10)), Some(0), false), (Some(at(10)), Some(0), true)]
        );
        let after = told(
            [anns_record()]
                .into_iter()
                .chain(order)
                .chain([forgotten(100), all_anew()]),
        )
        .until(200);
        assert_eq!(answers(&after), answers(&before));
    }
}

/// An edit says nothing of when its message was said: its place is what it was.
#[test]
fn an_edit_keeps_its_place_among_what_is_forgotten() {
    let bob = |revision| Complaint {
        revision,
        ..says(10, "b", "social", &[BOB])
    };
    let lines = [
        anns_record(),
        says(10, "c", "social", &[ANN]).into(),
        bob(0).into(),
        forgotten(100),
        bob(1).into(),
    ];
    assert!(!bobs(&told(lines).until(200)).bystander);
}

/// The lower counts: no id decides, since ids go.
#[test]
fn of_two_surveys_of_one_moment_the_same_is_shown_afterwards() {
    let in_conversation = |survey| Survey {
        channel: Some("social".into()),
        conversation_id: Some("c".into()),
        ..survey
    };
    for n in 0..20 {
        let (low, high) = (
            scores(70, &format!("s{n}"), 1.0, &[ANN]),
            scores(70, "t", 9.0, &[ANN]),
        );
        for surveys in [
            [low.clone(), high.clone()],
            [in_conversation(low.clone()), high.clone()],
            [low.clone(), in_conversation(high.clone())],
            [in_conversation(low), in_conversation(high)],
        ] {
            let lines = [anns_record(), says(10, "m", "social", &[ANN]).into()];
            let lines = lines.into_iter().chain(surveys.map(Line::from));
            let again = lines.clone().chain([says(5, "bob", "social", &[BOB]).into()]);
            let before = told(lines.clone()).until(100).case();
            assert_eq!(before.survey_score, Some(1.0), "{n}");
            let story = told(lines.chain([forgotten(100)]).chain(again)).until(200);
            let of_ann = |case: &Case| case.forgotten_at.is_some();
            let case = story.cases().into_values().find(of_ann).expect("Ann's case");
            assert_eq!(case.survey_score, Some(1.0), "{n}");
        }
    }
}

/// Systems number complaints, responses and updates apart.
#[test]
fn what_has_one_id_and_one_time_has_one_order() {
    let lines: [Line; 4] = [
        says(0, "first", "social", &[ANN]).into(),
        says(10, "7", "social", &[ANN]).into(),
        Response {
            customer: Some(person(&[ANN])),
            ..replies(10, "7", "social")
        }
        .into(),
        becomes(10, "7", "social", Status::Pending).into(),
    ];
    let case = told(lines.clone()).until(200).case();
    assert_eq!((case.chasers, case.answered_at), (1, Some(at(10))));
    for order in permutations(&lines) {
        assert_eq!(told(order.clone()).until(200).case(), case, "{order:?}");
    }
}
