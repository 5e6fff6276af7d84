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
        (
            "iptables-multiport",
            ["iptables", "-I INPUT -p tcp -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT"],
        ),
        ("iptables-multiport", ["iptables", "-I INPUT -s 10.99.0.0/24 -j ACCEPT"]),
        ("iptables-multiport", ["iptables", "-I f2b-sshd -j RETURN"]),
        ("nftables-multiport", ["nft", "insert rule inet f2b-table f2b-chain tcp dport 2222 accept"]),
        ("iptables-multiport", ["iptables", "-D INPUT -p tcp -m multiport --dports 2222 -j f2b-sshd"]),
        (
            "nftables-multiport",
            [
                "nft",
                "insert rule inet f2b-table f2b-chain ct state vmap { new : accept, established : accept }",
            ],
        ),
        (
            "nftables-multiport",
            ["nft", "insert rule inet f2b-table f2b-chain tcp dport vmap { 80 : drop, 2000-2999 : accept }"],
        ),
        (
            "nftables-multiport",
            ["nft", "insert rule inet f2b-table f2b-chain ip saddr vmap { 10.99.0.0/24 : accept }"],
        ),
        (
            "nftables-multiport",
            [
                "nft",
                "add map inet f2b-table open { type inet_service : verdict ; elements = { 2222 : accept } ; } ; \
                 insert rule inet f2b-table f2b-chain tcp dport vmap @open",
            ],
        ),
        (
            "nftables-multiport",
            ["nft", "insert rule inet f2b-table f2b-chain ip saddr { 10.99.0.2, 10.99.0.9 } accept"],
        ),
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
        run("nft", &["flush", "ruleset"])?;
    }
    Ok(())
}

/// Rules that let others through, and packets of connections that are there.
#[tokio::test]
async fn rules_that_let_no_banned_address_through_are_no_reason_for_a_warning() -> TestResult {
    if !is_inside("firewall::packets::rules_that_let_no_banned_address_through_are_no_reason_for_a_warning")?
    {
        return Ok(());
    }
    let neighbour = Neighbour::join()?;
    let _service = listen(2222)?;
    let action = "iptables-multiport[name=%(__name__)s, port=2222]";
    let daemon = PrivateDaemon::start(&[DemoJail::new("sshd", "sshd").with("action", action)]).await?;
    ban(&daemon, "sshd", &[NEIGHBOUR])?;
    until("the ban blocks", || Ok(!neighbour.reaches(HERE, 2222))).await?;
    for rule in [
        "-N own",
        "-A own ! -s 192.168.0.0/16 -j RETURN",
        "-A own -j ACCEPT",
        "-I INPUT -p tcp --dport 2222 -j own",
        "-I INPUT -p tcp --dport 80 -j ACCEPT",
        "-I INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
        "-I INPUT -i lo -j ACCEPT",
    ] {
        run("iptables", &rule.split(' ').collect::<Vec<_>>())?;
    }
    assert!(!neighbour.reaches(HERE, 2222));
    let (said, status) = check(&daemon)?;
    assert_eq!((part(&said, "sshd").as_str(), status), ("sshd: works", Some(0)), "{said}");
    Ok(())
}

#[tokio::test]
async fn verdict_maps_that_let_no_banned_address_through_are_no_reason_for_a_warning() -> TestResult {
    if !is_inside(
        "firewall::packets::verdict_maps_that_let_no_banned_address_through_are_no_reason_for_a_warning",
    )? {
        return Ok(());
    }
    let neighbour = Neighbour::join()?;
    let _service = listen(2222)?;
    let action = "nftables-multiport[name=%(__name__)s, port=2222]";
    let daemon = PrivateDaemon::start(&[DemoJail::new("sshd", "sshd").with("action", action)]).await?;
    ban(&daemon, "sshd", &[NEIGHBOUR])?;
    until("the ban blocks", || Ok(!neighbour.reaches(HERE, 2222))).await?;
    run(
        "nft",
        &["add map inet f2b-table web { type inet_service : verdict ; elements = { 80 : accept } ; }"],
    )?;
    for rule in [
        "ct state vmap { established : accept, related : accept, invalid : drop }",
        "iifname vmap { lo : accept }",
        "tcp dport vmap { 80 : accept, 443 : accept }",
        "tcp dport vmap @web",
        "ip saddr vmap { 192.168.0.0/16 : accept, 10.99.0.3 : accept }",
        "ip saddr { 192.0.2.1, 192.0.2.2 } accept",
    ] {
        run("nft", &[&format!("insert rule inet f2b-table f2b-chain {rule}")])?;
    }
    assert!(!neighbour.reaches(HERE, 2222));
    let (said, status) = check(&daemon)?;
    assert_eq!((part(&said, "sshd").as_str(), status), ("sshd: works", Some(0)), "{said}");
    Ok(())
}
