//! A ban of an address with a prefix that no address has: fail2ban lists it by the address alone, and does not
//! find it by that.

use std::error::Error;

use bangui::demo::DemoJail;

use crate::support::site::Site;
use crate::support::visitor::Visitor;
use crate::support::{TestResult, banned, client};

/// What is banned, and how fail2ban lists it.
const ODD: [(&str, &str); 4] = [
    ("203.0.113.3/33", "203.0.113.3"),
    ("203.0.113.4/99", "203.0.113.4"),
    ("2001:db8::1/200", "2001:db8::1"),
    ("192.0.2.77/0", "0.0.0.0"),
];

/// Bans each of `entries` in `sshd`.
fn ban(site: &Site, entries: &[&str]) -> Result<(), Box<dyn Error>> {
    client(&site.daemon, &[&["set", "sshd", "banip"], entries].concat()).map(drop)
}

async fn site() -> Result<(Site, Visitor), Box<dyn Error>> {
    let site = Site::start(&[DemoJail::new("mail", "sshd"), DemoJail::new("sshd", "sshd")]).await?;
    let admin = Visitor::admin(site.address).await?;
    Ok((site, admin))
}

#[tokio::test]
async fn each_way_to_unban_lifts_a_ban_with_an_impossible_prefix_and_no_other() -> TestResult {
    let (site, admin) = site().await?;
    for (raw, listed) in ODD {
        let row = format!("sshd/{listed}");
        for (path, fields) in [
            ("/unban", [("ip", listed)].as_slice()),
            ("/unban", &[("ip", listed), ("jail", "sshd")]),
            ("/jails/sshd/unban", &[("ip", listed)]),
            ("/bans/unban", &[("one", &row)]),
            ("/bans/unban", &[("which", "selected"), ("ban", &row), ("confirmed", "yes")]),
        ] {
            // Both with and without the list in memory.
            for is_seen in [false, true] {
                ban(&site, &[raw, "198.51.100.9", "203.0.113.0/24"])?;
                if is_seen {
                    admin.get("/jails/sshd").await?;
                }
                let page = admin.submit(path, fields).await?;
                let said = page.text("main")?;
                let left = banned(&site.daemon, "sshd")?;
                assert_eq!(left, ["198.51.100.9", "203.0.113.0/24"], "{path} {fields:?} {is_seen}: {said}");
                let is_told = ["no longer banned", "1 ban was lifted", "1 ban lifted", "still banned"];
                assert!(is_told.iter().any(|told| said.contains(told)), "{path} {fields:?}: {said}");
                assert!(!said.contains("was not banned") && !said.contains("Nothing was changed"), "{said}");
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn unban_of_a_network_and_of_everything_lifts_them_too() -> TestResult {
    let (site, admin) = site().await?;
    let all = ODD.map(|(raw, _)| raw);
    ban(&site, &all)?;
    let page = admin.submit("/unban", &[("ip", "203.0.113.0/24")]).await?;
    assert!(page.text("#messages")?.contains("no longer banned"), "{}", page.text("#messages")?);
    assert_eq!(banned(&site.daemon, "sshd")?, ["0.0.0.0", "2001:db8::1"]);
    ban(&site, &all)?;
    admin.submit("/unban-all", &[("word", "UNBAN ALL")]).await?;
    let page = crate::web::bulk::end(&admin).await?;
    assert!(banned(&site.daemon, "sshd")?.is_empty(), "{}", page.text("#bulk")?);
    assert!(page.texts("#bulk .failed")?.is_empty(), "{}", page.text("#bulk")?);
    Ok(())
}

#[tokio::test]
async fn both_bans_that_are_listed_as_one_address_are_lifted() -> TestResult {
    let (site, admin) = site().await?;
    for (path, fields) in [
        ("/unban", [("ip", "203.0.113.3")]),
        ("/jails/sshd/unban", [("ip", "203.0.113.3")]),
        ("/bans/unban", [("one", "sshd/203.0.113.3")]),
    ] {
        ban(&site, &["203.0.113.3", "203.0.113.3/33"])?;
        assert_eq!(banned(&site.daemon, "sshd")?, ["203.0.113.3", "203.0.113.3"]);
        admin.get("/jails/sshd").await?;
        let said = admin.submit(path, &fields).await?.text("#messages")?;
        assert!(banned(&site.daemon, "sshd")?.is_empty(), "{path}: {said}");
        assert!(said.contains("no longer banned"), "{path}: {said}");
    }
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_lifted_alone_is_said_to_be_still_banned() -> TestResult {
    let (site, admin) = site().await?;
    // By the only name that it takes fail2ban would lift the network as well.
    ban(&site, &["203.0.113.0/33", "203.0.113.0/24"])?;
    let sentence = "203.0.113.0 is still banned in sshd: fail2ban did not lift it.";
    for (path, fields) in [
        ("/unban", [("ip", "203.0.113.0")]),
        ("/jails/sshd/unban", [("ip", "203.0.113.0")]),
        ("/bans/unban", [("one", "sshd/203.0.113.0")]),
    ] {
        let said = admin.submit(path, &fields).await?.text("#messages .bad")?;
        assert!(said.contains(sentence), "{path}: {said}");
        assert!(!said.contains("was not banned"), "{path}: {said}");
    }
    let many = [("which", "selected"), ("ban", "sshd/203.0.113.0"), ("confirmed", "yes")];
    let page = admin.submit("/bans/unban", &many).await?;
    let said = page.text("#bulk .failed")?;
    assert!(said.contains("Still banned: fail2ban did not lift them."), "{said}");
    assert_eq!(banned(&site.daemon, "sshd")?, ["203.0.113.0", "203.0.113.0/24"]);
    Ok(())
}

#[tokio::test]
async fn an_ignore_entry_with_an_impossible_prefix_is_removed_or_said_to_be_still_there() -> TestResult {
    let odd = "192.0.2.1/33 192.0.2.2/99 2001:db8::1/129 0.0.0.0/0 198.51.100.1";
    let site = Site::start(&[DemoJail::new("sshd", "sshd").with("ignoreip", odd)]).await?;
    let admin = Visitor::admin(site.address).await?;
    let stuck =
        admin.post("/jails/sshd/ignore/remove", &[("ip", "192.0.2.2"), ("confirmed", "192.0.2.2")]).await?;
    let said = stuck.text("main")?;
    assert_eq!(stuck.status, 409, "{said}");
    assert!(said.contains("192.0.2.2 is still ignored in sshd: fail2ban did not remove it."), "{said}");
    assert!(!said.contains("list.remove"), "{said}");
    for entry in ["192.0.2.1", "2001:db8::1", "0.0.0.0"] {
        let fields = [("ip", entry), ("confirmed", entry)];
        let said = admin.submit("/jails/sshd/ignore/remove", &fields).await?.text("#messages")?;
        assert!(said.contains("is no longer ignored"), "{entry}: {said}");
    }
    let left = client(&site.daemon, &["get", "sshd", "ignoreip"])?;
    let left: Vec<&str> = left.split_whitespace().filter(|word| word.contains('.')).collect();
    assert_eq!(left, ["192.0.2.2", "198.51.100.1"]);
    Ok(())
}
