//! Banning what the jail's own ignore list names, on a real fail2ban.

use std::error::Error;

use bangui::demo::DemoJail;

use crate::support::site::Site;
use crate::support::visitor::{Answer, Visitor};
use crate::support::{TestResult, banned, client};

const BAN: &str = "/jails/sshd/ban";

async fn site() -> Result<(Site, Visitor), Box<dyn Error>> {
    let sshd = DemoJail::new("sshd", "sshd").with("ignoreip", "198.51.100.0/24 2001:db8::7 home.example.org");
    let site = Site::start(&[sshd, DemoJail::new("mail", "sshd")]).await?;
    let admin = Visitor::admin(site.address).await?;
    Ok((site, admin))
}

fn why(asked: &Answer) -> Result<String, Box<dyn Error>> {
    assert_eq!(asked.status, 422, "{}", asked.body);
    asked.text(".ask .hint-line")
}

#[tokio::test]
async fn what_the_ignore_list_names_is_banned_after_a_question() -> TestResult {
    let (site, admin) = site().await?;
    let whole = |entry: &str| {
        format!(
            "It is on the ignore list of sshd ({entry}): only this manual ban holds it, and fail2ban does not \
             restore it after a restart."
        )
    };
    for (written, expected) in [
        ("198.51.100.7", whole("198.51.100.0/24")),
        ("198.51.100.128/25", whole("198.51.100.0/24")),
        ("2001:db8::7", whole("2001:db8::7")),
        (
            "198.51.0.0/16",
            "It contains what is on the ignore list of sshd (198.51.100.0/24), which is then banned as well."
                .to_owned(),
        ),
    ] {
        let asked = admin.post(BAN, &[("ip", written)]).await?;
        assert_eq!(why(&asked)?, expected);
        let text = asked.text(".ask")?;
        assert!(text.contains("Nothing is banned yet.") && !text.contains("lose access"), "{text}");
        assert!(banned(&site.daemon, "sshd")?.is_empty(), "{written}");
    }
    // Both reasons at once.
    client(&site.daemon, &["set", "sshd", "addignoreip", "127.0.0.0/8"])?;
    let both = why(&admin.post(BAN, &[("ip", "127.0.0.1")]).await?)?;
    assert!(both.starts_with("This is your own address.") && both.contains("ignore list of sshd"), "{both}");
    // Other jails and other addresses are asked about nothing.
    admin.submit("/jails/mail/ban", &[("ip", "198.51.100.7")]).await?;
    admin.submit(BAN, &[("ip", "203.0.113.7 2001:db8::8")]).await?;
    assert_eq!(banned(&site.daemon, "mail")?, ["198.51.100.7"]);
    assert_eq!(banned(&site.daemon, "sshd")?, ["2001:db8::8", "203.0.113.7"]);
    let audit = admin.get("/audit?show=all&fold=no").await?.text(".audit")?;
    assert!(audit.contains("asked first, because the ignore list names it."), "{audit}");
    Ok(())
}

#[tokio::test]
async fn what_was_confirmed_is_banned_and_not_restored_by_a_restart_as_was_said() -> TestResult {
    let (site, admin) = site().await?;
    let asked = admin.post(BAN, &[("ip", "198.51.100.7 203.0.113.7 198.51.0.0/17")]).await?;
    assert_eq!(asked.texts(".ask .risks .addr")?, ["198.51.100.7", "198.51.0.0/17"]);
    let named = [("confirmed", "198.51.100.7"), ("confirmed", "198.51.0.0/17")];
    let fields = [&[("ip", "198.51.100.7 203.0.113.7 198.51.0.0/17")], named.as_slice()].concat();
    assert_eq!(admin.post(BAN, &fields).await?.status, 303);
    assert_eq!(banned(&site.daemon, "sshd")?, ["198.51.0.0/17", "198.51.100.7", "203.0.113.7"]);
    let config = site.daemon.config_dir().to_str().ok_or("the path is no text")?;
    client(&site.daemon, &["-c", config, "reload", "--restart", "sshd"])?;
    crate::support::until("the jail has its bans again", || Ok(!banned(&site.daemon, "sshd")?.is_empty()))
        .await?;
    crate::support::until("all of them", || Ok(banned(&site.daemon, "sshd")?.len() >= 2)).await?;
    assert_eq!(banned(&site.daemon, "sshd")?, ["198.51.0.0/17", "203.0.113.7"]);
    Ok(())
}

#[tokio::test]
async fn the_way_back_asks_too() -> TestResult {
    let (site, admin) = site().await?;
    let bans = [("ban", "sshd/198.51.100.7"), ("ban", "mail/198.51.100.7"), ("next", "/bans")];
    let asked = admin.post("/bans/again", &bans).await?;
    assert!(why(&asked)?.starts_with("It is on the ignore list of sshd (198.51.100.0/24)"));
    assert!(banned(&site.daemon, "mail")?.is_empty());
    let key = asked.attributes(".ask input[name=confirmed]", "value")?;
    assert_eq!(key, ["sshd/198.51.100.7"]);
    admin.post("/bans/again", &[bans.as_slice(), &[("confirmed", &key[0])]].concat()).await?;
    assert_eq!([banned(&site.daemon, "mail")?, banned(&site.daemon, "sshd")?].concat(), ["198.51.100.7"; 2]);
    Ok(())
}
