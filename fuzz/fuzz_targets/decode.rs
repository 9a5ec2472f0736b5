//! Gives the fuzzer's bytes to the property, which an ordinary test (tests/fuzz_seeds.rs) runs on the seeds.

#![no_main]

#[path = "../properties/decode.rs"]
mod decode;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| decode::check(bytes));
