//! Text that wants to be markup.

use bangui::demo::DemoJail;

use crate::support::site::Site;
use crate::support::visitor::{Answer, Visitor};
use crate::support::{TestResult, client, until};

fn hostile() -> Vec<String> {
    vec![
        "<script>alert(1)</script>".to_owned(),
        "\"><img src=x onerror=alert(1)>".to_owned(),
        "' onmouseover='alert(1)".to_owned(),
        "</textarea></title><b>bold</b>".to_owned(),
        "\u{202e}txet\u{202c} &lt;b&gt; &amp;".to_owned(),
        "x".repeat(200),
        "{{7*7}}${7*7}".to_owned(),
    ]
}

/// No element or attribute came from somebody's text.
fn assert_harmless(answer: &Answer, text: &str) -> TestResult {
    assert!(answer.attributes("script", "src")?.len() == answer.texts("script")?.len(), "{text}");
    assert!(answer.texts("main b:not(#ticked), [onerror], [onmouseover], img[src=x]")?.is_empty(), "{text}");
    Ok(())
}

#[tokio::test]
async fn a_banned_text_is_shown_as_text_and_can_be_lifted() -> TestResult {
    let site = Site::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let admin = Visitor::admin(site.address).await?;
    // fail2ban reads what follows a slash as the length of a network, and refuses words there.
    for text in hostile().iter().map(|text| text.replace('/', "")) {
        client(&site.daemon, &["set", "sshd", "banip", &text])?;
        until("it is banned", || Ok(!client(&site.daemon, &["get", "sshd", "banip"])?.is_empty())).await?;
        let page = admin.get("/jails/sshd").await?;
        assert_eq!(page.rows()?, [text.as_str()]);
        assert_eq!(page.attributes("#rows button[name=ip]", "value")?, [text.as_str()]);
        // What would turn the direction of the text behind it is not shown.
        let words = text.replace(['\u{202e}', '\u{202c}'], "\u{fffd}");
        let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(page.texts("#bans .addr")?, [words.as_str()]);
        assert_harmless(&page, &text)?;
        let query = percent_encoding::utf8_percent_encode(&text, percent_encoding::NON_ALPHANUMERIC);
        let found = admin.get(&format!("/unban?ip={query}")).await?;
        assert_eq!((found.status, found.attributes("#ip", "value")?.concat()), (200, text.clone()));
        assert_harmless(&found, &text)?;
        let after = admin.submit("/jails/sshd/unban", &[("ip", &text)]).await?;
        let told = after.text("#messages .note > div")?;
        assert!(told.starts_with(&format!("{words} is no longer banned in sshd.")), "{told}");
        assert_harmless(&after, &text)?;
        assert!(client(&site.daemon, &["get", "sshd", "banip"])?.is_empty(), "{text}");
    }
    Ok(())
}

#[tokio::test]
async fn what_is_typed_comes_back_as_text() -> TestResult {
    let site = Site::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let stranger = Visitor::stranger(site.address).await?;
    let admin = Visitor::admin(site.address).await?;
    for text in hostile() {
        let login = stranger.log_in(&text, "wrong", &format!("/{text}")).await?;
        assert_eq!((login.status, login.attributes("#username", "value")?.concat()), (422, text.clone()));
        assert_harmless(&login, &text)?;
        let banned = admin.post("/jails/sshd/ban", &[("ip", &text)]).await?;
        assert_eq!((banned.status, banned.attributes("#ban-ip", "value")?.concat()), (422, text.clone()));
        assert_harmless(&banned, &text)?;
        let query = percent_encoding::utf8_percent_encode(&text, percent_encoding::NON_ALPHANUMERIC);
        for path in
            [format!("/jails/sshd?q={query}"), format!("/jails/{query}"), format!("/unban?ip={query}")]
        {
            assert_harmless(&admin.get(&path).await?, &path)?;
        }
    }
    Ok(())
}
