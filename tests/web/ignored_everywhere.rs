//! What every jail ignores, over HTTP.

use std::error::Error;
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};

use bangui::demo::{DemoJail, PrivateDaemon};
use bangui::domain::account::Role;
use reqwest::Method;
use rusqlite::Connection;

use crate::support::fake_daemon::{FakeDaemon, Reply};
use crate::support::site::Site;
use crate::support::visitor::{Answer, Visitor};
use crate::support::{TestResult, banned, client, until};
use crate::web::audit::newest;
use crate::web::ignore::ignored;
use crate::web::reload::work_agreed;

const ADD: &str = "/ignores";
const REMOVE: &str = "/ignores/remove";
const OFFICE: &str = "203.0.113.7";
/// What the configuration gives the jail `web`.
const OF_WEB: &str = "192.0.2.0/24";

fn jails() -> [DemoJail; 2] {
    [DemoJail::new("sshd", "sshd"), DemoJail::new("web", "sshd").with("ignoreip", OF_WEB)]
}

async fn site() -> Result<(Site, Visitor), Box<dyn Error>> {
    let site = Site::start(&jails()).await?;
    let admin = Visitor::admin(site.address).await?;
    Ok((site, admin))
}

async fn htmx(admin: &Visitor, path: &str, fields: &[(&str, &str)]) -> Result<Answer, Box<dyn Error>> {
    let fields = [fields, &[("csrf_token", admin.token.as_str())]].concat();
    Answer::of(admin.request(Method::POST, path).header("hx-request", "true").form(&fields)).await
}

/// Asks nothing of BanGUI: what comes, comes by itself.
async fn until_ignored(daemon: &PrivateDaemon, jail: &str, entry: &str, is: bool) -> TestResult {
    // A daemon that is starting does not answer.
    let lists = |told: Result<String, _>| {
        told.is_ok_and(|told: String| told.lines().any(|line| line.ends_with(&format!(" {entry}"))) == is)
    };
    let what = format!("{entry} ignored in {jail}: {is}");
    until(&what, || Ok(lists(client(daemon, &["get", jail, "ignoreip"])))).await
}

fn own(site: &Site) -> Result<Connection, Box<dyn Error>> {
    Ok(Connection::open(site.daemon.directory().join("bangui.sqlite3"))?)
}

/// The last day of `entry` is over.
fn end(site: &Site, entry: &str) -> TestResult {
    let sql = "UPDATE ignored_everywhere SET until = '2026-01-01' WHERE entry = ?1";
    assert_eq!(own(site)?.execute(sql, [entry])?, 1);
    Ok(())
}

fn remembered(site: &Site) -> Result<u32, Box<dyn Error>> {
    Ok(own(site)?.query_row("SELECT count(*) FROM ignored_everywhere", [], |row| row.get(0))?)
}

async fn row(admin: &Visitor, entry: &str) -> Result<String, Box<dyn Error>> {
    admin.get(ADD).await?.text(&format!("#everywhere tr[data-ip='{entry}']"))
}

#[tokio::test]
async fn an_entry_is_added_to_every_jail_with_its_note_and_end_and_listed_in_one_place() -> TestResult {
    let (site, admin) = site().await?;
    assert!(!admin.get(ADD).await?.text("#nothing-ignored")?.is_empty());
    let fields = [("ip", " 203.0.113.7/32 "), ("note", "the <office>"), ("until", "9998-12-31")];
    let page = admin.submit(ADD, &fields).await?;
    assert_eq!(
        page.text("#messages")?,
        "203.0.113.7 is now ignored in all 2 jails. Every jail that starts later ignores it, too. It holds until the \
         end of 31 Dec 9998."
    );
    let shown = page.text(&format!("tr[data-ip='{OFFICE}']"))?;
    assert!(shown.starts_with("203.0.113.7 the <office> in all 2 jails 31 Dec 9998"), "{shown}");
    assert!(shown.contains("by admin"), "{shown}");
    assert_eq!((ignored(&site, "sshd")?, ignored(&site, "web")?.len()), (vec![OFFICE.to_owned()], 2));
    let audit = newest(&admin).await?;
    let what = "Ignored in all jails: 203.0.113.7/32, until the end of 9998-12-31";
    assert!(audit["what"].contains(what), "{audit:?}");
    // The form of an entry of the list has its note and end.
    let form = admin.get("/ignores?ip=203.0.113.7").await?;
    assert_eq!(form.attributes("#everywhere-note", "value")?, ["the <office>"]);
    assert_eq!(form.attributes("#everywhere-until", "value")?, ["9998-12-31"]);
    assert_eq!(form.text("#everywhere .add-form button")?, "Save");
    site.add_account("bob", Role::Operator).await?;
    let bob = Visitor::logged_in(site.address, "bob").await?;
    let page = bob.submit(ADD, &[("ip", OFFICE), ("note", "moved")]).await?;
    let said = page.text("#messages")?;
    assert!(said.starts_with("203.0.113.7 was already ignored in all 2 jails."), "{said}");
    let shown = page.text(&format!("tr[data-ip='{OFFICE}']"))?;
    assert!(shown.contains("moved in all 2 jails none") && shown.contains("by admin"), "{shown}");
    Ok(())
}

#[tokio::test]
async fn a_viewer_looks_and_changes_nothing() -> TestResult {
    let (site, admin) = site().await?;
    admin.submit(ADD, &[("ip", OFFICE)]).await?;
    site.add_account("view", Role::Viewer).await?;
    let viewer = Visitor::logged_in(site.address, "view").await?;
    let page = viewer.get(ADD).await?;
    assert!(page.text("#everywhere tbody")?.contains("in all 2 jails"));
    assert!(page.texts("#everywhere form")?.is_empty());
    for (path, entry) in [(ADD, "203.0.113.8"), (REMOVE, OFFICE)] {
        assert_eq!(viewer.post(path, &[("ip", entry)]).await?.status, 403, "{path}");
    }
    assert_eq!(ignored(&site, "sshd")?, [OFFICE]);
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused_beside_its_field_and_what_is_wide_is_asked_about() -> TestResult {
    let (site, admin) = site().await?;
    let bad = [("ip", "two words"), ("ip", "0.0.0.0/0"), ("note", "a\u{7}"), ("until", "soon")];
    for (field, value) in bad {
        let ip = if field == "ip" { value } else { OFFICE };
        let fields = [("ip", ip), (field, value)];
        for answer in [admin.post(ADD, &fields).await?, htmx(&admin, ADD, &fields).await?] {
            assert_eq!(answer.status, 422, "{value:?}");
            let input = format!("#everywhere-{field}[aria-invalid=true]");
            let beside = answer.attributes(&input, "aria-describedby")?.concat();
            assert!(!answer.text(&format!("#{beside}"))?.is_empty(), "{value:?}");
        }
    }
    client(&site.daemon, &["set", "web", "addignoreip", "12.0.0.0/8"])?;
    let asked = admin.post(ADD, &[("ip", "13.0.0.0/8"), ("note", "wide")]).await?;
    assert_eq!(asked.status, 422, "with what one jail ignores already");
    assert_eq!(asked.text("#everywhere-ask")?, "Ignore 13.0.0.0/8 in all jails?");
    assert_eq!(asked.attributes(".ask input[name=note]", "value")?, ["wide"]);
    assert!(ignored(&site, "sshd")?.is_empty() && remembered(&site)? == 0);
    let done = admin.post(ADD, &[("ip", "13.0.0.0/8"), ("confirmed", "13.0.0.0/8")]).await?;
    assert_eq!((done.status, ignored(&site, "sshd")?), (303, vec!["13.0.0.0/8".to_owned()]));
    assert_eq!(admin.post(ADD, &[("ip", "0.0.0.0/1"), ("confirmed", "0.0.0.0/1")]).await?.status, 303);
    let rest = [("ip", "128.0.0.0/1"), ("confirmed", "128.0.0.0/1")];
    assert_eq!(admin.post(ADD, &rest).await?.status, 422, "all of the internet never");
    Ok(())
}

#[tokio::test]
async fn where_no_jail_runs_the_look_up_still_tells_what_all_jails_ignore_and_offers_it() -> TestResult {
    let (site, admin) = site().await?;
    admin.submit(ADD, &[("ip", "203.0.113.0/24"), ("note", "office")]).await?;
    for jail in ["sshd", "web"] {
        client(&site.daemon, &["stop", jail])?;
    }
    let inside = admin.get("/lookup?ip=203.0.113.7").await?;
    let told = inside.text("[data-everywhere]")?;
    assert!(
        told.contains("ignored because of 203.0.113.0/24 (all jails)") && told.contains("office"),
        "{told}"
    );
    assert_eq!(inside.texts("button[name=everywhere]")?, ["Ignore in all jails, later ones too"]);
    assert_eq!(inside.texts("button[name=all]")?, [""; 0], "there is no jail to ban in");
    let itself = admin.get("/lookup?ip=203.0.113.0/24").await?;
    assert_eq!(itself.text("#in-all")?, "All jails ignore it, later ones too.");
    Ok(())
}

#[tokio::test]
async fn a_time_of_day_is_no_last_day() -> TestResult {
    let (_site, admin) = site().await?;
    let answer = admin.post(ADD, &[("ip", OFFICE), ("until", "2099-11-29T10:00")]).await?;
    assert_eq!(
        (answer.status, answer.text("#everywhere-mistake")?.as_str()),
        (422, "Write the day like 2026-12-31.")
    );
    Ok(())
}

#[tokio::test]
async fn the_look_up_asks_about_a_wide_network_as_well_also_where_no_jail_runs() -> TestResult {
    let (site, admin) = site().await?;
    for jail in ["sshd", "web"] {
        client(&site.daemon, &["stop", jail])?;
    }
    let wide = [("ip", "64.0.0.0/2"), ("everywhere", "yes")];
    let asked = admin.post("/lookup/ignore", &wide).await?;
    assert_eq!((asked.status, remembered(&site)?), (422, 0), "{}", asked.text("main")?);
    let confirmed = [&wide[..], &[("confirmed", "64.0.0.0/2")]].concat();
    assert_eq!(admin.post("/lookup/ignore", &confirmed).await?.status, 303);
    assert_eq!(remembered(&site)?, 1);
    Ok(())
}

#[tokio::test]
async fn the_audit_names_no_ticked_jail_where_all_are_meant() -> TestResult {
    let (_site, admin) = site().await?;
    for (path, all) in [("/lookup/ban", "all"), ("/lookup/ignore", "everywhere")] {
        let fields = [("ip", "203.0.113.9"), (all, "yes"), ("jail", "web"), ("confirmed", "203.0.113.9")];
        assert_eq!(admin.post(path, &fields).await?.status, 303);
        let row = newest(&admin).await?;
        assert!(row["target"].starts_with("203.0.113.9") && !row["target"].contains("web"), "{row:?}");
    }
    Ok(())
}

#[tokio::test]
async fn adding_an_entry_once_more_keeps_its_note_and_end_and_changing_it_may_clear_them() -> TestResult {
    let (site, admin) = site().await?;
    let kept = || -> Result<(String, Option<String>), Box<dyn Error>> {
        let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
        Ok(own(&site)?.query_row("SELECT note, until FROM ignored_everywhere", [], read)?)
    };
    let whole = ("the office".to_owned(), Some("2999-12-31".to_owned()));
    admin.submit(ADD, &[("ip", OFFICE), ("note", "the office"), ("until", "2999-12-31")]).await?;
    admin.submit(ADD, &[("ip", OFFICE), ("note", ""), ("until", "")]).await?;
    assert_eq!(kept()?, whole);
    admin.submit("/lookup/ignore", &[("ip", OFFICE), ("everywhere", "yes")]).await?;
    assert_eq!(kept()?, whole);
    let form = admin.get(&format!("/ignores?ip={OFFICE}")).await?;
    assert_eq!(form.attributes("input[name=change]", "value")?, ["yes"]);
    admin.submit(ADD, &[("ip", OFFICE), ("note", ""), ("until", ""), ("change", "yes")]).await?;
    assert_eq!(kept()?, (String::new(), None));
    Ok(())
}

#[tokio::test]
async fn an_entry_is_put_back_by_itself_and_into_jails_that_start_later() -> TestResult {
    let (site, admin) = site().await?;
    admin.submit(ADD, &[("ip", OFFICE)]).await?;
    for path in ["/jails/sshd/reload", "/server/reload", "/server/restart"] {
        let picture = work_agreed(&admin, path).await?;
        assert!(!picture.text("#work")?.contains(OFFICE), "it is no change: {}", picture.text("#work")?);
        assert_eq!(ignored(&site, "sshd")?, [OFFICE], "{path}");
    }
    let config = site.daemon.config_dir().to_string_lossy().into_owned();
    let shell = |command: &[&str]| client(&site.daemon, &[&["-c", &config], command].concat());
    shell(&["reload", "sshd"])?;
    until_ignored(&site.daemon, "sshd", OFFICE, true).await?;
    shell(&["reload", "--restart", "web"])?;
    until_ignored(&site.daemon, "web", OFFICE, true).await?;
    // A jail that was not there.
    let log = site.daemon.log_file("sshd").display().to_string();
    let late = format!("[late]\nenabled = true\nfilter = sshd\nlogpath = {log}\n");
    fs::write(site.daemon.config_dir().join("jail.d/late.local"), late)?;
    shell(&["reload"])?;
    for jail in ["late", "sshd", "web"] {
        until_ignored(&site.daemon, jail, OFFICE, true).await?;
    }
    assert!(row(&admin, OFFICE).await?.contains("in all 3 jails"));
    let pid = site.daemon.pid()?;
    client(&site.daemon, &["stop"])?;
    until("another one runs", || Ok(site.daemon.pid()?.is_some_and(|new| Some(new) != pid))).await?;
    for jail in ["late", "sshd", "web"] {
        until_ignored(&site.daemon, jail, OFFICE, true).await?;
    }
    let audit = admin.get("/audit?show=all&fold=no&per_page=100").await?;
    let rows = audit.text("tr[data-action='put back kept ignore entry']")?;
    assert!(rows.contains("Restored the kept entry 203.0.113.7 in late"), "{rows}");
    Ok(())
}

#[tokio::test]
async fn a_removal_leaves_what_the_configuration_or_one_jail_has_for_itself_and_says_so() -> TestResult {
    let (site, admin) = site().await?;
    let kept = [("ip", OF_WEB), ("keep", "yes"), ("note", "the lab")];
    for path in ["/jails/sshd/ignore", ADD] {
        admin.submit(path, &kept).await?;
    }
    let page = admin.submit(ADD, &[("ip", OFFICE)]).await?;
    let single = page.text("#kept-in-jails li")?;
    assert_eq!(single, "192.0.2.0/24 in sshd the lab · kept by admin");
    let page = admin.submit(REMOVE, &[("ip", OF_WEB)]).await?;
    assert_eq!(
        page.text("#messages")?,
        "192.0.2.0/24 is no longer on the list for all jails. It stays in web, because the configuration has it. It \
         stays in sshd, where admin keeps it (the lab)."
    );
    let page = htmx(&admin, REMOVE, &[("ip", OFFICE)]).await?;
    assert_eq!(page.text("#everywhere-said")?, "203.0.113.7 is no longer ignored in all 2 jails.");
    assert!(page.texts("tbody tr")?.is_empty() && !page.body.contains("<html"));
    assert_eq!((ignored(&site, "sshd")?, ignored(&site, "web")?), (vec![OF_WEB.into()], vec![OF_WEB.into()]));
    assert_eq!(remembered(&site)?, 0);
    let again = admin.submit(REMOVE, &[("ip", OFFICE)]).await?;
    let said = again.text("#messages .bad")?;
    assert_eq!(said, "203.0.113.7 is not on the list for all jails. Nothing was changed.");
    Ok(())
}

#[tokio::test]
async fn an_end_date_takes_an_entry_from_every_jail_but_not_from_the_configuration() -> TestResult {
    let (site, admin) = site().await?;
    for entry in [OFFICE, OF_WEB, "203.0.113.8"] {
        admin.submit(ADD, &[("ip", entry), ("until", "9998-12-31")]).await?;
    }
    admin.submit("/jails/web/ignore", &[("ip", OFFICE), ("keep", "yes")]).await?;
    end(&site, OFFICE)?;
    until_ignored(&site.daemon, "sshd", OFFICE, false).await?;
    until("the end is over", || Ok(remembered(&site)? == 2)).await?;
    assert_eq!(ignored(&site, "web")?, [OF_WEB, OFFICE, "203.0.113.8"], "it is kept there by itself");
    // The page does it as well.
    end(&site, OF_WEB)?;
    let page = admin.get(ADD).await?;
    assert_eq!(page.attributes("#everywhere tbody tr", "data-ip")?, ["203.0.113.8"]);
    assert_eq!(ignored(&site, "sshd")?, ["203.0.113.8"]);
    assert!(ignored(&site, "web")?.contains(&OF_WEB.to_owned()));
    let audit = admin.get("/audit?show=all&fold=no&per_page=100").await?;
    let rows = audit.text("tr[data-action='remove expired ignore entry']")?;
    assert!(rows.contains("Removed the expired entry 192.0.2.0/24 in sshd"), "{rows}");
    assert!(rows.contains("It stays in web, where the configuration has it"), "{rows}");
    Ok(())
}

#[tokio::test]
async fn one_jails_end_takes_nothing_that_all_ignore() -> TestResult {
    let (site, admin) = site().await?;
    admin.submit(ADD, &[("ip", OFFICE)]).await?;
    let kept = [("ip", OFFICE), ("keep", "yes"), ("until", "9998-12-31")];
    admin.submit("/jails/sshd/ignore", &kept).await?;
    own(&site)?.execute("UPDATE kept_ignore_entries SET until = '2026-01-01'", [])?;
    let row = admin.get("/jails/sshd").await?.text(&format!("#ignores li[data-ip='{OFFICE}']"))?;
    assert!(row.contains("all jails") && !row.contains("kept by"), "{row}");
    assert_eq!(ignored(&site, "sshd")?, [OFFICE]);
    Ok(())
}

#[tokio::test]
async fn one_jails_list_and_the_look_up_mark_what_all_ignore_and_lead_to_it() -> TestResult {
    let (site, admin) = site().await?;
    admin.submit(ADD, &[("ip", OFFICE), ("note", "the office"), ("until", "9998-12-31")]).await?;
    let card = admin.get("/jails/sshd").await?;
    let own = format!("#ignores li[data-ip='{OFFICE}']");
    assert_eq!(card.attributes(&format!("{own} a.badge"), "href")?, [ADD]);
    let said = card.text(&own)?;
    assert!(said.contains("the office · until the end of 31 Dec 9998 · in all jails by admin"), "{said}");
    // Removed there it would come back, so all jails are offered.
    for confirmed in ["", OFFICE] {
        let fields = [("ip", OFFICE), ("confirmed", confirmed)];
        let asked = admin.post("/jails/sshd/ignore/remove", &fields).await?;
        assert_eq!(asked.status, 422);
        assert!(asked.text(".ask")?.contains("BanGUI would restore it"), "{}", asked.text(".ask")?);
        assert_eq!(asked.attributes("#ignores .ask form", "action")?, [REMOVE]);
    }
    assert_eq!(ignored(&site, "sshd")?, [OFFICE]);
    let found = admin.get(&format!("/lookup?ip={OFFICE}")).await?;
    let line = found.text("[aria-labelledby=ignored] [data-jail=web]")?;
    assert!(line.contains("(all jails) the office · until the end of 31 Dec 9998"), "{line}");
    assert!(found.text("#in-all")?.starts_with("All jails ignore it, later ones too."));
    let other = admin.get("/lookup?ip=203.0.113.8").await?;
    assert_eq!(other.text("button[name=everywhere]")?, "Ignore in all jails, later ones too");
    let all = [("ip", "203.0.113.8"), ("everywhere", "yes"), ("keep", "yes")];
    let done = admin.submit("/lookup/ignore", &all).await?;
    assert!(done.text("#messages")?.contains("Every jail that starts later ignores it, too."));
    assert!(newest(&admin).await?["what"].contains("Ignored 203.0.113.8 in every jail"));
    assert!(row(&admin, "203.0.113.8").await?.contains("in all 2 jails"));
    let wide = [("ip", "8.0.0.0/6"), ("everywhere", "yes")];
    let asked = admin.post("/lookup/ignore", &wide).await?;
    assert_eq!(asked.attributes(".ask input[name=everywhere]", "value")?, ["yes"]);
    assert_eq!((asked.status, remembered(&site)?), (422, 2));
    Ok(())
}

#[tokio::test]
async fn ones_own_address_is_removed_only_after_a_question() -> TestResult {
    let (site, admin) = site().await?;
    let own = admin.get(ADD).await?.attributes("#own-address a", "href")?;
    assert_eq!(own, ["/ignores?ip=127.0.0.1"]);
    assert!(admin.submit(ADD, &[("ip", "127.0.0.0/8")]).await?.texts("#own-address")?.is_empty());
    for fields in [vec![("ip", "127.0.0.0/8")], vec![("ip", "127.0.0.0/8"), ("confirmed", "127.0.0.1")]] {
        for asked in [admin.post(REMOVE, &fields).await?, htmx(&admin, REMOVE, &fields).await?] {
            assert_eq!(asked.status, 422);
            assert!(asked.text(".ask .hint-line")?.contains("your own address"));
        }
    }
    assert_eq!(ignored(&site, "sshd")?, ["127.0.0.0/8"]);
    let yes = [("ip", "127.0.0.0/8"), ("confirmed", "127.0.0.0/8")];
    assert_eq!(admin.post(REMOVE, &yes).await?.status, 303);
    assert!(ignored(&site, "sshd")?.is_empty());
    Ok(())
}

#[tokio::test]
async fn what_is_banned_already_stays_banned_and_the_page_leads_to_the_unban() -> TestResult {
    let (site, admin) = site().await?;
    client(&site.daemon, &["set", "web", "banip", OFFICE])?;
    until("it is banned", || Ok(banned(&site.daemon, "web")?.len() == 1)).await?;
    let page = admin.submit(ADD, &[("ip", OFFICE)]).await?;
    let said = page.text("#messages")?;
    assert!(said.contains("It is still banned in web: ignoring does not lift bans"), "{said}");
    assert_eq!(page.attributes("#messages a.button", "href")?, ["/unban?ip=203.0.113.7"]);
    assert_eq!(banned(&site.daemon, "web")?, [OFFICE]);
    Ok(())
}

#[tokio::test]
async fn without_an_answer_nothing_is_called_done_and_it_is_done_later() -> TestResult {
    let site = Site::unsupervised(&jails()).await?;
    let admin = Visitor::admin(site.address).await?;
    admin.submit(ADD, &[("ip", OFFICE)]).await?;
    site.daemon.kill()?;
    let page = admin.submit(ADD, &[("ip", "203.0.113.8")]).await?;
    let said = page.text("#messages .warn")?;
    assert!(said.starts_with("No jail ignores 203.0.113.8 yet. fail2ban does not answer."), "{said}");
    assert!(page.text("#not-known")?.contains("it is not known where these are in force"));
    assert!(page.text("tr[data-ip='203.0.113.8']")?.contains("unknown"));
    assert!(newest(&admin).await?["outcome"].starts_with("failed"), "{:?}", newest(&admin).await?);
    let wide = admin.post(ADD, &[("ip", "8.0.0.0/6"), ("confirmed", "8.0.0.0/6")]).await?;
    assert_eq!(wide.status, 422, "how much it leaves to ban is not known");
    site.daemon.start_again().await?;
    for entry in [OFFICE, "203.0.113.8"] {
        until_ignored(&site.daemon, "web", entry, true).await?;
    }
    // It hangs, with its lists in memory.
    site.daemon.pause()?;
    let page = admin.submit(REMOVE, &[("ip", OFFICE)]).await?;
    let said = page.text("#messages .warn")?;
    assert!(said.contains("BanGUI removes 203.0.113.7 as soon as it does"), "{said}");
    assert!(page.text(&format!("tr[data-ip='{OFFICE}']"))?.contains("being removed"));
    site.daemon.resume()?;
    until_ignored(&site.daemon, "web", OFFICE, false).await?;
    until_ignored(&site.daemon, "sshd", OFFICE, false).await?;
    until("it is forgotten", || Ok(remembered(&site)? == 1)).await?;
    let audit = admin.get("/audit?show=all&fold=no&per_page=100").await?;
    let rows = audit.text("tr[data-action='finish removing ignore entry']")?;
    assert!(rows.contains("Finished removing 203.0.113.7 in "), "{rows}");
    Ok(())
}

#[tokio::test]
async fn after_bangui_was_away_it_is_put_back_and_an_unread_configuration_is_said() -> TestResult {
    let (daemon, directory) = (PrivateDaemon::start(&jails()).await?, tempfile::tempdir()?);
    let bangui = Site::beside(&daemon, directory.path()).await?;
    Visitor::admin(bangui.address).await?.submit(ADD, &[("ip", OFFICE)]).await?;
    drop(bangui);
    client(&daemon, &["set", "web", "delignoreip", OFFICE])?;
    let bangui = Site::beside(&daemon, directory.path()).await?;
    until_ignored(&daemon, "web", OFFICE, true).await?;
    let admin = Visitor::admin(bangui.address).await?;
    let said = admin.submit(REMOVE, &[("ip", OFFICE)]).await?.text("#messages")?;
    assert!(said.contains("The configuration of sshd, web could not be read"), "{said}");
    until_ignored(&daemon, "web", OFFICE, false).await
}

static TAKES: AtomicBool = AtomicBool::new(false);
static HAS: AtomicBool = AtomicBool::new(false);

/// Two jails: `dark` cannot be read, `deaf` takes an entry or refuses it.
fn refusing(words: &[&str]) -> Reply {
    let list = || if HAS.load(Ordering::SeqCst) { vec![OFFICE] } else { Vec::new() };
    match words {
        ["version"] => Reply::payload("1.0.2"),
        ["status"] => Reply::payload((("Number of jail", 2), ("Jail list", "dark, deaf"))),
        ["get", "deaf", "ignoreip"] => Reply::payload(list()),
        ["set", "deaf", "addignoreip", _] if TAKES.load(Ordering::SeqCst) => {
            HAS.store(true, Ordering::SeqCst);
            Reply::payload(list())
        }
        ["get", "dark", "ignoreip"] => Reply::refusal("too dark"),
        ["set", ..] => Reply::refusal("not today"),
        _ => Reply::refusal("Invalid command"),
    }
}

#[tokio::test]
async fn a_jail_that_refuses_or_cannot_be_read_is_named_with_its_reason_and_tried_again() -> TestResult {
    let fake = FakeDaemon::start(refusing)?;
    let bangui = Site::bare(fake.socket()).await?;
    let admin = Visitor::admin(bangui.address).await?;
    let page = admin.submit(ADD, &[("ip", OFFICE)]).await?;
    let said = page.text("#messages .warn")?;
    assert!(said.starts_with("No jail ignores 203.0.113.7 yet. Not ignored in dark"), "{said}");
    assert!(said.contains("Not ignored in deaf") && said.ends_with("BanGUI tries that again."), "{said}");
    let row = row(&admin, OFFICE).await?;
    assert!(row.contains("in 0 of 2 jails unknown in dark:"), "{row}");
    assert!(row.contains("not in deaf: fail2ban refused: not today"), "{row}");
    TAKES.store(true, Ordering::SeqCst);
    until("it is tried again", || Ok(HAS.load(Ordering::SeqCst))).await?;
    let row = self::row(&admin, OFFICE).await?;
    assert!(row.contains("in 1 of 2 jails unknown in dark:") && !row.contains("deaf"), "{row}");
    // One that cannot be read may have it: it is not forgotten.
    let page = admin.submit(REMOVE, &[("ip", OFFICE)]).await?;
    assert!(page.text("#messages .warn")?.contains("Not removed in dark"), "{}", page.text("#messages")?);
    assert!(page.text(&format!("tr[data-ip='{OFFICE}']"))?.contains("being removed"));
    Ok(())
}
