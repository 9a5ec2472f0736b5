//! Why things become dead letters, as label values.

use super::plan::OTHER;

/// Every code of a rejection. A test finds those in the source that are not here.
const REASONS: [&str; 45] = [
    "bad_block",
    "bad_boolean",
    "bad_index",
    "bad_magic",
    "bad_uuid",
    "bad_varint",
    "corrupt_state",
    "effect_not_allowed",
    "empty_field",
    "empty_value",
    "field_too_long",
    "invalid_utf8",
    "key_names_another",
    "key_names_nobody",
    "mailbox_key",
    "mailbox_partition",
    "message_too_large",
    "misdirected",
    "misfit",
    "negative_length",
    "no_channel",
    "no_customer",
    "no_value",
    "out_of_range",
    "output_too_large",
    "panic",
    "reserved_name",
    "row_too_large",
    "still_due",
    "text_too_long",
    "time_too_far_ahead",
    "time_too_old",
    "too_large",
    "too_many",
    "too_many_parts",
    "trailing_bytes",
    "truncated",
    "unknown_actor",
    "unknown_channel",
    "unknown_fingerprint",
    "unknown_input",
    "unknown_schema_id",
    "unknown_symbol",
    "unresolvable_schema",
    OTHER,
];

/// All label values.
#[cfg(test)]
pub(super) fn all() -> impl Iterator<Item = &'static str> {
    REASONS.into_iter()
}

/// The label value of a code.
pub(in crate::observe) fn label(code: &str) -> &'static str {
    REASONS
        .into_iter()
        .find(|reason| *reason == code)
        .unwrap_or(OTHER)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    /// The texts that follow `before` in a source file, with blanks between.
    fn codes<'s>(source: &'s str, before: &'s str) -> impl Iterator<Item = &'s str> {
        source.split(before).skip(1).filter_map(|rest| {
            let rest = rest.trim_start().strip_prefix('"')?;
            rest.split('"').next()
        })
    }

    fn visit(directory: &Path, check: &mut impl FnMut(&Path, &str)) {
        for entry in fs::read_dir(directory).expect("the sources are here") {
            let path = entry.expect("the sources are here").path();
            if path.is_dir() {
                visit(&path, check);
            } else {
                check(&path, &fs::read_to_string(&path).expect("sources are UTF-8"));
            }
        }
    }

    /// CASES 45: the page of dead letters has every reason with its mend, and no other, in one style.
    #[test]
    fn the_page_of_dead_letters_has_each_reason() {
        let page = include_str!("../../../docs/dead-letters.md");
        let rows = page
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
        let mut told: Vec<_> = rows.map(|(reason, _)| reason).collect();
        told.sort_unstable();
        let mut all: Vec<_> = all().filter(|reason| *reason != OTHER).collect();
        all.sort_unstable();
        assert_eq!(told, all);
        for reason in all {
            assert!(
                reason
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b"_0123456789".contains(&b)),
                "{reason}"
            );
        }
    }

    #[test]
    fn every_code_in_the_source_is_a_label_value() {
        let mut found = 0;
        visit(
            Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")),
            &mut |path, source| {
                let source = source.split("#[cfg(test)]").next().unwrap_or_default();
                let mut all: Vec<_> = codes(source, "Rejection::new(").collect();
                if path.ends_with("wire/error.rs") {
                    all.extend(codes(source, "} =>").chain(codes(source, "Empty =>")));
                }
                for code in all {
                    found += 1;
                    assert_eq!(label(code), code, "{}: {code} is not in the list", path.display());
                }
            },
        );
        assert!(
            found >= REASONS.len() - 8,
            "only {found} were found: this test looks in the wrong places"
        );
        assert_eq!(label("sent by nobody"), OTHER);
    }
}
