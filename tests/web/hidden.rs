//! Characters that show nothing themselves but change how the text around them reads.

use std::error::Error;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::iter::once;
use std::net::IpAddr;

use bangui::config::geo::{Geo, Provider};
use bangui::demo::sample_mmdb::{self, city};
use bangui::demo::{DemoJail, PrivateDaemon};
use bangui::web::routes::ROUTES;
use jiff::Zoned;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::support::site::Site;
use crate::support::visitor::{Answer, Visitor, css};
use crate::support::{TestResult, client, until};

/// Direction marks, joiners, fillers, separators, selectors and tags: the ends of each range.
pub const HIDDEN: &str = "\u{ad}\u{34f}\u{61c}\u{115f}\u{1160}\u{17b4}\u{17b5}\u{180b}\u{180f}\
     \u{200b}\u{200c}\u{200d}\u{200e}\u{200f}\u{2028}\u{2029}\u{202a}\u{202e}\
     \u{2060}\u{2066}\u{2069}\u{206f}\u{3164}\u{fe00}\u{fe0f}\u{feff}\u{ffa0}\u{fff0}\u{fff9}\u{fffb}\
     \u{1bca0}\u{1bca3}\u{1d173}\u{1d17a}\u{e0001}\u{e0020}\u{e007f}\u{e0100}\u{e01ef}\u{e0fff}";

/// Attacks with a hidden name.
const ATTACKER: &str = "203.0.113.66";
/// Banned, with a hidden place.
const PLACED: &str = "81.2.69.142";

/// What of the controls reaches a log line or a ban.
const CONTROLS: &str = "\u{1}\u{7}\u{8}\u{1b}[31m\u{7f}\u{80}\u{9b}2J";

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

fn jail() -> String {
    format!("ssh{HIDDEN}d")
}

/// A text that is banned.
fn entry() -> String {
    format!("entry{CONTROLS}{HIDDEN}end")
}

async fn site(geo: Geo) -> Result<(Site, Visitor), Box<dyn Error>> {
    let (jail, entry) = (jail(), entry());
    let daemon = PrivateDaemon::start(&[DemoJail::new(&jail, "sshd"), DemoJail::new("sshd", "sshd")]).await?;
    client(&daemon, &["set", &jail, "banip", &entry, PLACED])?;
    client(&daemon, &["set", &jail, "addignoreip", &format!("word{HIDDEN}")])?;
    let mut log = OpenOptions::new().append(true).open(daemon.log_file("sshd"))?;
    for _ in 0..3 {
        let time = Zoned::now().strftime("%b %e %H:%M:%S");
        let user = format!("oracle{CONTROLS}{HIDDEN}");
        writeln!(
            log,
            "{time} host sshd[1]: Failed password for invalid user {user} from {ATTACKER} port 22 ssh2"
        )?;
    }
    for (jail, entry) in [(jail.as_str(), PLACED), ("sshd", ATTACKER)] {
        until("all are banned", || Ok(client(&daemon, &["get", jail, "banip"])?.contains(entry))).await?;
    }
    let site = Site::in_front_of(daemon, geo).await?;
    let admin = Visitor::admin(site.address).await?;
    Ok((site, admin))
}

/// A page for every route that only looks, as an administrator gets it.
fn paths() -> Vec<String> {
    let paths = ROUTES.iter().filter(|route| route.method == "GET").map(|route| {
        let path = route.path.replace("{jail}", &encoded(&jail())).replace("{account}", "1");
        path.replace("{file}", "app.css")
    });
    let entry = encoded(&entry());
    let queries = [
        format!("/bans?q={}", encoded(HIDDEN)),
        format!("/jails/{}?q={}", encoded(&jail()), encoded(HIDDEN)),
        format!("/jails/{}", encoded(&format!("none{HIDDEN}"))),
        format!("/lookup?ip={ATTACKER}"),
        format!("/lookup?ip={PLACED}"),
        format!("/lookup?ip={entry}"),
        format!("/lookup?ip={}", encoded(HIDDEN)),
        format!("/unban?ip={entry}"),
        format!("/unban?ip={PLACED}"),
        "/audit?show=all&fold=no&q=ban".to_owned(),
    ];
    paths.chain(queries).collect()
}

/// What a person reads or is read to: texts, and attributes that are. Values of fields must stay exact.
fn read(page: &Answer) -> Result<Vec<String>, Box<dyn Error>> {
    let page = page.page();
    let mut read: Vec<String> = page.root_element().text().map(str::to_owned).collect();
    for attribute in ["title", "aria-label", "placeholder", "alt", "content"] {
        let elements = css(&format!("[{attribute}]"))?;
        read.extend(page.select(&elements).filter_map(|element| element.attr(attribute)).map(str::to_owned));
    }
    Ok(read)
}

fn assert_nothing_hidden(page: &Answer, path: &str) -> TestResult {
    let hides = |c: char| HIDDEN.contains(c) || c.is_control() && !"\n\t".contains(c);
    let found: Vec<String> = read(page)?.into_iter().filter(|text| text.contains(hides)).collect();
    assert!(found.is_empty(), "{path}: {found:?}");
    Ok(())
}

#[tokio::test]
async fn no_page_shows_a_character_that_hides_or_turns_others() -> TestResult {
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("city.mmdb");
    let place = format!("Lon{HIDDEN}don");
    fs::write(
        &file,
        sample_mmdb::file("GeoLite2-City", 1_762_000_000, &[("81.2.69.0/24", city("GB", "England", &place))]),
    )?;
    let (_site, admin) = site(Geo { providers: vec![Provider::Mmdb(file)], ..Geo::default() }).await?;
    let jails = admin.get("/jails").await?;
    assert!(jails.attributes("#jails tbody tr", "data-jail")?.contains(&jail()), "the jail is there");
    let base = format!("/jails/{}", encoded(&jail()));
    for path in paths().into_iter().chain(once(base.clone())) {
        let page = admin.get(&path).await?;
        assert!(page.status < 500, "{path}: {}", page.status);
        assert_nothing_hidden(&page, &path)?;
    }
    let evidence = admin.get(&format!("/lookup?ip={ATTACKER}")).await?.texts(".past .log li")?;
    assert!(evidence.len() == 3 && evidence[0].contains("oracle"), "{evidence:?}");
    let row = admin.get(&format!("/lookup?ip={PLACED}")).await?.text("#place")?;
    assert!(row.contains("Lon don"), "{row}");
    for (path, fields) in [
        (format!("{base}/ban"), [("ip", HIDDEN)]),
        (format!("{base}/ban"), [("ip", "203.0.113.9")]),
        (format!("{base}/ignore"), [("ip", HIDDEN)]),
        (format!("{base}/idle"), [("on", "true")]),
        ("/unban".to_owned(), [("ip", HIDDEN)]),
        ("/accounts".to_owned(), [("username", HIDDEN)]),
        (format!("{base}/unban"), [("ip", entry().as_str())]),
    ] {
        let page = admin.submit(&path, &fields).await?;
        assert!(page.status < 500, "{path} {fields:?}: {}", page.status);
        assert_nothing_hidden(&page, &path)?;
    }
    assert_nothing_hidden(&admin.get("/audit?show=all&fold=no").await?, "/audit")?;
    Ok(())
}

#[tokio::test]
async fn what_is_hidden_stays_exact_in_a_form() -> TestResult {
    let (site, admin) = site(Geo::default()).await?;
    let base = format!("/jails/{}", encoded(&jail()));
    let page = admin.get(&base).await?;
    assert!(page.rows()?.contains(&entry()), "{:?}", page.rows()?);
    let button = format!("#bans tr[data-ip='{PLACED}'] td.end button");
    assert_eq!(page.attributes(&button, "value")?, [PLACED]);
    let all = admin.get("/bans").await?;
    let names = all.attributes("#bans td.end button", "name")?;
    for (name, value) in names.iter().zip(all.attributes("#bans td.end button", "value")?) {
        admin.submit("/bans/unban", &[(name, &value)]).await?;
    }
    assert_eq!(client(&site.daemon, &["get", &jail(), "banip"])?, "");
    let typed: IpAddr = "203.0.113.9".parse()?;
    let after = admin.submit(&format!("{base}/ban"), &[("ip", &typed.to_string())]).await?;
    assert_eq!(after.rows()?, [typed.to_string()]);
    Ok(())
}
