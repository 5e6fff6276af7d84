//! Whoever has an answer is told that it still holds; and what a request costs beside that.

use std::error::Error;
use std::time::Duration;

use bangui::demo::DemoJail;
use bangui::domain::account::Role;
use reqwest::Method;

use crate::support::site::{PASSWORD, Site};
use crate::support::visitor::{Answer, Visitor};
use crate::support::{TestResult, banned, client, until};

/// Asks again for what came with `tag`, as htmx does.
async fn again(visitor: &Visitor, path: &str, tag: &str) -> Result<Answer, Box<dyn Error>> {
    let request = visitor.request(Method::GET, path).header("hx-request", "true");
    Answer::of(request.header("if-none-match", tag)).await
}

#[tokio::test]
async fn an_unchanged_table_is_not_sent_again_and_a_changed_one_is() -> TestResult {
    let site = Site::start(&[DemoJail::new("other", "sshd"), DemoJail::new("sshd", "sshd")]).await?;
    let admin = Visitor::admin(site.address).await?;
    for path in ["/jails/table", "/jails/sshd/bans", "/bans/table"] {
        let first = admin.part(path).await?;
        let tag = first.header("etag");
        assert!(tag.starts_with("W/\""), "{path}: {tag}");
        for _ in 0..3 {
            let same = again(&admin, path, tag).await?;
            assert_eq!((same.status, same.body.as_str()), (304, ""), "{path}");
            assert_eq!((same.header("etag"), same.header("cache-control")), (tag, "no-store"));
        }
        client(&site.daemon, &["set", "sshd", "banip", "203.0.113.9"])?;
        until("it is banned", || Ok(!banned(&site.daemon, "sshd")?.is_empty())).await?;
        let changed = again(&admin, path, tag).await?;
        assert!(changed.status == 200 && changed.header("etag") != tag, "{path}: {}", changed.status);
        assert!(changed.body.contains("<section"), "{path}");
        client(&site.daemon, &["set", "sshd", "unbanip", "203.0.113.9"])?;
        until("it is free", || Ok(banned(&site.daemon, "sshd")?.is_empty())).await?;
    }
    Ok(())
}

#[tokio::test]
async fn times_in_words_are_content_too() -> TestResult {
    let site = Site::start(&[DemoJail::new("sshd", "sshd")]).await?;
    client(&site.daemon, &["set", "sshd", "banip", "203.0.113.9"])?;
    until("it is banned", || Ok(!banned(&site.daemon, "sshd")?.is_empty())).await?;
    let admin = Visitor::admin(site.address).await?;
    let mut old = admin.part("/jails/sshd/bans").await?;
    let mut changes = 0;
    while changes < 2 {
        let new = again(&admin, "/jails/sshd/bans", old.header("etag")).await?;
        let now = admin.part("/jails/sshd/bans").await?;
        match new.status {
            // Unless it changed just now, the old one says what a new one would say.
            304 if now.header("etag") == old.header("etag") => {
                assert_eq!(now.text("body")?, old.text("body")?);
            }
            304 => {}
            200 => {
                changes += u8::from(new.text("body")? != old.text("body")?);
                old = new;
            }
            other => return Err(format!("the table came with {other}").into()),
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_tag_is_of_no_use_to_others_nor_after_the_token_or_the_session_is_gone() -> TestResult {
    let bangui = Site::without_daemon().await?;
    let admin = Visitor::admin(bangui.address).await?;
    let other = Visitor::admin(bangui.address).await?;
    let page = admin.get("/audit").await?;
    let tag = page.header("etag");
    assert_eq!(again(&admin, "/audit", tag).await?.status, 304);
    assert_eq!(again(&other, "/audit", tag).await?.status, 200, "its forms hold another token");
    let form = [("current_password", PASSWORD), ("password", "quite another password")];
    assert_eq!(admin.post("/account/password", &form).await?.status, 303);
    let anew = again(&admin, "/audit", tag).await?;
    assert_eq!(anew.status, 200, "the old forms are of no use");
    assert_eq!(admin.post("/theme", &[("theme", "dark")]).await?.status, 403, "that is the old token");
    let admin = admin.with_token(&anew.token()?);
    assert_eq!(admin.post("/logout", &[]).await?.status, 303);
    for tag in [anew.header("etag"), "*"] {
        let request = admin.request(Method::GET, "/audit").header("if-none-match", tag);
        assert_eq!(Answer::of(request).await?.status, 303, "nobody is logged in");
    }
    Ok(())
}

#[tokio::test]
async fn only_what_was_asked_for_and_came_is_ever_unchanged() -> TestResult {
    let bangui = Site::without_daemon().await?;
    let admin = Visitor::admin(bangui.address).await?;
    let any = |method: Method, path: &str| admin.request(method, path).header("if-none-match", "*");
    for (method, path, status) in [
        (Method::GET, "/account", 304),
        (Method::GET, "/no-such-page", 404),
        (Method::GET, "/jails", 502),
        (Method::POST, "/account/password", 422),
    ] {
        let form = [("csrf_token", admin.token.as_str()), ("current_password", "no"), ("password", "no")];
        assert_eq!(Answer::of(any(method, path).form(&form)).await?.status, status, "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn each_page_writes_the_token_differently_and_each_of_them_is_good() -> TestResult {
    let bangui = Site::without_daemon().await?;
    let mut admin = Visitor::admin(bangui.address).await?;
    let mut seen = vec![admin.token.clone()];
    for _ in 0..5 {
        let page = admin.get("/account").await?;
        let tokens = page.attributes("input[name=csrf_token]", "value")?;
        assert!(tokens.len() > 2 && tokens.iter().all(|token| *token == tokens[0]), "{tokens:?}");
        assert!(!seen.contains(&tokens[0]));
        seen.push(tokens[0].clone());
    }
    for token in seen {
        admin = admin.with_token(&token);
        assert_eq!(admin.post("/theme", &[("theme", "dark")]).await?.status, 303);
        // The second half of one token with the first half of another.
        let mixed = format!("{}{}", "0".repeat(32), token.split_at(32).1);
        admin = admin.with_token(&mixed);
        assert_eq!(admin.post("/theme", &[("theme", "dark")]).await?.status, 403);
    }
    Ok(())
}

#[tokio::test]
async fn looking_at_pages_writes_nothing_but_once_a_minute_that_they_are_looked_at() -> TestResult {
    let site = Site::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let admin = Visitor::admin(site.address).await?;
    let database = rusqlite::Connection::open(site.daemon.directory().join("bangui.sqlite3"))?;
    // Changes with every commit of another connection.
    let version = || database.pragma_query_value(None, "data_version", |row| row.get::<_, i64>(0));
    let look = async || -> TestResult {
        for path in ["/jails", "/jails/sshd", "/jails/table", "/account", "/assets/app.css"] {
            assert_eq!(admin.get(path).await?.status, 200, "{path}");
        }
        Ok(())
    };
    look().await?;
    let before = version()?;
    look().await?;
    assert_eq!(version()?, before);
    site.clock.pass(Duration::from_mins(1));
    look().await?;
    assert_ne!(version()?, before);
    Ok(())
}

#[tokio::test]
async fn what_another_process_does_to_an_account_or_session_holds_at_the_next_request() -> TestResult {
    let site = Site::start(&[DemoJail::new("sshd", "sshd")]).await?;
    site.add_account("second", Role::Administrator).await?;
    let second = Visitor::logged_in(site.address, "second").await?;
    let database = rusqlite::Connection::open(site.daemon.directory().join("bangui.sqlite3"))?;
    let status = async || Ok::<_, Box<dyn Error>>(second.get("/accounts").await?.status);
    for (sql, expected) in [
        ("UPDATE accounts SET role = 'viewer' WHERE name = 'second'", 403),
        ("UPDATE accounts SET role = 'administrator' WHERE name = 'second'", 200),
        ("UPDATE accounts SET disabled_at = 1 WHERE name = 'second'", 303),
        ("UPDATE accounts SET disabled_at = NULL WHERE name = 'second'", 200),
        ("DELETE FROM sessions", 303),
    ] {
        database.execute_batch(sql)?;
        assert_eq!(status().await?, expected, "{sql}");
    }
    Ok(())
}
