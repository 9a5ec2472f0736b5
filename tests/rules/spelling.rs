//! Identifiers are compared in one form, however they are written; who replies sees what was written
//! (DESIGN.md 2, *Spelling*; CASES 19 and 20).

use heard::config::rules::{Region, RuleSettings};
use heard::model::{Complaint, WorkItem, WorkState};

use crate::story::{Line, Story, at, customer, permutations, says};

/// CASES 19: one number, as people, phones and systems write it.
const PHONE: [&str; 18] = [
    "+447700900123",
    "+44 7700 900123",
    "+44 (0)7700 900123",
    "0044 7700 900123",
    "0044 (0)7700-900-123",
    "07700 900123",
    "07700900123",
    "(07700) 900 123",
    "7700 900123",
    "tel:+447700900123",
    "tel:+44-7700-900123",
    "+44\u{2011}7700\u{2011}900123",
    "+44\u{202F}7700\u{202F}900123",
    "+44\u{A0}7700\u{A0}900123",
    "+44\u{200B}7700\u{200B}900123",
    "\u{2066}+447700900123\u{2069}",
    "+٤٤٧٧٠٠٩٠٠١٢٣",
    "٠٧٧٠٠ ٩٠٠١٢٣",
];

fn british() -> RuleSettings {
    let mut settings = RuleSettings::default();
    settings.identity.regions.usual = Some(Region::GB);
    settings
}

/// A message in a conversation of its own.
fn alone(minute: i64, channel: &str, author: &str) -> Complaint {
    let id = format!("m{minute}");
    Complaint {
        conversation_id: None,
        ..says(minute, &id, channel, &[author])
    }
}

/// How the author's identifiers stand in work items.
fn written(item: &WorkItem) -> Vec<String> {
    let identifiers = item.complaint.author.identifiers.iter();
    identifiers
        .map(|identifier| identifier.value.as_str().to_owned())
        .collect()
}

/// CASES 19.
#[test]
fn one_person_however_their_number_is_written() {
    let calls = PHONE.iter().enumerate();
    let calls = calls.map(|(n, phone)| alone(10 + n as i64, "phone", &format!("phone:{phone}")).into());
    let record = customer(0, "C", &["phone:+44 (0) 7700 900 123"]);
    let story = Story::fed(british(), [record.into()].into_iter().chain(calls)).until(40);
    let cases = story.cases();
    assert_eq!(cases.len(), PHONE.len());
    for case in cases.values() {
        assert_eq!(case.customer_id.as_deref(), Some("C"));
    }
    // Replies go where the customer says, in their own words.
    let mut shown: Vec<_> = story.work().values().map(written).collect();
    let mut said: Vec<_> = PHONE.iter().map(|phone| vec![phone.to_string()]).collect();
    shown.sort();
    said.sort();
    assert_eq!(shown, said);
}

/// The region of a number that does not say it: the source's, else the brand's, else the channel's.
#[test]
fn a_number_without_its_country_is_of_where_it_was_written() {
    let mut settings = british();
    let regions = &mut settings.identity.regions;
    regions.by_source.insert("laden".into(), Region::DE);
    regions.by_brand.insert("nord".into(), Region::FR);
    let call = |minute, source: &str, brand: Option<&str>| Complaint {
        source: source.into(),
        brand: brand.map(Into::into),
        ..alone(minute, "phone", "phone:030 1234567")
    };
    let lines: [Line; 4] = [
        customer(0, "DE", &["phone:+49 30 1234567"]).into(),
        call(1, "laden", Some("nord")).into(),
        call(2, "shop", Some("nord")).into(),
        call(3, "shop", None).into(),
    ];
    let story = Story::fed(settings, lines).until(40);
    let mut parties: Vec<_> = story.cases().into_values().map(|case| case.party_key).collect();
    parties.sort();
    assert_eq!(
        parties,
        ["customer:DE", "phone:+33301234567", "phone:+44301234567"]
    );
}

/// CASES 20: composed and decomposed.
#[test]
fn nobody_is_a_bystander_of_herself() {
    let pairs = [
        ("social", "handle:josé", "handle:jose\u{301}"),
        ("social", "handle:@José", "handle:JOSE\u{301}"),
        ("forum", "handle:straße", "handle:STRASSE"),
        ("forum", "handle:ann", "handle:a\u{200D}nn"),
        (
            "email",
            "email:ann@bücher.example",
            "email:Ann@xn--bcher-kva.example",
        ),
        ("phone", "phone:07700 900123", "phone:+44 7700 900123"),
        ("chat", "account:Amélie", "account:Ame\u{301}lie "),
    ];
    for (channel, one, other) in pairs {
        let lines: [Line; 2] = [
            says(0, "m1", channel, &[one]).into(),
            says(10, "m2", channel, &[other]).into(),
        ];
        for lines in permutations(&lines) {
            let story = Story::fed(british(), lines).until(1000);
            let case = story.case();
            assert_eq!(
                (case.customer_messages, case.bystander),
                (2, false),
                "{channel} {one} {other}"
            );
        }
    }
}

/// However late the item goes out or is revised, in whatever order it was heard.
#[test]
fn a_work_item_says_the_address_as_it_was_written_all_the_way() {
    let lines: [Line; 3] = [
        says(1, "m1", "email", &["email:Ann.Example@Example.ORG"]).into(),
        says(2, "m2", "email", &["email:ANN.example@example.org"]).into(),
        customer(3, "C", &["email:ann.example@example.org"]).into(),
    ];
    for lines in permutations(&lines) {
        let story = Story::fed(british(), lines.clone()).until(10);
        let items = story.work().into_values();
        let open: Vec<_> = items.filter(|item| item.state == WorkState::Open).collect();
        let [item] = &open[..] else {
            panic!("one wait is one item");
        };
        assert_eq!(written(item), ["ANN.example@example.org"], "{lines:?}");
        assert_eq!(item.party.customer_id.as_deref(), Some("C"));
    }
}

/// CASES 19: who is forgotten by one spelling is forgotten by all.
#[test]
fn a_person_is_forgotten_however_their_identifiers_were_written() {
    for (channel, kind, spellings, forms) in [
        (
            "phone",
            "phone",
            &PHONE[..],
            &["447700", "7700900", "٠٧٧٠٠", "٤٤٧٧٠٠", "7700 900"][..],
        ),
        (
            "email",
            "email",
            &[
                "Ann@Bücher.example",
                "ann@xn--bcher-kva.example",
                "ANN@bu\u{308}cher.example",
            ],
            &["cher.example", "cher-kva", "Ann@", "ANN@"],
        ),
        (
            "social",
            "handle",
            &["@José", "jose\u{301}", "JOSÉ", "jo\u{200B}sé"],
            &["jos", "José", "JOS", "\u{200B}sé"],
        ),
    ] {
        let said = spellings.iter().enumerate();
        let said = said.map(|(n, value)| alone(n as i64, channel, &format!("{kind}:{value}")));
        let mut story = Story::fed(british(), said.map(Line::from));
        let form = heard::intake::identifier(&british().identity, Some(Region::GB), kind, spellings[1], None);
        let form = form.expect("it names somebody");
        let form: &'static str = format!("{}:{}", form.kind, *form.value).leak();
        story.feed(Line::Forgets(form, at(30)));
        let story = story.until(40);
        let cases = story.cases();
        assert!(cases.values().all(|case| case.forgotten_at.is_some()), "{kind}");
        let kept = story.all_that_is_kept();
        for form in forms {
            assert!(!kept.contains(form), "{kind}: {form}");
        }
        for item in story.work().values() {
            assert!(written(item).is_empty(), "{kind}");
        }
    }
}
