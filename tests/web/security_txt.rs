//! `/.well-known/security.txt`, over HTTP.

use bangui::config::HttpConfig;
use bangui::web::Deadlines;
use jiff::Timestamp;

use crate::support::TestResult;
use crate::support::site::Site;
use crate::web::raw::ask;

const REQUEST: &str = "GET /.well-known/security.txt HTTP/1.1\r\nHost: localhost\r\n\r\n";

#[tokio::test]
async fn it_names_the_contact_of_the_settings_and_has_not_expired() -> TestResult {
    let contacts = ["mailto:security@example.org", "https://example.org/report"];
    let security_contacts = contacts.map(str::to_owned).to_vec();
    let http = HttpConfig { security_contacts, ..HttpConfig::default() };
    let site = Site::reached(http, Deadlines::default()).await?;
    let answer = ask(site.address, REQUEST.to_owned()).await?;
    assert_eq!((answer.status, answer.header("content-type")), (200, "text/plain; charset=utf-8"));
    let told: Vec<&str> = answer.body.lines().filter_map(|line| line.strip_prefix("Contact: ")).collect();
    assert_eq!(told, contacts);
    let expires = answer.body.lines().find_map(|line| line.strip_prefix("Expires: ")).ok_or("no Expires")?;
    let left = expires.parse::<Timestamp>()?.duration_since(Timestamp::now());
    assert!(left.as_hours() > 24 && left.as_hours() < 365 * 24, "{expires}");
    Ok(())
}

#[tokio::test]
async fn without_a_contact_there_is_none() -> TestResult {
    let site = Site::reached(HttpConfig::default(), Deadlines::default()).await?;
    assert_eq!(ask(site.address, REQUEST.to_owned()).await?.status, 404);
    Ok(())
}
