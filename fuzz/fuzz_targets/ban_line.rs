//! A line of a ban list.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bangui::fail2ban::fuzzing::ban_line(data));
