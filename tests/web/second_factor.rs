//! The second factor: setting it up, logging in with it, its recovery codes, turning it off.

use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;

use bangui::domain::account::Role;
use bangui::domain::clock::Clock;
use totp_rs::{Algorithm, TOTP};

use crate::support::TestResult;
use crate::support::site::{PASSWORD, Site};
use crate::support::visitor::{Answer, Visitor};

const STEP: Duration = Duration::from_secs(30);

/// An authenticator app that has scanned the secret of a page.
pub struct App(Vec<u8>);

impl App {
    /// Reads the secret as somebody types it.
    pub fn set_up(page: &Answer) -> Result<Self, Box<dyn Error>> {
        let shown: String = page.text(".secret code")?.split_whitespace().collect();
        let secret = base32::decode(base32::Alphabet::Rfc4648 { padding: false }, &shown);
        Ok(Self(secret.ok_or_else(|| format!("no secret: {shown:?}"))?))
    }

    /// The code that it shows at the time of `clock`.
    pub fn code(&self, clock: &Clock) -> Result<String, Box<dyn Error>> {
        let totp = TOTP::new(Algorithm::SHA1, 6, 0, 30, self.0.clone()).map_err(|error| error.to_string())?;
        Ok(totp.generate(clock.now().try_into()?))
    }
}

fn hidden(page: &Answer) -> Result<String, Box<dyn Error>> {
    Ok(page.attributes("input[name=secret]", "value")?.concat())
}

/// Turns the second factor of whoever `visitor` is on. Returns the app and the recovery codes.
pub async fn turn_on(visitor: &mut Visitor, clock: &Clock) -> Result<(App, Vec<String>), Box<dyn Error>> {
    let page = visitor.get("/account/second-factor").await?;
    let app = App::set_up(&page)?;
    let secret = hidden(&page)?;
    let fields = [("secret", secret.as_str()), ("current_password", PASSWORD), ("code", &app.code(clock)?)];
    let done = visitor.post("/account/second-factor", &fields).await?;
    let codes = done.texts(".recovery code")?;
    assert_eq!((done.status, codes.len()), (200, 10), "{}", done.body);
    visitor.token = done.token()?;
    // The code of this step is used up.
    clock.pass(STEP);
    Ok((app, codes))
}

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
    let (secret, code) = (hidden(&page)?, app.code(&bangui.clock)?);
    let proof = |password: &'static str, code: &str| {
        [("secret", secret.clone()), ("current_password", password.to_owned()), ("code", code.to_owned())]
    };
    let send = async |proof: [(&'static str, String); 3]| {
        let fields: Vec<_> = proof.iter().map(|(name, value)| (*name, value.as_str())).collect();
        owner.post("/account/second-factor", &fields).await
    };
    let wrong = send(proof("not the password", &code)).await?;
    assert_eq!((wrong.status, wrong.text("#current-mistake")?.as_str()), (422, "This is not your password."));
    assert_eq!(App::set_up(&wrong)?.0, app.0, "what was scanned stays right");
    let wrong = send(proof(PASSWORD, "000000")).await?;
    assert_eq!(owner.post("/account/second-factor", &[("secret", "x")]).await?.status, 422);
    assert_eq!((wrong.status, wrong.texts("#code-mistake")?.len()), (422, 1));
    assert_eq!(owner.get("/account").await?.text("[aria-labelledby=factor-title] .badge")?, "off");

    let other = Visitor::admin(bangui.address).await?;
    turn_on(&mut owner, &bangui.clock).await?;
    assert_eq!((other.get("/account").await?.status, owner.get("/account").await?.status), (303, 200));

    let refused = owner.post("/account/second-factor/off", &[("current_password", "no")]).await?;
    assert_eq!((refused.status, refused.texts("#factor-current-mistake")?.len()), (422, 1));
    let off = owner.submit("/account/second-factor/off", &[("current_password", PASSWORD)]).await?;
    assert_eq!(off.text("[aria-labelledby=factor-title] .badge")?, "off");
    assert_eq!(Visitor::admin(bangui.address).await?.get("/account").await?.status, 200);
    Ok(())
}

#[tokio::test]
async fn new_recovery_codes_take_the_place_of_the_old() -> TestResult {
    let bangui = Site::without_daemon().await?;
    let mut owner = Visitor::admin(bangui.address).await?;
    let (_, old) = turn_on(&mut owner, &bangui.clock).await?;
    let made = owner.post("/account/recovery-codes", &[("current_password", PASSWORD)]).await?;
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
