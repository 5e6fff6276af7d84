//! Many logins at once, and many logins of one account.

use std::cell::Cell;
use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

use futures_util::future::{join_all, try_join_all};
use reqwest::Method;

use crate::support::TestResult;
use crate::support::program::Program;
use crate::support::site::{NAME, PASSWORD, Site};
use crate::support::visitor::{Answer, Visitor};

const STRANGERS: u8 = 150;

/// Somebody who has logged in from `address` and out again, and has opened the login form once more.
async fn known(bangui: &Program, address: &str) -> Result<Visitor, Box<dyn Error>> {
    let mut visitor = Visitor::behind_a_proxy(bangui.address, address).await?;
    assert_eq!(visitor.log_in(NAME, PASSWORD, "/").await?.status, 303);
    visitor.renew_token().await?;
    assert_eq!(visitor.post("/logout", &[]).await?.status, 303);
    visitor.token = visitor.get("/login").await?.token()?;
    Ok(visitor)
}

/// Logs in as soon as somebody was told to come again. Returns how many strangers are still waiting then.
async fn log_in_meanwhile(
    visitor: &Visitor,
    from: &str,
    refused: &Cell<usize>,
    left: &Cell<usize>,
) -> Result<usize, Box<dyn Error>> {
    while refused.get() == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let begin = Instant::now();
    let form = [("username", NAME), ("password", PASSWORD), ("csrf_token", visitor.token.as_str())];
    let request = visitor.request(Method::POST, "/login").header("x-forwarded-for", from).form(&form);
    assert_eq!(Answer::of(request).await?.status, 303, "{from}");
    println!("{from} logged in after {:?}, {} still waiting", begin.elapsed(), left.get());
    Ok(left.get())
}

#[tokio::test]
async fn a_known_device_or_address_goes_before_150_strangers() -> TestResult {
    let bangui = Program::start(Path::new("/nonexistent/fail2ban.sock"), &[]).await?;
    let (home, phone) = (known(&bangui, "198.51.100.1").await?, known(&bangui, "198.51.100.2").await?);
    let addresses: Vec<String> = (0..STRANGERS).map(|last| format!("203.0.113.{last}")).collect();
    let strangers =
        try_join_all(addresses.iter().map(|address| Visitor::behind_a_proxy(bangui.address, address)))
            .await?;
    let (refused, left) = (Cell::new(0), Cell::new(usize::from(STRANGERS)));
    let flood = join_all(strangers.iter().enumerate().map(|(number, stranger)| {
        let (refused, left) = (&refused, &left);
        async move {
            let answer = stranger.log_in(&format!("nobody{number}"), "wrong password", "/").await?;
            left.set(left.get() - 1);
            refused.set(refused.get() + usize::from(answer.status == 503));
            Ok::<_, Box<dyn Error>>(answer.status)
        }
    }));
    // The phone has the cookie of its login, and an address that nobody knows.
    let at_home = log_in_meanwhile(&home, "198.51.100.1", &refused, &left);
    let on_the_way = log_in_meanwhile(&phone, "192.0.2.77", &refused, &left);
    let (answers, at_home, on_the_way) = tokio::join!(flood, at_home, on_the_way);
    let answers = answers.into_iter().collect::<Result<Vec<_>, _>>()?;
    let told_to_come_again = answers.iter().filter(|status| **status == 503).count();
    println!("{told_to_come_again} of {STRANGERS} strangers were told to come again");
    assert!(answers.iter().all(|status| [422, 503].contains(status)));
    assert!(at_home? > 0 && on_the_way? > 0, "they waited behind the strangers");
    Ok(())
}

#[tokio::test]
async fn the_cookie_of_a_device_opens_nothing_and_is_nobody_elses() -> TestResult {
    let site = Site::without_daemon().await?;
    let answer = {
        let visitor = Visitor::stranger(site.address).await?;
        visitor.log_in(NAME, PASSWORD, "/").await?
    };
    let cookies = answer.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
    let device = cookies.filter(|cookie| cookie.starts_with("bangui_device=")).collect::<Vec<_>>();
    assert_eq!(device.len(), 1);
    assert!(device[0].contains("HttpOnly") && device[0].contains("SameSite=Strict"), "{}", device[0]);
    let value = device[0].split(';').next().unwrap_or_default();
    assert!(!value.contains(NAME) && value.len() > 40, "{value}");
    let request = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
    let request = request.get(site.url("/jails")).header("cookie", value);
    assert_eq!(Answer::of(request).await?.status, 303);
    Ok(())
}

#[tokio::test]
async fn an_account_has_fifty_sessions_and_its_page_lists_ten() -> TestResult {
    let site = Site::without_daemon().await?;
    let first = Visitor::admin(site.address).await?;
    let second = Visitor::admin(site.address).await?;
    let mut last = None;
    for number in 0..49 {
        // The second is used all the time, the first never again.
        site.clock.pass(Duration::from_secs(30));
        assert_eq!(second.get("/account").await?.status, 200, "{number}");
        last = Some(Visitor::admin(site.address).await?);
        if number < 48 {
            assert_eq!(site.sessions()?, 3 + number);
        }
    }
    assert_eq!(site.sessions()?, 50);
    assert_eq!(first.get("/account").await?.status, 303, "the longest unused one ended");
    let page = last.ok_or("nobody")?.get("/account").await?;
    assert_eq!(page.texts("[data-session]")?.len(), 50);
    assert_eq!(page.texts("details [data-session]")?.len(), 40);
    assert_eq!(second.get("/account").await?.status, 200);
    Ok(())
}
