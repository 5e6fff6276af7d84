//! The second factor: setting it up, logging in with it, its recovery codes, turning it off.

use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;

use bangui::domain::account::Role;

use crate::support::TestResult;
pub use crate::support::second_factor::{App, STEP, turn_on};
use crate::support::site::{PASSWORD, Site};
use crate::support::visitor::Visitor;

/// Somebody whose password was right, and of whom the second factor is asked.
pub async fn log_half_in(site: &Site, name: &str) -> Result<Visitor, Box<dyn Error>> {
    site.add_account(name, Role::Administrator).await?;
    let mut visitor = Visitor::logged_in(site.address, name).await?;
    turn_on(&mut visitor, &site.clock).await?;
    half_in(site.address, name).await
}

/// Somebody whose password was right, in an account that has a second factor.
pub async fn half_in(address: SocketAddr, name: &str) -> Result<Visitor, Box<dyn Error>> {
    let mut visitor = Visitor::stranger(address).await?;
    let answer = visitor.log_in(name, PASSWORD, "/jails?page=2").await?;
    assert_eq!((answer.status, answer.location()), (303, "/login/code"));
    visitor.token = visitor.get("/login/code").await?.token()?;
    Ok(visitor)
}

#[tokio::test]
async fn with_it_a_login_needs_a_code_and_each_code_is_good_once() -> TestResult {
    let bangui = Site::without_daemon().await?;
    let mut owner = Visitor::admin(bangui.address).await?;
    let (app, _) = turn_on(&mut owner, &bangui.clock).await?;
    assert_eq!(owner.get("/account").await?.text("[aria-labelledby=factor-title] .badge")?, "on");

    let first = half_in(bangui.address, "admin").await?;
    assert_eq!(first.get("/account").await?.status, 303, "not logged in yet");
    let wrong = first.post("/login/code", &[("code", "000000")]).await?;
    assert_eq!((wrong.status, wrong.text("[role=alert]")?.contains("wrong")), (422, true));
    let code = app.code(&bangui.clock)?;
    let right = first.post("/login/code", &[("code", &code)]).await?;
    assert_eq!((right.status, right.location()), (303, "/jails?page=2"));
    assert_eq!(first.get("/account").await?.status, 200);

    let second = half_in(bangui.address, "admin").await?;
    assert_eq!(second.post("/login/code", &[("code", &code)]).await?.status, 422, "used before");
    bangui.clock.pass(STEP);
    assert_eq!(second.post("/login/code", &[("code", &app.code(&bangui.clock)?)]).await?.status, 303);
    Ok(())
}

#[tokio::test]
async fn a_recovery_code_logs_in_once_and_tells_how_many_are_left() -> TestResult {
    let bangui = Site::without_daemon().await?;
    let mut owner = Visitor::admin(bangui.address).await?;
    let (_, codes) = turn_on(&mut owner, &bangui.clock).await?;
    let code = codes.first().ok_or("no code")?;
    let visitor = half_in(bangui.address, "admin").await?;
    let typed = format!(" {} ", code.to_uppercase().replace('-', " "));
    assert_eq!(visitor.post("/login/code", &[("code", &typed)]).await?.status, 303);
    let page = visitor.get("/account").await?;
    assert!(page.text("#messages")?.contains("9 are left"), "{}", page.text("#messages")?);
    let again = half_in(bangui.address, "admin").await?;
    assert_eq!(again.post("/login/code", &[("code", code)]).await?.status, 422);
    Ok(())
}

#[tokio::test]
async fn turning_it_on_and_off_asks_for_the_password_and_ends_the_other_sessions() -> TestResult {
    let bangui = Site::without_daemon().await?;
    let mut owner = Visitor::admin(bangui.address).await?;
    let page = owner.get("/account/second-factor").await?;
    let app = App::set_up(&page)?;
    let code = app.code(&bangui.clock)?;
    let send = async |password: &str, code: &str| {
        owner.post("/account/second-factor", &[("current_password", password), ("code", code)]).await
    };
    let wrong = send("not the password", &code).await?;
    assert_eq!((wrong.status, wrong.text("#current-mistake")?.as_str()), (422, "This is not your password."));
    assert_eq!(App::set_up(&wrong)?.0, app.0, "what was scanned stays right");
    let wrong = send(PASSWORD, "000000").await?;
    assert_eq!((wrong.status, wrong.texts("#code-mistake")?.len()), (422, 1));
    assert_eq!(owner.get("/account").await?.text("[aria-labelledby=factor-title] .badge")?, "off");

    let other = Visitor::admin(bangui.address).await?;
    let (app, _) = turn_on(&mut owner, &bangui.clock).await?;
    assert_eq!((other.get("/account").await?.status, owner.get("/account").await?.status), (303, 200));

    let code = app.code(&bangui.clock)?;
    let fields = |password: &'static str| [("current_password", password), ("current_code", code.as_str())];
    let refused = owner.post("/account/second-factor/off", &fields("no")).await?;
    assert_eq!((refused.status, refused.texts("#factor-current-mistake")?.len()), (422, 1));
    let off = owner.submit("/account/second-factor/off", &fields(PASSWORD)).await?;
    assert_eq!(off.text("[aria-labelledby=factor-title] .badge")?, "off");
    assert_eq!(Visitor::admin(bangui.address).await?.get("/account").await?.status, 200);
    Ok(())
}

#[tokio::test]
async fn new_recovery_codes_take_the_place_of_the_old() -> TestResult {
    let bangui = Site::without_daemon().await?;
    let mut owner = Visitor::admin(bangui.address).await?;
    let (app, old) = turn_on(&mut owner, &bangui.clock).await?;
    let fields = [("current_password", PASSWORD), ("current_code", &app.code(&bangui.clock)?)];
    let made = owner.post("/account/recovery-codes", &fields).await?;
    let new = made.texts(".recovery code")?;
    assert_eq!((made.status, new.len()), (200, 10));
    assert!(new.iter().all(|code| !old.contains(code)));
    assert!(owner.get("/account").await?.texts(".recovery code")?.is_empty(), "shown only once");
    let visitor = half_in(bangui.address, "admin").await?;
    assert_eq!(visitor.post("/login/code", &[("code", &old[0])]).await?.status, 422);
    assert_eq!(visitor.post("/login/code", &[("code", &new[0])]).await?.status, 303);
    Ok(())
}

#[tokio::test]
async fn the_qr_code_holds_the_secret_that_is_shown() -> TestResult {
    let bangui = Site::without_daemon().await?;
    let owner = Visitor::admin(bangui.address).await?;
    let page = owner.get("/account/second-factor").await?;
    let size: f64 =
        page.attributes("svg.qr", "viewBox")?.concat().split(' ').next_back().ok_or("no size")?.parse()?;
    let path = page.attributes("svg.qr path", "d")?.concat();
    assert!(size > 20.0 && path.starts_with('M') && path.len() > 500, "{size} {path}");
    assert!(!page.body.contains("otpauth://"), "the secret stands in one place as text");
    assert_eq!(page.header("cache-control"), "no-store");
    Ok(())
}

/// What changes or removes a second factor, each with the form's other fields right.
const CHANGES: [&str; 3] =
    ["/account/second-factor", "/account/second-factor/off", "/account/recovery-codes"];

#[tokio::test]
async fn the_password_alone_neither_changes_nor_removes_it() -> TestResult {
    let bangui = Site::without_daemon().await?;
    let mut owner = Visitor::admin(bangui.address).await?;
    let (app, codes) = turn_on(&mut owner, &bangui.clock).await?;
    let thief_app = App::set_up(&owner.get("/account/second-factor").await?)?;
    assert_ne!(thief_app.0, app.0);
    let thief_code = thief_app.code(&bangui.clock)?;
    for path in CHANGES {
        for given in [None, Some(""), Some("000000"), Some(thief_code.as_str()), Some("abcd-efgh-jkmn-pqrs")]
        {
            let mut fields = vec![("current_password", PASSWORD), ("code", thief_code.as_str())];
            fields.extend(given.map(|code| ("current_code", code)));
            let refused = owner.post(path, &fields).await?;
            let mistakes = refused.texts("[id$=code-mistake]")?;
            assert_eq!((refused.status, mistakes.len()), (422, 1), "{path} {given:?}");
            bangui.clock.pass(Duration::from_mins(15));
            let page = owner.get("/account/second-factor").await?;
            assert_eq!(page.status, 200);
        }
    }
    assert!(
        owner.get("/account").await?.text("[aria-labelledby=factor-title]")?.contains("10 recovery codes")
    );

    // A recovery code does, and so does the present app.
    let new_app = App::set_up(&owner.get("/account/second-factor").await?)?;
    let fields = [
        ("current_password", PASSWORD),
        ("code", &new_app.code(&bangui.clock)?),
        ("current_code", &codes[0]),
    ];
    let changed = owner.post(CHANGES[0], &fields).await?;
    assert_eq!((changed.status, changed.texts(".recovery code")?.len()), (200, 10));
    owner.token = changed.token()?;
    bangui.clock.pass(STEP);
    let fields = [("current_password", PASSWORD), ("current_code", &new_app.code(&bangui.clock)?)];
    assert_eq!(owner.post(CHANGES[1], &fields).await?.status, 303);
    Ok(())
}

#[tokio::test]
async fn whoever_logged_in_with_the_last_recovery_code_turns_it_off_with_the_password_for_ten_minutes()
-> TestResult {
    let bangui = Site::without_daemon().await?;
    let mut owner = Visitor::admin(bangui.address).await?;
    let (_, codes) = turn_on(&mut owner, &bangui.clock).await?;
    let mut late = half_in(bangui.address, "admin").await?;
    assert_eq!(late.post("/login/code", &[("code", &codes[0])]).await?.status, 303);
    late.renew_token().await?;
    bangui.clock.pass(Duration::from_mins(10));
    let off = [("current_password", PASSWORD)];
    assert_eq!(late.post("/account/second-factor/off", &off).await?.status, 422);
    let mut soon = half_in(bangui.address, "admin").await?;
    assert_eq!(soon.post("/login/code", &[("code", &codes[1])]).await?.status, 303);
    soon.renew_token().await?;
    assert!(soon.get("/account").await?.texts("#factor-code")?.is_empty());
    let off = soon.submit("/account/second-factor/off", &off).await?;
    assert_eq!(off.text("[aria-labelledby=factor-title] .badge")?, "off");
    Ok(())
}

#[tokio::test]
async fn the_secret_is_the_servers_and_is_never_sent_back() -> TestResult {
    let bangui = Site::without_daemon().await?;
    let owner = Visitor::admin(bangui.address).await?;
    let page = owner.get("/account/second-factor").await?;
    assert!(page.attributes("input[name=secret]", "value")?.is_empty());
    let own = App(vec![0; 20]);
    let own_code = own.code(&bangui.clock)?;
    for secret in ["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "AAAA AAAA AAAA AAAA AAAA AAAA AAAA AAAA", "x"] {
        let fields = [("secret", secret), ("current_password", PASSWORD), ("code", own_code.as_str())];
        let refused = owner.post("/account/second-factor", &fields).await?;
        assert_eq!((refused.status, refused.texts("#code-mistake")?.len()), (422, 1), "{secret}");
    }
    Ok(())
}

#[tokio::test]
async fn a_secret_belongs_to_its_session_and_ends_after_fifteen_minutes() -> TestResult {
    let bangui = Site::without_daemon().await?;
    let owner = Visitor::admin(bangui.address).await?;
    let other = Visitor::admin(bangui.address).await?;
    let app = App::set_up(&owner.get("/account/second-factor").await?)?;
    assert_eq!(App::set_up(&owner.get("/account/second-factor").await?)?.0, app.0, "a page loaded again");
    assert_ne!(App::set_up(&other.get("/account/second-factor").await?)?.0, app.0);
    let send = async |visitor: &Visitor| {
        let fields = [("current_password", PASSWORD), ("code", &app.code(&bangui.clock)?)];
        visitor.post("/account/second-factor", &fields).await
    };
    assert_eq!(send(&other).await?.status, 422);
    bangui.clock.pass(Duration::from_mins(15));
    let late = send(&owner).await?;
    assert_eq!((late.status, late.text("#code-mistake")?.contains("has expired")), (422, true));
    assert_ne!(App::set_up(&late)?.0, app.0, "a new one to scan");
    Ok(())
}

#[tokio::test]
async fn recovery_codes_have_120_bits_and_short_ones_of_before_work_and_are_to_be_renewed() -> TestResult {
    let bangui = Site::without_daemon().await?;
    let mut owner = Visitor::admin(bangui.address).await?;
    let (app, codes) = turn_on(&mut owner, &bangui.clock).await?;
    for code in &codes {
        assert_eq!(code.split('-').map(str::len).collect::<Vec<_>>(), [4; 6], "{code}");
    }
    assert!(!owner.get("/account").await?.body.contains("shorter than BanGUI makes them"));
    bangui.store_short_recovery_code("k7qm3v0zk7qm3v0z")?;
    assert!(owner.get("/account").await?.body.contains("shorter than BanGUI makes them"));
    let visitor = half_in(bangui.address, "admin").await?;
    assert_eq!(visitor.post("/login/code", &[("code", "K7QM-3V0Z-K7QM-3V0Z")]).await?.status, 303);
    bangui.store_short_recovery_code("k7qm3v0zk7qm3v0z")?;
    let fields = [("current_password", PASSWORD), ("current_code", &app.code(&bangui.clock)?)];
    assert_eq!(owner.post("/account/recovery-codes", &fields).await?.status, 200);
    assert!(!owner.get("/account").await?.body.contains("shorter than BanGUI makes them"));
    Ok(())
}

#[tokio::test]
async fn a_code_that_was_used_while_the_clock_was_ahead_locks_nobody_out() -> TestResult {
    let bangui = Site::without_daemon().await?;
    let year = Duration::from_hours(24 * 365);
    bangui.clock.pass(year);
    let mut owner = Visitor::admin(bangui.address).await?;
    let (app, _) = turn_on(&mut owner, &bangui.clock).await?;
    bangui.clock.turn_back(year);
    let visitor = half_in(bangui.address, "admin").await?;
    let code = app.code(&bangui.clock)?;
    assert_eq!(visitor.post("/login/code", &[("code", &code)]).await?.status, 303);
    let again = half_in(bangui.address, "admin").await?;
    assert_eq!(again.post("/login/code", &[("code", &code)]).await?.status, 422, "and is used up as ever");
    Ok(())
}
