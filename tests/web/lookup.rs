//! `/lookup`.

use std::error::Error;
use std::fs;
use std::time::{Duration, Instant};

use bangui::demo::DemoJail;
use jiff::Zoned;
use rusqlite::Connection;

use crate::support::site::Site;
use crate::support::visitor::{Answer, Visitor};
use crate::support::{TestResult, banned, client, until};

const NO_HISTORY: &str = "#no-history";

async fn site() -> Result<(Site, Visitor), Box<dyn Error>> {
    let mail = DemoJail { ban_time: -1, ..DemoJail::new("mail", "sshd") };
    let mail = mail.with("ignoreip", "198.51.100.0/24 2001:db8::/32 localhost");
    let site = Site::unsupervised(&[mail, DemoJail::new("sshd", "sshd")]).await?;
    let admin = Visitor::admin(site.address).await?;
    Ok((site, admin))
}

/// A line that `sshd` writes now about a wrong password of `user`.
fn line(user: &str, address: &str) -> String {
    let time = Zoned::now().strftime("%b %e %H:%M:%S").to_string();
    format!("{time} web1 sshd[4711]: Failed password for invalid user {user} from {address} port 22 ssh2\n")
}

/// Has `sshd` ban `address` for three lines of its log, and waits until fail2ban's database has it.
async fn fails_three_times(site: &Site, address: &str, user: &str) -> TestResult {
    let log = site.daemon.log_file("sshd");
    let written = fs::read_to_string(&log)?;
    fs::write(&log, format!("{written}{}", line(user, address).repeat(3)))?;
    until("it is written down", || {
        let database = Connection::open(site.daemon.database())?;
        let bans = database.query_row("SELECT count(*) FROM bips WHERE ip = ?1", [address], |row| row.get(0));
        Ok(bans.unwrap_or(0) > 0)
    })
    .await
}

async fn ban(site: &Site, jail: &str, entry: &str) -> TestResult {
    client(&site.daemon, &["set", jail, "banip", entry])?;
    until("it is banned", || Ok(client(&site.daemon, &["get", jail, "banip"])?.contains(entry))).await
}

/// Asks until the database has been heard of `words`.
async fn look_until(admin: &Visitor, path: &str, words: &str) -> Result<Answer, Box<dyn Error>> {
    let begin = Instant::now();
    loop {
        let page = admin.get(path).await?;
        let said = page.text("[aria-labelledby=history]")?;
        if said.contains(words) {
            return Ok(page);
        }
        if begin.elapsed() > Duration::from_mins(1) {
            return Err(format!("waited in vain for {words:?}: {said}").into());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn path(asked: &str) -> String {
    format!("/lookup?ip={}", percent_encoding::utf8_percent_encode(asked, percent_encoding::NON_ALPHANUMERIC))
}

#[tokio::test]
async fn a_banned_address_shows_where_since_when_and_the_log_lines_that_led_to_it() -> TestResult {
    let (site, admin) = site().await?;
    fails_three_times(&site, "203.0.113.5", "oracle").await?;
    ban(&site, "mail", "203.0.113.0/24").await?;
    let page = admin.get("/lookup?ip=203.0.113.5").await?;
    assert_eq!(page.status, 200);
    let row = |jail: &str| page.text(&format!("[aria-labelledby=held] tr[data-jail={jail}]"));
    assert!(row("mail")?.contains("203.0.113.0/24") && row("mail")?.contains("never"), "{}", row("mail")?);
    assert!(row("sshd")?.starts_with("203.0.113.5 Documentation sshd"), "{}", row("sshd")?);
    let listed = client(&site.daemon, &["get", "sshd", "banip", "--with-time"])?;
    let times = page.attributes("[aria-labelledby=held] tr[data-jail=sshd] time", "title")?;
    let (since, until) = (times[0].trim_end_matches(" UTC"), times[1].trim_end_matches(" UTC"));
    assert!(listed.contains(&format!("{since} + 600 = {until}")), "{times:?} {listed}");

    assert_eq!(page.texts(".counts dd")?, ["1 in sshd"]);
    assert_eq!(page.attributes(".past > li", "data-jail")?, ["sshd"]);
    let past = page.text(".past > li")?;
    assert!(past.contains("active") && past.contains("for 10 min"), "{past}");
    assert!(past.contains("3 failures"), "{past}");
    let lines = page.texts(".past .log li")?;
    assert_eq!(lines.len(), 3);
    assert!(lines.iter().all(|line| line.contains("user oracle from 203.0.113.5 port 22")), "{lines:?}");
    Ok(())
}

#[tokio::test]
async fn an_unban_button_frees_the_address_in_its_own_jail_alone() -> TestResult {
    let (site, admin) = site().await?;
    for jail in ["mail", "sshd"] {
        ban(&site, jail, "203.0.113.5").await?;
    }
    let page = admin.get("/lookup?ip=203.0.113.5").await?;
    let form = "[aria-labelledby=held] tr[data-jail=mail] form";
    let value = |name: &str| page.attributes(&format!("{form} input[name={name}]"), "value");
    let (ip, jail) = (value("ip")?.concat(), value("jail")?.concat());
    let action = page.attributes(form, "action")?.concat();
    admin.submit(&action, &[("ip", &ip), ("jail", &jail)]).await?;
    assert!(banned(&site.daemon, "mail")?.is_empty());
    assert_eq!(banned(&site.daemon, "sshd")?, ["203.0.113.5"]);
    Ok(())
}

#[tokio::test]
async fn who_banned_by_hand_and_why_is_told_where_bangui_knows_it() -> TestResult {
    let (site, admin) = site().await?;
    let own = [("ip", "203.0.113.91"), ("length", "30d"), ("reason", "a scraper")];
    admin.submit("/jails/sshd/ban", &own).await?;
    admin.submit("/lookup/ban", &[("ip", "203.0.113.92"), ("only", "sshd")]).await?;
    ban(&site, "sshd", "203.0.113.93").await?;
    for (address, cause) in [
        ("203.0.113.91", "banned by admin: a scraper"),
        ("203.0.113.92", "banned by admin"),
        ("203.0.113.93", "no failures recorded: banned manually or by another program"),
    ] {
        let page = look_until(&admin, &format!("/lookup?ip={address}"), cause).await?;
        assert!(page.text(".past li")?.ends_with(cause), "{address}: {}", page.text(".past li")?);
    }
    Ok(())
}

#[tokio::test]
async fn whoever_stops_ignoring_in_the_look_up_stays_there() -> TestResult {
    let (site, admin) = site().await?;
    client(&site.daemon, &["set", "sshd", "addignoreip", "203.0.113.77"])?;
    let page = admin.get("/lookup?ip=203.0.113.77").await?;
    let form = "[aria-labelledby=ignored] [data-jail=sshd] form";
    let next = page.attributes(&format!("{form} [name=next]"), "value")?.concat();
    let path = page.attributes(form, "action")?.concat();
    let done = admin.post(&path, &[("ip", "203.0.113.77"), ("next", &next)]).await?;
    assert_eq!((done.status, done.header("location")), (303, "/lookup?ip=203.0.113.77"));
    // Also where it is asked about first: the network has the visitor's own address.
    client(&site.daemon, &["set", "sshd", "addignoreip", "127.0.0.0/8"])?;
    let next = "/lookup?ip=127.0.0.1";
    let asked = admin.post(&path, &[("ip", "127.0.0.0/8"), ("next", next)]).await?;
    assert_eq!(asked.attributes("#ignores .ask a.button", "href")?, [next]);
    let form = "#ignores .ask form";
    let fields = ["ip", "next", "confirmed"].map(|name| {
        asked.attributes(&format!("{form} [name={name}]"), "value").map(|value| (name, value.concat()))
    });
    let fields = fields.into_iter().collect::<Result<Vec<_>, _>>()?;
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let done = admin.post(&path, &fields).await?;
    assert_eq!((done.status, done.header("location")), (303, next));
    // No page of another site is where it leads.
    client(&site.daemon, &["set", "sshd", "addignoreip", "127.0.0.0/8"])?;
    let asked = admin.post(&path, &[("ip", "127.0.0.0/8"), ("next", "//evil.example/")]).await?;
    assert_eq!(asked.attributes("#ignores .ask a.button", "href")?, ["/"]);
    Ok(())
}

#[tokio::test]
async fn an_ended_ban_stays_known_with_its_count_and_its_lines() -> TestResult {
    let short = DemoJail { ban_time: 2, ..DemoJail::new("sshd", "sshd") };
    let site = Site::unsupervised(&[short]).await?;
    let admin = Visitor::admin(site.address).await?;
    fails_three_times(&site, "203.0.113.5", "oracle").await?;
    until("it is over", || Ok(banned(&site.daemon, "sshd")?.is_empty())).await?;
    let page = admin.get("/lookup?ip=203.0.113.5").await?;
    assert_eq!(page.text("#held")?, "203.0.113.5 is not banned in any jail.");
    let past = page.text(".past > li")?;
    assert!(past.contains("for 2 s") && !past.contains("active"), "{past}");
    assert_eq!(page.texts(".past .log li")?.len(), 3);
    Ok(())
}

#[tokio::test]
async fn who_is_not_banned_anywhere_reads_that() -> TestResult {
    let (_site, admin) = site().await?;
    let page = admin.get("/lookup?ip=203.0.113.5").await?;
    assert_eq!(
        (page.status, page.text("#held")?),
        (200, "203.0.113.5 is not banned in any jail.".to_owned())
    );
    assert!(page.text(NO_HISTORY)?.starts_with("No bans."), "{}", page.text(NO_HISTORY)?);
    assert!(!page.text(NO_HISTORY)?.contains("seconds to be recorded"));
    let network = admin.get("/lookup?ip=203.0.113.0/24").await?;
    assert!(network.text("#held")?.contains("neither is any address in it"), "{}", network.text("#held")?);
    Ok(())
}

#[tokio::test]
async fn the_ignore_lists_tell_through_which_entry_and_what_was_not_looked_up() -> TestResult {
    let (site, admin) = site().await?;
    client(&site.daemon, &["set", "sshd", "addignoreip", "203.0.113.9"])?;
    for (asked, jail, words) in [
        ("198.51.100.7", "mail", "ignored because of 198.51.100.0/24"),
        ("2001:db8::7", "mail", "ignored because of 2001:db8::/32"),
        ("203.0.113.9", "sshd", "ignored because of 203.0.113.9"),
        ("203.0.113.0/24", "sshd", "partly ignored, because of 203.0.113.9"),
        ("203.0.113.5", "mail", "Contains a host name, not looked up: localhost"),
    ] {
        let page = admin.get(&path(asked)).await?;
        let said = page.text(&format!("[aria-labelledby=ignored] [data-jail={jail}] dd"))?;
        assert!(said.contains(words), "{asked}: {said}");
    }
    let page = admin.get("/lookup?ip=203.0.113.5").await?;
    assert_eq!(page.texts("[aria-labelledby=ignored] div:not([data-jail]) dd")?, ["sshd"]);
    Ok(())
}

#[tokio::test]
async fn a_network_shows_what_is_banned_inside_it_and_counts_beyond_the_first_fifty() -> TestResult {
    let (site, admin) = site().await?;
    let inside: Vec<String> = (1..=60).map(|number| format!("203.0.113.{number}")).collect();
    let all: Vec<&str> = inside.iter().map(String::as_str).chain(["198.51.100.1"]).collect();
    client(&site.daemon, &[&["set", "sshd", "banip"], all.as_slice()].concat())?;
    until("all are banned", || Ok(banned(&site.daemon, "sshd")?.len() == 61)).await?;
    let page = look_until(&admin, "/lookup?ip=203.0.113.7/24", "the last 50 of 60 bans").await?;
    assert_eq!(page.text("#held")?, "203.0.113.0/24 is affected by 60 bans");
    for part in ["[aria-labelledby=held] tbody tr", ".past > li"] {
        let rows = page.attributes(part, "data-ip")?;
        assert_eq!(rows.len(), 50, "{part}");
        assert!(rows.iter().all(|row| inside.contains(row)), "{part}: {rows:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_banned_text_can_be_looked_up_and_an_unknown_one_is_refused_beside_the_field() -> TestResult {
    let (site, admin) = site().await?;
    ban(&site, "sshd", "not-an-address").await?;
    let page = look_until(&admin, "/lookup?ip=not-an-address", "manually").await?;
    assert_eq!((page.status, page.text("#held")?), (200, "not-an-address is banned in sshd".to_owned()));
    for unknown in ["", " ", "not-an-addres", "--all", "1.2.3", "<F2B_END_COMMAND>", "a\u{0}b", "' OR 1=1 --"]
    {
        let page = admin.get(&path(unknown)).await?;
        assert_eq!(page.status, 422, "{unknown:?}");
        assert!(!page.text("#mistake")?.is_empty(), "{unknown:?}");
        // A NUL is no character of HTML.
        assert_eq!(page.attributes("#ip", "value")?, [unknown.trim().replace('\0', "\u{fffd}")]);
    }
    let plain = admin.get("/lookup").await?;
    assert!(plain.status == 200 && plain.texts("#mistake, #held")?.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_hostile_log_line_is_shown_as_text() -> TestResult {
    let (site, admin) = site().await?;
    let user = "</li><script>alert(1)</script>\u{1b}[31m\u{202e}x";
    fails_three_times(&site, "203.0.113.5", user).await?;
    let page = admin.get("/lookup?ip=203.0.113.5").await?;
    let lines = page.texts(".past .log li")?;
    assert_eq!(lines.len(), 3);
    assert!(lines[0].contains("user </li><script>alert(1)</script>␛[31m\u{fffd}x from"), "{lines:?}");
    assert_eq!(page.attributes("script", "src")?.len(), page.texts("script")?.len());
    assert!(!page.body.contains(['\u{1b}', '\u{202e}']));
    Ok(())
}

#[tokio::test]
async fn whatever_is_wrong_with_the_database_is_said_and_the_rest_of_the_page_comes() -> TestResult {
    let (site, admin) = site().await?;
    fails_three_times(&site, "203.0.113.5", "oracle").await?;
    let look = async |words: &str| -> TestResult {
        let page = admin.get("/lookup?ip=203.0.113.5").await?;
        let said = page.text(NO_HISTORY)?;
        assert!(page.status == 200 && said.contains(words), "{words}: {} {said}", page.status);
        assert_eq!(page.attributes("[aria-labelledby=held] tbody tr", "data-jail")?, ["sshd"], "{words}");
        assert!(!page.text("[aria-labelledby=ignored]")?.is_empty(), "{words}");
        Ok(())
    };
    let file = site.daemon.database();
    let whole = fs::read(file)?;

    let writer = Connection::open(file)?;
    writer.execute_batch("BEGIN EXCLUSIVE")?;
    look("is locked").await?;
    writer.execute_batch("ROLLBACK")?;
    drop(writer);

    fs::write(file, [b"no database at all ".repeat(300).as_slice(), &whole].concat())?;
    look("damaged").await?;
    fs::remove_file(file)?;
    look("not where fail2ban says").await?;
    assert!(!file.exists(), "looking must not create it");
    fs::write(file, "")?;
    look("could not be read").await?;
    Ok(())
}

#[tokio::test]
async fn a_database_that_is_switched_off_is_said() -> TestResult {
    let (site, admin) = site().await?;
    site.daemon.stop().await?;
    let settings = site.daemon.config_dir().join("fail2ban.local");
    let without = fs::read_to_string(&settings)? + "dbfile = None\n";
    let without: String = without
        .lines()
        .filter(|line| !line.starts_with("dbfile = /"))
        .flat_map(|line| [line, "\n"])
        .collect();
    fs::write(&settings, without)?;
    site.daemon.start_again().await?;
    ban(&site, "sshd", "203.0.113.5").await?;
    let page = admin.get("/lookup?ip=203.0.113.5").await?;
    assert!(page.text(NO_HISTORY)?.contains("switched off"), "{}", page.text(NO_HISTORY)?);
    assert_eq!(page.attributes("[aria-labelledby=held] tbody tr", "data-jail")?, ["sshd"]);
    Ok(())
}

#[tokio::test]
async fn looking_changes_nothing_in_the_database() -> TestResult {
    let (site, admin) = site().await?;
    fails_three_times(&site, "203.0.113.5", "oracle").await?;
    site.daemon.pause()?;
    let before = (fs::read(site.daemon.database())?, files_beside(&site)?);
    site.daemon.resume()?;
    for asked in ["203.0.113.5", "203.0.113.0/24", "not-there"] {
        admin.get(&path(asked)).await?;
    }
    assert_eq!(files_beside(&site)?, before.1);
    let header = |bytes: &[u8]| bytes.get(18..20).map(<[u8]>::to_vec);
    assert_eq!(header(&fs::read(site.daemon.database())?), header(&before.0), "the log mode is the same");
    Ok(())
}

/// The files that SQLite may have made beside fail2ban's database.
fn files_beside(site: &Site) -> Result<Vec<String>, Box<dyn Error>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(site.daemon.directory())? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.starts_with("fail2ban.sqlite3") {
            names.push(name);
        }
    }
    Ok(names)
}

#[tokio::test]
async fn every_address_in_a_list_leads_to_its_look_up() -> TestResult {
    let (site, admin) = site().await?;
    let entries = ["203.0.113.5", "2001:db8::5", "198.51.100.0/24", "a&ip=b #c"];
    for entry in entries {
        ban(&site, "sshd", entry).await?;
    }
    for (list, links) in [
        ("/jails/sshd", "#bans a.addr"),
        ("/unban", "[aria-labelledby=last] a.addr"),
        ("/unban?ip=203.0.113.5", "[aria-labelledby=held] h2 a.addr"),
    ] {
        let page = admin.get(list).await?;
        let (texts, links) = (page.texts(links)?, page.attributes(links, "href")?);
        assert_eq!(texts.len(), if list.contains("ip=") { 1 } else { entries.len() }, "{list}");
        for (text, link) in texts.iter().zip(links) {
            let shown = admin.get(&link).await?;
            assert_eq!(
                (shown.status, shown.attributes("#ip", "value")?),
                (200, vec![text.clone()]),
                "{link}"
            );
            assert_eq!(shown.text("#held")?, format!("{text} is banned in sshd"));
        }
    }
    Ok(())
}
