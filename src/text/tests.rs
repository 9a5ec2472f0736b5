//! Terms in texts as people write them, and texts that mean harm.

use std::path::Path;

use proptest::prelude::*;

use super::terms::{Found, TermList};
use super::{Category, LIMIT, Sketch, Terms, normalise};
use crate::config::rules::HashSecret;

fn list(lines: &str) -> Terms {
    let list = TermList::parse(Category::Legal, lines).expect("terms");
    Terms::new([list]).expect("they are few")
}

fn finds(term: &str, text: &str) -> bool {
    !list(term).find(text).is_empty()
}

#[test]
fn terms_are_found_as_whole_words() {
    //   given the term    in the text                         then it is found
    for (term, text, found) in [
        ("sue", "I will SUE you!", true),
        ("sue", "sue", true),
        ("sue", "(sue)", true),
        ("sue", "#sue", true),
        ("sue", "an issue, I assume, of tissue; pursue it", false),
        ("sue", "suede", false),
        ("sue", "sue2", false),
        ("abogad*", "mis Abogados", true),
        ("abogad*", "subabogado", false),
        ("*law", "my mother-in-law and the outlaw", true),
        ("*law*", "clawed", true),
        ("legal action", "LEGAL\n  action", true),
        ("legal action", "legal-action", true),
        ("legal action", "Legal. Action!", false),
        ("legal action", "legalaction", false),
        ("legal action", "paralegal action", false),
        ("i'll sue", "I’ll sue", true),
        ("hell", "he'll and we'll", false),
        ("café", "CAFE\u{301}", true),
        ("cafe", "café", true),
        ("sue", "s\u{AD}u\u{200D}e", true), // signs that cannot be seen hide nothing
        ("sue", "ｓｕｅ", true),
    ] {
        assert_eq!(finds(term, text), found, "{term} in {text}");
    }
}

#[test]
fn terms_are_found_in_arabic_hebrew_and_persian() {
    //   given the term      in the text                 then it is found
    for (term, text, found) in [
        // Arabic: harakat, tatweel, presentation forms, hamza, taa marbuta, Persian letters.
        ("محامي", "سأتصل بـ مُحَامِيٍّ غدا", true),
        ("محامي", "محـــامـي", true),
        ("محامي", "ﻣﺤﺎﻣﻲ", true),
        ("محامي", "محامی", true),
        ("محامي", "المحاميين", false),
        ("محكمة", "محکمه", true),
        ("إسعاف", "اسعاف", true),
        // "And", "the", "to" are written as one with the word.
        ("محكمة", "والمحكمة", true),
        ("محكمة", "للمحكمة", true),
        ("محكمة", "مثمحكمة", false),
        ("תביעה", "ושהתביעה", true),
        ("תביעה", "גתביעה", false),
        ("רופא", "תרופא", false),
        ("رفع دعوى", "سيتم رَفْعُ دَعْوَى", true),
        // Hebrew: niqqud, final letters, gershayim.
        ("תביעה", "אגיש תְּבִיעָה", true),
        ("תביעה", "תביעהו", false),
        ("עורך דין", "עורך־דין", true),
        ("עו\"ד", "פניתי לעו״ד", true),
        ("עו\"ד", "דיברתי עם עו״ד.", true),
        ("עו\"ד", "הוא עו\"ד", true),
        ("עו\"ד", "עוד פעם", false),
        ("דין", "דינ", true),
        // Persian: half-space, space, or joined; Arabic letters.
        ("می‌گیرم", "وکیل می‌گیرم", true),
        ("می‌گیرم", "وکیل می گیرم", true),
        ("می‌گیرم", "وکیل میگیرم", true),
        ("می گیرم", "وکیل می‌گیرم", true),
        ("میگیرم", "وکیل می‌گیرم", true),
        ("میگیرم", "وکیل می گیرم", false), // two words; who wants them found writes a half-space
        ("می‌گیرم", "وكيل مي‌گيرم", true),
        ("می‌گیرم", "نمی‌گیرم", false),
        ("کتاب", "کتاب‌ها", true), // a suffix behind a half-space
        ("بی‌شعور", "ﺑﯽ ﺷﻌﻮر", true),
        ("۱۲۳", "شماره 123", true),
    ] {
        assert_eq!(finds(term, text), found, "{term} in {text}");
    }
}

#[test]
fn the_lists_that_are_built_in() {
    let terms = Terms::built_in();
    let of = |text: &str| -> Vec<&str> {
        let mut found: Vec<_> = terms
            .find(text)
            .iter()
            .map(|found| found.category.name())
            .collect();
        found.dedup();
        found
    };
    //   given somebody says                                              then that is
    for (text, categories) in [
        (
            "The charger caught FIRE and my son is in hospital.",
            &["safety"][..],
        ),
        (
            "Answer today or my lawyer will. You'll see me, see you in court!",
            &["legal"],
        ),
        (
            "That's it, I am taking my business elsewhere and I will sue.",
            &["legal", "churn"],
        ),
        ("You idiots, close my account", &["churn", "abuse"]),
        (
            "El cargador se incendió, llamo a mi abogada",
            &["safety", "legal"],
        ),
        ("Quiero darme de baja, imbéciles", &["churn", "abuse"]),
        ("اشتعلت النار في الشاحن وسأرفع دعوى عليكم", &["safety", "legal"]),
        ("لن أتعامل معكم مرّة أُخرى يا حمار", &["churn", "abuse"]),
        ("המטען עלה באש, אני פונה לעורך דין", &["safety", "legal"]),
        ("אני עובר למתחרים, מטומטמים", &["churn", "abuse"]),
        ("شارژر آتش گرفت و از شما شکایت می کنم", &["safety", "legal"]),
        ("دیگه خرید نمی‌کنم بی شعورها", &["churn", "abuse"]),
        // And all of this is none of it.
        (
            "I assume the issue is a tissue box that I pursued for weeks.",
            &[],
        ),
        ("Where is my parcel? Nobody answers, ten days now.", &[]),
        ("Fire sale prices were great, the driver was a legal eagle.", &[]),
        ("¿Dónde está mi paquete? Nadie contesta.", &[]),
        ("أين طردي؟ لا أحد يجيب", &[]),
        ("איפה החבילה שלי? אין תשובה עוד מאתמול", &[]),
        ("بسته من کجاست؟ هیچ کس جواب نمی‌دهد", &[]),
    ] {
        assert_eq!(of(text), categories, "{text}: {:?}", terms.find(text));
    }
}

#[test]
fn every_line_of_the_built_in_lists_is_a_term_and_finds_itself() {
    for category in Category::ALL {
        let text = category.built_in();
        let list = TermList::parse(category, text).unwrap_or_else(|bad| panic!("{category}: {bad}"));
        assert!(list.len() > 90, "{category}: {}", list.len());
        let terms = Terms::built_in();
        let lines = text
            .lines()
            .map(|line| line.split('#').next().unwrap_or_default().trim());
        for line in lines.filter(|line| !line.is_empty()) {
            let found = terms.find(&format!("… {} …", line.replace('*', "")));
            let itself = Found { category, term: line };
            assert!(found.contains(&itself), "{line}: {found:?}");
        }
    }
}

#[test]
fn lines_that_are_no_terms() {
    for (lines, said) in [
        (
            "sue\n\n# nothing\nx\n",
            "line 4: it needs two letters or digits at least",
        ),
        ("*", "line 1: it needs two letters or digits at least"),
        ("sue # me\n!!!", "line 2: it needs two letters or digits at least"),
        (&"x".repeat(101), "line 1: it is longer than 100 letters"),
    ] {
        let bad = TermList::parse(Category::Abuse, lines).expect_err("no term");
        assert_eq!(bad.to_string(), said);
    }
    let empty = TermList::parse(Category::Abuse, "# nobody is rude\n").expect("no terms, which is fine");
    assert!(empty.is_empty());
    assert_eq!(Terms::new([empty]).expect("few").find("you idiots"), []);
}

/// Everything that is done with a text.
fn every_path(text: &str) {
    let normal = normalise(text);
    assert!(normal.len() <= 20 * LIMIT, "{} bytes", normal.len());
    assert!(
        !normal.starts_with(' ') && !normal.ends_with(' ') && !normal.contains("  "),
        "{text:?}"
    );
    let _ = Terms::built_in().find(text);
    if let Some(sketch) = Sketch::of(text, &HashSecret::TRIAL) {
        assert!(sketch.is_near(&sketch));
    }
    // As a term of a list, it is one or it is not.
    if let Ok(list) = TermList::parse(Category::Abuse, text) {
        let _ = Terms::new([list]).expect("few").find(text);
    }
}

/// The strings of ../shared/data/lexicons/blns.json, which are known to break programs.
#[test]
fn hostile_strings_do_no_harm() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/lexicons/blns.json");
    let Ok(json) = std::fs::read(&path) else {
        eprintln!("skipped: the list of hostile strings is not here");
        return;
    };
    let strings: Vec<String> = serde_json::from_slice(&json).expect("a list of texts");
    assert!(strings.len() > 480, "{}", strings.len());
    for text in &strings {
        every_path(text);
        every_path(&text.repeat(50));
    }
}

#[test]
fn texts_made_to_take_long_are_cut_and_done() {
    let letters = "a".repeat(LIMIT);
    let marks = format!("a{}", "\u{301}\u{323}\u{5B0}".repeat(LIMIT));
    let stacked = "\u{1D16D}\u{1D165}".repeat(LIMIT / 4); // marks that are sorted, and stay
    for text in [
        &letters,
        &"ﷺ".repeat(LIMIT),
        &marks,
        &stacked,
        &"sue ".repeat(LIMIT),
        &"é".repeat(LIMIT),
    ] {
        every_path(text);
    }
    // Terms that are ends of one another, all found at every place.
    let terms: String = (2..=100).map(|n| format!("*{}*\n", "a".repeat(n))).collect();
    assert_eq!(list(&terms).find(&letters).len(), 99);
    // What comes after the limit is not looked at, and nothing is cut within a character.
    assert!(!finds("sue", &format!("{} sue", "é".repeat(LIMIT / 2))));
}

proptest! {
    #[test]
    fn plain_text_takes_a_short_way_to_the_same(text in "[ -~\\t\\n\\x00]{0,80}") {
        // A letter of another script makes it take the long way.
        let long = normalise(&format!("{text} ж"));
        let short = normalise(&text);
        prop_assert_eq!(long.trim_end_matches('ж').trim_end(), short);
    }

    #[test]
    fn any_text_is_normalised_once(text in any::<String>()) {
        every_path(&text);
        let once = normalise(&text);
        prop_assert_eq!(normalise(&once), once);
    }

    #[test]
    fn any_word_is_found_between_others(before in "\\PC{0,20}", term in "[a-zа-яא-תآ-غف-ي]{2,10}", after in "\\PC{0,20}") {
        let text = format!("{before} | {term} | {after}");
        prop_assert!(finds(&term, &text), "{term} in {text}");
    }
}
