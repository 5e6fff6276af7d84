//! Nobody locks themselves out without being asked, on a real fail2ban.

use std::error::Error;

use bangui::demo::DemoJail;
use reqwest::Method;

use crate::support::site::Site;
use crate::support::visitor::{Answer, Visitor};
use crate::support::{TestResult, banned, client, until};
use crate::web::ignore::ignored;

const BAN: &str = "/jails/sshd/ban";
const IGNORE: &str = "/jails/sshd/ignore";
const REMOVE: &str = "/jails/sshd/ignore/remove";
const UNKEEP: &str = "/jails/sshd/ignore/unkeep";
const SELF: &str = "/jails/sshd/ignore-self";
const AGAIN: &str = "/bans/again";

async fn site() -> Result<(Site, Visitor), Box<dyn Error>> {
    let site = Site::start(&["mail", "sshd"].map(|name| DemoJail::new(name, "sshd"))).await?;
    let admin = Visitor::admin(site.address).await?;
    Ok((site, admin))
}

/// Sends a form as htmx does.
async fn htmx(admin: &Visitor, path: &str, fields: &[(&str, &str)]) -> Result<Answer, Box<dyn Error>> {
    let fields = [fields, &[("csrf_token", admin.token.as_str())]].concat();
    Answer::of(admin.request(Method::POST, path).header("hx-request", "true").form(&fields)).await
}

/// The fields of the form that `css` selects, but for the token.
fn fields(answer: &Answer, css: &str) -> Result<Vec<(String, String)>, Box<dyn Error>> {
    let hidden = format!("{css} input[type=hidden]:not([name=csrf_token])");
    let (names, values) = (answer.attributes(&hidden, "name")?, answer.attributes(&hidden, "value")?);
    Ok(names.into_iter().zip(values).collect())
}

fn borrowed(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

/// It is a question about `names` and nothing else: a group with a heading, the reasons, and a way out.
fn assert_asks_about(answer: &Answer, names: &[&str]) -> TestResult {
    assert_eq!(answer.status, 422, "{}", answer.body);
    let heading = answer.attributes(".ask[role=group]", "aria-labelledby")?.concat();
    assert!(answer.text(&format!("#{heading}"))?.ends_with('?'), "{}", answer.body);
    assert_eq!(answer.texts(".ask .risks .addr")?, names);
    assert!(answer.texts(".ask .risks .hint-line")?.iter().all(|why| why.ends_with('.')), "{}", answer.body);
    assert_eq!(answer.text(".ask .buttons a")?, "Cancel");
    Ok(())
}

/// Presses the button of the question.
async fn anyway(admin: &Visitor, question: &Answer) -> Result<Answer, Box<dyn Error>> {
    let action = question.attributes(".ask form", "action")?.concat();
    admin.submit(&action, &borrowed(&fields(question, ".ask form")?)).await
}

#[tokio::test]
async fn what_could_lock_somebody_out_is_banned_only_after_a_question_that_says_why() -> TestResult {
    let (site, admin) = site().await?;
    for (written, named, why) in [
        ("127.0.0.1", "127.0.0.1", "This is your own address."),
        ("::ffff:127.0.0.1", "127.0.0.1", "This is the server's loopback address."),
        ("127.3.0.9/16", "127.3.0.0/16", "It contains the server's loopback addresses."),
        ("127.0.0.0/9", "127.0.0.0/9", "It contains 127.0.0.1, your own address."),
        ("::1", "::1", "This is the server's loopback address."),
        ("8.0.0.0/7", "8.0.0.0/7", "It is a very large network."),
        ("2000::/18", "2000::/18", "It is a very large network."),
        ("0.0.0.0/0", "0.0.0.0/0", "It is the network of all addresses."),
        ("::/0", "::/0", "It is the network of all addresses."),
    ] {
        for asked in
            [admin.post(BAN, &[("ip", written)]).await?, htmx(&admin, BAN, &[("ip", written)]).await?]
        {
            assert_asks_about(&asked, &[named])?;
            let said = asked.text(".ask .hint-line")?;
            assert!(said.contains(why), "{written}: {said}");
            assert_eq!(asked.text(".ask button")?, "Ban anyway");
        }
        assert!(banned(&site.daemon, "sshd")?.is_empty(), "{written}");
    }
    for harmless in ["203.0.113.5", "9.0.0.0/8", "2000::/19"] {
        assert_eq!(admin.post(BAN, &[("ip", harmless)]).await?.status, 303, "{harmless}");
    }
    assert_eq!(banned(&site.daemon, "sshd")?, ["2000::/19", "203.0.113.5", "9.0.0.0/8"]);
    Ok(())
}

#[tokio::test]
async fn of_several_each_dangerous_one_is_named_the_others_counted_and_all_banned_together() -> TestResult {
    let (site, admin) = site().await?;
    let written = "203.0.113.5, 127.0.0.9/8 203.0.113.6 8.0.0.0/7 203.0.113.7";
    let asked = admin.post(BAN, &[("ip", written)]).await?;
    assert_asks_about(&asked, &["127.0.0.0/8", "8.0.0.0/7"])?;
    assert_eq!(asked.text("#ask")?, "Ban these 2?");
    assert!(asked.text(".ask")?.contains("3 more are banned along with them."), "{}", asked.text(".ask")?);
    assert!(banned(&site.daemon, "sshd")?.is_empty());
    let done = anyway(&admin, &asked).await?;
    assert_eq!(done.status, 200);
    let all = ["127.0.0.0/8", "203.0.113.5", "203.0.113.6", "203.0.113.7", "8.0.0.0/7"];
    assert_eq!(banned(&site.daemon, "sshd")?, all);
    Ok(())
}

#[tokio::test]
async fn what_is_confirmed_for_one_target_bans_no_other() -> TestResult {
    let (site, admin) = site().await?;
    for confirmed in [
        vec!["yes"],
        vec!["127.0.0.1"],
        vec!["127.0.0.0/8"],
        vec!["8.0.0.0/7", "203.0.113.5", "127.0.0.0/9"],
        vec!["127.0.0.0/8, 8.0.0.0/7"],
        vec![""],
    ] {
        let mut fields = vec![("ip", "127.0.0.0/8 8.0.0.0/7 203.0.113.5")];
        fields.extend(confirmed.iter().map(|confirmed| ("confirmed", *confirmed)));
        for answer in [admin.post(BAN, &fields).await?, htmx(&admin, BAN, &fields).await?] {
            assert_asks_about(&answer, &["127.0.0.0/8", "8.0.0.0/7"])?;
        }
        assert!(banned(&site.daemon, "sshd")?.is_empty(), "{confirmed:?}");
    }
    let both = [("ip", "127.0.0.0/8 8.0.0.0/7"), ("confirmed", "127.0.0.0/8"), ("confirmed", "8.0.0.0/7")];
    let done = htmx(&admin, BAN, &both).await?;
    assert_eq!((done.status, done.rows()?.len()), (200, 2));
    assert_eq!(banned(&site.daemon, "sshd")?, ["127.0.0.0/8", "8.0.0.0/7"]);
    Ok(())
}

/// Lifts `ip` in all jails, and returns the form that bans it again.
async fn lifted(site: &Site, admin: &Visitor, path: &str, ip: &str) -> Result<Answer, Box<dyn Error>> {
    for jail in ["mail", "sshd"] {
        client(&site.daemon, &["set", jail, "banip", ip, "203.0.113.5"])?;
        until("it is banned", || Ok(banned(&site.daemon, jail)?.contains(&ip.to_owned()))).await?;
    }
    if path == "/unban" {
        return admin.submit(path, &[("ip", ip)]).await;
    }
    admin.submit("/unban", &[("ip", ip), ("jail", "mail")]).await?;
    htmx(admin, path, &[("ip", ip)]).await
}

#[tokio::test]
async fn banning_again_asks_as_well_from_the_next_page_and_from_a_part_of_the_page() -> TestResult {
    let (site, admin) = site().await?;
    for (path, jails) in [("/unban", vec!["mail", "sshd"]), ("/jails/sshd/unban", vec!["sshd"])] {
        let offer = lifted(&site, &admin, path, "127.0.0.0/8").await?;
        let form = fields(&offer, "#messages form")?;
        let asked = admin.post(AGAIN, &borrowed(&form)).await?;
        assert_asks_about(&asked, &vec!["127.0.0.0/8"; jails.len()])?;
        let named = asked.text(".risks")?;
        assert!(jails.iter().all(|jail| named.contains(&format!(" in {jail}"))), "{named}");
        assert_eq!(asked.text(".ask button")?, "Ban anyway");
        let back = form.iter().find(|(name, _)| name == "next").map(|(_, next)| next.clone());
        assert_eq!(asked.attributes(".ask .buttons a", "href")?, Vec::from_iter(back));
        for jail in ["mail", "sshd"] {
            assert_eq!(banned(&site.daemon, jail)?, ["203.0.113.5"], "{jail}");
        }
        let told = anyway(&admin, &asked).await?.text("#messages")?;
        for jail in jails {
            assert!(told.contains(&format!("127.0.0.0/8 is banned again in {jail}.")), "{told}");
            assert_eq!(banned(&site.daemon, jail)?, ["127.0.0.0/8", "203.0.113.5"]);
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_ban_again_confirmed_for_one_jail_or_address_bans_no_other() -> TestResult {
    let (site, admin) = site().await?;
    let bans = [("ban", "mail/127.0.0.1"), ("ban", "sshd/127.0.0.1"), ("ban", "sshd/203.0.113.5")];
    for confirmed in ["yes", "127.0.0.1", "mail/127.0.0.1", "sshd/127.0.0.0%2F8"] {
        let fields = [&bans[..], &[("confirmed", confirmed), ("next", "/bans?q=1")]].concat();
        for asked in [admin.post(AGAIN, &fields).await?, htmx(&admin, AGAIN, &fields).await?] {
            assert_asks_about(&asked, &["127.0.0.1", "127.0.0.1"])?;
            assert!(asked.text(".ask")?.contains("1 more is banned along with them."));
        }
        assert!(banned(&site.daemon, "mail")?.is_empty() && banned(&site.daemon, "sshd")?.is_empty());
    }
    let asked = admin.post(AGAIN, &[bans[0], ("next", "/bans?q=1")]).await?;
    assert_eq!(asked.text("h1")?, "Ban 127.0.0.1 again?");
    let other = [bans[1], ("confirmed", "mail/127.0.0.1")];
    assert_asks_about(&admin.post(AGAIN, &other).await?, &["127.0.0.1"])?;
    assert!(banned(&site.daemon, "sshd")?.is_empty());
    assert_eq!(anyway(&admin, &asked).await?.status, 200);
    assert_eq!(banned(&site.daemon, "mail")?, ["127.0.0.1"]);
    Ok(())
}

#[tokio::test]
async fn what_could_lock_somebody_out_is_ignored_no_more_only_after_a_question() -> TestResult {
    let (site, admin) = site().await?;
    for (entry, named, why) in [
        ("127.0.0.0/8", vec!["127.0.0.0/8"], "It contains 127.0.0.1, your own address."),
        ("::1", vec!["::1"], "This is the server's loopback address."),
        ("8.0.0.0/7", vec!["8.0.0.0/7"], "It is a very large network."),
        ("2000::/18", vec!["2000::/18"], "It is a very large network."),
    ] {
        client(&site.daemon, &["set", "sshd", "addignoreip", entry])?;
        for fields in [vec![("ip", entry)], vec![("ip", entry), ("confirmed", "9.0.0.0/8")]] {
            for asked in [admin.post(REMOVE, &fields).await?, htmx(&admin, REMOVE, &fields).await?] {
                assert_asks_about(&asked, &named)?;
                assert!(
                    asked.text(".ask .hint-line")?.contains(why),
                    "{entry}: {}",
                    asked.text(".ask .hint-line")?
                );
                assert_eq!(asked.text(".ask button")?, "Remove anyway");
                assert_eq!(ignored(&site, "sshd")?, [entry]);
            }
        }
        let asked = admin.post(REMOVE, &[("ip", entry)]).await?;
        assert_eq!(anyway(&admin, &asked).await?.status, 200);
        assert!(ignored(&site, "sshd")?.is_empty(), "{entry}");
    }
    client(&site.daemon, &["set", "sshd", "addignoreip", "9.0.0.0/8"])?;
    assert_eq!(admin.post(REMOVE, &[("ip", "9.0.0.0/8")]).await?.status, 303);
    assert!(ignored(&site, "sshd")?.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_host_name_is_judged_by_the_addresses_that_it_has() -> TestResult {
    let (site, admin) = site().await?;
    client(&site.daemon, &["set", "sshd", "addignoreip", "localhost", "nowhere.invalid"])?;
    let asked = admin.post(REMOVE, &[("ip", "localhost"), ("confirmed", "127.0.0.1")]).await?;
    assert_eq!(asked.text("#ignore-ask")?, "Stop ignoring localhost?");
    assert!(asked.texts(".risks .addr")?.contains(&"127.0.0.1".to_owned()), "{}", asked.text(".ask")?);
    assert_eq!(ignored(&site, "sshd")?.len(), 2);
    assert_eq!(anyway(&admin, &asked).await?.status, 200);
    assert_eq!(ignored(&site, "sshd")?, ["nowhere.invalid"]);
    assert_eq!(admin.post(REMOVE, &[("ip", "nowhere.invalid")]).await?.status, 303);
    Ok(())
}

#[tokio::test]
async fn keeping_an_entry_no_more_asks_too_since_the_next_reload_takes_it_away() -> TestResult {
    let (site, admin) = site().await?;
    let badges = async |admin: &Visitor| admin.get("/jails/sshd").await?.texts("#ignores .badge");
    admin.post(IGNORE, &[("ip", "127.0.0.0/8"), ("keep", "yes")]).await?;
    for fields in [vec![("ip", "127.0.0.0/8")], vec![("ip", "127.0.0.0/8"), ("confirmed", "127.0.0.1")]] {
        for asked in [admin.post(UNKEEP, &fields).await?, htmx(&admin, UNKEEP, &fields).await?] {
            assert_asks_about(&asked, &["127.0.0.0/8"])?;
            assert_eq!(asked.text(".ask button")?, "Stop keeping anyway");
        }
        assert_eq!(badges(&admin).await?, ["kept"]);
    }
    let asked = admin.post(UNKEEP, &[("ip", "127.0.0.0/8")]).await?;
    assert_eq!(anyway(&admin, &asked).await?.status, 200);
    assert!(badges(&admin).await?.is_empty());
    assert_eq!(ignored(&site, "sshd")?, ["127.0.0.0/8"]);
    // What is not kept takes no question.
    assert_eq!(admin.post(UNKEEP, &[("ip", "127.0.0.0/8")]).await?.status, 303);
    Ok(())
}

#[tokio::test]
async fn the_machines_own_addresses_are_ignored_no_more_only_after_a_question() -> TestResult {
    let (site, admin) = site().await?;
    let told = || client(&site.daemon, &["get", "sshd", "ignoreself"]);
    for fields in [vec![("on", "false")], vec![("on", "false"), ("confirmed", "127.0.0.0/8")]] {
        for asked in [admin.post(SELF, &fields).await?, htmx(&admin, SELF, &fields).await?] {
            assert_asks_about(&asked, &["127.0.0.0/8", "::1"])?;
            assert_eq!(asked.text("#ignore-ask")?, "Stop ignoring the server’s own addresses?");
        }
        assert_eq!(told()?, "True");
    }
    let asked = admin.post(SELF, &[("on", "false")]).await?;
    assert_eq!(anyway(&admin, &asked).await?.status, 200);
    assert_eq!(told()?, "False");
    assert_eq!(admin.post(SELF, &[("on", "true")]).await?.status, 303);
    assert_eq!(told()?, "True");
    Ok(())
}
