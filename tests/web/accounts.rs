//! Who may log in: what administrators change.

use bangui::domain::account::Role;

use crate::support::TestResult;
use crate::support::site::{NAME, PASSWORD, Site};
use crate::support::visitor::{Answer, Visitor};
use crate::web::second_factor::turn_on;

const NEW: &str = "quite another password";

/// The path of the account `name`.
fn path_of(list: &Answer, name: &str) -> Result<String, Box<dyn std::error::Error>> {
    Ok(list.attributes(&format!("tr[data-account='{name}'] a"), "href")?.concat())
}

#[tokio::test]
async fn an_account_is_added_with_a_role_and_mistakes_stand_beside_their_fields() -> TestResult {
    let bangui = Site::without_daemon().await?;
    let admin = Visitor::admin(bangui.address).await?;
    let add = |name: &'static str, password: &'static str| {
        [("username", name), ("password", password), ("role", "operator")]
    };
    for (name, password, field) in [
        ("a b", NEW, "username"),
        ("", NEW, "username"),
        ("ADMIN", NEW, "username"),
        ("bob", "letmein1", "password"),
    ] {
        let refused = admin.post("/accounts", &add(name, password)).await?;
        assert_eq!(refused.status, 422, "{name}");
        assert_eq!(refused.attributes("[aria-invalid]", "id")?, [field], "{name}");
        assert!(!refused.body.contains(password), "the password is not sent back");
    }
    let added = admin.submit("/accounts", &add("bob", NEW)).await?;
    assert!(added.text("#messages")?.contains("bob was added and can log in as operator."));
    assert!(added.text("tr[data-account=bob]")?.contains("operator"));
    let mut bob = Visitor::stranger(bangui.address).await?;
    assert_eq!(bob.log_in("bob", NEW, "/").await?.status, 303);
    assert_eq!(bob.get("/account").await?.location(), "/account/password");
    bob.token = bob.get("/account/password").await?.token()?;
    let own = [("current_password", NEW), ("password", PASSWORD)];
    assert_eq!(bob.post("/account/password", &own).await?.location(), "/account");
    assert_eq!((bob.get("/account").await?.status, bob.get("/accounts").await?.status), (200, 403));
    Ok(())
}

#[tokio::test]
async fn another_role_holds_at_once_and_ends_the_sessions() -> TestResult {
    let bangui = Site::without_daemon().await?;
    bangui.add_account("bob", Role::Administrator).await?;
    let admin = Visitor::admin(bangui.address).await?;
    let bob = Visitor::logged_in(bangui.address, "bob").await?;
    assert_eq!(bob.get("/accounts").await?.status, 200);
    let path = path_of(&admin.get("/accounts").await?, "bob")?;
    let done = admin.submit(&format!("{path}/role"), &[("role", "viewer")]).await?;
    assert!(done.text("#messages")?.contains("bob is now viewer"), "{}", done.text("#messages")?);
    assert_eq!(bob.get("/accounts").await?.status, 303, "logged out");
    let bob = Visitor::logged_in(bangui.address, "bob").await?;
    assert_eq!(bob.get("/accounts").await?.status, 403);
    assert_eq!(admin.post(&format!("{path}/role"), &[("role", "root")]).await?.status, 422);
    Ok(())
}

#[tokio::test]
async fn a_disabled_account_is_out_at_once_and_gets_no_other_answer_than_a_wrong_password() -> TestResult {
    let bangui = Site::without_daemon().await?;
    bangui.add_account("bob", Role::Viewer).await?;
    let admin = Visitor::admin(bangui.address).await?;
    let bob = Visitor::logged_in(bangui.address, "bob").await?;
    let path = path_of(&admin.get("/accounts").await?, "bob")?;
    let done = admin.submit(&format!("{path}/disable"), &[("on", "true")]).await?;
    assert_eq!(done.text("h1 .badge")?, "disabled");
    assert_eq!(bob.get("/account").await?.status, 303);
    let stranger = Visitor::stranger(bangui.address).await?;
    let refused = stranger.log_in("bob", PASSWORD, "/").await?;
    let wrong = stranger.log_in("nobody", PASSWORD, "/").await?;
    assert_eq!((refused.status, refused.text("[role=alert]")?), (422, wrong.text("[role=alert]")?));
    admin.post(&format!("{path}/disable"), &[("on", "false")]).await?;
    assert_eq!(stranger.log_in("bob", PASSWORD, "/").await?.status, 303);
    Ok(())
}

#[tokio::test]
async fn a_reset_sets_a_password_removes_the_second_factor_and_ends_the_sessions() -> TestResult {
    let bangui = Site::without_daemon().await?;
    bangui.add_account("bob", Role::Viewer).await?;
    let admin = Visitor::admin(bangui.address).await?;
    let mut bob = Visitor::logged_in(bangui.address, "bob").await?;
    turn_on(&mut bob, &bangui.clock).await?;
    let path = path_of(&admin.get("/accounts").await?, "bob")?;
    let refused = admin.post(&format!("{path}/reset"), &[("password", "12345678")]).await?;
    assert_eq!((refused.status, refused.texts("#password-mistake")?.len()), (422, 1));
    assert!(refused.body.contains("bob has two-factor authentication: the reset takes it away"));
    assert_eq!(bob.get("/account").await?.status, 200);
    let done = admin.submit(&format!("{path}/reset"), &[("password", NEW)]).await?;
    assert!(done.text("#messages")?.contains("Its second factor and recovery codes are removed."));
    assert_eq!(bob.get("/account").await?.status, 303);
    let bob = Visitor::stranger(bangui.address).await?;
    assert_eq!(bob.log_in("bob", PASSWORD, "/").await?.status, 422);
    let answer = bob.log_in("bob", NEW, "/").await?;
    assert_eq!((answer.status, answer.location()), (303, "/"));
    Ok(())
}

#[tokio::test]
async fn nobody_takes_their_own_rights_away_here() -> TestResult {
    let bangui = Site::without_daemon().await?;
    bangui.add_account("bob", Role::Administrator).await?;
    let bob = Visitor::logged_in(bangui.address, "bob").await?;
    let admin = Visitor::admin(bangui.address).await?;
    let own = path_of(&bob.get("/accounts").await?, NAME)?;
    for (action, field) in
        [("role", ("role", "viewer")), ("disable", ("on", "true")), ("reset", ("password", NEW))]
    {
        assert_eq!(admin.post(&format!("{own}/{action}"), &[field]).await?.status, 409, "{action}");
    }
    assert_eq!(admin.get("/accounts").await?.status, 200);
    assert_eq!(admin.get("/accounts/999").await?.status, 404);
    assert_eq!(admin.get("/accounts/x").await?.status, 404);
    Ok(())
}

#[tokio::test]
async fn account_changes_stand_in_the_audit_without_any_password() -> TestResult {
    let bangui = Site::without_daemon().await?;
    let mut admin = Visitor::admin(bangui.address).await?;
    admin.post("/accounts", &[("username", "bob"), ("password", NEW), ("role", "viewer")]).await?;
    let path = path_of(&admin.get("/accounts").await?, "bob")?;
    admin.post(&format!("{path}/role"), &[("role", "operator")]).await?;
    admin.post(&format!("{path}/reset"), &[("password", NEW)]).await?;
    turn_on(&mut admin, &bangui.clock).await?;
    let stranger = Visitor::stranger(bangui.address).await?;
    stranger.log_in("my secret typed as a name", PASSWORD, "/").await?;
    stranger.log_in("bob", "a wrong password", "/").await?;
    let audit = admin.get("/audit?show=all&fold=no").await?;
    let rows = audit.texts("tbody tr")?;
    let expected: [&[&str]; 7] = [
        &["log in", "It was for bob"],
        &["log in", "There is no account with this name"],
        &[NAME, "turn second factor on"],
        &[NAME, "reset account", "bob"],
        &[NAME, "change role", "operator", "bob"],
        &[NAME, "add account", "bob", "viewer"],
        &[NAME, "log in"],
    ];
    for (row, parts) in rows.iter().zip(expected) {
        assert!(parts.iter().all(|part| row.contains(part)), "{row}: {parts:?}");
    }
    assert_eq!(rows.len(), expected.len());
    for secret in [NEW, PASSWORD, "a wrong password", "my secret"] {
        assert!(!audit.body.contains(secret), "{secret}");
    }
    Ok(())
}

#[tokio::test]
async fn an_account_is_deleted_after_a_question_with_its_sessions_and_the_audit_keeps_its_name() -> TestResult
{
    let bangui = Site::without_daemon().await?;
    bangui.add_account("bob", Role::Operator).await?;
    let admin = Visitor::admin(bangui.address).await?;
    let bob = Visitor::logged_in(bangui.address, "bob").await?;
    let path = path_of(&admin.get("/accounts").await?, "bob")?;
    let question = admin.get(&format!("{path}/delete")).await?;
    assert_eq!(question.text("h1")?, "Delete bob?");
    assert_eq!(bob.get("/account").await?.status, 200, "a question deletes nothing");
    let done = admin.submit(&format!("{path}/delete"), &[]).await?;
    assert!(done.text("#messages")?.contains("The account bob is deleted."), "{}", done.text("main")?);
    assert!(done.texts("tr[data-account=bob]")?.is_empty());
    assert_eq!(bob.get("/account").await?.status, 303, "logged out");
    assert_eq!(Visitor::stranger(bangui.address).await?.log_in("bob", PASSWORD, "/").await?.status, 422);
    assert_eq!(admin.get(&path).await?.status, 404);
    let audit = admin.get("/audit?q=bob").await?.text("main")?;
    assert!(audit.contains("delete account") && audit.contains("The account bob is deleted."), "{audit}");
    // The name is free again, and another account has it.
    let again = [("username", "bob"), ("password", NEW), ("role", "viewer")];
    let list = admin.submit("/accounts", &again).await?;
    assert_ne!(path_of(&list, "bob")?, path);
    Ok(())
}

#[tokio::test]
async fn nobody_deletes_himself_the_last_administrator_or_without_the_right() -> TestResult {
    let bangui = Site::without_daemon().await?;
    bangui.add_account("bob", Role::Administrator).await?;
    let admin = Visitor::admin(bangui.address).await?;
    let bob = Visitor::logged_in(bangui.address, "bob").await?;
    let own = path_of(&admin.get("/accounts").await?, "bob")?;
    let refused = bob.post(&format!("{own}/delete"), &[]).await?;
    assert_eq!(refused.status, bob.post(&format!("{own}/disable"), &[("on", "true")]).await?.status);
    assert_eq!(bob.get("/account").await?.status, 200, "still there");
    let of_admin = path_of(&bob.get("/accounts").await?, NAME)?;
    assert_eq!(bob.submit(&format!("{of_admin}/delete"), &[]).await?.status, 200);
    assert_eq!(admin.get("/account").await?.status, 303, "of two one can go");
    bangui.add_account("eve", Role::Operator).await?;
    let eve = Visitor::logged_in(bangui.address, "eve").await?;
    assert_eq!(eve.post(&format!("{own}/delete"), &[]).await?.status, 403);
    assert_eq!(bob.get("/accounts").await?.status, 200);
    Ok(())
}
