//! `make fuzz` runs this target: see `belfry_fuzz::rest`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| belfry_fuzz::rest(data));
