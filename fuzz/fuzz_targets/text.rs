//! `make fuzz` runs this target: see `belfry_fuzz::text`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| belfry_fuzz::text(data));
