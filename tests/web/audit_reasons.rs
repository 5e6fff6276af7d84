//! What the audit says of a form that was answered without being done: always why.

use std::error::Error;

use bangui::demo::DemoJail;
use reqwest::Method;

use crate::support::TestResult;
use crate::support::site::{NAME, PASSWORD, Site};
use crate::support::visitor::{Answer, Visitor};
use crate::web::audit::{newest, rows};

/// Sends a form as htmx does.
async fn part(admin: &Visitor, path: &str, fields: &[(&str, &str)]) -> Result<Answer, Box<dyn Error>> {
    let fields = [fields, &[("csrf_token", admin.token.as_str())]].concat();
    Answer::of(admin.request(Method::POST, path).header("hx-request", "true").form(&fields)).await
}

#[tokio::test]
async fn a_form_that_was_refused_says_why() -> TestResult {
    let site = Site::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let admin = Visitor::admin(site.address).await?;
    admin.post("/jails/sshd/ban", &[("ip", "203.0.113.5")]).await?;
    let network = |network| [("which", "network"), ("network", network)];
    for (path, fields, outcome) in [
        ("/unban-all", &[("word", "unban all")][..], "refused Type UNBAN ALL"),
        ("/bans/unban", &[("which", "selected")], "refused Select at least one row."),
        ("/bans/unban", &network("nonsense"), "refused "),
        ("/bans/unban", &network("198.51.100.0/24"), "refused No bans inside 198.51.100.0/24."),
        ("/bans/unban?q=nothing", &[("which", "matching")], "refused No bans match."),
        (
            "/bans/unban",
            &[("which", "matching")],
            "not confirmed It was asked first, because it lifts 1 ban.",
        ),
        ("/jails/sshd/ignore", &[("ip", "not an entry")], "refused "),
        ("/accounts", &[("username", "a b"), ("password", "x"), ("role", "viewer")], "refused "),
        ("/account/password", &[("current_password", "x"), ("password", "short")], "refused "),
    ] {
        let answer = admin.post(path, fields).await?;
        let row = newest(&admin).await?;
        let why = row["outcome"].strip_prefix(outcome).ok_or_else(|| format!("{path}: {row:?}"))?;
        assert!(!outcome.ends_with(' ') || !why.is_empty(), "{path} {}: {row:?}", answer.status);
    }
    Ok(())
}

#[tokio::test]
async fn a_part_of_a_page_tells_the_audit_as_much_as_a_whole_one() -> TestResult {
    let site = Site::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let admin = Visitor::admin(site.address).await?;
    let entry = [("ip", "198.51.100.9")];
    for (path, fields, outcome) in [
        ("/jails/sshd/ignore", &entry[..], "done 198.51.100.9 is now ignored in sshd."),
        ("/jails/sshd/ignore", &[("ip", "not an entry")], "refused "),
        ("/jails/sshd/ignore/remove", &entry, "done 198.51.100.9 is no longer ignored in sshd."),
        ("/jails/sshd/ignore/remove", &entry, "refused 198.51.100.9 is not on the ignore list"),
        ("/jails/sshd/idle", &[("on", "true")], "done sshd is idle"),
        ("/jails/sshd/ban", &[("ip", "127.0.0.1")], "not confirmed It was asked first"),
    ] {
        part(&admin, path, fields).await?;
        let row = newest(&admin).await?;
        let why = row["outcome"].strip_prefix(outcome).ok_or_else(|| format!("{path}: {row:?}"))?;
        assert!(!outcome.ends_with(' ') || !why.is_empty(), "{path}: {row:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_setup_that_was_refused_says_why() -> TestResult {
    let bangui = Site::without_account().await?;
    let visitor = Visitor::stranger(bangui.address).await?;
    let code = bangui.setup_code.as_deref().ok_or("no code")?;
    for (code, password) in [("wrong", PASSWORD), (code, "short"), (code, PASSWORD)] {
        visitor.post("/setup", &[("username", NAME), ("password", password), ("code", code)]).await?;
    }
    let page = Visitor::admin(bangui.address)
        .await?
        .get("/audit?show=all&fold=no&q=create%20first%20account")
        .await?;
    let outcomes: Vec<String> = rows(&page)?.iter().map(|row| row["outcome"].clone()).collect();
    let [done, short, wrong] = outcomes.as_slice() else { return Err(format!("{outcomes:?}").into()) };
    assert_eq!(done, "done");
    assert!(wrong.starts_with("refused This is not the code"), "{wrong}");
    assert!(short.len() > "refused ".len() && short.starts_with("refused "), "{short}");
    Ok(())
}

#[tokio::test]
async fn a_message_outlives_a_form_that_says_nothing() -> TestResult {
    let site = Site::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let admin = Visitor::admin(site.address).await?;
    admin.post("/jails/sshd/ban", &[("ip", "203.0.113.5")]).await?;
    assert_eq!(admin.post("/bans/unban", &[("which", "selected")]).await?.texts("#messages .note")?.len(), 0);
    admin.post("/theme", &[("theme", "dark")]).await?;
    let message = admin.get("/jails/sshd").await?.text("#messages .note")?;
    assert!(message.starts_with("203.0.113.5 is now banned in sshd."), "{message}");
    assert!(admin.get("/jails/sshd").await?.texts("#messages .note")?.is_empty());
    Ok(())
}
