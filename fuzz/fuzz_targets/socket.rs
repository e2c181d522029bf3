//! `make fuzz` runs this target: see `belfry_fuzz::socket`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| belfry_fuzz::socket(data));
