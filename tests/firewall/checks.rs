//! What `bangui check --deep` says when rules are as they should be, and when they are not.

use std::fmt::Write as _;

use bangui::demo::{DemoJail, PrivateDaemon};

use super::network::{ban, check, client, is_inside, listen, part, run};
use crate::support::{TestResult, until};

const V4: &str = "192.0.2.7";
const V6: &str = "2001:db8::7";

/// A jail for each way to block, on the port 2222.
async fn start() -> Result<PrivateDaemon, Box<dyn std::error::Error>> {
    let port = "[name=%(__name__)s, port=2222]";
    let jail = |name: &str, action: &str| DemoJail::new(name, "sshd").with("action", action);
    let jails = [
        jail("multi", &format!("iptables-multiport{port}")),
        jail("all", "iptables-allports[name=%(__name__)s]"),
        jail("set", &format!("iptables-ipset-proto6{port}")),
        jail("nft", &format!("nftables-multiport{port}")),
        jail("nft-all", "nftables-allports[name=%(__name__)s]"),
        jail("route", "route[name=%(__name__)s]"),
        jail("old-set", &format!("iptables-ipset-proto4{port}")),
    ];
    let daemon = PrivateDaemon::start(&jails).await?;
    ban(&daemon, "old-set", &[V4])?;
    for name in ["multi", "all", "set", "nft", "nft-all", "route"] {
        ban(&daemon, name, &[V4, V6])?;
    }
    until("the last ban is in the routes", || Ok(run("ip", &["-6", "route"])?.contains(V6))).await?;
    Ok(daemon)
}

#[tokio::test]
async fn nothing_is_said_of_a_machine_on_which_each_ban_holds() -> TestResult {
    if !is_inside("firewall::checks::nothing_is_said_of_a_machine_on_which_each_ban_holds")? {
        return Ok(());
    }
    let _service = listen(2222)?;
    let daemon = start().await?;
    let (said, status) = check(&daemon)?;
    for jail in ["multi", "all", "set", "nft", "nft-all", "route", "old-set"] {
        assert_eq!(part(&said, jail), format!("{jail}: works"), "{said}");
    }
    assert_eq!(status, Some(0), "{said}");
    Ok(())
}

#[tokio::test]
async fn each_way_in_which_rules_go_missing_is_told_of_its_jail_and_of_no_other() -> TestResult {
    if !is_inside("firewall::checks::each_way_in_which_rules_go_missing_is_told_of_its_jail_and_of_no_other")?
    {
        return Ok(());
    }
    let _service = listen(2222)?;
    let daemon = start().await?;
    run("iptables", &["-D", "f2b-multi", "1"])?;
    run("ip6tables", &["-D", "INPUT", "-p", "tcp", "-j", "f2b-all"])?;
    run("ipset", &["flush", "f2b-set6"])?;
    run("nft", &["delete", "element", "inet", "f2b-table", "addr6-set-nft", "{", V6, "}"])?;
    run("nft", &["add", "element", "inet", "f2b-table", "addr-set-nft-all", "{", "192.0.2.99", "}"])?;
    let (said, status) = check(&daemon)?;
    for (jail, verdict, words) in [
        (
            "multi",
            "does not protect",
            "1 ban of the action iptables-multiport cannot be found in the iptables chain f2b-multi",
        ),
        ("all", "does not protect", "No packet reaches the ip6tables chain f2b-all"),
        ("set", "does not protect", "cannot be found in the ipset f2b-set6"),
        (
            "nft",
            "does not protect",
            "cannot be found in the nftables set addr6-set-nft in the table inet f2b-table",
        ),
        ("nft-all", "look at this", "1 address that no jail bans"),
        ("route", "works", ""),
    ] {
        let part = part(&said, jail);
        assert!(part.starts_with(&format!("{jail}: {verdict}")) && part.contains(words), "{jail}: {said}");
    }
    assert!(part(&said, "multi").contains(V4) && !part(&said, "multi").contains(V6), "{said}");
    assert!(part(&said, "nft-all").contains("192.0.2.99"), "{said}");
    assert_eq!(status, Some(2));
    // What is advised mends it.
    for jail in ["multi", "all", "set", "nft", "nft-all"] {
        let (socket, config) =
            (daemon.socket().display().to_string(), daemon.config_dir().display().to_string());
        run(
            &daemon.client().display().to_string(),
            &["-s", &socket, "-c", &config, "reload", "--restart", jail],
        )?;
    }
    until("the last ban is back", || Ok(run("nft", &["list", "ruleset"])?.matches(V6).count() >= 2)).await?;
    let (said, status) = check(&daemon)?;
    assert_eq!(status, Some(0), "{said}");
    Ok(())
}

#[tokio::test]
async fn a_rule_that_accepts_before_a_port_where_nobody_listens_and_a_chain_that_is_gone_are_told()
-> TestResult {
    if !is_inside(
        "firewall::checks::a_rule_that_accepts_before_a_port_where_nobody_listens_and_a_chain_that_is_gone_are_told",
    )? {
        return Ok(());
    }
    let daemon = start().await?;
    run("iptables", &["-I", "INPUT", "-p", "tcp", "--dport", "2222", "-j", "ACCEPT"])?;
    run("nft", &["delete", "table", "inet", "f2b-table"])?;
    // As Docker publishes a port of a container.
    run("iptables", &["-t", "nat", "-N", "DOCKER"])?;
    let to = "-t nat -A DOCKER -p tcp --dport 2222 -j DNAT --to-destination 172.17.0.2:22";
    run("iptables", &to.split(' ').collect::<Vec<_>>())?;
    let (said, _) = check(&daemon)?;
    let multi = part(&said, "multi");
    assert!(
        multi.contains("An earlier rule lets packets through") && multi.contains("--dport 2222"),
        "{said}"
    );
    assert!(multi.contains("It blocks port 2222, where nothing listens"), "{said}");
    assert!(multi.contains("Docker passes port 2222 on to a container"), "{said}");
    let (all, route) = (part(&said, "all"), part(&said, "route"));
    assert!(!all.contains("Docker") && !all.contains("nothing listens"), "{said}");
    assert!(!route.contains("earlier rule"), "{said}");
    let nft = part(&said, "nft");
    assert!(
        nft.contains("1 ban, but the nftables set addr-set-nft") && nft.contains("does not exist"),
        "{said}"
    );
    Ok(())
}

/// An action of IPv4 alone, as fail2ban before 0.10 had them and as guides still show.
#[tokio::test]
async fn bans_that_an_action_cannot_make_are_told() -> TestResult {
    if !is_inside("firewall::checks::bans_that_an_action_cannot_make_are_told")? {
        return Ok(());
    }
    let _service = listen(2222)?;
    let jails = [
        DemoJail::new("old", "sshd").with("action", "old[name=%(__name__)s]"),
        DemoJail::new("nets", "sshd").with("action", "nftables-allports[name=%(__name__)s]"),
        DemoJail::new("mail", "sshd").with("action", "mail-none"),
    ];
    let daemon = with_actions(&jails).await?;
    ban(&daemon, "old", &[V4, V6])?;
    ban(&daemon, "nets", &["198.51.100.0/24", V4])?;
    until("the address is in the set", || Ok(run("nft", &["list", "ruleset"])?.contains(V4))).await?;
    let (said, status) = check(&daemon)?;
    let old = part(&said, "old");
    assert!(old.contains("knows only IPv4, so 1 ban of IPv6"), "{said}");
    let nets = part(&said, "nets");
    let nftables = std::fs::read_to_string(daemon.config_dir().join("action.d/nftables.conf"))?;
    if nftables.contains("flags interval") {
        assert_eq!(nets, "nets: works", "{said}");
    } else {
        // A set without intervals takes no network.
        let told = nets.contains("cannot be found") && nets.contains("198.51.100.0/24") && !nets.contains(V4);
        assert!(told, "{said}");
    }
    assert!(part(&said, "mail").contains("only report bans and block nobody"), "{said}");
    assert_eq!(status, Some(2));
    client(&daemon, &["set", "nets", "unbanip", "198.51.100.0/24"])?;
    let (said, _) = check(&daemon)?;
    assert_eq!(part(&said, "nets"), "nets: works", "{said}");
    Ok(())
}

/// A daemon with actions of its own.
async fn with_actions(jails: &[DemoJail]) -> Result<PrivateDaemon, Box<dyn std::error::Error>> {
    let daemon = PrivateDaemon::start(&[DemoJail::new("first", "sshd")]).await?;
    let actions = daemon.config_dir().join("action.d");
    std::fs::write(
        actions.join("old.conf"),
        "[Definition]\nactionstart = iptables -N f2b-<name> && iptables -I INPUT -j f2b-<name>\nactionstop =\n\
         actionban = iptables -I f2b-<name> 1 -s <ip> -j DROP\nactionunban =\n",
    )?;
    std::fs::write(
        actions.join("mail-none.conf"),
        "[Definition]\nactionban = true mail <ip>\nactionunban =\n",
    )?;
    let mut sections = String::new();
    for jail in jails {
        let action = &jail.settings.first().ok_or("no action")?.1;
        let log = daemon.log_file("first");
        writeln!(
            sections,
            "[{}]\nenabled = true\nfilter = sshd\nbackend = polling\nlogpath = {}\naction = {action}",
            jail.name,
            log.display()
        )?;
    }
    std::fs::write(daemon.config_dir().join("jail.d/more.local"), sections)?;
    let (socket, config) = (daemon.socket().display().to_string(), daemon.config_dir().display().to_string());
    run(&daemon.client().display().to_string(), &["-s", &socket, "-c", &config, "reload"])?;
    Ok(daemon)
}
