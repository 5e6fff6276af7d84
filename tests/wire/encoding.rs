//! Requests, read by the Python that will read them.

use std::io::Write;
use std::process::{Command, Stdio};

use bangui::fail2ban::pickle::encode;

use super::TestResult;

#[test]
fn python_reads_a_request_as_the_list_it_was() -> TestResult {
    let arguments = ["set", "sshd", "banip", "2001:db8::1", "", "it's café-日本"];
    let mut python = Command::new("python3")
        .args(["-c", "import pickle, sys; print(pickle.load(sys.stdin.buffer))"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    python.stdin.take().ok_or("no standard input")?.write_all(&encode(&arguments)?)?;
    let output = python.wait_with_output()?;
    let expected = "['set', 'sshd', 'banip', '2001:db8::1', '', \"it's café-日本\"]\n";
    assert_eq!(String::from_utf8(output.stdout)?, expected);
    Ok(())
}
