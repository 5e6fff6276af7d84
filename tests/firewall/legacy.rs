//! Rules in the tables of iptables-legacy, where the `iptables` of this machine is the one of nftables.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use bangui::demo::{DemoJail, PrivateDaemon};

use super::network::{HERE, NEIGHBOUR, Neighbour, ban, check, check_in, is_inside, listen, part, run};
use crate::support::{TestResult, until};

/// Moves the rules of `iptables` to those of iptables-legacy, as a machine does that changes to the other.
fn make_legacy() -> TestResult {
    let moves = "for ip in iptables ip6tables; do $ip-save -t filter | $ip-legacy-restore && $ip -F && $ip -X || exit 1; done";
    run("sh", &["-c", moves])?;
    Ok(())
}

#[tokio::test]
async fn rules_of_the_other_iptables_are_found_and_told_as_unknown_where_they_cannot_be_read() -> TestResult {
    if !is_inside(
        "firewall::legacy::rules_of_the_other_iptables_are_found_and_told_as_unknown_where_they_cannot_be_read",
    )? {
        return Ok(());
    }
    let neighbour = Neighbour::join()?;
    let _service = listen(2222)?;
    let port = "[name=%(__name__)s, port=2222]";
    let jail =
        |name: &str, action: &str| DemoJail::new(name, "sshd").with("action", &format!("{action}{port}"));
    let daemon =
        PrivateDaemon::start(&[jail("multi", "iptables-multiport"), jail("set", "iptables-ipset-proto6")])
            .await?;
    ban(&daemon, "multi", &[NEIGHBOUR])?;
    ban(&daemon, "set", &["192.0.2.7"])?;
    until("the bans block", || {
        Ok(!neighbour.reaches(HERE, 2222) && run("ipset", &["save"])?.contains("192.0.2.7"))
    })
    .await?;
    make_legacy()?;
    assert!(!run("iptables", &["-S"])?.contains("f2b") && !neighbour.reaches(HERE, 2222));
    let (said, status) = check(&daemon)?;
    assert_eq!(
        (part(&said, "multi").as_str(), part(&said, "set").as_str()),
        ("multi: works", "set: works"),
        "{said}"
    );
    assert_eq!(status, Some(0), "{said}");

    // Programs that cannot list them.
    let programs = daemon.directory().join("programs");
    fs::create_dir(&programs)?;
    for name in ["iptables-legacy", "ip6tables-legacy"] {
        fs::write(programs.join(name), "#!/bin/sh\necho 'no raw socket' >&2\nexit 3\n")?;
        fs::set_permissions(programs.join(name), fs::Permissions::from_mode(0o755))?;
    }
    let (said, status) = check_in(&daemon, &programs)?;
    for jail in ["multi", "set"] {
        let own = part(&said, jail);
        assert!(
            own.starts_with(&format!("{jail}: could not be checked")) && own.contains("no raw socket"),
            "{said}"
        );
    }
    assert_eq!(status, Some(3), "{said}");

    run("iptables-legacy", &["-F", "f2b-multi"])?;
    assert!(neighbour.reaches(HERE, 2222));
    let (said, _) = check(&daemon)?;
    assert!(part(&said, "multi").starts_with("multi: does not protect"), "{said}");
    Ok(())
}
