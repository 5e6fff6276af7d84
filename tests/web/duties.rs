//! What has to be done before anything else: a password that somebody else chose, a second factor that the role
//! needs. And what an account is told.

use std::time::Duration;

use bangui::demo::DemoJail;
use bangui::domain::account::Role;
use bangui::web::access::{Access, Mark};
use bangui::web::routes::ROUTES;
use reqwest::Method;

use crate::support::site::{Bangui, PASSWORD, Site};
use crate::support::visitor::{Answer, Visitor};
use crate::support::{TestResult, banned, client, until};
use crate::web::second_factor::{App, turn_on};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const FIRST: &str = "told over the telephone";
const IPHONE: &str =
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1";

/// Logs in as `name` and reads the token of the page that it is led to.
async fn led_to(address: std::net::SocketAddr, name: &str, password: &str, to: &str) -> Result<Visitor> {
    let mut visitor = Visitor::stranger(address).await?;
    assert_eq!(visitor.log_in(name, password, "/jails").await?.location(), "/jails");
    assert_eq!(visitor.get("/jails").await?.location(), to);
    visitor.token = visitor.get(to).await?.token()?;
    Ok(visitor)
}

/// Nothing that `role` may ask for is answered but what is always open and the page itself.
async fn nothing_else_is_reached(visitor: &Visitor, role: Role, page: &str) -> TestResult {
    for route in ROUTES.iter().filter(|route| route.access != Access::Public && !route.is(Mark::Always)) {
        let does_it = route.path == page || page == "/account/second-factor" && route.is(Mark::SetsFactorUp);
        if route.access.role().is_none_or(|least| role < least) || does_it {
            continue;
        }
        let path = route.path.replace("{jail}", "sshd").replace("{account}", "1");
        let answer =
            if route.method == "GET" { visitor.get(&path).await? } else { visitor.post(&path, &[]).await? };
        assert_eq!((answer.status, answer.location()), (303, page), "{} {path}", route.method);
    }
    let part = visitor.part("/jails/table").await?;
    assert_eq!((part.status, part.header("hx-redirect")), (401, page));
    Ok(())
}

/// Unbans by the quick way, which is never closed to an operator.
async fn unbans(site: &Site, visitor: &Visitor, address: &str) -> TestResult {
    client(&site.daemon, &["set", "sshd", "banip", address])?;
    until("it is banned", || Ok(banned(&site.daemon, "sshd")?.iter().any(|ban| ban == address))).await?;
    let done = visitor.submit("/unban", &[("ip", address)]).await?;
    assert!(done.text("#messages")?.contains("is no longer banned"), "{}", done.text("#messages")?);
    Ok(())
}

#[tokio::test]
async fn a_password_that_somebody_else_chose_is_changed_before_anything_but_the_quick_unban() -> TestResult {
    let site = Site::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let admin = Visitor::admin(site.address).await?;
    admin.post("/accounts", &[("username", "bob"), ("password", FIRST), ("role", "operator")]).await?;
    assert!(admin.get("/accounts").await?.text("tr[data-account=bob]")?.contains("has to choose a password"));
    let mut bob = led_to(site.address, "bob", FIRST, "/account/password").await?;
    nothing_else_is_reached(&bob, Role::Operator, "/account/password").await?;
    unbans(&site, &bob, "203.0.113.5").await?;

    let change = |new: &'static str| [("current_password", FIRST), ("password", new)];
    for refused in [FIRST, "bob-bob-bob", "password123"] {
        let answer = bob.post("/account/password", &change(refused)).await?;
        assert_eq!((answer.status, answer.texts("#new[aria-invalid]")?.len()), (422, 1), "{refused}");
        assert!(answer.texts("li[data-session]")?.is_empty(), "a page of its own");
    }
    assert_eq!(bob.post("/account/password", &change(PASSWORD)).await?.location(), "/account");
    bob.renew_token().await?;
    assert_eq!(bob.get("/jails").await?.status, 200);
    assert!(
        !admin.get("/accounts").await?.text("tr[data-account=bob]")?.contains("has to choose a password")
    );

    // And again after a reset.
    assert_eq!(admin.post("/accounts/2/reset", &[("password", FIRST)]).await?.status, 303);
    led_to(site.address, "bob", FIRST, "/account/password").await?;
    Ok(())
}

#[tokio::test]
async fn a_role_that_needs_a_second_factor_sets_it_up_before_anything_but_the_quick_unban() -> TestResult {
    let site = Site::start(&[DemoJail::new("sshd", "sshd")]).await?;
    for role in [Role::Operator, Role::Viewer] {
        site.add_account(role.as_ref(), role).await?;
    }
    let mut admin = Visitor::admin(site.address).await?;
    turn_on(&mut admin, &site.clock).await?;
    let before = Visitor::logged_in(site.address, "operator").await?;
    let saved = admin.submit("/accounts/require/second-factor", &[("least", "operator")]).await?;
    assert!(saved.text("#messages")?.contains("Operators and administrators have to"));
    assert_eq!(saved.attributes("#least option[selected]", "value")?, ["operator"]);
    assert_eq!(admin.get("/jails").await?.status, 200, "who has one goes on");
    assert_eq!(before.get("/jails").await?.location(), "/account/second-factor", "also in an open session");
    Visitor::logged_in(site.address, "viewer").await?.get("/jails").await?;

    let operator = led_to(site.address, "operator", PASSWORD, "/account/second-factor").await?;
    nothing_else_is_reached(&operator, Role::Operator, "/account/second-factor").await?;
    unbans(&site, &operator, "203.0.113.5").await?;
    let app = App::set_up(&operator.get("/account/second-factor").await?)?;
    let fields = [("current_password", PASSWORD), ("code", &app.code(&site.clock)?)];
    assert_eq!(operator.post("/account/second-factor", &fields).await?.status, 200);
    assert_eq!(operator.get("/jails").await?.status, 200);

    let none = admin.submit("/accounts/require/second-factor", &[("least", "")]).await?;
    assert!(none.text("#messages")?.contains("Nobody has to"));
    assert_eq!(admin.post("/accounts/require/second-factor", &[("least", "root")]).await?.status, 422);
    Ok(())
}

#[tokio::test]
async fn the_configuration_demands_a_second_factor_and_no_page_takes_that_back() -> TestResult {
    let bangui = Site::requiring_second_factor(Role::Viewer).await?;
    led_to(bangui.address, "admin", PASSWORD, "/account/second-factor").await?;
    Ok(())
}

/// A login of the administrator's with this browser. Returns the answer to a page.
async fn logged_in_with(bangui: &Bangui, agent: &str) -> Result<Visitor> {
    let mut visitor = Visitor::with_agent(bangui.address, agent).await?;
    assert_eq!(visitor.log_in("admin", PASSWORD, "/").await?.status, 303);
    visitor.renew_token().await?;
    Ok(visitor)
}

async fn notices(visitor: &Visitor) -> Result<Vec<String>> {
    visitor.get("/account").await?.texts(".notices li")
}

#[tokio::test]
async fn a_new_device_is_told_to_the_others_until_it_is_dismissed() -> TestResult {
    let bangui = Site::without_daemon().await?;
    let owner = Visitor::admin(bangui.address).await?;
    assert!(notices(&owner).await?.is_empty(), "the first device is not new");
    let thief = logged_in_with(&bangui, IPHONE).await?;
    assert!(notices(&thief).await?.is_empty(), "whoever did it is not told, and cannot dismiss it");
    let page = owner.get("/account").await?;
    let told = page.text(".notices li")?;
    assert!(told.contains("from a new device: Safari on iPhone, from 127.0.0.1."), "{told}");
    let last = page.attributes("input[name=last]", "value")?.concat();
    thief.post("/account/notices/dismiss", &[("last", &last)]).await?;
    let again = logged_in_with(&bangui, IPHONE).await?;
    let told = again.submit("/account/notices/dismiss", &[("last", &last), ("next", "/audit")]).await?;
    assert!(told.text("#messages")?.contains("about this device"), "nor by another login: {}", told.body);
    assert_eq!(notices(&owner).await?.len(), 1, "and again on the next page");
    let back = owner.post("/account/notices/dismiss", &[("last", &last), ("next", "/audit")]).await?;
    assert_eq!(back.location(), "/audit");
    assert!(notices(&owner).await?.is_empty());
    logged_in_with(&bangui, IPHONE).await?;
    assert!(notices(&owner).await?.is_empty(), "a known device is not new");
    Ok(())
}

#[tokio::test]
async fn this_was_not_me_ends_the_other_sessions_and_leads_to_the_password() -> TestResult {
    let bangui = Site::without_daemon().await?;
    let owner = Visitor::admin(bangui.address).await?;
    let thief = logged_in_with(&bangui, IPHONE).await?;
    let page = owner.get("/account").await?;
    let last = page.attributes("input[name=last]", "value")?.concat();
    let not_me = page.attributes(".notices [formaction]", "formaction")?.concat();
    let led = owner.submit(&not_me, &[("last", &last)]).await?;
    assert_eq!(led.text("h1")?, "Choose a new password");
    assert!(led.text("#messages")?.contains("Your other sessions have ended"));
    assert_eq!((thief.get("/account").await?.status, owner.get("/account").await?.status), (303, 200));
    let audit = owner.get("/audit").await?;
    assert!(audit.text("tbody tr")?.contains("report a stranger"));
    Ok(())
}

#[tokio::test]
async fn changes_of_password_factor_and_role_are_told_and_not_to_whoever_made_them() -> TestResult {
    let bangui = Site::without_daemon().await?;
    bangui.add_account("bob", Role::Viewer).await?;
    let admin = Visitor::admin(bangui.address).await?;
    let mut bob = Visitor::logged_in(bangui.address, "bob").await?;
    turn_on(&mut bob, &bangui.clock).await?;
    assert!(notices(&bob).await?.is_empty());
    assert_eq!(admin.post("/accounts/2/role", &[("role", "operator")]).await?.status, 303);
    assert_eq!(admin.post("/accounts/2/reset", &[("password", FIRST)]).await?.status, 303);
    assert!(notices(&admin).await?.is_empty());
    let bob = led_to(bangui.address, "bob", FIRST, "/account/password").await?;
    let told = bob.get("/account/password").await?.texts(".notices li")?;
    let expected = [
        "An administrator gave you a new password",
        "An administrator made you operator.",
        "Two-factor authentication was set up",
    ];
    assert_eq!(told.len(), expected.len(), "{told:?}");
    for (told, words) in told.iter().zip(expected) {
        assert!(told.contains(words), "{told}");
    }
    Ok(())
}

#[tokio::test]
async fn an_administrator_ends_the_sessions_of_another_alone() -> TestResult {
    let bangui = Site::without_daemon().await?;
    bangui.add_account("bob", Role::Viewer).await?;
    let admin = Visitor::admin(bangui.address).await?;
    let bob = Visitor::logged_in(bangui.address, "bob").await?;
    let done = admin.submit("/accounts/2/sessions/end", &[]).await?;
    assert_eq!(done.text("#messages")?, "The session of bob has ended.");
    assert_eq!(bob.get("/account").await?.status, 303);
    assert_eq!(admin.post("/accounts/1/sessions/end", &[]).await?.status, 409, "one's own are elsewhere");
    Visitor::logged_in(bangui.address, "bob").await?;
    assert!(admin.get("/audit").await?.text("tbody")?.contains("end sessions of account"));
    bangui.clock.pass(Duration::from_mins(10));
    let asked = Answer::of(
        admin.request(Method::POST, "/accounts/2/sessions/end").form(&[("csrf_token", admin.token.as_str())]),
    )
    .await?;
    assert!(asked.location().starts_with("/confirm"));
    Ok(())
}
