//! Tests of targets and of what is banned.

use super::*;

fn target(text: &str) -> Target {
    text.parse().unwrap_or_else(|e| unreachable!("{text}: {e}"))
}

#[test]
fn a_target_is_written_in_its_normal_form() {
    for (written, normal) in [
        (" 203.0.113.7 ", "203.0.113.7"),
        ("2001:0DB8:0::0:1", "2001:db8::1"),
        ("203.0.113.7/24", "203.0.113.0/24"),
        ("203.0.113.7/32", "203.0.113.7"),
        ("2001:db8::1/128", "2001:db8::1"),
        ("2001:db8::1/32", "2001:db8::/32"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("0.0.0.0/0", "0.0.0.0/0"),
    ] {
        assert_eq!(target(written).to_string(), normal);
    }
}

#[test]
fn what_is_no_address_is_refused() {
    for text in [
        "",
        " ",
        "localhost",
        "--all",
        "x;touch y;",
        "1.2.3",
        "1.2.3.4.5",
        "203.0.113.0/33",
        "010.0.0.1",
        "1.2.3.4 5.6.7.8",
    ] {
        assert!(text.parse::<Target>().is_err(), "{text:?}");
    }
}

#[test]
fn several_targets_are_read_once_each() {
    let read = parse_targets("203.0.113.7, 2001:db8::1\n203.0.113.7;198.51.100.0/24 ");
    let read: Vec<String> = read.iter().flatten().map(ToString::to_string).collect();
    assert_eq!(read, ["203.0.113.7", "2001:db8::1", "198.51.100.0/24"]);
    assert_eq!(parse_targets(" , "), Err(TargetError::Empty));
    assert!(parse_targets("203.0.113.7, nonsense").is_err());
}

#[test]
fn a_network_covers_its_addresses_and_smaller_networks() {
    assert!(target("203.0.113.0/24").covers(&target("203.0.113.7")));
    assert!(target("203.0.113.0/24").covers(&target("203.0.113.128/25")));
    assert!(!target("203.0.113.0/24").covers(&target("203.0.0.0/16")));
    assert!(!target("0.0.0.0/0").covers(&target("2001:db8::1")));
    assert!(
        target("203.0.113.0/24").contains("::ffff:203.0.113.9".parse().unwrap_or_else(|_| unreachable!()))
    );
}

#[test]
fn an_entry_that_does_not_read_back_as_it_stood_stays_text() {
    assert_eq!(Banned::from_daemon("203.0.113.5"), Banned::Target(target("203.0.113.5")));
    assert_eq!(Banned::from_daemon("203.0.113.5/24"), Banned::Text("203.0.113.5/24".to_owned()));
    assert_eq!(Banned::from_daemon("not-an-ip"), Banned::Text("not-an-ip".to_owned()));
}

#[test]
fn only_an_address_has_a_name_with_an_impossible_prefix() {
    let name = |text: &str| Banned::from_daemon(text).with_impossible_prefix().map(|name| name.to_string());
    assert_eq!(name("203.0.113.3").as_deref(), Some("203.0.113.3/33"));
    assert_eq!(name("2001:db8::1").as_deref(), Some("2001:db8::1/129"));
    // fail2ban before 1.1 lists this for `::ffff:203.0.113.3/128`, which it does not
    // take for IPv4.
    assert_eq!(name("::ffff:203.0.113.3").as_deref(), Some("::ffff:203.0.113.3/129"));
    assert_eq!((name("203.0.113.0/24"), name("root")), (None, None));
}

#[test]
fn a_network_of_ipv4_written_as_one_of_ipv6_is_that_of_ipv4() -> Result<(), TargetError> {
    for (written, read) in [
        ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
        ("::ffff:a00:1/120", "10.0.0.0/24"),
        ("::ffff:10.0.0.1/128", "10.0.0.1"),
        ("::ffff:0:0/90", "::ffc0:0:0/90"),
    ] {
        assert_eq!(written.parse::<Target>()?.to_string(), read, "{written}");
    }
    // What a jail holds is named as it holds it.
    assert_eq!(Banned::from_daemon("::ffff:10.0.0.0/104").target(), None);
    Ok(())
}
