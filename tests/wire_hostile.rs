//! Hostile bytes: each ends in a typed error, in bounded time and memory.

mod wire_support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use heard::model::{Case, Complaint, Customer, Millis};
use heard::wire::schema::SchemaError;
use heard::wire::{Decoder, Registry, RegistryError, WireRecord, to_json};
use wire_support::{confluent, encoded, long, text};

/// Counts what this thread holds.
struct Counting;

thread_local! {
    static HELD: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

fn count(change: isize) {
    // A thread that is ending has no counter any more; nothing is measured there.
    let _ = HELD.try_with(|held| {
        held.set(held.get() + change);
        PEAK.with(|peak| peak.set(peak.get().max(held.get())));
    });
}

fn size(layout: Layout) -> isize {
    isize::try_from(layout.size()).expect("no layout is larger than isize::MAX")
}

// SAFETY: passes every call on to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(size(layout));
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        count(-size(layout));
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What `work` returns, and the most bytes it held beyond what was held before.
fn measured<R>(work: impl FnOnce() -> R) -> (R, usize) {
    let before = HELD.get();
    PEAK.set(before);
    let start = Instant::now();
    let result = work();
    // Generous, for a loaded machine: a runaway would take minutes.
    assert!(
        start.elapsed() < Duration::from_secs(10),
        "took {:?}",
        start.elapsed()
    );
    (
        result,
        usize::try_from(PEAK.get() - before).expect("the peak is not below the start"),
    )
}

/// A record holds what a value says in structures of its own: at most this many bytes for each byte, and
/// so many in any case.
const BYTES_A_BYTE: usize = 100;
const BYTES_IN_ANY_CASE: usize = 8_192;

/// Complaints as other people might write them: with an array of nothings, of arrays of nothings, with a
/// short revision, with a symbol of their own, with things of one byte that have two hundred parts.
fn foreign(id: u32) -> String {
    let extra = match id {
        1 => r#"{"name": "pad", "type": {"type": "array", "items": "null"}}"#,
        2 => {
            r#"{"name": "pad", "type": {"type": "array", "items": {"type": "array", "items":
                {"type": "record", "name": "Empty", "fields": []}}}}"#
        }
        3 => r#"{"name": "revision", "type": "int"}"#,
        4 => {
            r#"{"name": "visibility", "type": {"type": "enum", "name": "Visibility", "symbols": ["PUBLIC", "SECRET"]}}"#
        }
        8 => {
            let nothings: String = (0..200)
                .map(|n| format!(r#", {{"name": "n{n}", "type": "null"}}"#))
                .collect();
            &format!(
                r#"{{"name": "pad", "type": {{"type": "array", "items": {{"type": "record", "name": "Hollow",
                    "fields": [{{"name": "b", "type": "boolean"}}{nothings}]}}}}}}"#
            )
        }
        5 => r#"{"name": "deleted", "type": "boolean"}"#,
        6 => r#"{"name": "text", "type": ["null", "int", "string"]}"#,
        _ => r#"{"name": "id", "type": "int"}"#,
    };
    let id = if id == 7 {
        ""
    } else {
        r#"{"name": "id", "type": "string"}, "#
    };
    format!(
        r#"{{"type": "record", "name": "Complaint", "namespace": "heard.v1", "fields": [{id}{extra},
            {{"name": "source", "type": "string"}}, {{"name": "channel", "type": "string"}},
            {{"name": "author", "type": {{"type": "record", "name": "Person", "fields": []}}}},
            {{"name": "occurred_at", "type": "long"}}]}}"#
    )
}

/// A datum of a [`foreign`] complaint with these bytes in the extra field.
fn with_extra(id: u32, extra: &[u8]) -> Vec<u8> {
    let rest = [text("s"), text("c"), long(7)].concat();
    confluent(id, &[&text("1"), extra, &rest].concat())
}

fn registry() -> Arc<Registry> {
    let texts: Vec<(u32, String)> = (1..=8).map(|id| (id, foreign(id))).collect();
    let ids = texts.iter().map(|(id, text)| (*id, text.as_str()));
    let own = [(100, "Complaint"), (101, "Customer"), (102, "Case")];
    Arc::new(Registry::with_ids(ids.chain(own)).expect("valid schemas"))
}

/// Decodes hostile bytes as a record and as JSON; returns the first's error code after checking that both
/// kept within bounds.
fn refused<T: WireRecord>(registry: &Arc<Registry>, value: &[u8]) -> &'static str {
    let decoder = Decoder::<T>::new(Arc::clone(registry));
    // The first value of a schema makes the plan for it.
    let _ = decoder.decode(value);
    let bound = BYTES_IN_ANY_CASE + BYTES_A_BYTE * value.len();
    let (read, peak) = measured(|| decoder.decode(value).map(drop));
    assert!(peak <= bound, "a record of {} bytes took {peak}", value.len());
    let (shown, peak) = measured(|| to_json(value, registry).map(drop));
    assert!(peak <= 4 * bound, "JSON of {} bytes took {peak}", value.len());
    let code = read.expect_err("must be refused").code();
    if !matches!(
        code,
        "unknown_symbol" | "misfit" | "unresolvable_schema" | "bad_uuid"
    ) {
        assert_eq!(shown.expect_err("must be refused as JSON too").code(), code);
    }
    code
}

/// A complaint whose id claims to be so long.
fn id_of_length(length: i64) -> Vec<u8> {
    confluent(100, &[long(length), b"abc".to_vec()].concat())
}

#[test]
fn hostile_complaints() {
    let registry = registry();
    let good = encoded(&Complaint {
        text: Some("Hello".into()),
        ..Complaint::default()
    });
    let datum = &good[10..];
    let nine_million = long(9_000_000);
    assert_eq!(
        nine_million.len() + 1,
        5,
        "five bytes, with the header's end of the array"
    );
    let many_nothings = |claim: i64, arrays: usize| {
        let inner = [long(claim), long(0)].concat();
        let count = i64::try_from(arrays).expect("few");
        [long(count), inner.repeat(arrays), long(0)].concat()
    };
    let mut not_utf8 = good.clone();
    let hello = not_utf8
        .windows(5)
        .position(|w| w == b"Hello")
        .expect("the text is there");
    not_utf8[hello] = 0xFF;

    //   what                                      bytes                                               ends as
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("nothing", vec![], "empty_value"),
        ("half a magic", vec![0xC3], "truncated"),
        ("half a fingerprint", vec![0xC3, 1, 2, 3], "truncated"),
        ("half an id", vec![0, 0, 1], "truncated"),
        ("JSON", b"{\"id\": 1}".to_vec(), "bad_magic"),
        (
            "another version of the magic",
            vec![0xC3, 2, 0, 0, 0, 0, 0, 0, 0, 0],
            "bad_magic",
        ),
        (
            "an unknown fingerprint",
            [&[0xC3, 1][..], &[9; 8], datum].concat(),
            "unknown_fingerprint",
        ),
        ("an unknown id", confluent(77, datum), "unknown_schema_id"),
        ("cut in the middle", good[..good.len() / 2].to_vec(), "truncated"),
        ("a byte too many", [&good[..], &[0]].concat(), "trailing_bytes"),
        ("twice the same", [&good[..], datum].concat(), "trailing_bytes"),
        (
            "another record",
            encoded(&Customer::default()),
            "unresolvable_schema",
        ),
        (
            "an id where text should be",
            confluent(7, &[long(1), long(0)].concat()),
            "unresolvable_schema",
        ),
        (
            "a text a little longer than the value",
            id_of_length(100),
            "truncated",
        ),
        ("a text of 2 GB", id_of_length(1 << 31), "too_large"),
        ("a text of 2^63 bytes", id_of_length(i64::MAX), "too_large"),
        ("a text of -1 bytes", id_of_length(-1), "negative_length"),
        ("a text of -2^63 bytes", id_of_length(i64::MIN), "negative_length"),
        ("a text that is not UTF-8", not_utf8, "invalid_utf8"),
        (
            "a number of eleven bytes",
            confluent(100, &[0x80; 11]),
            "bad_varint",
        ),
        (
            "a number of 70 bits",
            confluent(100, &[&[0xFF; 9][..], &[0x7F]].concat()),
            "bad_varint",
        ),
        (
            "9 million nothings in 5 bytes",
            with_extra(1, &[&nine_million[..], &[0]].concat()),
            "too_large",
        ),
        (
            "9 million nothings, cut there",
            confluent(1, &[text("1"), nine_million].concat()),
            "too_large",
        ),
        (
            "-9 million nothings in no bytes",
            with_extra(1, &[long(-9_000_000), long(0), long(0)].concat()),
            "too_large",
        ),
        (
            "-2^63 nothings",
            with_extra(1, &[long(i64::MIN), long(0), long(0)].concat()),
            "too_large",
        ),
        (
            "blocks of nothings without end",
            with_extra(1, &long(10_000).repeat(10_000)),
            "too_large",
        ),
        (
            "nothings within nothings",
            with_extra(2, &many_nothings(10_000, 10_000)),
            "too_large",
        ),
        (
            "things of one byte and 200 parts",
            with_extra(8, &[long(10_000), vec![1; 10_000], long(0)].concat()),
            "too_many_parts",
        ),
        (
            "a block that lies about its size",
            with_extra(1, &[long(-3), long(2), long(0)].concat()),
            "bad_block",
        ),
        (
            "a block of negative size",
            with_extra(1, &[long(-3), long(-3), long(0)].concat()),
            "negative_length",
        ),
        (
            "a block larger than the value",
            with_extra(1, &[long(-3), long(1 << 40), long(0)].concat()),
            "too_large",
        ),
        ("an int of 40 bits", with_extra(3, &long(1 << 40)), "bad_varint"),
        (
            "a symbol that we do not know",
            with_extra(4, &long(1)),
            "unknown_symbol",
        ),
        ("a symbol that nobody knows", with_extra(4, &long(2)), "bad_index"),
        ("a symbol below the first", with_extra(4, &long(-1)), "bad_index"),
        ("a boolean of 2", with_extra(5, &[2]), "bad_boolean"),
        (
            "a branch that the record has no place for",
            with_extra(6, &[long(1), long(5)].concat()),
            "misfit",
        ),
        ("a branch that nobody knows", with_extra(6, &long(3)), "bad_index"),
        (
            "a branch below the first",
            with_extra(6, &long(i64::MIN)),
            "bad_index",
        ),
    ];
    for (what, value, code) in cases {
        assert_eq!(refused::<Complaint>(&registry, &value), code, "{what}");
    }
    // The harness refuses nothing by itself.
    let decoder = Decoder::<Complaint>::new(Arc::clone(&registry));
    assert!(decoder.decode(&good).is_ok());
    for (id, extra) in [
        (1, &[6, 0][..]),
        (2, &[2, 4, 0, 0]),
        (4, &[0]),
        (5, &[1]),
        (6, &[4, 2, b'x']),
        (6, &[0]),
    ] {
        assert!(
            decoder.decode(&with_extra(id, extra)).is_ok(),
            "foreign schema {id}"
        );
    }
}

#[test]
fn five_bytes_that_claim_nine_million_identifiers() {
    let value = confluent(101, &[text("c"), long(9_000_000)].concat());
    assert_eq!(value.len() - 5 - 2, 4, "four bytes claim it");
    assert_eq!(refused::<Customer>(&registry(), &value), "too_large");
}

#[test]
fn a_megabyte_of_anything() {
    let registry = registry();
    for byte in [0x00, 0x01, 0x02, 0x04, 0x7F, 0x80, 0xFF] {
        for id in [1, 2, 100, 101, 102] {
            let value = confluent(id, &vec![byte; 1 << 20]);
            refused::<Complaint>(&registry, &value);
            refused::<Customer>(&registry, &value);
            refused::<Case>(&registry, &value);
        }
    }
}

#[test]
fn small_parts_by_the_hundred_thousand_stay_in_proportion() {
    let customer = Customer {
        identifiers: vec![heard::model::Identifier::default(); 100_000],
        ..Customer::default()
    };
    let value = encoded(&customer);
    assert_eq!(
        refused::<Customer>(&registry(), &value[..value.len() - 1]),
        "truncated"
    );
    let decoder = Decoder::<Customer>::new(registry());
    let (read, peak) = measured(|| decoder.decode(&value));
    assert_eq!(read, Ok(customer));
    assert!(
        peak <= BYTES_A_BYTE * value.len(),
        "{} bytes took {peak}",
        value.len()
    );
}

#[test]
fn a_text_of_a_megabyte_is_a_text() {
    let complaint = Complaint {
        text: Some("é".repeat(1 << 19).into()),
        ..Complaint::default()
    };
    let value = encoded(&complaint);
    let decoder = Decoder::<Complaint>::new(registry());
    let (read, peak) = measured(|| decoder.decode(&value));
    assert_eq!(read, Ok(complaint));
    assert!(peak < 2 * value.len(), "{} bytes took {peak}", value.len());
}

#[test]
fn absurd_times_are_read_as_they_are_and_break_nothing() {
    let registry = registry();
    for absurd in [i64::MIN, i64::MAX, -1, 253_402_300_800_000] {
        let complaint = Complaint {
            occurred_at: Millis(absurd),
            edited_at: Some(Millis(absurd)),
            ..Complaint::default()
        };
        let value = encoded(&complaint);
        let decoder = Decoder::<Complaint>::new(Arc::clone(&registry));
        assert_eq!(decoder.decode(&value), Ok(complaint));
        assert_eq!(
            to_json(&value, &registry).expect("is JSON")["occurred_at"],
            absurd
        );
        // Arithmetic stays at the ends of time.
        let time = Millis(absurd);
        assert!(time.plus(i64::MAX) >= time && time.plus(i64::MIN) <= time);
        assert!(time.since(Millis(i64::MIN)) >= 0);
    }
}

#[test]
fn a_case_id_that_is_no_uuid() {
    let registry = registry();
    for id in ["", "no", "0d9428f6-cd22-5a3c-9e9f-2a1b7c1e0f0g"] {
        assert_eq!(refused::<Case>(&registry, &confluent(102, &text(id))), "bad_uuid");
    }
}

#[test]
fn hostile_schemas_are_refused_in_bounded_time_and_memory() {
    let recursive = r#"{"type": "record", "name": "L", "fields": [{"name": "next", "type": ["null", "L"]}]}"#;
    let mut doubling = r#"{"type": "record", "name": "R0", "fields": []}"#.to_owned();
    for level in 1..30 {
        let below = level - 1;
        doubling = format!(
            r#"{{"type": "record", "name": "R{level}", "fields": [
                {{"name": "a", "type": {doubling}}}, {{"name": "b", "type": "R{below}"}}]}}"#
        );
    }
    let deep = format!(
        "{}\"int\"{}",
        r#"{"type": "array", "items": "#.repeat(100),
        "}".repeat(100)
    );
    let long = " ".repeat(2 << 20);
    for (schema, error) in [
        (recursive, SchemaError::Recursive("L".into())),
        (&doubling, SchemaError::TooManyTypes),
        (&deep, SchemaError::TooDeep),
        (&long, SchemaError::TooLong(2 << 20)),
    ] {
        let mut registry = Registry::built_in();
        let (refused, peak) = measured(|| registry.add_id(1, schema));
        assert_eq!(refused, Err(RegistryError::Schema { id: 1, error }));
        assert!(peak < 4 << 20, "took {peak} bytes");
    }
}
