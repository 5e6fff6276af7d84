//! Answers of passkeys that are not right: each is refused, with one sentence for all.

use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder};

use super::*;

/// What is said of any passkey that did not log in.
const WORDS: &str = "This passkey did not log you in";

async fn refused(bangui: &Bangui, visitor: &Visitor, answer: &str, why: &str) -> TestResult {
    let page = visitor.submit("/login/passkey", &[("passkey", answer)]).await?;
    let said = page.text("#messages")?;
    assert!(said.contains(WORDS), "{why}: {said}");
    assert!(!is_logged_in(visitor).await?, "{why}");
    let admin = Visitor::admin(bangui.address).await?;
    let audit = admin.get("/audit").await?;
    let row = audit.texts("tbody tr")?.into_iter().find(|row| row.contains("log in with passkey"));
    let row = row.ok_or("no row")?;
    assert!(row.contains(why), "{why}: {row}");
    Ok(())
}

/// An account of its own, so that the administrator has no second factor.
async fn ann() -> Result<(Bangui, Visitor, Authenticator), Box<dyn Error>> {
    let bangui = Site::without_daemon().await?;
    bangui.add_account("ann", Role::Operator).await?;
    let mut ann = at_localhost(bangui.address, "ann").await?;
    let (key, _) = first(&mut ann).await?;
    Ok((bangui, ann, key))
}

#[tokio::test]
async fn another_origin_host_or_challenge() -> TestResult {
    let (bangui, _, mut key) = ann().await?;
    let visitor = Visitor::at_localhost(bangui.address).await?;
    let ask = async || question(&visitor, "/login/passkey").await;
    let port = bangui.address.port();
    for origin in ["https://evil.example", "http://localhost", &format!("https://localhost:{port}")] {
        let answer = key.sign(&ask().await?, origin)?;
        refused(&bangui, &visitor, &answer, "origin").await?;
    }
    let mut elsewhere = Authenticator { host: Some("evil.example".to_owned()), ..key.clone() };
    let answer = elsewhere.sign(&ask().await?, visitor.origin())?;
    refused(&bangui, &visitor, &answer, "not right").await?;
    let mut other = ask().await?;
    other["challenge"] = "AAAAAAAAAAAAAAAAAAAAAA".into();
    ask().await?;
    let answer = key.sign(&other, visitor.origin())?;
    refused(&bangui, &visitor, &answer, "challenge").await?;
    for answer in ["x", "{}", "[]", "null", r#"{"response":{}}"#] {
        ask().await?;
        refused(&bangui, &visitor, answer, "cannot be read").await?;
    }
    assert_eq!(log_in(&mut key, &visitor).await?.location(), "/jails?page=2", "and then the right one");
    Ok(())
}

#[tokio::test]
async fn a_forged_signature_and_an_unknown_passkey() -> TestResult {
    let (bangui, _, key) = ann().await?;
    let visitor = Visitor::at_localhost(bangui.address).await?;
    let mut forged = key.clone().with_key_of(&Authenticator::new()?);
    let answer = signed(&mut forged, &visitor, "/login/passkey").await?;
    refused(&bangui, &visitor, &answer, "not right").await?;
    let mut unknown = Authenticator::new()?.for_user_of(&key);
    let answer = signed(&mut unknown, &visitor, "/login/passkey").await?;
    refused(&bangui, &visitor, &answer, "unknown here").await?;
    Ok(())
}

#[tokio::test]
async fn an_answer_that_is_for_another_session_or_comes_late() -> TestResult {
    let (bangui, _, mut key) = ann().await?;
    let visitor = Visitor::at_localhost(bangui.address).await?;
    let answer = signed(&mut key, &visitor, "/login/passkey").await?;
    let other = Visitor::at_localhost(bangui.address).await?;
    refused(&bangui, &other, &answer, "no question").await?;
    signed(&mut key, &other, "/login/passkey").await?;
    refused(&bangui, &other, &answer, "challenge").await?;

    let late = Visitor::at_localhost(bangui.address).await?;
    let answer = signed(&mut key, &late, "/login/passkey").await?;
    bangui.clock.pass(Duration::from_mins(5));
    refused(&bangui, &late, &answer, "no question").await?;
    Ok(())
}

/// A request with exactly this cookie. Returns the answer and the cookie that the browser then has.
async fn with_cookie(request: RequestBuilder, cookie: &str) -> Result<(Answer, String), Box<dyn Error>> {
    let answer = Answer::of(request.header("cookie", cookie)).await?;
    let next = answer.session_cookie().unwrap_or_else(|| cookie.to_owned());
    Ok((answer, next))
}

#[tokio::test]
async fn a_request_that_somebody_has_recorded_with_its_cookie() -> TestResult {
    let (bangui, owner, mut key) = ann().await?;
    let http = Client::builder().no_proxy().redirect(Policy::none()).build()?;
    let url = |path: &str| format!("{}{path}", owner.origin());
    let (page, cookie) = with_cookie(http.get(url("/login")), "").await?;
    let token = page.token()?;
    let (asked, cookie) = with_cookie(http.get(url("/login/passkey")), &cookie).await?;
    let answer = key.sign(&serde_json::from_str(&asked.body)?, owner.origin())?;
    let fields = [("passkey", answer.as_str()), ("csrf_token", &token)];
    let send = async || with_cookie(http.post(url("/login/passkey")).form(&fields), &cookie).await;
    let (first, logged_in) = send().await?;
    assert_eq!((first.status, first.location()), (303, "/"), "{}", first.body);
    let (account, _) = with_cookie(http.get(url("/account")), &logged_in).await?;
    assert_eq!(account.status, 200);
    let (again, after) = send().await?;
    assert_ne!(again.location(), "/", "{}", again.body);
    let (account, _) = with_cookie(http.get(url("/account")), &after).await?;
    assert_eq!(account.status, 303);
    drop(bangui);
    Ok(())
}

#[tokio::test]
async fn a_counter_that_goes_back() -> TestResult {
    let (bangui, _, mut key) = ann().await?;
    let visitor = Visitor::at_localhost(bangui.address).await?;
    key.counter = 40;
    assert_eq!(log_in(&mut key, &visitor).await?.location(), "/jails?page=2");
    let mut copy = Authenticator { counter: 40, ..key.clone() };
    let visitor = Visitor::at_localhost(bangui.address).await?;
    let answer = signed(&mut copy, &visitor, "/login/passkey").await?;
    refused(&bangui, &visitor, &answer, "counter").await?;
    assert_eq!(log_in(&mut key, &visitor).await?.location(), "/jails?page=2");
    Ok(())
}

#[tokio::test]
async fn the_passkey_of_another_account() -> TestResult {
    let (bangui, _, mut key_of_ann) = ann().await?;
    bangui.add_account("bob", Role::Operator).await?;
    let mut bob = at_localhost(bangui.address, "bob").await?;
    let (mut key, _) = first(&mut bob).await?;
    let visitor = half_in(bangui.address, "bob").await?;
    for tells_handle in [true, false] {
        key_of_ann.tells_handle = tells_handle;
        let answer = signed(&mut key_of_ann, &visitor, "/login/code/passkey").await?;
        let refused = visitor.post("/login/code", &[("passkey", &answer)]).await?;
        assert_eq!((refused.status, is_logged_in(&visitor).await?), (422, false));
    }
    // Nor does a passkey of ann's log in as bob: the handle has to be its own.
    let mut liar = key_of_ann.clone().for_user_of(&key);
    liar.tells_handle = true;
    let stranger = Visitor::at_localhost(bangui.address).await?;
    let answer = signed(&mut liar, &stranger, "/login/passkey").await?;
    refused(&bangui, &stranger, &answer, "not right").await?;
    let answer = signed(&mut key, &visitor, "/login/code/passkey").await?;
    assert_eq!(visitor.post("/login/code", &[("passkey", &answer)]).await?.status, 303);
    Ok(())
}

#[tokio::test]
async fn a_new_passkey_for_another_origin_host_or_challenge() -> TestResult {
    let bangui = Site::without_daemon().await?;
    let owner = at_localhost(bangui.address, NAME).await?;
    let own = owner.origin().to_owned();
    for (origin, host, challenge) in [
        ("https://evil.example", None, None),
        (own.as_str(), Some("evil.example"), None),
        (own.as_str(), None, Some("AAAAAAAAAAAAAAAAAAAAAA")),
    ] {
        let proof = [("name", "x"), ("current_password", PASSWORD)];
        assert_eq!(owner.post("/account/passkeys/new", &proof).await?.status, 303);
        let mut asked = question(&owner, "/account/passkeys/made").await?;
        if let Some(challenge) = challenge {
            asked["challenge"] = challenge.into();
        }
        let mut key = Authenticator { host: host.map(str::to_owned), ..Authenticator::new()? };
        let made = key.make(&asked, origin)?;
        let page = owner.submit("/account/passkeys", &[("passkey", &made)]).await?;
        assert!(page.text("#messages")?.contains("Nothing was added"), "{origin} {host:?} {}", page.body);
    }
    assert!(owner.get("/account").await?.text(LIST)?.contains("none"));
    Ok(())
}

#[tokio::test]
async fn a_passkey_that_another_account_has() -> TestResult {
    let (bangui, _, key) = ann().await?;
    let owner = at_localhost(bangui.address, NAME).await?;
    let proof = [("name", "x"), ("current_password", PASSWORD)];
    assert_eq!(owner.post("/account/passkeys/new", &proof).await?.status, 303);
    let made = key.clone().make(&question(&owner, "/account/passkeys/made").await?, owner.origin())?;
    let page = owner.submit("/account/passkeys", &[("passkey", &made)]).await?;
    assert!(page.text("#messages")?.contains("is there already"), "{}", page.body);
    assert_eq!(log_in(&mut key.clone(), &Visitor::at_localhost(bangui.address).await?).await?.status, 303);
    Ok(())
}

#[tokio::test]
async fn a_passkey_without_a_pin_that_answers_what_another_account_was_asked() -> TestResult {
    let (bangui, _, mut key_of_ann) = ann().await?;
    bangui.add_account("bob", Role::Viewer).await?;
    let mut bob = at_localhost(bangui.address, "bob").await?;
    let (_, codes) = first(&mut bob).await?;
    // Bob has found ann's key. After a password any passkey will do, so what he is asked then asks for no PIN.
    key_of_ann.verifies = false;
    let half_way = half_in(bangui.address, "bob").await?;
    let answer = signed(&mut key_of_ann, &half_way, "/login/code/passkey").await?;
    refused(&bangui, &half_way, &answer, "no question").await?;
    let answer = signed(&mut key_of_ann, &bob, "/account/passkeys/own").await?;
    bob.post("/login/passkey", &[("passkey", &answer)]).await?;
    assert!(bob.get("/account").await?.text("main")?.contains("bob"), "still bob");
    // And what anybody is asked is no answer to the second step.
    let visitor = half_in(bangui.address, "bob").await?;
    let answer = signed(&mut key_of_ann, &visitor, "/login/passkey").await?;
    assert_eq!(visitor.post("/login/code", &[("passkey", &answer)]).await?.status, 422);
    assert_eq!(visitor.post("/login/code", &[("code", &codes[0])]).await?.status, 303);
    Ok(())
}
