//! What holds for every record and for any bytes.

mod wire_support;

use std::fmt::Debug;

use heard::wire::{Registry, WireRecord, as_far_as_it_goes, to_json};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use wire_support::{any_record, decoder, encoded};

const HEADER: usize = 10;

fn runner(cases: u32) -> TestRunner {
    TestRunner::new(Config {
        cases,
        ..Config::default()
    })
}

#[test]
fn what_is_written_is_read_back() {
    fn check<T: WireRecord + PartialEq + Debug>() {
        let decoder = decoder::<T>();
        let registry = Registry::built_in();
        let property = runner(64).run(&any_record::<T>(), |record| {
            let value = encoded(&record);
            prop_assert_eq!(
                to_json(&value, &registry).ok(),
                serde_json::to_value(&record).ok()
            );
            let partial = as_far_as_it_goes(&value, &registry, None);
            prop_assert_eq!(partial.stop, None);
            prop_assert_eq!(partial.value, to_json(&value, &registry).ok());
            prop_assert_eq!(decoder.decode(&value), Ok(record));
            Ok(())
        });
        property.unwrap_or_else(|failed| panic!("{}: {failed}", T::NAME));
    }
    for_each_record!(check);
}

#[test]
fn every_strict_prefix_is_refused_and_so_are_bytes_after_the_end() {
    fn check<T: WireRecord + PartialEq + Debug>() {
        let decoder = decoder::<T>();
        let more = prop::collection::vec(any::<u8>(), 1..9);
        let property = runner(16).run(&(any_record::<T>(), more), |(record, more)| {
            let mut value = encoded(&record);
            for end in 0..value.len() {
                let refused = decoder.decode(&value[..end]).map_err(|error| error.code());
                prop_assert!(
                    matches!(refused, Err("truncated" | "too_large"))
                        || end == 0 && refused == Err("empty_value"),
                    "{} bytes: {:?}",
                    end,
                    refused
                );
            }
            value.extend_from_slice(&more);
            prop_assert_eq!(
                decoder.decode(&value).map_err(|error| error.code()),
                Err("trailing_bytes")
            );
            Ok(())
        });
        property.unwrap_or_else(|failed| panic!("{}: {failed}", T::NAME));
    }
    for_each_record!(check);
}

#[test]
fn any_bytes_end_in_a_record_or_a_typed_error() {
    fn check<T: WireRecord + PartialEq + Debug + Default>() {
        let decoder = decoder::<T>();
        let registry = Registry::built_in();
        let header = encoded(&T::default())[..HEADER].to_vec();
        let property = runner(256).run(&prop::collection::vec(any::<u8>(), 0..300), |bytes| {
            let value = [&header[..], &bytes].concat();
            for hostile in [&value, &bytes] {
                let read = decoder.decode(hostile);
                let json = to_json(hostile, &registry);
                // Whatever becomes a record can be shown as well.
                prop_assert!(read.is_err() || json.is_ok());
                let partial = as_far_as_it_goes(hostile, &registry, Some(T::NAME));
                prop_assert_eq!(partial.stop.is_none(), json.is_ok());
                if let Ok(json) = json {
                    prop_assert_eq!(partial.value, Some(json));
                }
            }
            Ok(())
        });
        property.unwrap_or_else(|failed| panic!("{}: {failed}", T::NAME));
    }
    for_each_record!(check);
}

#[test]
fn a_damaged_value_ends_in_a_record_or_a_typed_error() {
    fn check<T: WireRecord + PartialEq + Debug>() {
        let decoder = decoder::<T>();
        let damage = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4);
        let property = runner(128).run(&(any_record::<T>(), damage), |(record, damage)| {
            let mut value = encoded(&record);
            for (place, byte) in damage {
                let place = HEADER + place.index(value.len() - HEADER);
                value[place] = byte;
            }
            if let Ok(read) = decoder.decode(&value) {
                // It was another record, then: one that can be written.
                prop_assert_eq!(
                    decoder.decode(&encoded(&read)).map(|again| format!("{again:?}")),
                    Ok(format!("{read:?}"))
                );
            }
            Ok(())
        });
        property.unwrap_or_else(|failed| panic!("{}: {failed}", T::NAME));
    }
    for_each_record!(check);
}
