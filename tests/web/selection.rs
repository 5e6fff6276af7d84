//! What is done with selected rows, and how an action on one of them is answered.

use std::error::Error;

use reqwest::Method;

use crate::support::visitor::{Answer, Visitor};
use crate::support::{TestResult, banned, client, until};
use crate::web::bulk::{held, site};

#[tokio::test]
async fn the_rows_of_a_jails_own_table_are_selected_and_unbanned_there() -> TestResult {
    let (site, admin) = site(&["203.0.113.5", "203.0.113.6"]).await?;
    let page = admin.get("/jails/sshd?sort=ip").await?;
    assert_eq!(
        page.attributes("#bans tbody input[name=ban]", "value")?,
        ["sshd/203.0.113.5", "sshd/203.0.113.6"]
    );
    let next = page.attributes("form#pick [name=next]", "value")?.concat();
    let action = page.attributes("form#pick", "action")?.concat();
    let fields = [("which", "selected"), ("next", next.as_str()), ("ban", "sshd/203.0.113.5")];
    let done = admin.post(&action, &fields).await?;
    assert_eq!((done.status, done.location()), (303, "/jails/sshd?sort=ip"));
    assert_eq!(held(&site)?, [vec!["203.0.113.5", "203.0.113.6"], vec!["203.0.113.6"]]);
    Ok(())
}

#[tokio::test]
async fn the_networks_around_selected_rows_are_offered_and_banned() -> TestResult {
    let (site, admin) = site(&["203.0.113.5", "203.0.113.6"]).await?;
    let fields = [
        ("ban", "sshd/203.0.113.5"),
        ("ban", "sshd/203.0.113.6"),
        ("ban", "mail/203.0.113.5"),
        ("next", "/bans"),
    ];
    let question = admin.post("/bans/networks", &fields).await?;
    assert_eq!(question.text("h1")?, "Ban these networks?");
    let rows = question.texts(".rows li")?;
    assert_eq!(rows, ["203.0.113.0/24 in mail 1 selected", "203.0.113.0/24 in sshd 2 selected"]);
    let before = held(&site)?;
    let [mail, _] = before;
    assert_eq!(held(&site)?[0], mail, "nothing happens before the question is answered");
    let fields = [("first", "yes"), ("ban", "sshd/203.0.113.0%2F24"), ("next", "/bans")];
    let done = admin.submit("/bans/again", &fields).await?;
    assert_eq!(done.text("#messages .note > div")?, "203.0.113.0/24 is banned in sshd.");
    assert_eq!(held(&site)?, [mail.clone(), [&["203.0.113.0/24".to_owned()], mail.as_slice()].concat()]);
    // A ban has a way back as well.
    let undo = [("which", "selected"), ("ban", "sshd/203.0.113.0%2F24"), ("next", "/bans")];
    let form = "#messages form[action='/bans/unban']";
    assert_eq!(done.attributes(&format!("{form} [name=ban]"), "value")?, ["sshd/203.0.113.0%2F24"]);
    admin.submit("/bans/unban", &undo).await?;
    assert_eq!(held(&site)?[1], mail);
    Ok(())
}

#[tokio::test]
async fn an_unban_in_one_jail_says_in_how_many_others_it_is_still_banned() -> TestResult {
    let (site, admin) = site(&["203.0.113.5"]).await?;
    for (path, fields) in [
        ("/bans/unban?page=1", [("one", "sshd/203.0.113.5")]),
        ("/jails/sshd/unban", [("ip", "203.0.113.5")]),
    ] {
        let page = admin.submit(path, &fields).await?;
        assert_eq!(
            page.text("#messages .note > div")?,
            "203.0.113.5 is no longer banned in sshd. Still banned in 1 other jail.",
            "{path}"
        );
        assert_eq!(page.texts("#messages form[action='/unban'] button")?, ["Unban there too"]);
        admin.post("/bans/again", &[("ban", "sshd/203.0.113.5"), ("next", "/bans")]).await?;
    }
    let page = admin.submit("/bans/unban", &[("one", "sshd/203.0.113.5")]).await?;
    let next = page.attributes("#messages form[action='/unban'] [name=next]", "value")?.concat();
    let done = admin.post("/unban", &[("ip", "203.0.113.5"), ("next", &next)]).await?;
    assert_eq!(done.location(), "/bans");
    assert!(banned(&site.daemon, "mail")?.is_empty());
    let last = admin.submit("/jails/sshd/ban", &[("ip", "203.0.113.9")]).await?;
    assert!(!last.text("#messages")?.contains("Still banned"));
    Ok(())
}

#[tokio::test]
async fn a_page_tells_how_many_bans_of_how_many_addresses_in_how_many_jails() -> TestResult {
    let (_site, admin) = site(&["203.0.113.5", "203.0.113.6"]).await?;
    assert_eq!(admin.get("/bans").await?.text("#sum")?, "4 bans of 2 addresses in 2 jails.");
    assert_eq!(admin.get("/bans?jail=sshd").await?.text("#sum")?, "2 bans of 2 addresses in sshd.");
    Ok(())
}

/// What a row's end becomes, as `rows.js` asks for it.
async fn cell(
    admin: &Visitor,
    path: &str,
    fields: &[(&str, &str)],
    page: &str,
) -> Result<String, Box<dyn Error>> {
    let request = admin.request(Method::POST, path).header("HX-Request", "true").header("HX-Target", "td");
    let fields = [fields, &[("csrf_token", admin.token.as_str())]].concat();
    let answer = Answer::of(request.header("HX-Current-URL", page).form(&fields)).await?;
    assert_eq!(answer.status, 200, "{path}");
    let (cell, _) = answer.body.split_once("</td>").ok_or("no cell")?;
    Ok(cell.to_owned())
}

#[tokio::test]
async fn an_action_of_a_row_is_answered_with_the_end_of_that_row() -> TestResult {
    let (site, admin) = site(&["203.0.113.5", "127.0.0.1", "not-an-address"]).await?;
    let (all, one) = ("http://127.0.0.1/bans?q=x", "http://127.0.0.1/jails/sshd");
    let key = [("one", "sshd/203.0.113.5")];
    let done = cell(&admin, "/bans/unban", &key, all).await?;
    assert!(done.contains("Unbanned · ") && done.contains("Undo: 203.0.113.5 in sshd"), "{done}");
    assert!(cell(&admin, "/bans/unban", &key, all).await?.ends_with("Ended"));
    let again = [("ban", "sshd/203.0.113.5")];
    let back = cell(&admin, "/bans/again", &again, all).await?;
    assert!(back.contains("name=\"one\"") && back.contains("Unban 203.0.113.5 in sshd"), "{back}");
    cell(&admin, "/jails/sshd/unban", &[("ip", "203.0.113.5")], one).await?;
    let back = cell(&admin, "/bans/again", &again, one).await?;
    assert!(back.contains("name=\"ip\"") && back.contains("\"Unban 203.0.113.5\""), "{back}");
    let text = cell(&admin, "/jails/sshd/unban", &[("ip", "not-an-address")], one).await?;
    assert!(text.ends_with("Unbanned"), "{text}");
    // The way back may lock somebody out as well.
    cell(&admin, "/jails/sshd/unban", &[("ip", "127.0.0.1")], one).await?;
    let asked = cell(&admin, "/bans/again", &[("ban", "sshd/127.0.0.1")], one).await?;
    assert!(asked.contains("This is your own address.") && asked.contains("Ban anyway"), "{asked}");
    assert_eq!(banned(&site.daemon, "sshd")?, ["203.0.113.5"]);
    let confirmed = [("ban", "sshd/127.0.0.1"), ("confirmed", "sshd/127.0.0.1")];
    cell(&admin, "/bans/again", &confirmed, one).await?;
    assert_eq!(banned(&site.daemon, "sshd")?.len(), 2);
    Ok(())
}

#[tokio::test]
async fn a_page_that_shows_rows_gets_those_again_and_the_number_of_new_bans() -> TestResult {
    let (site, admin) = site(&["203.0.113.5", "203.0.113.6"]).await?;
    let page = admin.get("/bans?jail=sshd&sort=ip").await?;
    let opened = page.attributes("#bans", "data-as-of")?.concat();
    client(&site.daemon, &["set", "sshd", "unbanip", "203.0.113.5"])?;
    client(&site.daemon, &["set", "sshd", "banip", "203.0.113.4"])?;
    until("both are done", || Ok(banned(&site.daemon, "sshd")?.len() == 2)).await?;
    let rows = format!("{opened} sshd/203.0.113.5 sshd/203.0.113.6");
    let table = |rows: &str| {
        let request = admin.request(Method::GET, "/bans/table?jail=sshd&sort=ip");
        Answer::of(request.header("HX-Request", "true").header("X-Rows", rows))
    };
    let part = table(&rows).await?;
    assert_eq!(part.attributes("tbody tr", "data-ip")?, ["203.0.113.6"]);
    assert_eq!(part.text(".new")?, "1 new ban · Show");
    assert_eq!(table("nonsense").await?.status, 422);
    Ok(())
}
