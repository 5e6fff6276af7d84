//! Packets from a banned address arrive where BanGUI says that a jail does not protect, and do not where it works.

use bangui::demo::{DemoJail, PrivateDaemon};

use super::network::{HERE, NEIGHBOUR, Neighbour, ban, check, is_inside, listen, part, run};
use crate::support::{TestResult, until};

#[tokio::test]
async fn the_verdict_is_that_of_the_packets() -> TestResult {
    if !is_inside("firewall::packets::the_verdict_is_that_of_the_packets")? {
        return Ok(());
    }
    let neighbour = Neighbour::join()?;
    let _service = listen(2222)?;
    let port = "[name=%(__name__)s, port=2222]";
    for (action, breaks) in [
        ("nftables-multiport", ["nft", "flush set inet f2b-table addr-set-sshd"]),
        ("iptables-multiport", ["iptables", "-I INPUT -p tcp --dport 2222 -j ACCEPT"]),
        ("iptables-multiport", ["iptables", "-D INPUT -p tcp -m multiport --dports 2222 -j f2b-sshd"]),
        ("iptables-ipset-proto6", ["ipset", "flush f2b-sshd"]),
        ("route", ["ip", "route del unreachable 10.99.0.2"]),
    ] {
        let jail = DemoJail::new("sshd", "sshd").with("action", &format!("{action}{port}"));
        let daemon = PrivateDaemon::start(&[jail]).await?;
        assert!(neighbour.reaches(HERE, 2222), "{action}: before the ban");
        ban(&daemon, "sshd", &[NEIGHBOUR])?;
        until("the ban blocks", || Ok(!neighbour.reaches(HERE, 2222))).await?;
        let (said, _) = check(&daemon)?;
        assert_eq!(part(&said, "sshd"), "sshd: works", "{action}: {said}");
        let [program, arguments] = breaks;
        run(program, &arguments.split(' ').collect::<Vec<_>>())?;
        assert!(neighbour.reaches(HERE, 2222), "{action}: {arguments} opens it");
        let (said, status) = check(&daemon)?;
        assert!(part(&said, "sshd").starts_with("sshd: does not protect"), "{action}, {arguments}: {said}");
        assert_eq!(status, Some(2));
        daemon.stop().await?;
        drop(daemon);
        run("iptables", &["-F", "INPUT"])?;
    }
    Ok(())
}
