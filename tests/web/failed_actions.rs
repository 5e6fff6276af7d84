//! fail2ban bans and unbans also where its action fails, and says so only in its log: what BanGUI says then.

use std::error::Error;

use bangui::demo::DemoJail;

use crate::support::site::Site;
use crate::support::visitor::{Answer, Visitor};
use crate::support::{TestResult, banned, client};
use crate::web::bulk::end;

const BAN: &str = "/jails/sshd/ban";
const UNBAN: &str = "/jails/sshd/unban";

/// A jail that has this action beside the one that works.
async fn site(ban: &str, unban: &str) -> Result<(Site, Visitor), Box<dyn Error>> {
    let site = Site::start(&[DemoJail::new("sshd", "sshd")]).await?;
    client(&site.daemon, &["set", "sshd", "addaction", "wall"])?;
    client(&site.daemon, &["set", "sshd", "action", "wall", "actionban", ban])?;
    client(&site.daemon, &["set", "sshd", "action", "wall", "actionunban", unban])?;
    let admin = Visitor::admin(site.address).await?;
    Ok((site, admin))
}

/// The message, which has to be a warning.
fn warning(page: &Answer) -> Result<String, Box<dyn Error>> {
    assert_eq!(page.texts("#messages .note.warn")?.len(), 1, "{}", page.text("#messages")?);
    page.text("#messages .note > div")
}

/// The newest row of the audit: how it ended.
async fn audited(admin: &Visitor) -> Result<String, Box<dyn Error>> {
    let rows = admin.get("/audit?show=all&fold=no").await?.texts(".audit tbody td[data-cell=outcome]")?;
    rows.into_iter().next().ok_or_else(|| "no row".into())
}

#[tokio::test]
async fn a_ban_whose_action_fails_is_held_and_may_not_be_blocked() -> TestResult {
    for (command, why) in [
        ("false", "its command returned 1"),
        (
            "no-such-program --token s3cr3t <ip>",
            "its command returned 127: “/bin/sh: 1: no-such-program: not found”",
        ),
        (
            "echo 'set is full' >&2; echo table gone >&2; exit 3",
            "its command returned 3: “set is full / table gone”",
        ),
        ("kill -9 $$", "its command was killed with SIGKILL (return code: -9)"),
        ("echo one\necho two >&2\nfalse", "its command returned 1: “two”"),
    ] {
        let (site, admin) = site(command, "true").await?;
        let said = warning(&admin.submit(BAN, &[("ip", "203.0.113.50")]).await?)?;
        let held = "203.0.113.50 is now banned in sshd.";
        assert_eq!(said, format!("{held} But the action “wall” failed: {why}. It may not be blocked."));
        assert!(!said.contains("s3cr3t"), "{said}");
        let audited = audited(&admin).await?;
        assert!(audited.starts_with("failed") && audited.contains(why), "{audited}");
        assert_eq!(banned(&site.daemon, "sshd")?, ["203.0.113.50"]);
        let part = Answer::of(
            admin
                .request(reqwest::Method::POST, BAN)
                .header("hx-request", "true")
                .form(&[("ip", "2001:db8::/48"), ("csrf_token", admin.token.as_str())]),
        );
        assert!(part.await?.body.contains("may not be blocked"));
    }
    Ok(())
}

#[tokio::test]
async fn of_several_only_those_are_named_whose_action_failed() -> TestResult {
    let (_site, admin) = site("case <ip> in 203.0.113.*) exit 4;; esac", "true").await?;
    let well = admin.submit(BAN, &[("ip", "198.51.100.1")]).await?;
    assert_eq!(well.text("#messages .note > div")?, "198.51.100.1 is now banned in sshd.");
    assert!(well.texts("#messages .warn")?.is_empty());
    let some = "203.0.113.1 198.51.100.2 203.0.113.2";
    let said = warning(&admin.submit(BAN, &[("ip", some)]).await?)?;
    let why = "failed for 203.0.113.1, 203.0.113.2: its command returned 4. They may not be blocked.";
    assert!(said.ends_with(why), "{said}");
    Ok(())
}

#[tokio::test]
async fn an_unban_whose_action_fails_may_still_be_blocked_whichever_way_it_is_made() -> TestResult {
    let (site, admin) = site("true", "echo busy >&2; exit 2").await?;
    let all: Vec<String> = (1..=9).map(|n| format!("203.0.113.{n}")).collect();
    let first = admin.submit(BAN, &[("ip", &all.join(" "))]).await?;
    assert_eq!(first.text("#messages .note > div")?, "9 addresses are now banned in sshd.");
    let why = "But the action “wall” failed: its command returned 2: “busy”. It may still be blocked.";

    let of_jail = admin.submit(UNBAN, &[("ip", "203.0.113.1")]).await?;
    let said = warning(&of_jail)?;
    assert_eq!(said, format!("203.0.113.1 is no longer banned in sshd. {why}"));
    assert_eq!(of_jail.texts("#messages form")?.len(), 1, "the way back");
    let of_row = warning(&admin.submit("/bans/unban", &[("one", "sshd/203.0.113.2")]).await?)?;
    assert_eq!(of_row, format!("203.0.113.2 is no longer banned in sshd. {why}"));
    let quick = warning(&admin.submit("/unban", &[("ip", "203.0.113.3")]).await?)?;
    assert_eq!(quick, format!("203.0.113.3 is no longer banned in sshd. {why}"));

    let fields = [("which", "selected"), ("ban", "sshd/203.0.113.4"), ("ban", "sshd/203.0.113.5")];
    admin.post("/bans/unban", &[fields.as_slice(), &[("confirmed", "yes")]].concat()).await?;
    let many = end(&admin).await?;
    assert_eq!(many.text("#bulk h2")?, "Not all bans were lifted");
    assert_eq!(many.texts("#bulk .done")?, ["2 bans lifted in sshd"]);
    let failed = many.text("#bulk [data-action-failed]")?;
    let why_many = "The action “wall” of sshd failed for 2 of them: its command returned 2: “busy”.";
    assert!(failed.starts_with(why_many) && failed.contains("203.0.113.4, 203.0.113.5"), "{failed}");
    let audited = audited(&admin).await?;
    assert!(audited.starts_with("failed") && audited.contains("may still be blocked"), "{audited}");

    let stopped = warning(&admin.submit("/jails/sshd/stop", &[]).await?)?;
    assert!(
        stopped.starts_with("sshd is stopped. But the action “wall” failed for 203.0.113.6, "),
        "{stopped}"
    );
    assert!(stopped.ends_with("They may still be blocked."), "{stopped}");
    assert_eq!(client(&site.daemon, &["status"])?.lines().count(), 3);
    Ok(())
}

#[tokio::test]
async fn a_ban_again_whose_action_fails_says_so_too() -> TestResult {
    let (_site, admin) = site("exit 5", "true").await?;
    let said =
        warning(&admin.submit("/bans/again", &[("ban", "sshd/203.0.113.7"), ("next", "/bans")]).await?)?;
    let expected =
        "203.0.113.7 is banned again in sshd. But the action “wall” failed: its command returned 5.";
    assert_eq!(said, format!("{expected} It may not be blocked."));
    Ok(())
}

#[tokio::test]
async fn where_the_log_cannot_be_read_nothing_more_is_said_than_is_known() -> TestResult {
    let (site, admin) = site("false", "true").await?;
    let elsewhere = site.daemon.directory().join("another.log");
    let elsewhere = elsewhere.to_str().ok_or("the path is no text")?;
    // Known from the first ban on.
    warning(&admin.submit(BAN, &[("ip", "203.0.113.1")]).await?)?;
    for (target, first, then) in
        [("STDERR", "203.0.113.2", "203.0.113.3"), (elsewhere, "203.0.113.4", "203.0.113.5")]
    {
        client(&site.daemon, &["set", "logtarget", target])?;
        // Where it now logs to is learned along with the first command.
        admin.submit(BAN, &[("ip", first)]).await?;
        let said = admin.submit(BAN, &[("ip", then)]).await?;
        let held = format!("{then} is now banned in sshd.");
        if target == "STDERR" {
            assert_eq!(said.text("#messages .note > div")?, held);
            assert!(said.texts("#messages .warn")?.is_empty());
        } else {
            assert!(warning(&said)?.starts_with(&format!("{held} But")));
        }
    }
    Ok(())
}

#[tokio::test]
async fn no_error_output_of_a_failed_action_tells_its_secrets() -> TestResult {
    let long = "x".repeat(140);
    let (site, admin) =
        site(&format!("echo '{long} refused abcd-1234-efgh-5678' >&2; exit 1"), "true").await?;
    client(&site.daemon, &["set", "sshd", "action", "wall", "cftoken", "abcd-1234-efgh-5678"])?;
    let said = warning(&admin.submit(BAN, &[("ip", "203.0.113.50")]).await?)?;
    assert!(said.contains(&long) && !said.contains("abcd"), "{said}");
    assert!(!admin.get("/audit?show=all&fold=no").await?.body.contains("abcd"), "the audit tells it");
    Ok(())
}
