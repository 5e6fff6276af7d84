//! Jails of any name that fail2ban takes, and entries that are no addresses.

use std::error::Error;

use bangui::demo::DemoJail;
use bangui::domain::account::Role;

use crate::site::Site;
use crate::support::{TestResult, client};
use crate::visitor::Visitor;

async fn site(names: &[&str]) -> Result<(Site, Visitor), Box<dyn Error>> {
    let jails: Vec<DemoJail> = names.iter().map(|name| DemoJail::new(name, "sshd")).collect();
    let site = Site::start(&jails).await?;
    let admin = Visitor::admin(site.address).await?;
    Ok((site, admin))
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
