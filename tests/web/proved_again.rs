//! What asks again for the password or a code, when the last one was given over ten minutes ago.

use std::time::Duration;

use bangui::demo::DemoJail;
use bangui::domain::account::Role;
use bangui::web::access::{Access, Mark};
use bangui::web::routes::ROUTES;
use futures_util::future::try_join_all;

use crate::support::site::{PASSWORD, Site};
use crate::support::visitor::{Answer, Visitor};
use crate::support::{TestResult, banned, client, until};
use crate::web::second_factor::turn_on;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const NEW: &str = "quite another password";
const EVE: [(&str, &str); 3] = [("username", "eve"), ("password", NEW), ("role", "administrator")];
const LATER: Duration = Duration::from_mins(10);

/// Sends a form, which leads to the page that asks. Returns that page.
async fn asked(visitor: &Visitor, path: &str, fields: &[(&str, &str)]) -> Result<Answer> {
    let answer = visitor.post(path, fields).await?;
    assert_eq!(answer.status, 303, "{path}");
    assert!(answer.location().starts_with("/confirm?form="), "{path} leads to {}", answer.location());
    let page = visitor.get(answer.location()).await?;
    assert_eq!(page.text("h1")?, "Confirm it’s you", "{path}");
    Ok(page)
}

/// Sends the form of the page that asks, as a browser does.
async fn give(visitor: &Visitor, page: &Answer, proof: &str) -> Result<Answer> {
    let path = page.attributes("form.card", "action")?.concat();
    let id = page.attributes("input[name=kept_form]", "value")?.concat();
    visitor.post(&path, &[("kept_form", &id), ("proof", proof)]).await
}

fn is_there(list: &Answer, name: &str) -> Result<bool> {
    Ok(!list.texts(&format!("tr[data-account={name}]"))?.is_empty())
}

#[tokio::test]
async fn after_ten_minutes_a_session_alone_makes_no_administrator() -> TestResult {
    let bangui = Site::without_daemon().await?;
    let admin = Visitor::admin(bangui.address).await?;
    bangui.clock.pass(LATER);
    let page = asked(&admin, "/accounts", &EVE).await?;
    assert!(page.text("main form")?.contains("add account"));
    assert!(!page.body.contains(NEW), "what was typed is not on the page");
    for wrong in ["", "not the password", NEW] {
        let answer = give(&admin, &page, wrong).await?;
        let again = admin.get(answer.location()).await?;
        assert_eq!(again.text("#proof-mistake")?, "This is not your password.", "{wrong:?}");
    }
    assert!(!is_there(&admin.get("/accounts").await?, "eve")?);

    let done = give(&admin, &page, PASSWORD).await?;
    assert_eq!((done.status, done.location()), (303, "/accounts"));
    assert!(done.session_cookie().is_some(), "a new key for a new proof");
    let list = admin.get("/accounts").await?;
    assert!(is_there(&list, "eve")? && list.text("#messages")?.contains("eve was added"));
    // Once for all of them, and the forms of pages that are open stay good.
    let role = admin.post("/accounts/2/role", &[("role", "viewer")]).await?;
    assert_eq!((role.status, role.location()), (303, "/accounts/2"));
    bangui.clock.pass(LATER);
    asked(&admin, "/accounts/2/role", &[("role", "operator")]).await?;
    Ok(())
}

#[tokio::test]
async fn every_change_of_accounts_and_every_marked_route_asks_or_has_the_password_in_its_form() -> TestResult
{
    let bangui = Site::without_daemon().await?;
    bangui.add_account("bob", Role::Viewer).await?;
    let admin = Visitor::admin(bangui.address).await?;
    bangui.clock.pass(LATER);
    let mut asking = Vec::new();
    for route in ROUTES.iter().filter(|route| route.method == "POST") {
        let path = route.path.replace("{account}", "2").replace("{jail}", "sshd");
        if route.is(Mark::Proved) {
            asked(&admin, &path, &[]).await?;
            asking.push(route.path);
        } else if route.path.starts_with("/account") && route.path != "/account/notices/dismiss" {
            assert!(route.is(Mark::Proves), "{} is neither", route.path);
            let refused = admin.post(&path, &[("current_password", "wrong")]).await?;
            assert_eq!(refused.status, 422, "{}", route.path);
        }
    }
    for path in ["/unban-all", "/server/restart", "/server/settings", "/accounts/{account}/reset"] {
        assert!(asking.contains(&path), "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn bans_and_unbans_never_ask() -> TestResult {
    let site = Site::start(&[DemoJail::new("sshd", "sshd")]).await?;
    client(&site.daemon, &["set", "sshd", "banip", "203.0.113.5", "203.0.113.6"])?;
    until("both are banned", || Ok(banned(&site.daemon, "sshd")?.len() == 2)).await?;
    let admin = Visitor::admin(site.address).await?;
    site.clock.pass(Duration::from_mins(25));
    let quick = admin.submit("/unban", &[("ip", "203.0.113.5")]).await?;
    assert!(quick.text("#messages")?.contains("203.0.113.5 is no longer banned"));
    let one = admin.submit("/jails/sshd/unban", &[("ip", "203.0.113.6")]).await?;
    assert!(one.text("#messages")?.contains("203.0.113.6 is no longer banned"));
    let ban = admin.submit("/jails/sshd/ban", &[("ip", "203.0.113.7")]).await?;
    assert!(ban.text("#messages")?.contains("203.0.113.7"));
    assert_eq!(banned(&site.daemon, "sshd")?, ["203.0.113.7"]);
    let never = ROUTES.iter().filter(|route| route.access == Access::Operator && route.is(Mark::Proved));
    assert_eq!(never.map(|route| route.path).collect::<Vec<_>>(), ["/unban-all"]);
    Ok(())
}

#[tokio::test]
async fn htmx_is_led_to_the_whole_page_and_the_action_goes_on_from_there() -> TestResult {
    let site = Site::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let admin = Visitor::admin(site.address).await?;
    site.clock.pass(LATER);
    let before = site.daemon.pid()?;
    let fields = [("csrf_token", admin.token.as_str())];
    let request = admin.request(reqwest::Method::POST, "/server/restart").header("hx-request", "true");
    let answer = Answer::of(request.form(&fields)).await?;
    let path = answer.header("hx-redirect").to_owned();
    assert!(answer.body.is_empty() && path.starts_with("/confirm?form="), "{path}");
    assert_eq!(site.daemon.pid()?, before);
    let page = admin.get(&path).await?;
    let done = give(&admin, &page, PASSWORD).await?;
    assert_eq!((done.status, done.location()), (303, "/server"));
    until("fail2ban was restarted", || Ok(site.daemon.pid().is_ok_and(|pid| pid != before))).await
}

#[tokio::test]
async fn a_code_or_a_recovery_code_does_as_well_and_each_is_good_once() -> TestResult {
    let bangui = Site::without_daemon().await?;
    let mut admin = Visitor::admin(bangui.address).await?;
    let (app, codes) = turn_on(&mut admin, &bangui.clock).await?;
    bangui.clock.pass(LATER);
    let page = asked(&admin, "/accounts", &EVE).await?;
    assert!(page.text("main form")?.contains("a code from your app"));
    let wrong = give(&admin, &page, "000000").await?;
    let told = admin.get(wrong.location()).await?.text("#proof-mistake")?;
    assert!(told.starts_with("This is neither your password nor a code"), "{told}");
    let code = app.code(&bangui.clock)?;
    assert_eq!(give(&admin, &page, &code).await?.location(), "/accounts");
    assert!(is_there(&admin.get("/accounts").await?, "eve")?);
    bangui.clock.pass(LATER);
    let page = asked(&admin, "/accounts/2/role", &[("role", "viewer")]).await?;
    for used in [code.as_str(), &codes[0]] {
        let answer = give(&admin, &page, used).await?;
        assert_eq!(answer.location() == "/accounts/2", used != code, "{used}");
        assert!(
            admin.get("/account").await?.texts(".notices li")?.is_empty(),
            "its own change is not told to it"
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_form_waits_for_its_own_session_path_and_token_and_for_ten_minutes() -> TestResult {
    let bangui = Site::without_daemon().await?;
    bangui.add_account("bob", Role::Administrator).await?;
    let (admin, bob) =
        (Visitor::admin(bangui.address).await?, Visitor::logged_in(bangui.address, "bob").await?);
    bangui.clock.pass(LATER);
    let page = asked(&admin, "/accounts", &EVE).await?;
    let id = page.attributes("input[name=kept_form]", "value")?.concat();
    let fields = [("kept_form", id.as_str()), ("proof", PASSWORD)];
    for (whose, path) in [(&bob, "/accounts"), (&admin, "/accounts/2/disable"), (&admin, "/accounts/2/role")]
    {
        let answer = whose.post(path, &fields).await?;
        let told = whose.get(answer.location()).await?;
        assert!(told.text("#messages")?.contains("Nothing was done"), "{path}: {}", answer.location());
    }
    let forged = Answer::of(admin.request(reqwest::Method::POST, "/accounts").form(&fields)).await?;
    assert_eq!(forged.status, 403, "without a token");
    assert_eq!(bob.get(&format!("/confirm?form={id}")).await?.location(), "/");
    bangui.clock.pass(LATER);
    let late = admin.post("/accounts", &fields).await?;
    let told = admin.get(late.location()).await?;
    assert!(told.text("#messages")?.contains("more than ten minutes"));
    assert!(!is_there(&told, "eve")?);
    Ok(())
}

#[tokio::test]
async fn guesses_there_wait_as_logins_do() -> TestResult {
    let bangui = Site::without_daemon().await?;
    let admin = Visitor::admin(bangui.address).await?;
    bangui.clock.pass(LATER);
    let page = asked(&admin, "/accounts", &EVE).await?;
    for _ in 0..5 {
        give(&admin, &page, "a guess").await?;
    }
    let answer = give(&admin, &page, PASSWORD).await?;
    assert!(admin.get(answer.location()).await?.text("#proof-mistake")?.contains("Try again in"));
    bangui.clock.pass(Duration::from_secs(5));
    assert_eq!(give(&admin, &page, PASSWORD).await?.location(), "/accounts");
    Ok(())
}

#[tokio::test]
async fn the_audit_says_that_it_was_asked_and_what_was_done_then() -> TestResult {
    let bangui = Site::without_daemon().await?;
    let admin = Visitor::admin(bangui.address).await?;
    bangui.clock.pass(LATER);
    let page = asked(&admin, "/accounts", &EVE).await?;
    give(&admin, &page, "a guess").await?;
    give(&admin, &page, PASSWORD).await?;
    let audit = admin.get("/audit").await?;
    let rows = audit.texts("tbody tr")?;
    let expected = ["eve was added", "This is not your password", "was asked for first"];
    for (row, words) in rows.iter().zip(expected) {
        assert!(
            ["admin", "add account", "username: eve", words].iter().all(|part| row.contains(part)),
            "{row}"
        );
    }
    for secret in [NEW, PASSWORD, "a guess", "kept_form"] {
        assert!(!audit.body.contains(secret), "{secret}");
    }
    Ok(())
}

#[tokio::test]
async fn a_form_that_a_stolen_session_left_is_not_confirmed_in_another_session_of_its_owner() -> TestResult {
    let bangui = Site::without_daemon().await?;
    let (thief, owner) = (Visitor::admin(bangui.address).await?, Visitor::admin(bangui.address).await?);
    bangui.clock.pass(LATER);
    let page = asked(&thief, "/accounts", &EVE).await?;
    let id = page.attributes("input[name=kept_form]", "value")?.concat();
    // A link to it is sent to the owner.
    assert_eq!(owner.get(&format!("/confirm?form={id}")).await?.location(), "/");
    let given = owner.submit("/accounts", &[("kept_form", &id), ("proof", PASSWORD)]).await?;
    assert!(given.text("#messages")?.contains("Nothing was done"), "{}", given.body);
    assert!(!is_there(&owner.get("/accounts").await?, "eve")?);
    Ok(())
}

#[tokio::test]
async fn what_lifts_every_ban_that_matches_asks_as_unban_all_does_and_keeps_its_filter() -> TestResult {
    let site = Site::start(&[DemoJail::new("sshd", "sshd")]).await?;
    client(&site.daemon, &["set", "sshd", "banip", "203.0.113.5", "203.0.113.6", "198.51.100.7"])?;
    until("all are banned", || Ok(banned(&site.daemon, "sshd")?.len() == 3)).await?;
    let admin = Visitor::admin(site.address).await?;
    site.clock.pass(LATER);
    let network = [("which", "network"), ("network", "128.0.0.0/1"), ("confirmed", "yes")];
    asked(&admin, "/bans/unban", &network).await?;
    for (path, network) in
        [("/unban", "0.0.0.0/0"), ("/jails/sshd/unban", "203.0.0.0/15"), ("/unban", "2001::/31")]
    {
        asked(&admin, path, &[("ip", network)]).await?;
    }
    asked(&admin, "/bans/unban", &[("which", "matching"), ("confirmed", "yes")]).await?;
    let path = "/bans/unban?q=203.0.113";
    let question = admin.post(path, &[("which", "matching")]).await?;
    assert_eq!(question.text("h1")?, "Lift 2 bans?", "the question itself asks for nothing");
    let page = asked(&admin, path, &[("which", "matching"), ("confirmed", "yes")]).await?;
    assert_eq!(banned(&site.daemon, "sshd")?.len(), 3);
    let done = give(&admin, &page, PASSWORD).await?;
    assert_eq!((done.status, done.location()), (303, "/bans?q=203.0.113"));
    until("two are lifted", || Ok(banned(&site.daemon, "sshd")? == ["198.51.100.7"])).await
}

#[tokio::test]
async fn a_session_that_is_ended_while_its_proof_is_looked_at_stays_ended() -> TestResult {
    let bangui = Site::without_daemon().await?;
    bangui.add_account("bob", Role::Viewer).await?;
    let bob = Visitor::logged_in(bangui.address, "bob").await?;
    bangui.clock.pass(LATER);
    let admin = Visitor::admin(bangui.address).await?;
    let page = asked(&bob, "/account/sessions/end-others", &[]).await?;
    // So many passwords are compared that bob's has to wait.
    let crowd: Vec<_> = try_join_all((0..60).map(|_| Visitor::stranger(bangui.address))).await?;
    let crowd = crowd
        .into_iter()
        .map(|one| tokio::spawn(async move { one.log_in("admin", PASSWORD, "/").await.is_ok() }));
    let crowd: Vec<_> = crowd.collect();
    let open = |action: &str, most: i64| -> Result<bool> {
        let sql = "SELECT count(*) FROM audit WHERE action = ?1 AND outcome = 'open'";
        let database = rusqlite::Connection::open(bangui.database())?;
        Ok(database.query_row(sql, [action], |row| row.get::<_, i64>(0))? >= most)
    };
    until("the crowd waits", || open("log in", 20)).await?;
    let given = give(&bob, &page, PASSWORD);
    let end = async {
        until("bob's form is looked at", || open("end own other sessions", 1)).await?;
        admin.submit("/accounts/2/sessions/end", &[]).await
    };
    let (given, ended) = tokio::join!(given, end);
    assert!(ended?.text("#messages")?.contains("The session of bob has ended"));
    assert_eq!(given?.location(), "/login");
    assert_eq!(bob.get("/account").await?.status, 303, "bob is not back");
    for one in crowd {
        assert!(one.await?);
    }
    Ok(())
}
