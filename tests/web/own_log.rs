//! What BanGUI leaves in fail2ban's own log.

use std::error::Error;
use std::fs;

use bangui::demo::DemoJail;
use bangui::web::routes::ROUTES;

use crate::support::site::Site;
use crate::support::visitor::Visitor;
use crate::support::{TestResult, banned, client, until};

/// The lines that fail2ban logged as worse than information from `from` on.
fn complaints(site: &Site, from: usize) -> Result<Vec<String>, Box<dyn Error>> {
    let log = fs::read_to_string(site.daemon.server_log())?;
    let new = log.get(from..).ok_or("the log has become shorter")?.lines();
    let is_bad = |line: &&str| ["WARNING", "ERROR", "CRITICAL"].iter().any(|level| line.contains(level));
    Ok(new.filter(is_bad).map(str::to_owned).collect())
}

/// Asks for every page and part of a page about each of these jails, twice.
async fn look_at_everything(admin: &Visitor, jails: &[&str]) -> TestResult {
    for route in ROUTES.iter().filter(|route| route.method == "GET") {
        let path = route.path.replace("{file}", "app.css").replace("{account}", "1");
        let paths = if path.contains("{jail}") {
            jails.iter().map(|jail| path.replace("{jail}", jail)).collect()
        } else {
            vec![path]
        };
        for path in paths {
            for _ in 0..2 {
                admin.get(&path).await?;
                admin.part(&path).await?;
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn no_page_view_makes_fail2ban_log_an_error() -> TestResult {
    let jails = [
        DemoJail::new("sshd", "sshd").with("bantime.increment", "true"),
        DemoJail::new("web", "nginx-http-auth"),
        DemoJail { reads_own_log: true, ..DemoJail::new("recidive", "recidive") },
        DemoJail::new("stopped", "sshd"),
    ];
    let site = Site::start(&jails).await?;
    client(&site.daemon, &["set", "sshd", "banip", "203.0.113.5", "2001:db8::/48", "a text"])?;
    until("all are banned", || Ok(banned(&site.daemon, "sshd")?.len() == 4)).await?;
    client(&site.daemon, &["stop", "stopped"])?;
    let begin = fs::read(site.daemon.server_log())?.len();
    let admin = Visitor::admin(site.address).await?;
    look_at_everything(&admin, &["sshd", "web", "recidive", "stopped", "no-such-jail"]).await?;
    let queries = [
        "/lookup?ip=203.0.113.5",
        "/lookup?ip=203.0.113.0/24",
        "/lookup?ip=a+text",
        "/lookup?ip=nonsense",
        "/unban?ip=203.0.113.5",
        "/unban?ip=nonsense",
        "/bans?jail=sshd&q=203",
        "/bans?jail=no-such-jail",
        "/bans/table?jail=stopped",
        "/jails/sshd?q=x&sort=expires&page=9",
    ];
    for path in queries {
        admin.get(path).await?;
        admin.part(path).await?;
    }
    assert_eq!(complaints(&site, begin)?, Vec::<String>::new());

    // So it would look.
    assert!(client(&site.daemon, &["status", "no-such-jail"]).is_err());
    assert_eq!(complaints(&site, begin)?.len(), 1);

    // Another daemon on the same socket is another connection.
    site.daemon.kill()?;
    until("it is back", || Ok(client(&site.daemon, &["status"]).is_ok_and(|told| told.contains("web"))))
        .await?;
    let begin = fs::read(site.daemon.server_log())?.len();
    look_at_everything(&admin, &["sshd"]).await?;
    assert_eq!(complaints(&site, begin)?, Vec::<String>::new());
    Ok(())
}
