//! Jails of any name that fail2ban takes, and entries that are no addresses.

use std::error::Error;
use std::fs;
use std::time::{Duration, Instant};

use bangui::demo::DemoJail;
use bangui::domain::account::Role;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::support::site::Site;
use crate::support::visitor::{Answer, Visitor};
use crate::support::{TestResult, banned, client, until};

async fn site(names: &[&str]) -> Result<(Site, Visitor), Box<dyn Error>> {
    let jails: Vec<DemoJail> = names.iter().map(|name| DemoJail::new(name, "sshd")).collect();
    let site = Site::start(&jails).await?;
    let admin = Visitor::admin(site.address).await?;
    Ok((site, admin))
}

/// An entry, and the name and the value of the field that its button sends.
type Button = (String, String, String);

/// The buttons of the table.
fn buttons(page: &Answer) -> Result<Vec<Button>, Box<dyn Error>> {
    let button = "#bans tbody td.end button";
    let fields = page.attributes(button, "name")?.into_iter().zip(page.attributes(button, "value")?);
    let entries = page.attributes("#bans tbody tr", "data-ip")?;
    Ok(entries.into_iter().zip(fields).map(|(entry, (name, value))| (entry, name, value)).collect())
}

#[tokio::test]
async fn no_form_names_one_of_fail2bans_settings_as_a_jail() -> TestResult {
    let (site, admin) = site(&["sshd"]).await?;
    site.add_account("olaf", Role::Operator).await?;
    let operator = Visitor::logged_in(site.address, "olaf").await?;
    let settings = ["logtarget", "loglevel", "dbfile", "dbpurgeage"];
    let told = || settings.map(|setting| client(&site.daemon, &["get", setting]).ok());
    let before = told();
    for name in settings.into_iter().chain(["--all", "syslogsocket", "thread", "allowipv6"]) {
        for deed in ["ban", "unban", "ignore"] {
            let sent = operator.post(&format!("/jails/{name}/{deed}"), &[("ip", "203.0.113.5")]).await?;
            assert_eq!(sent.status, 404, "{name} {deed}");
        }
        let sent = operator.post("/unban", &[("ip", "203.0.113.5"), ("jail", name)]).await?;
        assert_eq!(sent.status, 404, "{name}");
        let again = operator.post("/bans/again", &[("ban", &format!("{name}/203.0.113.5"))]).await?;
        assert_eq!(again.status, 422, "{name}");
        for deed in ["stop", "idle", "reload", "restart", "start", "ignore-self"] {
            let sent = admin.post(&format!("/jails/{name}/{deed}"), &[("on", "true")]).await?;
            assert_eq!(sent.status, 404, "{name} {deed}");
        }
        assert_eq!(admin.get(&format!("/jails/{name}")).await?.status, 404, "{name}");
    }
    assert_eq!(told(), before);
    assert_eq!(client(&site.daemon, &["status"])?.lines().count(), 3, "the jail still runs");
    Ok(())
}

#[tokio::test]
async fn a_jail_of_any_name_has_its_page_its_forms_and_its_row() -> TestResult {
    let long = "x".repeat(230);
    let names =
        ["a", "a, b", "b", "-x", ".", "..", "table", "~t", "with space", "slash/name", "ünï", "a%2Fb", &long];
    let (site, admin) = site(&names).await?;
    let all = admin.get("/jails").await?;
    assert_eq!(all.attributes("#jails tbody tr", "data-jail")?.len(), names.len(), "{}", all.text("main")?);
    for (number, name) in names.iter().enumerate() {
        let address = format!("203.0.113.{number}");
        let links = all.texts("#jails .name a")?.into_iter().zip(all.attributes("#jails .name a", "href")?);
        let link = links.filter(|(text, _)| text == name).map(|(_, link)| link).collect::<String>();
        let page = admin.get(&link).await?;
        assert_eq!((page.status, page.text("h1")?), (200, format!("{name} running")), "{link}");
        let form = page.attributes("#ban-form form", "action")?.concat();
        let after = admin.submit(&form, &[("ip", &address)]).await?;
        assert_eq!(after.rows()?, [address.as_str()], "{name}: {}", after.text("#messages")?);
        let part = admin.part(&page.attributes("#bans", "hx-get")?.concat()).await?;
        assert_eq!((part.status, part.rows()?), (200, vec![address.clone()]), "{name}");
        let listed = client(&site.daemon, &["get", name, "banip"])?;
        assert_eq!(listed, address, "{name}");
        let found = admin.get(&format!("/lookup?ip={address}")).await?;
        assert_eq!(found.text("#held")?, format!("{address} is banned in {name}"));
    }
    let query = utf8_percent_encode("a, b", NON_ALPHANUMERIC);
    assert_eq!(admin.get(&format!("/bans?jail={query}")).await?.rows()?, ["203.0.113.1"]);
    let bans = admin.get("/bans").await?;
    assert_eq!(bans.rows()?.len(), names.len());
    for (entry, name, value) in buttons(&bans)? {
        let after = admin.submit("/bans/unban", &[(&name, &value)]).await?;
        assert!(
            after.text("#messages")?.contains("no longer banned"),
            "{entry}: {}",
            after.text("#messages")?
        );
    }
    assert!(names.iter().all(|name| banned(&site.daemon, name).is_ok_and(|banned| banned.is_empty())));
    Ok(())
}

/// How the work under way ends.
async fn ended(admin: &Visitor) -> Result<String, Box<dyn Error>> {
    let begin = Instant::now();
    loop {
        let picture = admin.get("/server/work").await?;
        if picture.attributes("#work", "hx-get")?.is_empty() || begin.elapsed() > Duration::from_mins(1) {
            return picture.text("#work");
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_jail_whose_name_looks_like_an_option_or_a_list_is_reloaded_restarted_and_stopped_alone()
-> TestResult {
    let (site, admin) = site(&["-x", "a, b", "..", "other"]).await?;
    for (name, path) in [("-x", "/jails/-x"), ("a, b", "/jails/a%2C%20b"), ("..", "/jails/~..")] {
        client(&site.daemon, &["set", "other", "addignoreip", "203.0.113.9"])?;
        for deed in ["reload", "restart"] {
            admin.submit(&format!("{path}/{deed}"), &[]).await?;
            assert!(ended(&admin).await?.contains("done"), "{deed} {name}: {}", ended(&admin).await?);
            assert!(!client(&site.daemon, &["get", name, "failregex"])?.is_empty(), "{deed} {name}");
        }
        let kept = client(&site.daemon, &["get", "other", "ignoreip"])?;
        assert!(kept.contains("203.0.113.9"), "{name}: another jail was reloaded as well");
        let stopped = admin.submit(&format!("{path}/stop"), &[]).await?;
        assert!(stopped.text("main")?.contains("stopped"), "{name}: {}", stopped.text("main")?);
        admin.submit(&format!("{path}/start"), &[]).await?;
        assert!(ended(&admin).await?.contains("done"), "{name}: {}", ended(&admin).await?);
        assert!(client(&site.daemon, &["status", name]).is_ok(), "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn a_jail_that_cannot_be_asked_about_is_a_row_with_its_reason_and_costs_no_other() -> TestResult {
    let (site, admin) = site(&["a, b", "sshd", "tab\tin"]).await?;
    client(&site.daemon, &["set", "sshd", "banip", "203.0.113.5"])?;
    client(&site.daemon, &["set", "a, b", "banip", "203.0.113.5"])?;
    for path in ["/jails", "/bans", "/unban", "/lookup?ip=203.0.113.5", "/jails/a%2C%20b", "/unban-all"] {
        let page = admin.get(path).await?;
        assert_eq!(page.status, 200, "{path}: {}", page.text("main")?);
    }
    let jails = admin.get("/jails").await?;
    assert_eq!(jails.attributes("#jails tbody tr", "data-jail")?, ["a, b", "sshd", "tab\tin"]);
    let row = jails.texts("#jails tbody tr")?.remove(2);
    assert!(row.contains("unavailable") && row.contains("control character"), "{row}");
    assert!(admin.get("/bans").await?.text(".gap")?.contains("The bans of “tab in” cannot be shown."));
    let after = admin.submit("/unban", &[("ip", "203.0.113.5")]).await?;
    assert!(after.text("#messages")?.contains("2 bans were lifted in"), "{}", after.text("#messages")?);
    // What was tried to tell the names apart is not tried again.
    let refused = || -> Result<usize, Box<dyn Error>> {
        Ok(fs::read_to_string(site.daemon.server_log())?.matches("UnknownJailException").count())
    };
    let before = refused()?;
    admin.get("/jails").await?;
    admin.get("/bans").await?;
    assert_eq!(refused()?, before);
    assert!(before <= 8, "{before} names were tried");
    Ok(())
}

#[tokio::test]
async fn an_entry_that_looks_like_an_option_or_holds_anything_else_is_lifted_from_every_page() -> TestResult {
    let (site, admin) = site(&["sshd"]).await?;
    let long = "y".repeat(2000);
    let entries =
        ["--report-absent", "--all", "-x", " lead", "trail ", "a\tb", "a\nb", "a\r\nb", "\u{1b}[31m", &long];
    let ban = async || -> TestResult {
        client(&site.daemon, &[&["set", "sshd", "banip", "203.0.113.5"], entries.as_slice()].concat())?;
        until("all are banned", || {
            let status = client(&site.daemon, &["status", "sshd", "short"])?;
            Ok(status.contains(&format!("Currently banned:\t{}", entries.len() + 1)))
        })
        .await
    };
    let none_left = || -> Result<String, Box<dyn Error>> { client(&site.daemon, &["get", "sshd", "banip"]) };
    for (page, to) in [("/jails/sshd", "/jails/sshd/unban"), ("/bans", "/bans/unban")] {
        ban().await?;
        let rows = buttons(&admin.get(page).await?)?;
        assert_eq!(rows.len(), entries.len() + 1, "{page}");
        for (entry, name, value) in rows.iter().filter(|(entry, ..)| entry != "203.0.113.5") {
            let value = as_a_browser_sends(value);
            let after = admin.submit(to, &[(name, &value)]).await?;
            assert!(after.text("#messages")?.contains("no longer banned"), "{page} {entry:?}");
        }
        assert_eq!(none_left()?, "203.0.113.5", "{page}: that and no more was lifted");
    }
    ban().await?;
    loop {
        let last = admin.get("/unban").await?;
        let button = "[aria-labelledby=last] li button";
        let fields = last.attributes(button, "name")?.into_iter().zip(last.attributes(button, "value")?);
        let Some((name, value)) = fields.into_iter().find(|(_, value)| value != "203.0.113.5") else { break };
        let after = admin.submit("/unban", &[(&name, &as_a_browser_sends(&value))]).await?;
        assert!(
            after.text("#messages")?.contains("no longer banned"),
            "{value:?} {}",
            after.text("#messages")?
        );
    }
    assert_eq!(none_left()?, "203.0.113.5");
    ban().await?;
    let begun = admin.submit("/unban-all", &[("word", "UNBAN ALL")]).await?;
    assert_eq!(begun.status, 200);
    until("nobody is banned", || Ok(none_left()?.is_empty())).await
}

/// The value of a field as a browser sends it (HTML, "constructing the entry list"): every end of a line is
/// a carriage return and a line feed.
fn as_a_browser_sends(value: &str) -> String {
    value.replace("\r\n", "\n").replace('\r', "\n").replace('\n', "\r\n")
}
