//! An authenticator app, and a second factor that is turned on with it.

use std::error::Error;
use std::time::Duration;

use bangui::domain::clock::Clock;
use totp_rs::{Algorithm, TOTP};

use crate::support::site::PASSWORD;
use crate::support::visitor::{Answer, Visitor};

/// Seconds between two codes.
pub const STEP: Duration = Duration::from_secs(30);

/// An authenticator app that has scanned the secret of a page.
pub struct App(pub Vec<u8>);

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

/// Turns the second factor of whoever `visitor` is on. Returns the app and the recovery codes.
pub async fn turn_on(visitor: &mut Visitor, clock: &Clock) -> Result<(App, Vec<String>), Box<dyn Error>> {
    let page = visitor.get("/account/second-factor").await?;
    let app = App::set_up(&page)?;
    let fields = [("current_password", PASSWORD), ("code", &app.code(clock)?)];
    let done = visitor.post("/account/second-factor", &fields).await?;
    let codes = done.texts(".recovery code")?;
    assert_eq!((done.status, codes.len()), (200, 10), "{}", done.body);
    visitor.token = done.token()?;
    // The code of this step is used up.
    clock.pass(STEP);
    Ok((app, codes))
}
