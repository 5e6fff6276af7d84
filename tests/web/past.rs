//! The past of an address on its look-up, as BanGUI's record tells it.

use std::fs;
use std::fs::OpenOptions;
use std::io::Write as _;

use bangui::demo::DemoJail;
use rusqlite::Connection;

use crate::support::site::Site;
use crate::support::visitor::{Answer, Visitor};
use crate::support::{TestResult, until};

const IP: &str = "203.0.113.7";

/// Adds bans of 203.0.113.N: N, seconds ago, jail's number, seconds long, how it ended.
fn add(site: &Site, bans: &[(u8, i64, i64, i64, i64)]) -> TestResult {
    let record = Connection::open(site.history())?;
    record.execute_batch("INSERT OR REPLACE INTO jails VALUES (1, 'sshd'), (2, 'recidive'), (3, 'web');")?;
    for (last, ago, jail, length, how) in bans {
        record.execute(
            "INSERT INTO bans (since, jail, address, length, count, how, ended)
             VALUES (unixepoch() - ?2, ?3, unhex(printf('cb0071%02x', ?1)), ?4, 1, ?5, iif(?5 = 2, unixepoch() - ?2 + 60, NULL))",
            (last, ago, jail, length, how),
        )?;
    }
    Ok(())
}

async fn look_up(admin: &Visitor, asked: &str) -> Result<Answer, Box<dyn std::error::Error>> {
    admin.get(&format!("/lookup?ip={asked}")).await
}

#[tokio::test]
async fn it_has_a_lane_for_each_jail_and_says_how_each_ban_ended() -> TestResult {
    let site = Site::unsupervised(&[DemoJail::new("sshd", "sshd")]).await?;
    let admin = Visitor::admin(site.address).await?;
    assert_eq!(look_up(&admin, IP).await?.texts("#past")?, [""; 0], "nothing is known, so nothing is drawn");
    add(
        &site,
        &[(7, 90_000, 1, 600, 1), (7, 50_000, 1, 1_200, 2), (7, 9_000, 3, 600, 3), (8, 9_000, 1, 600, 1)],
    )?;
    let page = look_up(&admin, IP).await?;
    assert_eq!(page.texts("#past .lane > span")?, ["sshd 2 bans", "web 1 ban"]);
    assert_eq!(page.attributes("#past .lane rect", "class")?, ["ban-lifted", "ban-ran-out", "ban-unknown"]);
    let titles = page.texts("#past .lane rect title")?;
    assert!(titles[0].ends_with("banned for 20 min, lifted outside BanGUI"), "{titles:?}");
    assert!(titles[1].ends_with("banned for 10 min, ran out"), "{titles:?}");
    let rows = page.texts("#past .rows li")?;
    assert_eq!(rows.len(), 4, "the same as a list: {rows:?}");
    assert!(rows[3].ends_with("fail2ban started"), "{rows:?}");
    Ok(())
}

#[tokio::test]
async fn banned_neighbours_are_counted_and_lead_to_their_network() -> TestResult {
    let site = Site::unsupervised(&[DemoJail::new("sshd", "sshd"), DemoJail::new("web", "sshd")]).await?;
    let admin = Visitor::admin(site.address).await?;
    add(&site, &[(8, 90, 1, 9_000, 0), (9, 90, 1, 9_000, 0), (9, 90, 3, 9_000, 0), (10, 9_000, 1, 60, 1)])?;
    let page = look_up(&admin, IP).await?;
    let said = page.text("#neighbours")?;
    assert!(
        said.starts_with("2 other addresses of 203.0.113.0/24 are banned as well, in sshd, web."),
        "{said}"
    );
    assert_eq!(page.attributes("#neighbours a", "href")?, ["/lookup?ip=203.0.113.0/24"; 2]);
    Ok(())
}

#[tokio::test]
async fn what_lies_ahead_has_not_happened_and_without_the_log_nothing_is_known() -> TestResult {
    let site = Site::unsupervised(&[DemoJail::new("sshd", "sshd")]).await?;
    let admin = Visitor::admin(site.address).await?;
    let mut log = OpenOptions::new().append(true).open(site.daemon.server_log())?;
    let now = jiff::Zoned::now().strftime("%Y-%m-%d %H:%M:%S");
    writeln!(log, "{now},123 fail2ban.filter [7]: INFO    [sshd] Found {IP} - 2099-01-01 10:00:00")?;
    let page = look_up(&admin, IP).await?;
    assert_eq!(page.texts("#past")?, [""; 0]);
    fs::remove_file(site.daemon.server_log())?;
    let said = look_up(&admin, IP).await?.text("#no-timeline")?;
    assert!(
        said.contains("There is no timeline")
            && said.contains("log, which tells of failures, cannot be read")
    );
    Ok(())
}

#[tokio::test]
async fn how_far_it_is_from_recidive_is_told() -> TestResult {
    let again = DemoJail {
        reads_own_log: true,
        find_time: 86_400,
        max_retry: 3,
        ..DemoJail::new("recidive", "recidive")
    };
    let site = Site::unsupervised(&[DemoJail::new("sshd", "sshd"), again]).await?;
    let admin = Visitor::admin(site.address).await?;
    add(&site, &[(7, 9_000, 1, 600, 1), (7, 90, 1, 60, 1), (7, 90_000, 1, 60, 1)])?;
    let said = look_up(&admin, IP).await?.texts("[data-recidive]")?;
    assert_eq!(said, ["recidive needs 3 bans within 1 day. BanGUI has recorded 2 bans."]);
    Ok(())
}

#[tokio::test]
async fn failures_and_starts_of_fail2ban_stand_on_the_line_also_of_who_was_never_banned() -> TestResult {
    let site = Site::unsupervised(&[DemoJail { max_retry: 9, ..DemoJail::new("sshd", "sshd") }]).await?;
    let admin = Visitor::admin(site.address).await?;
    let mut log = OpenOptions::new().append(true).open(site.daemon.log_file("sshd"))?;
    for address in [IP, IP, "203.0.113.8"] {
        let now = jiff::Zoned::now().strftime("%b %d %H:%M:%S");
        writeln!(log, "{now} host sshd[7]: Failed password for root from {address} port 22 ssh2")?;
    }
    until("they are found", || {
        Ok(fs::read_to_string(site.daemon.server_log())?.matches("[sshd] Found 203.0.113.").count() == 3)
    })
    .await?;
    site.daemon.stop().await?;
    site.daemon.start_again().await?;
    let page = look_up(&admin, IP).await?;
    assert_eq!(page.texts("#past .lane > span")?, ["sshd 0 bans, 2 failures"]);
    let rows = page.texts("#past .rows li")?;
    let ends: Vec<&str> = rows.iter().filter_map(|row| row.rsplit_once(": ")).map(|(_, end)| end).collect();
    // The first start may be of the same second as the failures.
    assert_eq!(
        (ends.first(), ends.last()),
        (Some(&"2 failures found"), Some(&"fail2ban started")),
        "{rows:?}"
    );
    assert!(ends[1..].iter().all(|end| *end == "fail2ban started"), "{rows:?}");
    assert!(page.text("#logged")?.starts_with("Failures and starts come from fail2ban’s log, read back to "));
    let network = look_up(&admin, "203.0.113.0/24").await?;
    assert_eq!(network.texts("#past .lane > span")?, ["sshd 0 bans, 3 failures"]);
    assert_eq!(look_up(&admin, "198.51.100.1").await?.texts("#past")?, [""; 0]);
    Ok(())
}
