//! The form in which identifiers are compared, whoever wrote them and however (DESIGN.md 2, *Spelling*).
//!
//! - All kinds: canonical composition (NFC), without characters of format and without those that take no room,
//!   trimmed.
//! - A phone number: E.164, in the region where it was written ([`super::phone`]).
//! - An email address: case folded whole, its domain in the ASCII form of IDNA.
//! - A handle: without the @ it begins with, case folded.

use smol_str::{SmolStr, format_smolstr};
use unicode_normalization::{UnicodeNormalization, is_nfc};

use super::phone;
use crate::config::rules::{IdentityRules, MailRules, Region};

/// Brings a value of this kind (in normal form itself) to the form in which it is compared.
pub(super) fn value(kind: &str, value: &mut SmolStr, rules: &IdentityRules, region: Option<Region>) {
    clean(value);
    match kind {
        "phone" => phone::normalise(value, region),
        "email" => email(value, &rules.mail),
        "handle" => {
            let bare = value.trim_start_matches(['@', '＠']);
            if bare.len() != value.len() {
                *value = bare.trim_start().into();
            }
            fold(value);
        }
        _ => {}
    }
}

/// Brings a name of ours, such as a kind of identifier, to letters, digits, `_`, `.` and `-`. So no input can spell
/// what has another sign in it.
pub(super) fn name(name: &mut SmolStr) {
    let is_plain = |c: char| matches!(c, 'a'..='z' | '0'..='9' | '_' | '.' | '-');
    if name.chars().all(is_plain) {
        return;
    }
    word(name);
    *name = name.chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
}

/// Cleans and case folds.
pub(super) fn word(text: &mut SmolStr) {
    clean(text);
    fold(text);
}

/// Canonical composition, without what cannot be seen, and without blanks around it.
pub(super) fn clean(text: &mut SmolStr) {
    if text.is_ascii() && !text.bytes().any(|byte| byte.is_ascii_control()) {
        let trimmed = text.trim();
        if trimmed.len() != text.len() {
            *text = trimmed.into();
        }
        return;
    }
    if text.contains(is_unseen) {
        *text = text.chars().filter(|c| !is_unseen(*c)).collect();
    }
    if !is_nfc(text) {
        *text = text.nfc().collect();
    }
    let trimmed = text.trim();
    if trimmed.len() != text.len() {
        *text = trimmed.into();
    }
}

fn fold(text: &mut SmolStr) {
    if !text.is_ascii() {
        let folded = caseless::default_case_fold_str(text);
        if folded != **text {
            *text = folded.nfc().collect();
        }
    } else if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        *text = text.to_ascii_lowercase().into();
    }
}

/// Whether a character shows nothing and takes no room: of format, of direction, a variation, for joining or
/// keeping apart; or a control character that is no blank. (Unicode's `Default_Ignorable_Code_Point` and `Cf`.)
fn is_unseen(c: char) -> bool {
    match c {
        '\u{AD}'
        | '\u{34F}'
        | '\u{600}'..='\u{605}'
        | '\u{61C}'
        | '\u{6DD}'
        | '\u{70F}'
        | '\u{890}'..='\u{891}'
        | '\u{8E2}'
        | '\u{115F}'..='\u{1160}'
        | '\u{17B4}'..='\u{17B5}'
        | '\u{180B}'..='\u{180F}'
        | '\u{200B}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}'
        | '\u{3164}'
        | '\u{FE00}'..='\u{FE0F}'
        | '\u{FEFF}'
        | '\u{FFA0}'
        | '\u{FFF0}'..='\u{FFFB}'
        | '\u{110BD}'
        | '\u{110CD}'
        | '\u{13430}'..='\u{1343F}'
        | '\u{1BCA0}'..='\u{1BCA3}'
        | '\u{1D173}'..='\u{1D17A}'
        | '\u{E0000}'..='\u{E0FFF}' => true,
        _ => c.is_control() && !c.is_whitespace(),
    }
}

/// An email address. What has no @ is folded, and no more.
fn email(value: &mut SmolStr, rules: &MailRules) {
    let is_plain = value.is_ascii() && *rules == MailRules::default();
    let Some((name, domain)) = value.rsplit_once('@').filter(|_| !is_plain) else {
        return fold(value);
    };
    let ascii = (!domain.is_ascii()).then(|| idna::domain_to_ascii(domain).ok());
    let (mut name, mut domain) = (
        SmolStr::from(name),
        ascii.flatten().map_or(domain.into(), SmolStr::from),
    );
    fold(&mut domain);
    fold(&mut name);
    if MailRules::is_among(&rules.without_plus_tags, &domain)
        && let Some((bare, _)) = name.split_once('+').filter(|(bare, _)| !bare.is_empty())
    {
        name = bare.into();
    }
    if MailRules::is_among(&rules.without_dots, &domain) && name.contains('.') {
        name = name.replace('.', "").into();
    }
    *value = format_smolstr!("{name}@{domain}");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use smol_str::SmolStr;

    use crate::config::rules::{IdentityRules, Region};

    fn spelt(kind: &str, value: &str) -> SmolStr {
        let mut kind = SmolStr::from(kind);
        super::name(&mut kind);
        let mut value = SmolStr::from(value);
        super::value(&kind, &mut value, &IdentityRules::default(), Some(Region::GB));
        value
    }

    /// CASES 19 and 20, and their kin.
    #[test]
    fn one_form_for_all_spellings_of_an_identifier() {
        //   given of the kind   all these                                  then they are
        for (kind, spellings, form) in [
            (
                "handle",
                &[
                    "josé",
                    "jose\u{301}",
                    "@José",
                    "@ JOSÉ",
                    "jo\u{200B}sé",
                    "＠josé ",
                ][..],
                "josé",
            ),
            ("handle", &["straße", "STRASSE", "@Straße"], "strasse"),
            ("handle", &["ΣΊΣΥΦΟΣ", "σίσυφος", "σίσυφοσ"], "σίσυφοσ"),
            (
                "handle",
                &["@@ann", "\u{2066}ann\u{2069}", "ann\u{FE0F}", "\u{FEFF}Ann"],
                "ann",
            ),
            (
                "email",
                &[
                    "Ann@Example.ORG",
                    " ann@example.org\t",
                    "ann@exam\u{AD}ple.org",
                    "ANN@EXAMPLE.ORG",
                ],
                "ann@example.org",
            ),
            (
                "email",
                &[
                    "ann@bücher.example",
                    "ANN@BÜCHER.example",
                    "ann@bu\u{308}cher.example",
                    "ann@xn--bcher-kva.example",
                ],
                "ann@xn--bcher-kva.example",
            ),
            (
                "email",
                &["José@a.example", "jose\u{301}@A.example"],
                "josé@a.example",
            ),
            ("email", &["Ann+News@a.example"], "ann+news@a.example"),
            ("email", &["Ann at home"], "ann at home"),
            ("account", &["AbC", " AbC\u{200D} "], "AbC"),
            ("account", &["Cafe\u{301}", "Café"], "Café"),
        ] {
            for spelling in spellings {
                assert_eq!(spelt(kind, spelling), form, "{kind} {spelling:?}");
            }
        }
    }

    #[test]
    fn which_mailbox_an_address_names_where_the_configuration_says_so() {
        let mut rules = IdentityRules::default();
        rules.mail.without_plus_tags = ["*".into()].into();
        rules.mail.without_dots = ["a.example".into()].into();
        for (address, mailbox) in [
            ("A.nn+News@A.example", "ann@a.example"),
            ("a.nn+news@b.example", "a.nn@b.example"),
            ("+news@b.example", "+news@b.example"),
        ] {
            let mut value = SmolStr::from(address);
            super::value("email", &mut value, &rules, None);
            assert_eq!(value, mailbox);
        }
    }

    #[test]
    fn a_kind_is_made_of_letters_digits_and_few_signs() {
        for (given, name) in [
            ("email", "email"),
            (" Email ", "email"),
            ("Customer ID", "customer_id"),
            ("unknown/7", "unknown_7"),
            ("a:b", "a_b"),
            ("telefónica", "telef_nica"),
            ("x-y.z_1", "x-y.z_1"),
        ] {
            let mut kind = SmolStr::from(given);
            super::name(&mut kind);
            assert_eq!(kind, name);
        }
    }

    proptest! {
        #[test]
        fn a_form_is_its_own_form(kind in "email|handle|phone|account", value in "\\PC{0,12}@?[+0-9 ()a-zA-Zéßıİ.\u{301}\u{200b}-]{0,16}") {
            let once = spelt(&kind, &value);
            prop_assert_eq!(spelt(&kind, &once), once);
        }
    }
}
