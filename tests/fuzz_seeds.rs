//! What the fuzz targets check, on the seeds that a fuzzer begins with (fuzz/seeds).
//!
//! The seeds are made from the schemas: after a change of one, `HEARD_WRITE_SEEDS=1 cargo test --test
//! fuzz_seeds` writes them anew.

mod wire_support;

#[path = "../fuzz/properties/decode.rs"]
mod decode;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use heard::model::{Complaint, Customer, Response, Survey, Update};
use heard::wire::WireRecord;
use wire_support::{encoded, full};

/// Bytes before the datum in the single-object format: a mark and the schema's fingerprint.
const HEADER: usize = 10;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds/decode")
}

/// Seeds by name: of each input record one with all in it, as the property reads it (a byte for the
/// schema, then the datum) and as it travels; the first half of the former; and nothing.
fn seeds() -> BTreeMap<String, Vec<u8>> {
    fn add<T: WireRecord>(seeds: &mut BTreeMap<String, Vec<u8>>, schema: u8) {
        let record: T = serde_json::from_value(full(T::reader())).expect("a record of its own schema");
        let value = encoded(&record);
        let claimed = [&[schema], &value[HEADER..]].concat();
        let name = T::NAME.to_lowercase();
        seeds.insert(format!("{name}-cut"), claimed[..claimed.len() / 2].to_vec());
        seeds.insert(format!("{name}-datum"), claimed);
        seeds.insert(name, value);
    }
    let mut seeds = BTreeMap::from([("nothing".to_owned(), Vec::new())]);
    add::<Complaint>(&mut seeds, 0);
    add::<Response>(&mut seeds, 1);
    add::<Update>(&mut seeds, 2);
    add::<Survey>(&mut seeds, 3);
    add::<Customer>(&mut seeds, 4);
    seeds
}

#[test]
fn the_property_of_the_decoder_holds_of_its_seeds() {
    for (name, bytes) in seeds() {
        eprintln!("{name}");
        decode::check(&bytes);
    }
}

#[test]
fn the_seeds_are_those_of_the_schemas() {
    let wanted = seeds();
    if std::env::var_os("HEARD_WRITE_SEEDS").is_some() {
        fs::create_dir_all(folder()).expect("the folder can be made");
        for (name, bytes) in &wanted {
            fs::write(folder().join(name), bytes).expect("a seed can be written");
        }
    }
    let found: BTreeMap<_, _> = fs::read_dir(folder())
        .expect("the folder of seeds")
        .map(|entry| {
            let entry = entry.expect("an entry");
            let bytes = fs::read(entry.path()).expect("a seed");
            (entry.file_name().to_string_lossy().into_owned(), bytes)
        })
        .collect();
    assert!(found == wanted, "the schemas have changed: write the seeds anew");
}
