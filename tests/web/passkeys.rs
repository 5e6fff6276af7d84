//! Passkeys, with a browser and an authenticator of our own.

use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;

use bangui::config::HttpConfig;
use bangui::domain::account::Role;
use bangui::web::Deadlines;
use serde_json::Value;

use crate::support::TestResult;
use crate::support::authenticator::Authenticator;
use crate::support::site::{Bangui, NAME, PASSWORD, Site};
use crate::support::visitor::{Answer, Visitor, fail_from_everywhere};
use crate::web::second_factor::turn_on;

mod refused;

/// The part of one's account that lists passkeys.
const LIST: &str = "[aria-labelledby=passkeys-title]";

/// Whoever `name` is, logged in where there are passkeys.
async fn at_localhost(address: SocketAddr, name: &str) -> Result<Visitor, Box<dyn Error>> {
    Visitor::at_localhost(address).await?.then_logged_in(name).await
}

/// The question at `path`.
async fn question(visitor: &Visitor, path: &str) -> Result<Value, Box<dyn Error>> {
    let answer = visitor.get(path).await?;
    if answer.status != 200 {
        return Err(format!("{path}: {}", answer.status).into());
    }
    assert_eq!(
        (answer.header("content-type"), answer.header("cache-control")),
        ("application/json", "no-store")
    );
    Ok(serde_json::from_str(&answer.body)?)
}

/// The answer of `key` to the question at `path`.
async fn signed(key: &mut Authenticator, visitor: &Visitor, path: &str) -> Result<String, Box<dyn Error>> {
    key.sign(&question(visitor, path).await?, visitor.origin())
}

/// Adds a passkey of `visitor`, who gives `proof` beside the password.
async fn add(
    visitor: &mut Visitor,
    name: &str,
    proof: &[(&str, &str)],
) -> Result<(Authenticator, Answer), Box<dyn Error>> {
    let fields = [&[("name", name), ("current_password", PASSWORD)], proof].concat();
    let begun = visitor.post("/account/passkeys/new", &fields).await?;
    assert_eq!((begun.status, begun.location()), (303, "/account/passkeys/new"), "{}", begun.body);
    assert!(visitor.get(begun.location()).await?.text("main")?.contains(name));
    let mut key = Authenticator::new()?;
    let made = key.make(&question(visitor, "/account/passkeys/made").await?, visitor.origin())?;
    let added = visitor.post("/account/passkeys", &[("passkey", &made)]).await?;
    visitor.renew_token().await?;
    Ok((key, added))
}

/// The first passkey of `visitor`, and the recovery codes.
async fn first(visitor: &mut Visitor) -> Result<(Authenticator, Vec<String>), Box<dyn Error>> {
    let (key, added) = add(visitor, "My phone", &[]).await?;
    let codes = added.texts(".recovery code")?;
    assert_eq!((added.status, codes.len()), (200, 10), "{}", added.body);
    Ok((key, codes))
}

/// Logs in by `key` alone, on a page of `visitor`.
async fn log_in(key: &mut Authenticator, visitor: &Visitor) -> Result<Answer, Box<dyn Error>> {
    let answer = signed(key, visitor, "/login/passkey").await?;
    visitor.post("/login/passkey", &[("passkey", &answer), ("next", "/jails?page=2")]).await
}

/// Somebody whose password was right, and of whom the second factor is asked.
async fn half_in(address: SocketAddr, name: &str) -> Result<Visitor, Box<dyn Error>> {
    let mut visitor = Visitor::at_localhost(address).await?;
    let answer = visitor.log_in(name, PASSWORD, "/").await?;
    assert_eq!((answer.status, answer.location()), (303, "/login/code"));
    visitor.token = visitor.get("/login/code").await?.token()?;
    Ok(visitor)
}

async fn is_logged_in(visitor: &Visitor) -> Result<bool, Box<dyn Error>> {
    Ok(visitor.get("/account").await?.status == 200)
}

#[tokio::test]
async fn a_passkey_logs_in_alone_and_names_nobody() -> TestResult {
    let bangui = Site::without_daemon().await?;
    let mut owner = at_localhost(bangui.address, NAME).await?;
    assert!(owner.get("/account").await?.text(LIST)?.contains("none"));
    let (mut key, _) = first(&mut owner).await?;
    let listed = owner.get("/account").await?.text(LIST)?;
    assert!(listed.contains("My phone") && listed.contains("never used"), "{listed}");

    let stranger = Visitor::at_localhost(bangui.address).await?;
    let asked = question(&stranger, "/login/passkey").await?;
    assert_eq!((&asked["rpId"], &asked["userVerification"]), (&"localhost".into(), &"required".into()));
    assert!(asked["allowCredentials"].as_array().is_none_or(Vec::is_empty), "{asked}");
    let done = log_in(&mut key, &stranger).await?;
    assert_eq!((done.status, done.location()), (303, "/jails?page=2"));
    assert!(is_logged_in(&stranger).await?);
    let listed = owner.get("/account").await?.text(LIST)?;
    assert!(
        listed.contains("used now") || listed.contains("used just now") || listed.contains("ago"),
        "{listed}"
    );
    assert!(!listed.contains("never used"), "{listed}");
    let audit = owner.get("/audit?show=all&fold=no").await?.text("main")?;
    assert!(audit.contains("add passkey") && audit.contains("By a passkey alone."), "{audit}");
    assert!(!audit.contains("clientDataJSON"));
    Ok(())
}

#[tokio::test]
async fn what_authenticators_are_told_of_an_account_is_random_and_the_same_for_each_passkey() -> TestResult {
    let bangui = Site::without_daemon().await?;
    let mut owner = at_localhost(bangui.address, NAME).await?;
    let mut asked = Vec::new();
    for name in ["One", "Two"] {
        let proof = [("name", name), ("current_password", PASSWORD)];
        assert_eq!(owner.post("/account/passkeys/new", &proof).await?.status, 303);
        asked.push(question(&owner, "/account/passkeys/made").await?);
    }
    let handle = asked[0]["user"]["id"].as_str().ok_or("no handle")?;
    assert_eq!((handle.len(), &asked[0]["user"]["id"]), (86, &asked[1]["user"]["id"]), "64 bytes");
    assert_ne!(asked[0]["challenge"], asked[1]["challenge"]);
    assert_eq!((&asked[0]["rp"]["id"], &asked[0]["attestation"]), (&"localhost".into(), &"none".into()));
    let (key, _) = first(&mut owner).await?;
    let code = signed(&mut key.clone(), &owner, "/account/passkeys/own").await?;
    let proof = [("name", "Three"), ("current_password", PASSWORD), ("passkey", code.as_str())];
    assert_eq!(owner.post("/account/passkeys/new", &proof).await?.status, 303);
    let third = question(&owner, "/account/passkeys/made").await?;
    assert_eq!(third["excludeCredentials"][0]["id"], key.id(), "one authenticator makes no second one");
    Ok(())
}

#[tokio::test]
async fn after_the_password_a_passkey_or_a_recovery_code_is_asked_for() -> TestResult {
    let bangui = Site::without_daemon().await?;
    let mut owner = at_localhost(bangui.address, NAME).await?;
    let (mut key, codes) = first(&mut owner).await?;
    assert_eq!(owner.get("/account").await?.text("[aria-labelledby=factor-title] .badge")?, "on");

    let visitor = half_in(bangui.address, NAME).await?;
    assert!(!is_logged_in(&visitor).await?);
    let asked = question(&visitor, "/login/code/passkey").await?;
    assert_eq!(asked["allowCredentials"][0]["id"], key.id());
    // A key without a PIN that keeps no names is enough here.
    let mut simple = Authenticator { verifies: false, tells_handle: false, ..key.clone() };
    let answer = simple.sign(&asked, visitor.origin())?;
    assert_eq!(visitor.post("/login/code", &[("passkey", &answer), ("code", "")]).await?.status, 303);
    assert!(is_logged_in(&visitor).await?);
    key.counter = simple.counter;

    let visitor = half_in(bangui.address, NAME).await?;
    assert_eq!(visitor.post("/login/code", &[("code", "000000")]).await?.status, 422);
    assert_eq!(visitor.post("/login/code", &[("code", &codes[0])]).await?.status, 303);
    assert!(visitor.get("/account").await?.text("#messages")?.contains("9 are left"));
    let visitor = half_in(bangui.address, NAME).await?;
    assert_eq!(visitor.post("/login/code", &[("code", &codes[0])]).await?.status, 422, "used before");
    Ok(())
}

#[tokio::test]
async fn a_key_without_a_pin_is_a_second_factor_only() -> TestResult {
    let bangui = Site::without_daemon().await?;
    let owner = at_localhost(bangui.address, NAME).await?;
    let proof = [("name", "Old key"), ("current_password", PASSWORD)];
    assert_eq!(owner.post("/account/passkeys/new", &proof).await?.status, 303);
    let mut key = Authenticator { verifies: false, ..Authenticator::new()? };
    let made = key.make(&question(&owner, "/account/passkeys/made").await?, owner.origin())?;
    assert_eq!(owner.post("/account/passkeys", &[("passkey", &made)]).await?.status, 200);
    assert!(owner.get("/account").await?.text(LIST)?.contains("second factor only"));
    let stranger = Visitor::at_localhost(bangui.address).await?;
    assert_eq!(log_in(&mut key, &stranger).await?.location(), "/login");
    assert!(!is_logged_in(&stranger).await?);
    // Whoever finds it gives it a PIN.
    key.verifies = true;
    assert_eq!(log_in(&mut key, &stranger).await?.location(), "/login");
    assert!(!is_logged_in(&stranger).await?);
    // Its owner has to do so, after the password.
    let visitor = half_in(bangui.address, NAME).await?;
    let answer = signed(&mut key, &visitor, "/login/code/passkey").await?;
    assert_eq!(visitor.post("/login/code", &[("passkey", &answer)]).await?.status, 303);
    assert_eq!(log_in(&mut key, &stranger).await?.location(), "/jails?page=2");
    Ok(())
}

#[tokio::test]
async fn adding_one_takes_the_password_and_the_present_factor() -> TestResult {
    let bangui = Site::without_daemon().await?;
    let mut owner = at_localhost(bangui.address, NAME).await?;
    let begin = async |owner: &Visitor, fields: &[(&str, &str)]| {
        let refused = owner.post("/account/passkeys/new", fields).await?;
        let mistakes = refused.texts(".field-error:not([hidden])")?;
        assert_eq!((refused.status, mistakes.len()), (422, 1), "{fields:?} {mistakes:?}");
        assert_eq!(owner.get("/account/passkeys/made").await?.status, 404, "{fields:?}");
        Ok::<_, Box<dyn Error>>(())
    };
    begin(&owner, &[("name", "x"), ("current_password", "not the password")]).await?;
    begin(&owner, &[("name", "a\u{202e}b"), ("current_password", PASSWORD)]).await?;
    let (app, codes) = turn_on(&mut owner, &bangui.clock).await?;
    begin(&owner, &[("name", "x"), ("current_password", PASSWORD)]).await?;
    begin(&owner, &[("name", "x"), ("current_password", PASSWORD), ("current_code", "000000")]).await?;
    let (mut key, added) = add(&mut owner, "Phone", &[("current_code", &app.code(&bangui.clock)?)]).await?;
    assert_eq!(added.status, 303, "the recovery codes of before stay");
    let visitor = half_in(bangui.address, NAME).await?;
    assert_eq!(visitor.post("/login/code", &[("code", &codes[0])]).await?.status, 303);
    // From then on a passkey does as well as a code.
    let answer = signed(&mut key, &owner, "/account/passkeys/own").await?;
    add(&mut owner, "Another", &[("passkey", &answer)]).await?;
    let listed = owner.get("/account").await?.text(LIST)?;
    assert!(listed.contains("Phone") && listed.contains("Another"), "{listed}");
    Ok(())
}

#[tokio::test]
async fn the_proof_for_adding_one_ends_after_ten_minutes() -> TestResult {
    let bangui = Site::without_daemon().await?;
    let owner = at_localhost(bangui.address, NAME).await?;
    let proof = [("name", "x"), ("current_password", PASSWORD)];
    assert_eq!(owner.post("/account/passkeys/new", &proof).await?.status, 303);
    bangui.clock.pass(Duration::from_mins(10));
    assert_eq!(owner.get("/account/passkeys/made").await?.status, 404);
    let late = owner.post("/account/passkeys", &[("passkey", "{}")]).await?;
    assert!(late.location().starts_with("/confirm?"), "{}", late.location());
    let form = owner.get(late.location()).await?.attributes("[name=kept_form]", "value")?.concat();
    let proved = owner.submit("/account/passkeys", &[("kept_form", &form), ("proof", PASSWORD)]).await?;
    assert!(proved.text("#messages")?.contains("took too long"), "{}", proved.body);
    Ok(())
}

#[tokio::test]
async fn a_passkey_proves_again_who_it_is() -> TestResult {
    let bangui = Site::without_daemon().await?;
    let mut owner = at_localhost(bangui.address, NAME).await?;
    let (mut key, _) = first(&mut owner).await?;
    bangui.clock.pass(Duration::from_mins(11));
    let ann = [("username", "ann"), ("password", "nut-brown kettle 9"), ("role", "viewer")];
    let asked = owner.post("/accounts", &ann).await?;
    let page = owner.get(asked.location()).await?;
    assert_eq!(page.attributes("[data-passkey]", "data-action")?, ["/accounts"]);
    let form = page.attributes("[name=kept_form]", "value")?.concat();
    let mut other = Authenticator::new()?.for_user_of(&key);
    let wrong = signed(&mut other, &owner, "/account/passkeys/own").await?;
    let refused = owner.submit("/accounts", &[("kept_form", &form), ("passkey", &wrong)]).await?;
    assert!(refused.text("#proof-mistake")?.contains("passkey is wrong"), "{}", refused.body);
    let right = signed(&mut key, &owner, "/account/passkeys/own").await?;
    let done = owner.submit("/accounts", &[("kept_form", &form), ("passkey", &right)]).await?;
    assert!(done.text("#messages")?.contains("ann was added"), "{}", done.body);
    Ok(())
}

#[tokio::test]
async fn removing_the_last_one_says_so_and_lets_the_password_in_alone() -> TestResult {
    let bangui = Site::without_daemon().await?;
    let mut owner = at_localhost(bangui.address, NAME).await?;
    let (mut key, codes) = first(&mut owner).await?;
    let path = owner.get("/account").await?.attributes(&format!("{LIST} li a"), "href")?.concat();
    let page = owner.get(&path).await?;
    assert!(page.text(".note.warn")?.contains("last second factor"), "{}", page.body);
    let number = page.attributes("[name=number]", "value")?.concat();
    let remove = "/account/passkeys/remove";
    let fields = [("number", number.as_str()), ("current_password", PASSWORD)];
    assert_eq!(owner.post(remove, &fields).await?.status, 422, "the password alone does not");
    let wrong = [("number", number.as_str()), ("current_password", "no"), ("current_code", &codes[0])];
    assert_eq!(owner.post(remove, &wrong).await?.status, 422, "nor the code alone");
    let answer = signed(&mut key, &owner, "/account/passkeys/own").await?;
    let removed = owner.submit(remove, &[fields.as_slice(), &[("passkey", &answer)]].concat()).await?;
    let words = removed.text("#messages")?;
    assert!(words.contains("was removed") && words.contains("password alone"), "{words}");

    let visitor = Visitor::at_localhost(bangui.address).await?;
    let refused = log_in(&mut key, &visitor).await?;
    assert_eq!(refused.location(), "/login");
    assert_eq!(visitor.log_in(NAME, PASSWORD, "/").await?.location(), "/");
    Ok(())
}

#[tokio::test]
async fn turning_the_app_off_keeps_passkeys_and_recovery_codes() -> TestResult {
    let bangui = Site::without_daemon().await?;
    let mut owner = at_localhost(bangui.address, NAME).await?;
    let (app, codes) = turn_on(&mut owner, &bangui.clock).await?;
    let (mut key, _) = add(&mut owner, "Phone", &[("current_code", &app.code(&bangui.clock)?)]).await?;
    let answer = signed(&mut key, &owner, "/account/passkeys/own").await?;
    let off = [("current_password", PASSWORD), ("passkey", answer.as_str())];
    assert_eq!(owner.post("/account/second-factor/off", &off).await?.status, 303);
    let visitor = half_in(bangui.address, NAME).await?;
    assert_eq!(visitor.post("/login/code", &[("code", &codes[0])]).await?.status, 303);
    let visitor = half_in(bangui.address, NAME).await?;
    let answer = signed(&mut key, &visitor, "/login/code/passkey").await?;
    assert_eq!(visitor.post("/login/code", &[("passkey", &answer)]).await?.status, 303);
    Ok(())
}

#[tokio::test]
async fn a_reset_and_the_end_of_the_account_take_its_passkeys_away() -> TestResult {
    let bangui = Site::without_daemon().await?;
    bangui.add_account("ann", Role::Operator).await?;
    let mut ann = at_localhost(bangui.address, "ann").await?;
    let (mut key, _) = first(&mut ann).await?;
    let admin = Visitor::admin(bangui.address).await?;
    let path = admin.get("/accounts").await?.attributes("tr[data-account=ann] a", "href")?.concat();
    let set = async |action: &str, fields: &[(&str, &str)]| {
        let answer = admin.submit(&format!("{path}/{action}"), fields).await?;
        answer.text("#messages")
    };
    set("disable", &[("on", "true")]).await?;
    let visitor = Visitor::at_localhost(bangui.address).await?;
    assert_eq!(log_in(&mut key, &visitor).await?.location(), "/login", "disabled");
    set("disable", &[("on", "false")]).await?;
    assert_eq!(log_in(&mut key, &visitor).await?.location(), "/jails?page=2");
    assert!(admin.get(&path).await?.text("main")?.contains("passkey"));
    let words = set("reset", &[("password", "another long password")]).await?;
    assert!(words.contains("passkey"), "{words}");
    let visitor = Visitor::at_localhost(bangui.address).await?;
    assert_eq!(log_in(&mut key, &visitor).await?.location(), "/login");
    let answer = visitor.log_in("ann", "another long password", "/").await?;
    assert_ne!(answer.location(), "/login/code");
    Ok(())
}

#[tokio::test]
async fn where_browsers_have_no_passkeys_the_pages_say_so() -> TestResult {
    let bangui = Site::without_daemon().await?;
    let owner = Visitor::admin(bangui.address).await?;
    for path in ["/account", "/account/passkeys/new"] {
        let page = owner.get(path).await?;
        assert!(page.text("main")?.contains("not by an address"), "{}", page.body);
        assert!(page.attributes("[data-passkey]", "data-passkey")?.is_empty(), "{path}");
    }
    assert!(owner.get("/account").await?.attributes("a[href='/account/passkeys/new']", "href")?.is_empty());
    let stranger = Visitor::stranger(bangui.address).await?;
    let page = stranger.get("/login").await?;
    assert!(!page.text("main")?.to_lowercase().contains("passkey") && !page.body.contains("data-passkey"));
    assert_eq!(stranger.get("/login/passkey").await?.status, 422);
    Ok(())
}

/// Behind a proxy that tells who asks.
async fn behind_a_proxy() -> Result<Bangui, Box<dyn Error>> {
    let trusted_proxies = vec!["127.0.0.0/8".parse()?, "::1/128".parse()?];
    let http = HttpConfig { trusted_proxies, allow_plain_http: true, ..HttpConfig::default() };
    Site::reached(http, Deadlines::default()).await
}

#[tokio::test]
async fn failures_from_elsewhere_do_not_make_a_passkey_wait() -> TestResult {
    let bangui = behind_a_proxy().await?;
    let mut owner =
        Visitor::at_localhost_from(bangui.address, "198.51.100.1").await?.then_logged_in(NAME).await?;
    let (mut key, _) = first(&mut owner).await?;
    fail_from_everywhere(&bangui, NAME).await?;
    let phone = Visitor::at_localhost_from(bangui.address, "192.0.2.7").await?;
    assert_eq!(phone.log_in(NAME, PASSWORD, "/").await?.status, 429);
    assert_eq!(log_in(&mut key, &phone).await?.location(), "/jails?page=2");
    Ok(())
}
