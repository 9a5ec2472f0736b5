//! Why things become dead letters, as label values.

use super::plan::OTHER;

/// Every code of a rejection. A test finds those in the source that are not here.
const REASONS: [&str; 41] = [
    "absurd_time",
    "bad-block",
    "bad-boolean",
    "bad-index",
    "bad-magic",
    "bad-uuid",
    "bad-varint",
    "corrupt_state",
    "effect_not_allowed",
    "empty_field",
    "field_too_long",
    "invalid-utf8",
    "mailbox_key",
    "mailbox_partition",
    "message_too_large",
    "misdirected",
    "misfit",
    "negative-length",
    "no_channel",
    "no_customer",
    "no_key",
    "no_value",
    "out_of_range",
    "output_too_large",
    "panic",
    "row_too_large",
    "still_due",
    "text_too_long",
    "too-large",
    "too-many-parts",
    "too_many",
    "trailing-bytes",
    "truncated",
    "unknown-fingerprint",
    "unknown-schema-id",
    "unknown-symbol",
    "unknown_actor",
    "unknown_channel",
    "unknown_input",
    "unresolvable-schema",
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

    #[test]
    fn every_code_in_the_source_is_a_label_value() {
        let mut found = 0;
        visit(
            Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")),
            &mut |path, source| {
                let source = source.split("#[cfg(test)]").next().unwrap_or_default();
                let mut all: Vec<_> = codes(source, "Rejection::new(").collect();
                if path.ends_with("wire/error.rs") {
                    all.extend(codes(source, "} =>"));
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
