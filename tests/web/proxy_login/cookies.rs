//! Browsers that keep no cookies, or send none when they come from elsewhere: no redirect goes on without an end.

use super::{ADMIN, Browser, FRONT, NOBODY, STAFF, site};
use crate::support::TestResult;
use crate::support::visitor::Answer;

/// More pages than any way in has.
const MOST: usize = 6;

/// Follows redirects, and pages that lead on, to their end.
async fn follow(browser: &Browser, path: &str, written: &[(&str, &str)]) -> super::Result<Answer> {
    let mut answer = browser.get(path, written).await?;
    for _ in 0..MOST {
        let next = answer.header("refresh").strip_prefix("0; url=").unwrap_or(answer.location()).to_owned();
        if answer.status != 303 && answer.header("refresh").is_empty() {
            break;
        }
        answer = browser.get(&next, written).await?;
    }
    Ok(answer)
}

#[tokio::test]
async fn a_browser_that_keeps_no_cookies_reads_so() -> TestResult {
    let site = site().await?;
    let browser = Browser::new(false, FRONT, &site)?;
    for path in ["/", "/jails?page=2", "/login"] {
        let end = follow(&browser, path, STAFF).await?;
        assert_eq!(end.status, 403, "{path}: {}", end.body);
        let said = end.text("main")?;
        assert!(said.contains("Your browser keeps no cookies"), "{said}");
        assert!(said.contains("logged you in") && said.contains("Allow cookies"), "{said}");
        assert!(!end.body.contains("type=\"password\""), "nothing there would work");
    }
    assert_eq!(site.sessions()?, 0, "none is made that nobody can use");
    Ok(())
}

#[tokio::test]
async fn a_browser_that_was_never_here_comes_to_the_page_that_it_asked_for() -> TestResult {
    let site = site().await?;
    let browser = Browser::new(true, FRONT, &site)?;
    let end = follow(&browser, "/accounts", ADMIN).await?;
    assert_eq!((end.status, end.text("h1")?.as_str()), (200, "Accounts"), "{}", end.body);
    assert_eq!(site.sessions()?, 1);
    Ok(())
}

#[tokio::test]
async fn a_name_on_some_pages_alone_leads_round_in_no_circle() -> TestResult {
    let site = site().await?;
    let alice = Browser::from(FRONT, &site).await?;
    alice.enter("/account", STAFF).await?;
    let away = alice.get("/account", NOBODY).await?;
    assert_eq!(away.status, 303);
    let page = alice.get(away.location(), STAFF).await?;
    assert_eq!(page.status, 200, "{}", page.location());
    assert!(page.text("main")?.contains("knows you as alice"), "{}", page.body);
    let on = page.attributes("main a.main", "href")?.concat();
    assert_eq!(alice.get(&on, STAFF).await?.location(), "/account");
    assert_eq!(site.sessions()?, 1);
    Ok(())
}

#[tokio::test]
async fn a_link_on_another_site_leads_in() -> TestResult {
    let site = site().await?;
    let alice = Browser::from(FRONT, &site).await?;
    // Such a request, and what it is redirected to, come without cookies.
    let from_there = Browser::new(false, FRONT, &site)?;
    let elsewhere =
        [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];
    let arrive = async |path| from_there.get(path, &[ADMIN, &elsewhere].concat()).await;
    for first in [true, false] {
        let arrived = arrive("/accounts").await?;
        assert_eq!((arrived.status, arrived.header("set-cookie")), (200, ""), "no session is overwritten");
        let next = arrived.header("refresh").strip_prefix("0; url=").ok_or("it leads nowhere")?;
        assert_eq!(
            arrived.attributes("link[rel=icon]", "href")?.len(),
            1,
            "or one is asked for, with a session"
        );
        assert!(arrived.attributes("a", "href")?.contains(&next.to_owned()), "{}", arrived.body);
        let end = follow(&alice, next, ADMIN).await?;
        assert_eq!(end.status, 200, "{first}: {}", end.body);
        assert!(end.text("h1")?.contains("Accounts"), "{first}: {}", end.body);
    }
    assert_eq!(site.sessions()?, 1);
    let arrived = arrive("/login?next=%2Faccounts").await?;
    let next = arrived.header("refresh").strip_prefix("0; url=").ok_or("it leads nowhere")?;
    assert!(follow(&alice, next, ADMIN).await?.text("h1")?.contains("Accounts"));
    // It ends even where something says of every request that it comes from elsewhere.
    assert_eq!(from_there.get(next, &[NOBODY, &elsewhere].concat()).await?.header("refresh"), "");
    Ok(())
}
