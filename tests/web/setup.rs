//! Create the first account.

use crate::support::TestResult;
use crate::support::site::Site;
use crate::support::visitor::Visitor;

const NEW: [(&str, &str); 2] = [("username", "first"), ("password", "a new password")];

#[tokio::test]
async fn without_an_account_the_login_leads_to_the_setup() -> TestResult {
    let bangui = Site::without_account().await?;
    let visitor = Visitor::stranger(bangui.address).await?;
    let answer = visitor.get("/login").await?;
    assert_eq!((answer.status, answer.location()), (303, "/setup"));
    let code = bangui.setup_code.as_deref().ok_or("no code")?;
    assert!(!visitor.get("/setup").await?.body.contains(code));
    Ok(())
}

#[tokio::test]
async fn a_wrong_code_makes_no_account() -> TestResult {
    let bangui = Site::without_account().await?;
    let visitor = Visitor::stranger(bangui.address).await?;
    for code in ["", "0000-0000-0000-0000-0000-0000-0000", "日本"] {
        let answer = visitor.post("/setup", &[NEW[0], NEW[1], ("code", code)]).await?;
        assert_eq!(answer.status, 422);
        assert!(answer.text("#code-mistake")?.contains("not the code"));
        assert!(!answer.body.contains("a new password"));
    }
    assert_eq!(visitor.get("/login").await?.location(), "/setup");
    Ok(())
}

#[tokio::test]
async fn a_name_or_password_that_cannot_be_is_told_beside_its_field() -> TestResult {
    let bangui = Site::without_account().await?;
    let visitor = Visitor::stranger(bangui.address).await?;
    let code = ("code", bangui.setup_code.as_deref().ok_or("no code")?);
    let answer = visitor.post("/setup", &[("username", "a b"), ("password", "short"), code]).await?;
    assert_eq!(answer.status, 422);
    for field in ["#username", "#password"] {
        let beside = answer.attributes(&format!("{field}[aria-invalid]"), "aria-describedby")?;
        assert!(!answer.text(&format!("#{}.field-error", beside.concat()))?.is_empty(), "{field}");
    }
    assert_eq!(visitor.get("/login").await?.location(), "/setup");
    Ok(())
}

#[tokio::test]
async fn a_wrong_code_is_named_together_with_the_other_mistakes() -> TestResult {
    let bangui = Site::without_account().await?;
    let visitor = Visitor::stranger(bangui.address).await?;
    let all = [("username", "a b"), ("password", "short"), ("code", "0000")];
    let answer = visitor.post("/setup", &all).await?;
    assert_eq!(answer.attributes("[aria-invalid]", "id")?, ["code", "username", "password"]);
    Ok(())
}

#[tokio::test]
async fn the_right_code_makes_the_account_logs_in_and_is_used_up() -> TestResult {
    let bangui = Site::without_account().await?;
    let visitor = Visitor::stranger(bangui.address).await?;
    let late = Visitor::stranger(bangui.address).await?;
    let code = ("code", bangui.setup_code.as_deref().ok_or("no code")?);
    let answer = visitor.post("/setup", &[NEW[0], NEW[1], code]).await?;
    assert_eq!((answer.status, answer.location()), (303, "/"));
    assert_eq!(visitor.get("/jails").await?.text("header .account-name")?, "first");
    let again = late.post("/setup", &[("username", "second"), NEW[1], code]).await?;
    assert_eq!((again.status, again.location()), (303, "/login"));
    assert_eq!(late.get("/setup").await?.location(), "/login");
    assert_eq!(late.log_in("second", "a new password", "/").await?.status, 422);
    assert_eq!(late.log_in("first", "a new password", "/").await?.status, 303);
    Ok(())
}
