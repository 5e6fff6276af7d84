//! A reply of fail2ban's: where it ends, what it holds, and how it is read.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bangui::fail2ban::fuzzing::pickle(data));
