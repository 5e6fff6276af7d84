//! A value of any type and size costs itself and nothing else.

use bangui::demo::DemoJail;
use rusqlite::Connection;
use rusqlite::types::Value;

use crate::support::site::Site;
use crate::support::visitor::Visitor;
use crate::support::{TestResult, banned, client, until};

/// The formula of the comment in jail.conf, which grows without a limit.
const FORMULA: &str = "ban.Time * math.exp(float(ban.Count+1)*banFactor)/math.exp(1*banFactor)";

fn growing() -> DemoJail {
    DemoJail { ban_time: 2, ..DemoJail::new("growing", "sshd") }
        .with("bantime.increment", "true")
        .with("bantime.factor", "45")
        .with("bantime.formula", FORMULA)
}

/// Bans `address` twice, so that the second ban lasts longer than 2^63 seconds.
async fn ban_for_ages(site: &Site, address: &str) -> TestResult {
    let ban = || client(&site.daemon, &["set", "growing", "banip", address]);
    ban()?;
    until("it is over", || Ok(banned(&site.daemon, "growing")?.is_empty())).await?;
    ban()?;
    until("it has grown", || {
        Ok(client(&site.daemon, &["get", "growing", "banip", "--with-time"])?
            .contains("69868542114970189824"))
    })
    .await
}

#[tokio::test]
async fn a_ban_of_more_seconds_than_fit_is_practically_for_ever_on_every_page() -> TestResult {
    let site = Site::start(&[growing(), DemoJail::new("sshd", "sshd")]).await?;
    let admin = Visitor::admin(site.address).await?;
    ban_for_ages(&site, "203.0.113.7").await?;
    client(&site.daemon, &["set", "sshd", "banip", "203.0.113.8"])?;
    until("it is banned", || Ok(!banned(&site.daemon, "sshd")?.is_empty())).await?;
    for path in
        ["/jails/growing", "/bans", "/unban", "/lookup?ip=203.0.113.7", "/unban?ip=203.0.113.7", "/jails"]
    {
        let page = admin.get(path).await?;
        assert_eq!(page.status, 200, "{path}: {}", page.text("main")?);
    }
    let row = admin.get("/jails/growing").await?.text("#bans tbody tr")?;
    assert!(row.contains("practically forever") && row.contains("never"), "{row}");
    assert_eq!(admin.get("/bans?sort=expires").await?.rows()?, ["203.0.113.8", "203.0.113.7"]);
    let found = admin.get("/lookup?ip=203.0.113.7").await?;
    let past = found.texts(".past > li")?;
    assert!(past.iter().any(|ban| ban.contains("for 2 s")), "{past:?}");
    // fail2ban 0.11 cannot write such a number into its database.
    let database = Connection::open(site.daemon.database())?;
    let written = "SELECT count(*) FROM bans WHERE bantime > 1e18";
    let written: u32 = database.query_row(written, (), |row| row.get(0))?;
    let for_ages = past.iter().filter(|ban| ban.contains("practically forever") && ban.contains("active"));
    assert_eq!(for_ages.count(), written as usize, "{past:?}");
    let network = admin.get("/lookup?ip=203.0.113.0/24").await?;
    assert!(network.text("#held")?.contains("2 bans"), "{}", network.text("#held")?);
    let after = admin.submit("/unban", &[("ip", "203.0.113.7")]).await?;
    assert!(after.text("#messages")?.contains("no longer banned"));
    assert!(banned(&site.daemon, "growing")?.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_ban_time_with_a_fraction_is_read_from_the_database_as_the_list_tells_it() -> TestResult {
    let jail = DemoJail { ban_time: 2, ..DemoJail::new("random", "sshd") }
        .with("bantime.increment", "true")
        .with("bantime.rndtime", "5m");
    let site = Site::start(&[jail, DemoJail::new("half", "sshd")]).await?;
    let admin = Visitor::admin(site.address).await?;
    client(&site.daemon, &["set", "half", "findtime", "1.5h"])?;
    client(&site.daemon, &["set", "half", "bantime", "0.1h 0.5s"])?;
    let ban = || client(&site.daemon, &["set", "random", "banip", "203.0.113.7"]);
    ban()?;
    until("it is over", || Ok(banned(&site.daemon, "random")?.is_empty())).await?;
    ban()?;
    until("its fraction is written", || {
        let database = Connection::open(site.daemon.database())?;
        let kinds = "SELECT count(*) FROM bans WHERE typeof(bantime) = 'real'";
        Ok(database.query_row(kinds, (), |row| row.get::<_, i64>(0)).unwrap_or(0) > 0)
    })
    .await?;
    let found = admin.get("/lookup?ip=203.0.113.7").await?;
    assert_eq!(found.texts(".past > li")?.len(), 2, "{}", found.text("[aria-labelledby=history]")?);
    let listed = client(&site.daemon, &["get", "random", "banip", "--with-time"])?;
    let seconds = listed.split(" + ").nth(1).and_then(|rest| rest.split(' ').next()).ok_or("no length")?;
    let exact = found.attributes(".past > li:first-child [title$=seconds]", "title")?;
    assert_eq!(exact, [format!("{seconds} seconds")]);
    assert_eq!(admin.get("/lookup?ip=203.0.113.0/24").await?.texts(".past > li")?.len(), 2);
    let times = admin.get("/jails").await?.cells("data-jail")?;
    assert_eq!(times["half"]["Find time"], "1 h 30 min");
    assert_eq!(times["half"]["Ban time"], "6 min");
    Ok(())
}

/// Writes a ban of `address` in `sshd` with these columns into fail2ban's database.
fn write(site: &Site, address: &str, columns: [Value; 4]) -> TestResult {
    let database = Connection::open(site.daemon.database())?;
    let sql =
        "INSERT INTO bans(jail, ip, timeofban, bantime, bancount, data) VALUES ('sshd', ?1, ?2, ?3, ?4, ?5)";
    let [time, length, count, data] = columns;
    database.execute(sql, (address, time, length, count, data))?;
    Ok(())
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

#[tokio::test]
async fn a_record_that_cannot_be_read_costs_its_field_or_itself_and_is_counted() -> TestResult {
    let site = Site::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let admin = Visitor::admin(site.address).await?;
    let none = || Value::Blob(br#"{"matches": [], "failures": 0}"#.to_vec());
    write(&site, "203.0.113.7", [1_795_770_145.into(), 600.into(), 1.into(), none()])?;
    write(&site, "203.0.113.7", [1_795_770_200.5.into(), text("1 week"), text("many"), text("no record")])?;
    write(&site, "203.0.113.7", [text("yesterday"), 600.into(), 1.into(), none()])?;
    write(&site, "203.0.113.7", [Value::Blob(vec![0xff]), 600.into(), 1.into(), none()])?;
    for path in ["/lookup?ip=203.0.113.7", "/lookup?ip=203.0.113.0/24"] {
        let page = admin.get(path).await?;
        assert_eq!(page.text("#unread-records")?, "2 records could not be read.", "{path}");
        let past = page.texts(".past > li")?;
        assert_eq!(past.len(), 2, "{path}: {past:?}");
        let words = ["for an unknown time", "count could not be read", "reasons cannot be read"];
        assert!(words.iter().all(|words| past[0].contains(words)), "{path}: {past:?}");
        assert!(past[1].contains("for 10 min"), "{path}: {past:?}");
    }
    Ok(())
}

#[tokio::test]
async fn of_a_large_record_the_first_lines_are_shown_and_of_a_huge_one_its_size() -> TestResult {
    let site = Site::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let admin = Visitor::admin(site.address).await?;
    let lines = |number: usize, line: &str| {
        let lines = vec![format!("\"{line}\""); number].join(",");
        Value::Blob(format!(r#"{{"matches": [{lines}], "failures": {number}}}"#).into_bytes())
    };
    write(&site, "203.0.113.1", [1.into(), 600.into(), 1.into(), lines(10_000, &"l".repeat(90))])?;
    write(&site, "203.0.113.2", [1.into(), 600.into(), 1.into(), lines(1, &"l".repeat(1_000_000))])?;
    write(&site, "203.0.113.3", [1.into(), 600.into(), 1.into(), lines(31_000, &"l".repeat(97))])?;
    let many = admin.get("/lookup?ip=203.0.113.1").await?;
    assert_eq!(
        (many.texts(".past .log li")?.len(), many.text(".past summary")?),
        (100, "10,000 log lines".to_owned())
    );
    assert!(many.text(".past > li")?.contains("… and 9,900 more"), "{}", many.text(".past > li")?);
    let long = admin.get("/lookup?ip=203.0.113.2").await?.texts(".past .log li")?;
    assert_eq!(long.iter().map(|line| line.chars().count()).collect::<Vec<_>>(), [600]);
    let huge = admin.get("/lookup?ip=203.0.113.3").await?.text(".past > li")?;
    assert!(huge.contains("the reasons are too large to show (3.1 MB)"), "{huge}");
    let all = admin.get("/lookup?ip=203.0.113.0/24").await?;
    assert_eq!(all.texts(".past > li")?.len(), 3);
    Ok(())
}

#[tokio::test]
async fn a_word_in_an_ignore_list_that_is_no_address_is_marked() -> TestResult {
    let words = "198.51.100.0/24 home.example.org # office";
    let site = Site::start(&[DemoJail::new("sshd", "sshd").with("ignoreip", words)]).await?;
    let admin = Visitor::admin(site.address).await?;
    let page = admin.get("/jails/sshd").await?;
    let rows = page.texts("#ignores .rows > li")?;
    let row = |entry: &str| rows.iter().find(|row| row.starts_with(entry)).cloned().unwrap_or_default();
    assert!(
        row("#").contains("This is not a comment") && row("office").contains("This is not an address"),
        "{rows:?}"
    );
    assert!(!row("198.51").contains("This is") && !row("home").contains("This is"), "{rows:?}");
    let found = admin.get("/lookup?ip=203.0.113.7").await?.text("[aria-labelledby=ignored]")?;
    let said =
        ["not looked up: home.example.org", "#: This is not a comment", "office: This is not an address"];
    assert!(said.iter().all(|words| found.contains(words)), "{found}");
    let removed = admin.submit("/jails/sshd/ignore/remove", &[("ip", "#")]).await?;
    assert!(
        !client(&site.daemon, &["get", "sshd", "ignoreip"])?.contains('#'),
        "{}",
        removed.text("#messages")?
    );
    Ok(())
}

#[tokio::test]
async fn with_every_odd_value_in_one_fail2ban_every_page_comes_and_quick_unban_works() -> TestResult {
    let odd = ["a, b", "-x", "..", "tab\tin"].map(|name| DemoJail::new(name, "sshd"));
    let words = DemoJail::new("words", "sshd").with("ignoreip", "# office");
    let jails = [odd.as_slice(), &[growing(), words]].concat();
    let site = Site::start(&jails).await?;
    let admin = Visitor::admin(site.address).await?;
    ban_for_ages(&site, "203.0.113.7").await?;
    for jail in ["a, b", "-x", ".."] {
        client(&site.daemon, &["set", jail, "banip", "203.0.113.7", "--report-absent", "a\nb"])?;
    }
    let database = Connection::open(site.daemon.database())?;
    database
        .execute_batch("UPDATE bans SET bantime = 'long', bancount = x'ff', data = 7 WHERE jail = '-x'")?;
    let mut paths: Vec<String> = Vec::new();
    for path in ["/jails", "/bans", "/unban", "/server", "/unban-all", "/lookup?ip=203.0.113.7"] {
        let page = admin.get(path).await?;
        paths.push(path.to_owned());
        paths.extend(page.attributes("main a[href^='/']", "href")?);
        paths.extend(page.attributes("main [hx-get^='/']", "hx-get")?);
    }
    paths.sort();
    paths.dedup();
    assert!(paths.len() > 20, "{paths:?}");
    for path in &paths {
        let page = admin.get(path).await?;
        assert!([200, 303].contains(&page.status), "{path}: {} {}", page.status, page.text("main")?);
    }
    let after = admin.submit("/unban", &[("ip", "203.0.113.7")]).await?;
    assert!(after.text("#messages")?.contains("no longer banned"), "{}", after.text("#messages")?);
    for jail in ["a, b", "-x", "..", "growing"] {
        assert!(!banned(&site.daemon, jail)?.contains(&"203.0.113.7".to_owned()), "{jail}");
    }
    Ok(())
}
