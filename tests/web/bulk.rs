//! Unbans of many, on a real fail2ban.

use std::error::Error;

use bangui::demo::DemoJail;
use tokio::time::{Duration, Instant, sleep};

use crate::support::site::Site;
use crate::support::visitor::{Answer, Visitor};
use crate::support::{TestResult, banned, client, until};

const JAILS: [&str; 2] = ["mail", "sshd"];

async fn ban(site: &Site, jail: &str, entries: &[String]) -> TestResult {
    let words: Vec<&str> = entries.iter().map(String::as_str).collect();
    for chunk in words.chunks(250) {
        client(&site.daemon, &[&["set", jail, "banip"], chunk].concat())?;
    }
    until("all are banned", || Ok(banned(&site.daemon, jail)?.len() == entries.len())).await
}

/// Two jails, each with these bans.
pub async fn site(entries: &[&str]) -> Result<(Site, Visitor), Box<dyn Error>> {
    let site = Site::start(&JAILS.map(|name| DemoJail::new(name, "sshd"))).await?;
    for jail in JAILS {
        ban(&site, jail, &entries.iter().map(ToString::to_string).collect::<Vec<_>>()).await?;
    }
    let admin = Visitor::admin(site.address).await?;
    Ok((site, admin))
}

pub fn held(site: &Site) -> Result<[Vec<String>; 2], Box<dyn Error>> {
    Ok([banned(&site.daemon, "mail")?, banned(&site.daemon, "sshd")?])
}

/// Presses the button of the page that asks.
pub async fn confirm(admin: &Visitor, question: &Answer) -> Result<Answer, Box<dyn Error>> {
    assert_eq!(question.status, 200, "{}", question.text("main")?);
    let fields = "form.ask input[type=hidden]:not([name=csrf_token])";
    let (names, values) = (question.attributes(fields, "name")?, question.attributes(fields, "value")?);
    let fields: Vec<(&str, &str)> =
        names.iter().map(String::as_str).zip(values.iter().map(String::as_str)).collect();
    let action = question.attributes("form.ask", "action")?.concat();
    admin.post(&action, &fields).await
}

/// Asks for the picture of the work until nothing is under way any more.
pub async fn end(admin: &Visitor) -> Result<Answer, Box<dyn Error>> {
    let begin = Instant::now();
    loop {
        let picture = admin.part("/bans/work").await?;
        if picture.attributes("#bulk", "hx-get")?.is_empty() {
            return Ok(picture);
        }
        if begin.elapsed() > Duration::from_mins(2) {
            return Err(format!("it did not end: {}", picture.text("#bulk")?).into());
        }
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn selected_rows_are_unbanned_at_once_with_the_way_back() -> TestResult {
    let (site, admin) = site(&["203.0.113.5", "203.0.113.6", "2001:db8::7"]).await?;
    let page = admin.get("/bans?sort=ip").await?;
    let keys = page.attributes("#bans tbody input[name=ban]", "value")?;
    assert_eq!(keys.len(), 6);
    let action = page.attributes("form#pick", "action")?.concat();
    let picked = ["mail/203.0.113.5", "sshd/203.0.113.5", "sshd/2001%3Adb8%3A%3A7"];
    assert!(picked.iter().all(|key| keys.iter().any(|known| known == key)), "{keys:?}");
    let next = page.attributes("form#pick [name=next]", "value")?.concat();
    let mut fields = vec![("which", "selected"), ("next", next.as_str())];
    fields.extend(picked.map(|key| ("ban", key)));
    let before = held(&site)?;
    let done = admin.post(&action, &fields).await?;
    assert_eq!((done.status, done.location()), (303, "/bans?sort=ip"));
    let result = admin.get(done.location()).await?;
    let told = result.text("#messages .note > div")?;
    assert!(told.contains("203.0.113.5 is no longer banned in mail."), "{told}");
    assert!(told.contains("2001:db8::7, 203.0.113.5 are no longer banned in sshd."), "{told}");
    assert_eq!(held(&site)?, [vec!["2001:db8::7", "203.0.113.6"], vec!["203.0.113.6"]]);

    let fields = "#messages form[action='/bans/again'] input:not([name=csrf_token])";
    let (names, values) = (result.attributes(fields, "name")?, result.attributes(fields, "value")?);
    let fields: Vec<(&str, &str)> =
        names.iter().map(String::as_str).zip(values.iter().map(String::as_str)).collect();
    assert_eq!(fields.iter().filter(|(name, _)| *name == "ban").count(), 3);
    let again = admin.submit("/bans/again", &fields).await?;
    assert!(again.text("#messages")?.contains("203.0.113.5 is banned again in mail."));
    until("all are back", || Ok(held(&site)? == before)).await
}

#[tokio::test]
async fn all_that_match_are_the_search_in_the_filtered_jail_and_nobody_else() -> TestResult {
    let (site, admin) = site(&["203.0.113.5", "203.0.113.50", "198.51.100.5", "not-an-address"]).await?;
    let page = admin.get("/bans?jail=sshd&q=203.0").await?;
    assert_eq!(page.texts("#unban-all button")?, ["Unban all 2 in sshd that match …"]);
    let action = page.attributes("#unban-all form", "action")?.concat();
    let question = admin.post(&action, &[("which", "matching")]).await?;
    assert_eq!(question.text("h1")?, "Lift 2 bans?");
    assert_eq!(question.attributes(".rows li", "data-jail")?, ["sshd"]);
    client(&site.daemon, &["set", "sshd", "unbanip", "203.0.113.5"])?;
    let begin = jiff::Timestamp::now().as_second();
    until("a second has passed", || Ok(jiff::Timestamp::now().as_second() > begin + 1)).await?;
    client(&site.daemon, &["set", "sshd", "banip", "203.0.113.77"])?;
    confirm(&admin, &question).await?;
    end(&admin).await?;
    let [mail, sshd] = held(&site)?;
    assert_eq!(mail.len(), 4);
    assert_eq!(
        sshd,
        ["198.51.100.5", "203.0.113.77", "not-an-address"],
        "who came later was not asked about"
    );
    Ok(())
}

#[tokio::test]
async fn a_network_frees_every_ban_inside_it_over_all_jails_or_in_one() -> TestResult {
    let (site, admin) = site(&["203.0.113.5", "203.0.113.128/25", "203.0.114.1", "203.0.0.0/16"]).await?;
    for (written, reason) in [("nonsense", "is not an IP address"), ("198.51.100.0/24", "No bans inside")] {
        let answer = admin.post("/bans/unban", &[("which", "network"), ("network", written)]).await?;
        assert_eq!(answer.status, 422);
        assert!(answer.text("#network-mistake")?.contains(reason), "{}", answer.text("#network-mistake")?);
        assert_eq!(answer.attributes("#network", "value")?, [written]);
    }
    let fields = [("which", "network"), ("network", "203.0.113.7/24")];
    let question = admin.post("/bans/unban?jail=mail", &fields).await?;
    assert_eq!(question.texts(".rows li")?, ["mail 203.0.113.5, 203.0.113.128/25 2 bans"]);
    confirm(&admin, &question).await?;
    end(&admin).await?;
    let rest = vec!["203.0.0.0/16".to_owned(), "203.0.114.1".to_owned()];
    assert_eq!(held(&site)?[0], rest);
    assert_eq!(held(&site)?[1].len(), 4);
    confirm(&admin, &admin.post("/bans/unban", &fields).await?).await?;
    end(&admin).await?;
    assert_eq!(held(&site)?, [rest.clone(), rest]);
    Ok(())
}

#[tokio::test]
async fn many_selected_are_asked_about_and_what_was_lifted_meanwhile_is_reported_as_already_gone()
-> TestResult {
    let all: Vec<String> = (1..=26).map(|last| format!("203.0.113.{last}")).collect();
    let (site, admin) = site(&all.iter().map(String::as_str).collect::<Vec<_>>()).await?;
    let keys: Vec<String> = all.iter().map(|entry| format!("mail/{entry}")).collect();
    let mut fields = vec![("which", "selected")];
    fields.extend(keys.iter().map(|key| ("ban", key.as_str())));
    let (first, second) =
        (admin.post("/bans/unban", &fields).await?, admin.post("/bans/unban", &fields).await?);
    assert_eq!(first.text("h1")?, "Lift 26 bans?");
    client(&site.daemon, &["set", "mail", "unbanip", "203.0.113.5"])?;
    confirm(&admin, &first).await?;
    let result = end(&admin).await?;
    assert!(result.text("#bulk")?.contains("1 ban was already gone."), "{}", result.text("#bulk")?);
    assert_eq!(result.texts("#bulk .done")?, ["25 bans lifted in mail"]);
    let late = confirm(&admin, &second).await?;
    let page = admin.get(late.location()).await?;
    assert_eq!(page.text("#messages .bad")?, "None of them is still banned. Nothing was changed.");
    assert_eq!(admin.post("/bans/unban", &fields).await?.status, 422);
    assert_eq!(
        admin.post("/bans/unban", &[("which", "selected")]).await?.text("#pick-mistake")?,
        "Select at least one row."
    );
    assert_eq!(held(&site)?[1].len(), 26);
    Ok(())
}

/// So many addresses that lifting them takes a while.
fn many(number: u16) -> Vec<String> {
    (0..number).map(|n| format!("10.{}.{}.1", n / 250, n % 250)).collect()
}

#[tokio::test]
async fn a_thousand_are_lifted_in_the_background_while_other_pages_answer() -> TestResult {
    let (site, _) = site(&[]).await?;
    ban(&site, "sshd", &many(1000)).await?;
    let admin = Visitor::admin(site.address).await?;
    let question = admin.post("/bans/unban", &[("which", "matching")]).await?;
    assert_eq!(question.text("h1")?, "Lift 1,000 bans?");
    assert_eq!(confirm(&admin, &question).await?.status, 303);
    let mut seen = Vec::new();
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_mins(2) {
        let page = admin.get("/bans").await?;
        if !page.attributes("#bulk progress", "value")?.is_empty() {
            assert_eq!(page.texts("head noscript")?.len(), 1, "it comes again without scripts as well");
            assert_eq!(page.attributes("#bulk progress", "max")?, ["1000"]);
            let other = admin.get("/jails").await?;
            assert_eq!(other.status, 200);
            let busy = admin.post("/unban-all", &[("word", "UNBAN ALL")]).await?;
            let lifted = banned(&site.daemon, "sshd")?.is_empty();
            assert!(busy.status == 409 || lifted, "only one at a time: {}", busy.status);
            seen.extend(page.attributes("#bulk progress", "value")?);
        } else if !page.text("#bulk")?.is_empty() {
            break;
        }
    }
    let result = end(&admin).await?;
    assert_eq!(result.texts("#bulk .done")?, ["1,000 bans lifted in sshd"], "{}", result.text("#bulk")?);
    assert_eq!(
        result.attributes("#bulk form", "action")?,
        ["/bans/work/dismiss"],
        "too many for one way back"
    );
    assert!(seen.len() > 1 && seen.first() != seen.last(), "no progress was seen: {seen:?}");
    assert!(banned(&site.daemon, "sshd")?.is_empty());
    Ok(())
}

#[tokio::test]
async fn the_result_lists_what_failed_where_a_jail_was_stopped_meanwhile() -> TestResult {
    let (site, _) = site(&["203.0.113.5"]).await?;
    ban(&site, "sshd", &[many(1000), vec!["203.0.113.5".to_owned()]].concat()).await?;
    let admin = Visitor::admin(site.address).await?;
    let question = admin.post("/bans/unban", &[("which", "matching")]).await?;
    let confirmed = confirm(&admin, &question);
    let stopped = async {
        until("it has begun", || Ok(banned(&site.daemon, "sshd")?.len() < 1000)).await?;
        client(&site.daemon, &["stop", "sshd"])
    };
    let (confirmed, stopped) = tokio::join!(confirmed, stopped);
    confirmed?;
    stopped?;
    let result = end(&admin).await?;
    assert!(result.text("#bulk h2")?.contains("Not all bans were lifted"), "{}", result.text("#bulk")?);
    assert_eq!(result.attributes("#bulk [data-failed]", "data-failed")?, ["sshd"]);
    let failed = result.text("#bulk .failed")?;
    assert!(failed.contains("not lifted in sshd. The jail has been stopped"), "{failed}");
    assert!(failed.contains("10.") && failed.contains(" more"), "{failed}");
    assert!(result.text("#bulk")?.contains("1 ban lifted in mail"));
    assert!(banned(&site.daemon, "mail")?.is_empty());
    Ok(())
}

#[tokio::test]
async fn unban_all_names_numbers_and_jails_and_needs_the_word() -> TestResult {
    let (site, admin) = site(&["203.0.113.5", "203.0.113.6", "not-an-address"]).await?;
    assert_eq!(admin.get("/bans").await?.attributes("a[href='/unban-all']", "href")?.len(), 1);
    let page = admin.get("/unban-all").await?;
    assert!(
        page.text("main .sum")?.contains("This lifts 6 bans of 3 addresses and networks in 2 jails."),
        "{}",
        page.text("main .sum")?
    );
    assert_eq!(page.attributes(".rows li", "data-jail")?, JAILS);
    assert!(page.texts(".rows .number")?.iter().all(|number| number == "3 bans"));
    for word in ["", "unban all", "UNBANALL", "yes"] {
        let answer = admin.post("/unban-all", &[("word", word)]).await?;
        assert_eq!(answer.status, 422, "{word}");
        assert!(answer.text("#word-mistake")?.contains("Nothing was changed"));
    }
    assert_eq!(admin.post("/unban-all", &[]).await?.status, 422);
    assert!(held(&site)?.iter().all(|held| held.len() == 3));
    let done = admin.post("/unban-all", &[("word", " UNBAN ALL ")]).await?;
    assert_eq!((done.status, done.location()), (303, "/bans"));
    let result = end(&admin).await?;
    assert_eq!(result.text("#bulk h2")?, "6 bans lifted");
    assert_eq!(result.texts("#bulk .done")?, ["3 bans lifted in mail", "3 bans lifted in sshd"]);
    assert!(held(&site)?.iter().all(Vec::is_empty));
    assert!(admin.get("/unban-all").await?.text("h1")?.contains("No bans"));
    assert!(admin.get("/bans").await?.text("#bans")?.contains("No bans in any jail"));
    Ok(())
}
