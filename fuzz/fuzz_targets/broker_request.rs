//! A request to the broker.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bangui::broker::fuzzing::broker_request(data));
