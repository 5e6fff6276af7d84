//! The body of a form, or the query of a URL.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bangui::web::fuzzing::form_inputs(data));
