//! From anything to where it can be dealt with: the search, what the look-up can do, and one's own ban.

use std::error::Error;

use bangui::demo::DemoJail;
use bangui::domain::account::Role;

use crate::support::site::Site;
use crate::support::visitor::Visitor;
use crate::support::{TestResult, banned, client, until};
use crate::web::audit::newest;

const JAILS: [&str; 3] = ["nginx", "recidive", "sshd"];
const IP: &str = "203.0.113.7";

async fn site() -> Result<(Site, Visitor), Box<dyn Error>> {
    let jails = JAILS.map(|name| DemoJail::new(name, "sshd"));
    let site = Site::start(&jails).await?;
    let admin = Visitor::admin(site.address).await?;
    Ok((site, admin))
}

fn ignored(site: &Site, jail: &str) -> Result<String, Box<dyn Error>> {
    client(&site.daemon, &["get", jail, "ignoreip"])
}

#[tokio::test]
async fn one_form_of_the_look_up_bans_in_every_jail() -> TestResult {
    let (site, admin) = site().await?;
    let page = admin.get(&format!("/lookup?ip={IP}")).await?;
    assert_eq!(page.texts(".in-jails button[name=all]")?, ["Ban in all 3 jails", "Ignore in all 3 jails"]);
    let done = admin.submit("/lookup/ban", &[("ip", IP), ("all", "yes"), ("keep", "yes")]).await?;
    let message = done.text("#messages .note > div")?;
    assert_eq!(message, format!("{IP} is now banned in nginx, recidive, sshd."));
    assert_eq!(done.texts("#messages .note form button")?[0], "Undo");
    for jail in JAILS {
        assert_eq!(banned(&site.daemon, jail)?, [IP]);
    }
    assert_eq!(done.texts(".in-jails .badge.broken")?, ["banned"; 3]);
    assert_eq!(newest(&admin).await?["what"], format!("Banned {IP} in every jail"));
    let done = admin.submit("/unban", &[("ip", IP), ("next", &format!("/lookup?ip={IP}"))]).await?;
    assert!(done.text("h1")?.contains("Look-up"), "back where it was asked");
    assert!(JAILS.iter().all(|jail| banned(&site.daemon, jail).is_ok_and(|bans| bans.is_empty())));
    Ok(())
}

#[tokio::test]
async fn the_button_of_a_jail_means_that_jail_and_ticked_ones_are_those() -> TestResult {
    let (site, admin) = site().await?;
    let only = [("ip", IP), ("jail", "nginx"), ("jail", "recidive"), ("only", "sshd")];
    admin.submit("/lookup/ban", &only).await?;
    assert_eq!(newest(&admin).await?["target"], format!("sshd {IP}"));
    let bans = |jail| banned(&site.daemon, jail);
    assert_eq!((bans("nginx")?.len(), bans("sshd")?.len()), (0, 1));
    let two = [("ip", IP), ("jail", "nginx"), ("jail", "sshd")];
    let message = admin.submit("/lookup/ban", &two).await?.text("#messages .note > div")?;
    assert_eq!(message, format!("{IP} is now banned in nginx. {IP} was already banned in sshd."));
    assert_eq!((bans("nginx")?.len(), bans("recidive")?.len()), (1, 0));
    let none = admin.submit("/lookup/ban", &[("ip", IP)]).await?;
    assert_eq!(none.text("#messages .note.bad > div")?, "Select at least one jail. Nothing was changed.");
    Ok(())
}

#[tokio::test]
async fn a_jail_that_fails_is_named_and_holds_no_other_back() -> TestResult {
    let (site, admin) = site().await?;
    for (path, not) in [("/lookup/ban", "Not banned in gone:"), ("/lookup/ignore", "Not ignored in gone:")] {
        let form = [("ip", IP), ("jail", "gone"), ("jail", "sshd"), ("keep", "yes")];
        let message = admin.submit(path, &form).await?.text("#messages .note.bad")?;
        assert!(message.contains("in sshd.") && message.contains(not), "{message}");
    }
    assert_eq!(banned(&site.daemon, "sshd")?, [IP]);
    assert!(ignored(&site, "sshd")?.contains(IP));
    Ok(())
}

#[tokio::test]
async fn an_address_is_ignored_in_every_jail_for_good() -> TestResult {
    let (site, admin) = site().await?;
    let page = admin.get(&format!("/lookup?ip={IP}")).await?;
    assert_eq!(page.attributes("#keep[checked]", "value")?, ["yes"], "kept unless one says otherwise");
    client(&site.daemon, &["set", "sshd", "banip", IP])?;
    until("it is banned", || Ok(banned(&site.daemon, "sshd")? == [IP])).await?;
    let done = admin.submit("/lookup/ignore", &[("ip", IP), ("all", "yes"), ("keep", "yes")]).await?;
    let message = done.text("#messages .note")?;
    for words in ["is now ignored in nginx, recidive, sshd.", "restores it", "still banned in sshd"] {
        assert!(message.contains(words), "{words}: {message}");
    }
    assert_eq!(newest(&admin).await?["what"], format!("Ignored {IP} in every jail, for good"));
    client(&site.daemon, &["set", "sshd", "delignoreip", IP])?;
    admin.get("/jails/sshd").await?;
    until("it is back when fail2ban has forgotten it,", || Ok(ignored(&site, "sshd")?.contains(IP))).await?;
    Ok(())
}

#[tokio::test]
async fn what_locks_out_or_is_ignored_is_asked_about_before_any_of_it_is_done() -> TestResult {
    let (site, admin) = site().await?;
    client(&site.daemon, &["set", "nginx", "addignoreip", IP])?;
    let form = [("ip", IP), ("all", "yes")];
    let question = admin.post("/lookup/ban", &form).await?;
    assert_eq!((question.status, question.text("h1")?), (422, format!("Ban {IP}?")));
    assert!(question.text(".risks")?.contains("ignore list of nginx"), "{}", question.text(".risks")?);
    assert!(banned(&site.daemon, "sshd")?.is_empty(), "in no jail yet");
    let own = admin.post("/lookup/ban", &[("ip", "127.0.0.1"), ("only", "sshd")]).await?;
    assert!(own.text(".ask")?.contains("may lose access"), "{}", own.body);
    let confirmed: Vec<String> = question.attributes("input[name=confirmed]", "value")?;
    let mut fields = form.to_vec();
    fields.extend(confirmed.iter().map(|key| ("confirmed", key.as_str())));
    admin.submit("/lookup/ban", &fields).await?;
    assert_eq!(banned(&site.daemon, "sshd")?, [IP]);
    let wide = admin.post("/lookup/ignore", &[("ip", "0.0.0.0/1"), ("all", "yes")]).await?;
    assert_eq!(wide.text("h1")?, "Ignore 0.0.0.0/1?");
    assert_eq!(admin.post("/lookup/ignore", &[("ip", "0.0.0.0/0"), ("all", "yes")]).await?.status, 422);
    assert!(!ignored(&site, "sshd")?.contains("0.0.0.0"));
    Ok(())
}

#[tokio::test]
async fn a_viewer_looks_and_is_offered_nothing() -> TestResult {
    let (site, _) = site().await?;
    site.add_account("vera", Role::Viewer).await?;
    let vera = Visitor::logged_in(site.address, "vera").await?;
    assert!(vera.get(&format!("/lookup?ip={IP}")).await?.texts(".in-jails")?.is_empty());
    assert_eq!(vera.post("/lookup/ban", &[("ip", IP), ("all", "yes")]).await?.status, 403);
    assert_eq!(vera.post("/lookup/ignore", &[("ip", IP), ("all", "yes")]).await?.status, 403);
    assert!(banned(&site.daemon, "sshd")?.is_empty());
    Ok(())
}

#[tokio::test]
async fn the_search_leads_to_an_address_a_network_a_jail_or_a_country() -> TestResult {
    let (_site, admin) = site().await?;
    for (query, leads) in [
        ("203.0.113.7", "/lookup?ip=203.0.113.7"),
        ("%20203.0.113.7%20", "/lookup?ip=203.0.113.7"),
        ("203.0.113.9/24", "/lookup?ip=203.0.113.0/24"),
        ("2001:DB8::1", "/lookup?ip=2001:db8::1"),
        ("SSHD", "/jails/sshd"),
        ("recid", "/jails/recidive"),
        ("DE", "/bans?country=DE"),
        ("germany", "/bans?country=DE"),
        ("203.0.113.", "/bans?q=203.0.113."),
    ] {
        let answer = admin.get(&format!("/search?q={query}")).await?;
        assert_eq!((answer.status, answer.location()), (303, leads), "{query}");
    }
    let several = admin.get("/search?q=united").await?;
    assert!(several.texts(".rows a")?.len() > 2, "{}", several.body);
    let none = admin.get("/search?q=%3Cb%3Enowhere").await?;
    assert!(none.text(".sum")?.starts_with("Nothing found for “<b>nowhere”. Search for an address"));
    assert!(admin.get("/search").await?.text(".sum")?.starts_with("Search for an address"));
    let mistyped = admin.get("/search?q=999.1.1.1").await?;
    assert_eq!(mistyped.status, 422);
    let said = mistyped.text("#q-mistake")?;
    assert_eq!(said, "“999.1.1.1” is neither an address nor a network: check its numbers.");
    assert_eq!(mistyped.attributes("main a", "href")?, [""; 0], "no search leads to nothing");
    assert_eq!(admin.get(&format!("/search?q={}", "x".repeat(101))).await?.status, 422);
    for page in ["/jails", "/audit", "/account"] {
        assert_eq!(admin.get(page).await?.attributes("header form.find", "action")?, ["/search"]);
    }
    Ok(())
}

#[tokio::test]
async fn without_a_daemon_the_search_still_finds_what_is_no_jail() -> TestResult {
    let bare = Site::without_daemon().await?;
    let admin = Visitor::admin(bare.address).await?;
    assert_eq!(admin.get("/search?q=germany").await?.location(), "/bans?country=DE");
    let page = admin.get("/search?q=sshd").await?;
    assert!(page.text(".sum")?.contains("The jails could not be searched"), "{}", page.text(".sum")?);
    Ok(())
}

#[tokio::test]
async fn who_is_banned_is_told_on_every_page_and_unbanned_by_one_form() -> TestResult {
    let (site, admin) = site().await?;
    site.add_account("vera", Role::Viewer).await?;
    let vera = Visitor::logged_in(site.address, "vera").await?;
    assert!(admin.get("/bans").await?.texts("#own-ban")?.is_empty());
    for jail in ["nginx", "sshd"] {
        client(&site.daemon, &["set", jail, "banip", "127.0.0.1"])?;
        until("it is banned", || Ok(banned(&site.daemon, jail)? == ["127.0.0.1"])).await?;
    }
    // Whatever brings the lists up to date: here a page with all of them.
    admin.get("/bans").await?;
    for path in ["/jails", "/server", "/audit", "/account", "/lookup"] {
        let told = admin.get(path).await?.text("#own-ban")?;
        assert!(
            told.starts_with("You are banned. Your address 127.0.0.1 is banned in nginx, sshd."),
            "{told}"
        );
    }
    assert_eq!(admin.get("/jails").await?.texts("#own-ban button")?, ["Unban me"]);
    let told = vera.get("/jails").await?;
    assert!(told.text("#own-ban")?.ends_with("An operator can unban you."));
    assert!(told.texts("#own-ban button")?.is_empty());
    let fields = [("ip", "127.0.0.1"), ("next", "/server")];
    let after = admin.submit("/unban", &fields).await?;
    assert_eq!((after.text("h1")?.as_str(), after.texts("#own-ban")?.len()), ("fail2ban running", 0));
    assert!(banned(&site.daemon, "sshd")?.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_login_learns_that_it_comes_from_a_banned_address() -> TestResult {
    let (site, _) = site().await?;
    client(&site.daemon, &["set", "sshd", "banip", "127.0.0.1"])?;
    until("it is banned", || Ok(banned(&site.daemon, "sshd")? == ["127.0.0.1"])).await?;
    let admin = Visitor::admin(site.address).await?;
    assert_eq!(admin.get("/jails").await?.texts("#own-ban button")?, ["Unban me"], "on the very first page");
    Ok(())
}

#[tokio::test]
async fn what_ignores_an_address_is_removed_from_the_look_up_and_asks_where_it_is_ones_own() -> TestResult {
    let (site, admin) = site().await?;
    for entry in [IP, "127.0.0.1"] {
        client(&site.daemon, &["set", "sshd", "addignoreip", entry])?;
    }
    let page = admin.get(&format!("/lookup?ip={IP}")).await?;
    let form = "[data-jail=sshd] form[action='/jails/sshd/ignore/remove']";
    assert_eq!(page.texts(&format!("{form} button"))?, ["Stop ignoring"]);
    assert_eq!(
        page.attributes(&format!("{form} button"), "aria-label")?,
        [format!("Stop ignoring {IP} in sshd")]
    );
    assert_eq!(page.attributes(&format!("{form} [name=ip]"), "value")?, [IP]);
    admin.post("/jails/sshd/ignore/remove", &[("ip", IP)]).await?;
    client(&site.daemon, &["set", "sshd", "addignoreip", "203.0.113.0/24"])?;
    let page = admin.get(&format!("/lookup?ip={IP}")).await?;
    assert_eq!(
        page.texts(&format!("{form} button"))?,
        ["Stop ignoring 203.0.113.0/24"],
        "it concerns others"
    );
    let own = admin.get("/lookup?ip=127.0.0.1").await?;
    assert_eq!(own.attributes(&format!("{form} [name=ip]"), "value")?, ["127.0.0.1"]);
    let asked = admin.post("/jails/sshd/ignore/remove", &[("ip", "127.0.0.1")]).await?;
    assert_eq!(asked.text("#ignore-ask")?, "Stop ignoring 127.0.0.1?");
    assert!(ignored(&site, "sshd")?.contains("127.0.0.1"));
    site.add_account("vera", Role::Viewer).await?;
    let viewer = Visitor::logged_in(site.address, "vera").await?;
    assert_eq!(viewer.get("/lookup?ip=127.0.0.1").await?.texts(form)?, [""; 0]);
    Ok(())
}
