//! An answer of the broker's, as the web server reads it.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bangui::broker::fuzzing::broker_answer(data));
