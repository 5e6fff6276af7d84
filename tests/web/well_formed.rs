//! Every page is sound HTML that a screen reader can name.

use std::collections::HashSet;
use std::error::Error;

use bangui::demo::DemoJail;

use crate::support::site::Site;
use crate::support::visitor::{Answer, Visitor, css};
use crate::support::{TestResult, banned, client, until};

fn assert_sound(answer: &Answer, what: &str) -> TestResult {
    let page = answer.page();
    assert!(page.errors.is_empty(), "{what}: {:?}", page.errors);
    let ids = answer.attributes("[id]", "id")?;
    let unique: HashSet<&String> = ids.iter().collect();
    assert_eq!(unique.len(), ids.len(), "{what}: {ids:?}");
    for pointer in ["for", "aria-describedby", "aria-labelledby", "popovertarget"] {
        for id in answer.attributes(&format!("[{pointer}]"), pointer)? {
            assert!(unique.contains(&id), "{what}: {pointer}={id} leads nowhere");
        }
    }
    for field in page.select(&css("input:not([type=hidden]), select, textarea")?) {
        let label = field.attr("id").map(|id| css(&format!("label[for='{id}']"))).transpose()?;
        let labelled = label.is_some_and(|label| page.select(&label).next().is_some());
        assert!(labelled || field.attr("aria-label").is_some(), "{what}: {}", field.html());
    }
    for button in page.select(&css("button, a[href]")?) {
        let named = button.text().any(|text| !text.trim().is_empty()) || button.attr("aria-label").is_some();
        assert!(named, "{what}: {}", button.html());
    }
    if let Some(table) =
        page.select(&css("table:not([aria-label], [aria-labelledby]), button:not([type])")?).next()
    {
        return Err(format!("{what}: {} has no name or no type", table.html()).into());
    }
    let headed = answer.texts("table:not(.audit) tbody tr > th[scope=row]")?.len();
    assert_eq!(headed, answer.texts("table:not(.audit) tbody tr")?.len(), "{what}: each row has a header");
    for time in answer.attributes("time", "datetime")? {
        let digits = time.split_once('.').map_or(0, |(_, rest)| rest.trim_end_matches('Z').len());
        assert!(digits <= 3, "{what}: {time}");
    }
    assert_eq!(answer.attributes("meta[name=description]", "content")?.len(), 1, "{what}");
    assert_eq!(answer.texts("h1")?.len(), 1, "{what}");
    assert_eq!(answer.texts("title")?.len(), 1 + answer.texts("svg title")?.len(), "{what}");
    assert!(answer.texts("[style], style, script:not([src]), [onclick]")?.is_empty(), "{what}");
    Ok(())
}

async fn site_with_bans() -> Result<Site, Box<dyn Error>> {
    let site =
        Site::unsupervised(&[DemoJail::new("a jail/<x>", "sshd"), DemoJail::new("sshd", "sshd")]).await?;
    let entries: Vec<String> = (1..=60).map(|number| format!("203.0.113.{number}")).collect();
    let entries: Vec<&str> =
        entries.iter().map(String::as_str).chain(["a \"<b>'", "a-b", "127.0.0.1"]).collect();
    for jail in ["a jail/<x>", "sshd"] {
        client(&site.daemon, &[&["set", jail, "banip"], entries.as_slice()].concat())?;
    }
    until("all are banned", || Ok(banned(&site.daemon, "sshd")?.len() >= entries.len())).await?;
    Ok(site)
}

#[tokio::test]
async fn every_page_is_sound() -> TestResult {
    let site = site_with_bans().await?;
    let admin = Visitor::admin(site.address).await?;
    for path in [
        "/jails",
        "/jails/sshd",
        "/jails/sshd?part=ignores",
        "/jails/sshd?part=settings",
        "/jails/sshd?part=control",
        "/jails/sshd?part=nothing",
        "/keys",
        "/about",
        "/protection",
        "/account",
        "/accounts",
        "/jails/sshd?per_page=100&sort=ip",
        "/jails/sshd?q=nowhere&page=2",
        "/jails/sshd?per_page=10&page=3",
        "/jails/a%20jail%2F%3Cx%3E?per_page=100",
        "/unban",
        "/unban?ip=203.0.113.5",
        "/unban?ip=203.0.113.0/24",
        "/unban?ip=203.0.113.200",
        "/unban?ip=nonsense",
        "/lookup",
        "/lookup?ip=203.0.113.5",
        "/lookup?ip=203.0.113.0/24",
        "/lookup?ip=203.0.113.200",
        "/lookup?ip=nonsense",
        "/ignores",
        "/ignores?ip=203.0.113.7",
        "/bans",
        "/bans?per_page=100&page=2",
        "/bans?q=nowhere",
        "/bans?jail=sshd",
        "/bans?jail=nope",
        "/unban-all",
        "/server",
        "/audit",
        "/audit?show=all&fold=no&q=nothing-like-this",
        "/audit?show=all&fold=no&per_page=2&page=2",
        "/nowhere",
        "/jails/sshd/stop",
        "/jails/sshd/filter",
        "/jails/nope",
        "/jails/sshd?page=0",
    ] {
        assert_sound(&admin.get(path).await?, path)?;
    }
    assert_sound(&admin.post("/jails/sshd/ban", &[("ip", "nonsense")]).await?, "a mistake")?;
    let hostile =
        "Nov 28 12:00:00 h sshd[1]: Failed password for \"<b>'\u{202e} from 203.0.113.5 port 1\r\n\u{1b}[2J";
    let tried = [("lines", "pasted"), ("text", hostile)];
    assert_sound(&admin.post("/jails/sshd/filter", &tried).await?, "a filter that was tried")?;
    let broken = [("lines", "pasted"), ("failregex", "("), ("ignoreregex", "\u{0}")];
    assert_sound(&admin.post("/jails/sshd/filter", &broken).await?, "a filter with mistakes")?;
    assert_sound(&admin.post("/jails/sshd/ban", &[("ip", "127.0.0.1")]).await?, "a question")?;
    assert_sound(&admin.submit("/jails/sshd/unban", &[("ip", "203.0.113.5")]).await?, "a message")?;
    let kept = [("ip", "203.0.113.0/24"), ("keep", "yes"), ("note", "\"<b>'"), ("until", "9998-12-31")];
    assert_sound(&admin.submit("/jails/sshd/ignore", &kept).await?, "kept")?;
    let wrong = [("ip", "127.0.0.1"), ("keep", "yes"), ("until", "soon")];
    assert_sound(&admin.post("/jails/sshd/ignore", &wrong).await?, "a mistake in the last day")?;
    assert_sound(&admin.submit("/jails/sshd/ignore", &[("ip", "127.0.0.1")]).await?, "ignored")?;
    assert_sound(&admin.post("/jails/sshd/ignore/remove", &[("ip", "127.0.0.1")]).await?, "asked")?;
    assert_sound(&admin.post("/jails/sshd/ignore-self", &[("on", "false")]).await?, "asked of itself")?;
    let everywhere = [("ip", "127.0.0.1"), ("note", "\"<b>'"), ("until", "9998-12-31")];
    assert_sound(&admin.submit("/ignores", &everywhere).await?, "ignored in all jails")?;
    assert_sound(&admin.post("/ignores", &[("ip", "8.0.0.0/6")]).await?, "asked before all ignore it")?;
    assert_sound(&admin.post("/ignores", &[("ip", "two words")]).await?, "a mistake for all jails")?;
    assert_sound(&admin.post("/ignores/remove", &[("ip", "127.0.0.1")]).await?, "asked before none does")?;
    let one = [("ip", "127.0.0.1")];
    assert_sound(&admin.post("/jails/sshd/ignore/remove", &one).await?, "it would come back")?;
    assert_sound(&admin.get("/lookup?ip=127.0.0.1").await?, "looked up")?;
    let again = [("ban", "sshd/127.0.0.1"), ("ban", "sshd/203.0.113.5"), ("next", "/bans?q=\"<b>")];
    assert_sound(&admin.post("/bans/again", &again).await?, "asked to ban again")?;
    let matching = [("which", "matching"), ("ip", "")];
    assert_sound(&admin.post("/bans/unban?q=203", &matching).await?, "a question about many")?;
    assert_sound(&admin.post("/bans/unban", &[("which", "selected")]).await?, "nothing selected")?;
    assert_sound(&admin.post("/bans/unban", &[("which", "network")]).await?, "no network")?;
    let fields = [("which", "selected"), ("ban", "sshd/a-b"), ("confirmed", "yes")];
    assert_sound(&admin.submit("/bans/unban", &fields).await?, "many unbanned")?;
    assert_sound(&admin.post("/unban-all", &[("word", "x")]).await?, "a wrong word")?;
    let action = [("action", "record")];
    assert_sound(&admin.post("/jails/sshd/actions/reveal", &action).await?, "an action with its secrets")?;
    admin.post("/server/reload", &[]).await?;
    crate::web::reload::end_of_work(&admin).await?;
    assert_sound(&admin.get("/server").await?, "after a reload")?;
    let forged = Visitor::admin(site.address).await?.with_token("");
    assert_sound(&forged.post("/server/reload", &[]).await?, "a forged form")?;
    site.daemon.kill()?;
    for path in ["/jails", "/jails/sshd", "/unban", "/server", "/ignores"] {
        assert_sound(&admin.get(path).await?, &format!("{path} without a daemon"))?;
    }
    Ok(())
}

#[tokio::test]
async fn the_pages_before_the_login_are_sound() -> TestResult {
    let bangui = Site::without_account().await?;
    let visitor = Visitor::stranger(bangui.address).await?;
    assert_sound(&visitor.get("/setup").await?, "setup")?;
    let fields = [("username", ""), ("password", ""), ("code", "")];
    assert_sound(&visitor.post("/setup", &fields).await?, "setup with mistakes")?;
    let fields = [("username", "first"), ("password", "long enough"), ("code", "wrong")];
    assert_sound(&visitor.post("/setup", &fields).await?, "setup with a wrong code")?;
    let bangui = Site::bare("/nowhere/fail2ban.sock".into()).await?;
    let visitor = Visitor::stranger(bangui.address).await?;
    assert_sound(&visitor.get("/login").await?, "login")?;
    assert_sound(&visitor.log_in("x", "y", "/").await?, "login with a mistake")?;
    let forged = visitor.with_token("");
    assert_sound(&forged.post("/login", &[]).await?, "a forged login")
}
