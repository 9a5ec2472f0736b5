//! Any bytes, read as each input record and as JSON: a record or a typed error, never a panic.
//!
//! The first byte picks the schema that the rest claims to be written with; without that, the fuzzer would
//! spend its time guessing fingerprints. A record that was read must be written and read back the same.

use std::sync::{Arc, LazyLock};

use heard::model::{Complaint, Customer, Response, Survey, Update};
use heard::wire::{Decoder, Encoder, Format, Registry, WireRecord, as_far_as_it_goes, to_json};

const RECORDS: [&str; 5] = ["Complaint", "Response", "Update", "Survey", "Customer"];

static REGISTRY: LazyLock<Arc<Registry>> =
    LazyLock::new(|| Arc::new(Registry::with_ids((0..).zip(RECORDS)).expect("built-in records")));

fn read<T: WireRecord>(value: &[u8]) {
    let decoder = Decoder::<T>::new(Arc::clone(&REGISTRY));
    if let Ok(record) = decoder.decode(value) {
        let first = written(&record);
        let again = decoder.decode(&first).expect("what was written can be read");
        assert_eq!(written(&again), first);
    }
}

fn written<T: WireRecord>(record: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    Encoder::new(Format::SingleObject)
        .encode(record, &mut bytes)
        .expect("what was read can be written");
    bytes
}

/// Panics if the property does not hold of these bytes.
pub fn check(bytes: &[u8]) {
    let Some((&schema, datum)) = bytes.split_first() else {
        return;
    };
    let claimed = [&[0, 0, 0, 0, schema % 5][..], datum].concat();
    for value in [&claimed[..], bytes] {
        read::<Complaint>(value);
        read::<Response>(value);
        read::<Update>(value);
        read::<Survey>(value);
        read::<Customer>(value);
        let partial = as_far_as_it_goes(value, &REGISTRY, Some(RECORDS[0]));
        match to_json(value, &REGISTRY) {
            Ok(json) => assert_eq!((partial.value, partial.stop), (Some(json), None)),
            Err(_) => assert!(partial.stop.is_some_and(|stop| stop.at <= value.len())),
        }
    }
}
