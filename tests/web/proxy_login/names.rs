//! Names that look like another's, or only nearly are: nobody becomes or is shown as somebody else.

use super::{Browser, FRONT, site};
use crate::support::TestResult;

const GROUP: (&str, &str) = ("remote-groups", "bangui admins");

#[tokio::test]
async fn a_name_that_could_be_taken_for_another_is_refused() -> TestResult {
    let site = site().await?;
    let alice = Browser::from(FRONT, &site).await?;
    alice.enter("/accounts", &[("remote-user", "alice"), GROUP]).await?;
    let long = "a".repeat(5_000);
    for (name, shown) in [
        ("\u{430}lice", "\\u{430}lice"),
        ("al\u{456}ce", "al\\u{456}ce"),
        ("ａｌｉｃｅ", "\\u{ff41}\\u{ff4c}"),
        ("alice\u{301}", "alice\\u{301}"),
        ("\u{a0}alice", "\\u{a0}alice"),
        ("alice\u{3000}", "alice\\u{3000}"),
        ("\u{202e}ecila", "\\u{202e}ecila"),
        ("al\u{200d}ice", "al\\u{200d}ice"),
        ("alice\tx", "alice\\tx"),
        ("alice x", "alice x"),
        ("müller", "m\\u{fc}ller"),
        (&long, "aaaaaaaa"),
    ] {
        let browser = Browser::from(FRONT, &site).await?;
        let refused = browser.get("/login", &[("remote-user", name), GROUP]).await?;
        assert_eq!(refused.status, 403, "{name:?}");
        let said = refused.text("[role=alert]")?;
        assert!(said.contains(shown) && said.contains("letters a to z"), "{name:?}: {said}");
        assert!(said.len() < 600, "{}", said.len());
    }
    assert_eq!(site.sessions()?, 1);
    let groups = ("remote-groups", "bangui admins");
    let audit = alice.get("/audit?show=all&fold=no", &[("remote-user", "alice"), groups]).await?;
    assert!(audit.body.contains("\\u{430}lice"), "it is on record");
    assert!(!audit.body.contains('\u{430}'), "and not as what it looks like");
    Ok(())
}

#[tokio::test]
async fn another_case_is_somebody_else() -> TestResult {
    let site = site().await?;
    let alice = Browser::from(FRONT, &site).await?;
    let small = [("remote-user", "alice"), GROUP];
    let large = [("remote-user", "Alice"), ("remote-groups", "staff")];
    alice.enter("/accounts", &small).await?;
    let other = Browser::from(FRONT, &site).await?;
    let refused = other.get("/login", &large).await?;
    assert_eq!(refused.status, 403, "{}", refused.location());
    let said = refused.text("[role=alert]")?;
    assert!(said.contains("as Alice") && said.contains("alice is an account"), "{said}");
    assert_eq!(alice.get("/accounts", &small).await?.status, 200, "the role is as before");
    // Nor does a session go on under it.
    assert_eq!(alice.get("/account", &large).await?.status, 303);
    assert_eq!(site.sessions()?, 0);
    Ok(())
}

#[tokio::test]
async fn blanks_around_are_the_headers_own() -> TestResult {
    let site = site().await?;
    let alice = Browser::from(FRONT, &site).await?;
    alice.enter("/account", &[("remote-user", "alice"), GROUP]).await?;
    assert_eq!(alice.get("/account", &[("remote-user", " \talice "), GROUP]).await?.status, 200);
    Ok(())
}
