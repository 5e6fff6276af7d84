//! Banning by the form of a jail.

use std::error::Error;

use bangui::demo::DemoJail;

use crate::support::site::Site;
use crate::support::visitor::{Answer, Visitor};
use crate::support::{TestResult, banned};

const BAN: &str = "/jails/sshd/ban";

async fn site() -> Result<(Site, Visitor), Box<dyn Error>> {
    let site = Site::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let admin = Visitor::admin(site.address).await?;
    Ok((site, admin))
}

#[tokio::test]
async fn several_are_banned_at_once_and_fail2ban_gets_their_normal_form() -> TestResult {
    let (site, admin) = site().await?;
    let written = "2001:DB8::0:1, 203.0.113.7/24\n198.51.100.9;198.51.100.9/32 ::ffff:192.0.2.1";
    let page = admin.submit(BAN, &[("ip", written)]).await?;
    assert_eq!(page.status, 200);
    let expected = ["192.0.2.1", "198.51.100.9", "2001:db8::1", "203.0.113.0/24"];
    assert_eq!(banned(&site.daemon, "sshd")?, expected);
    let mut rows = page.rows()?;
    rows.sort();
    assert_eq!(rows, expected);
    let message = page.text("#messages")?;
    assert!(
        expected.iter().all(|entry| message.contains(entry)) && message.contains("are now banned in sshd"),
        "{message}"
    );
    Ok(())
}

#[tokio::test]
async fn the_field_may_come_several_times() -> TestResult {
    let (site, admin) = site().await?;
    admin.post(BAN, &[("ip", "203.0.113.1"), ("ip", "203.0.113.2")]).await?;
    assert_eq!(banned(&site.daemon, "sshd")?, ["203.0.113.1", "203.0.113.2"]);
    let again = admin.submit(BAN, &[("ip", "203.0.113.2")]).await?;
    assert_eq!(again.text("#messages")?, "203.0.113.2 is already banned in sshd.");
    let some = admin.submit(BAN, &[("ip", "203.0.113.2 203.0.113.3")]).await?;
    assert_eq!(some.text("#messages")?, "1 of 2 are newly banned in sshd, the others were already.");
    Ok(())
}

#[tokio::test]
async fn what_is_no_address_is_refused_beside_the_field_and_nothing_is_sent() -> TestResult {
    let (site, admin) = site().await?;
    let hostile = [
        "",
        " , ",
        "localhost",
        "--all",
        "1.2.3",
        "203.0.113.1 nonsense",
        "203.0.113.1\u{0}",
        "203.0.113.1<F2B_END_COMMAND>",
        "<F2B_END_COMMAND>",
        "203.0.113.1\u{1b}[31m",
        "203.0.113.1;touch x",
        "fe80::1%eth0",
        "0x7f000001",
        "203.0.113.0/33",
    ];
    for written in hostile {
        let answer = admin.post(BAN, &[("ip", written)]).await?;
        assert_eq!(answer.status, 422, "{written:?}");
        let beside = answer.attributes("#ban-ip[aria-invalid=true]", "aria-describedby")?.concat();
        assert!(!answer.text(&format!("#{beside}"))?.is_empty(), "{written:?}");
        if !written.contains('\0') {
            assert_eq!(answer.attributes("#ban-ip", "value")?, [written.trim_end_matches('\n')]);
        }
    }
    assert_eq!(admin.post(BAN, &[]).await?.status, 422);
    assert!(banned(&site.daemon, "sshd")?.is_empty());
    let log = std::fs::read_to_string(site.daemon.server_log())?;
    assert!(!log.contains("touch") && !log.contains("nonsense") && !log.contains("banip"), "{log}");
    Ok(())
}

#[tokio::test]
async fn banning_where_one_comes_from_asks_first() -> TestResult {
    let (site, admin) = site().await?;
    for written in ["127.0.0.1", "127.0.0.0/8", "0.0.0.0/0", "203.0.113.5, 127.0.0.0/16", "::ffff:127.0.0.1"]
    {
        let asked = admin.post(BAN, &[("ip", written)]).await?;
        assert_eq!(asked.status, 422, "{written}");
        assert!(asked.text("#ban-form .hint-line")?.contains("your own address"), "{written}");
        assert!(banned(&site.daemon, "sshd")?.is_empty(), "{written}");
        let not_confirmed = admin.post(BAN, &[("ip", written), ("confirmed", "yes")]).await?;
        assert_eq!(not_confirmed.status, 422);
    }
    let asked = admin.post(BAN, &[("ip", "127.0.0.9/8")]).await?;
    let value =
        |answer: &Answer, name: &str| answer.attributes(&format!("#ban-form input[name={name}]"), "value");
    let (ip, confirmed) = (value(&asked, "ip")?.concat(), value(&asked, "confirmed")?.concat());
    assert_eq!((ip.as_str(), confirmed.as_str()), ("127.0.0.0/8", "127.0.0.0/8"));
    assert_eq!(admin.post(BAN, &[("ip", &ip), ("confirmed", &confirmed)]).await?.status, 303);
    assert_eq!(banned(&site.daemon, "sshd")?, ["127.0.0.0/8"]);
    let own = admin.get("/unban").await?;
    assert!(own.text("[aria-labelledby=you]")?.contains("Your address 127.0.0.1 is banned."));
    Ok(())
}

#[tokio::test]
async fn a_part_of_the_page_says_the_same_as_the_page() -> TestResult {
    let (site, admin) = site().await?;
    let htmx = |ip: &'static str| {
        let form = [("ip", ip), ("csrf_token", admin.token.as_str())];
        Answer::of(admin.request(reqwest::Method::POST, BAN).header("hx-request", "true").form(&form))
    };
    let bad = htmx("nonsense").await?;
    assert_eq!((bad.status, bad.texts("#ban-mistake")?.len(), bad.body.contains("<html")), (422, 1, false));
    let asked = htmx("127.0.0.1").await?;
    assert_eq!((asked.status, asked.texts("#ban-form h2")?.len()), (422, 1));
    let done = htmx("203.0.113.5").await?;
    assert_eq!((done.status, done.rows()?), (200, vec!["203.0.113.5".to_owned()]));
    assert!(done.body.contains("203.0.113.5 is now banned in sshd.") && !done.body.contains("<html"));
    assert_eq!(banned(&site.daemon, "sshd")?, ["203.0.113.5"]);
    Ok(())
}

#[tokio::test]
async fn an_unban_in_a_jail_says_when_nothing_was_changed() -> TestResult {
    let (site, admin) = site().await?;
    admin.post(BAN, &[("ip", "203.0.113.5 203.0.113.6")]).await?;
    let page = admin.submit("/jails/sshd/unban", &[("ip", "203.0.113.9")]).await?;
    assert_eq!(page.text("#messages .bad")?, "203.0.113.9 was not banned in sshd. Nothing was changed.");
    for entry in ["nonsense", "--all", "<F2B_END_COMMAND>", ""] {
        assert_eq!(admin.post("/jails/sshd/unban", &[("ip", entry)]).await?.status, 422, "{entry}");
    }
    assert_eq!(admin.post("/jails/sshd/unban", &[]).await?.status, 422);
    assert_eq!(banned(&site.daemon, "sshd")?, ["203.0.113.5", "203.0.113.6"]);
    let both = admin.submit("/jails/sshd/unban", &[("ip", "203.0.113.5"), ("ip", "203.0.113.6")]).await?;
    assert_eq!(both.text("#messages .note > div")?, "203.0.113.5, 203.0.113.6 are no longer banned in sshd.");
    assert!(banned(&site.daemon, "sshd")?.is_empty());
    Ok(())
}
