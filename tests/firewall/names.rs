//! Names on an ignore list, with a DNS of the test's own.

use std::net::UdpSocket;
use std::thread;

use bangui::demo::{DemoJail, PrivateDaemon};

use super::network::{check_with_dns, is_inside, part};
use crate::support::TestResult;

const HEADER: usize = 12;
/// That it is an answer, and that there is no such name (RFC 1035, section 4.1.1).
const ANSWER: u8 = 0x80;
const NO_SUCH_NAME: u8 = 3;

/// A server that knows `known.example` alone, and of it only IPv4.
fn serve(socket: &UdpSocket) -> std::io::Result<()> {
    let mut question = [0; 512];
    loop {
        let (length, from) = socket.recv_from(&mut question)?;
        let Some(mut answer) =
            question.get(..length).filter(|whole| whole.len() > HEADER).map(<[u8]>::to_vec)
        else {
            continue;
        };
        answer[2] |= ANSWER;
        let asks_for = |kind: u8| answer.windows(5).any(|part| part == [0, 0, kind, 0, 1]);
        let is_known = answer.windows(5).any(|part| part == b"known");
        let has_address = is_known && asks_for(1);
        answer[3] = if is_known { 0 } else { NO_SUCH_NAME };
        // One answer at most, and nothing of what a question may have beside itself.
        answer[6..HEADER].copy_from_slice(&[0, u8::from(has_address), 0, 0, 0, 0]);
        let end = HEADER + answer[HEADER..].iter().position(|byte| *byte == 0).unwrap_or(0) + 5;
        answer.truncate(end);
        if has_address {
            answer.extend_from_slice(&[0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 7]);
        }
        socket.send_to(&answer, from)?;
    }
}

#[tokio::test]
async fn a_name_that_the_dns_does_not_know_is_told_and_none_where_there_is_no_dns() -> TestResult {
    if !is_inside(
        "firewall::names::a_name_that_the_dns_does_not_know_is_told_and_none_where_there_is_no_dns",
    )? {
        return Ok(());
    }
    let jail = |name: &str, ignored: &str| DemoJail::new(name, "sshd").with("ignoreip", ignored);
    let daemon =
        PrivateDaemon::start(&[jail("known", "known.example"), jail("both", "known.example gone.example")])
            .await?;
    let socket = UdpSocket::bind("127.0.0.1:53")?;
    thread::spawn(move || serve(&socket));
    let told = "The DNS does not know a name on its ignore list";
    let (said, _) = check_with_dns(&daemon, "127.0.0.1")?;
    let both = part(&said, "both");
    assert!(
        both.contains(told) && both.contains("gone.example") && !both.contains("known.example"),
        "{said}"
    );
    assert!(!part(&said, "known").contains(told), "{said}");
    // Nobody answers there.
    let (said, _) = check_with_dns(&daemon, "127.0.0.2")?;
    assert!(part(&said, "both").starts_with("both: ") && !said.contains(told), "{said}");
    Ok(())
}
