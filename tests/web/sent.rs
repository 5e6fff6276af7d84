//! What goes over the wire: compressed, and only where it is not there already.

use std::error::Error;
use std::fs;
use std::io::Read as _;
use std::path::Path;

use bangui::demo::DemoJail;
use flate2::read::GzDecoder;
use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder};

use crate::support::site::Site;
use crate::support::visitor::{Answer, Visitor};
use crate::support::{TestResult, banned, client, until};
use crate::web::raw::ask;

/// What Chromium sends over HTTPS and to its own machine.
const BROWSER: &str = "gzip, deflate, br, zstd";
/// The 25 rows of a page, four times and more.
const BANS: u8 = 120;

/// An answer as it was sent.
struct Sent {
    status: u16,
    headers: HeaderMap,
    bytes: Vec<u8>,
}

impl Sent {
    async fn of(request: RequestBuilder) -> Result<Self, Box<dyn Error>> {
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let sent = Self { status, headers, bytes: response.bytes().await?.to_vec() };
        assert_eq!(sent.header("content-length"), sent.bytes.len().to_string(), "{:?}", sent.headers);
        assert_eq!(sent.header("vary"), "accept-encoding");
        Ok(sent)
    }

    async fn get(visitor: &Visitor, path: &str, accept: &str) -> Result<Self, Box<dyn Error>> {
        Self::of(visitor.request(Method::GET, path).header("accept-encoding", accept)).await
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// What was packed, as it says that it is.
    fn unpacked(&self) -> Result<Vec<u8>, Box<dyn Error>> {
        let mut plain = Vec::new();
        match self.header("content-encoding") {
            "" => plain.clone_from(&self.bytes),
            "gzip" => drop(GzDecoder::new(self.bytes.as_slice()).read_to_end(&mut plain)?),
            "br" => brotli::BrotliDecompress(&mut self.bytes.as_slice(), &mut plain)?,
            other => return Err(format!("an unknown encoding: {other}").into()),
        }
        Ok(plain)
    }

    fn page(&self) -> Result<Answer, Box<dyn Error>> {
        let body = String::from_utf8(self.unpacked()?)?;
        Ok(Answer { status: self.status, headers: self.headers.clone(), body })
    }
}

/// The URLs of what a page needs beside itself.
fn beside(page: &Answer) -> Result<Vec<String>, Box<dyn Error>> {
    let mut urls = page.attributes("link[href]", "href")?;
    urls.extend(page.attributes("script[src], img[src]", "src")?);
    urls.sort();
    urls.dedup();
    Ok(urls)
}

/// Returns true if `sent` is the file at `path`, whose scripts and style sheet come without comments and indentation.
fn is_whole(path: &str, source: &[u8], sent: &[u8]) -> Result<bool, Box<dyn Error>> {
    let is_read_by_people =
        [".css", ".js"].iter().any(|end| path.ends_with(end)) && !path.ends_with(".min.js");
    if !is_read_by_people {
        return Ok(source == sent);
    }
    let (source, sent) = (std::str::from_utf8(source)?, std::str::from_utf8(sent)?);
    let is_comment = |line: &&str| ["//", "/*"].iter().any(|begin| line.starts_with(begin));
    let code = source.lines().map(str::trim).filter(|line| !line.is_empty() && !is_comment(line));
    Ok(code.eq(sent.lines()))
}

#[tokio::test]
async fn every_file_beside_the_pages_comes_in_the_best_encoding_that_the_browser_takes() -> TestResult {
    let bangui = Site::without_daemon().await?;
    let visitor = Visitor::stranger(bangui.address).await?;
    let mut seen = 0;
    for file in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("static"))? {
        let file = file?;
        let (path, source) = (format!("/assets/{}", file.file_name().display()), fs::read(file.path())?);
        let content = Sent::of(visitor.request(Method::GET, &path)).await?.bytes;
        assert!(is_whole(&path, &source, &content)?, "{path}");
        for (accept, encoding) in [
            (BROWSER, "br"),
            ("br;q=0.5, gzip", "br"),
            ("gzip, deflate", "gzip"),
            ("br;q=0, gzip", "gzip"),
            ("*;q=0, br", "br"),
            ("zstd", ""),
            ("identity", ""),
            ("gzip;q=0", ""),
            ("", ""),
        ] {
            let sent = Sent::get(&visitor, &path, accept).await?;
            assert_eq!((sent.status, sent.header("content-encoding")), (200, encoding), "{path} {accept}");
            assert!(sent.unpacked()? == content, "{path} {accept}");
        }
        seen += 1;
    }
    assert!(seen >= 5);
    Ok(())
}

#[tokio::test]
async fn whoever_has_a_file_is_not_sent_it_again() -> TestResult {
    let bangui = Site::without_daemon().await?;
    let visitor = Visitor::stranger(bangui.address).await?;
    let page = visitor.get("/login").await?;
    for url in beside(&page)? {
        let tag = visitor.get(&url).await?.header("etag").to_owned();
        let stale = url.split('?').next().unwrap_or_default();
        for (url, kept) in [(url.as_str(), "public, max-age=31536000, immutable"), (stale, "no-cache")] {
            let again = |tag: String| visitor.request(Method::GET, url).header("if-none-match", tag);
            for known in [tag.clone(), format!("\"other\", {tag}"), "*".to_owned()] {
                let answer = Answer::of(again(known)).await?;
                assert_eq!((answer.status, answer.body.as_str()), (304, ""), "{url}");
                assert_eq!((answer.header("cache-control"), answer.header("etag")), (kept, tag.as_str()));
            }
            assert_eq!(Answer::of(again("W/\"other\"".to_owned())).await?.status, 200, "{url}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn pages_forms_and_errors_are_compressed_and_read_the_same() -> TestResult {
    let site = Site::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let admin = Visitor::admin(site.address).await?;
    let wrong = [("username", "nobody"), ("password", "wrong"), ("csrf_token", admin.token.as_str())];
    for (method, path, status) in [
        (Method::GET, "/jails", 200),
        (Method::GET, "/jails/sshd/bans", 200),
        (Method::GET, "/no-such-page", 404),
        (Method::GET, "/jails/sshd?page=0", 422),
        (Method::POST, "/login", 422),
        (Method::POST, "/jails/sshd/ban", 422),
        (Method::PUT, "/jails", 404),
        // From another site.
        (Method::POST, "/logout", 403),
    ] {
        let site = if status == 403 { "cross-site" } else { "same-origin" };
        let request = || admin.request(method.clone(), path).form(&wrong).header("sec-fetch-site", site);
        let plain = Sent::of(request()).await?;
        let packed = Sent::of(request().header("accept-encoding", BROWSER)).await?;
        assert_eq!((plain.status, plain.header("content-encoding")), (status, ""), "{path}");
        assert_eq!((packed.status, packed.header("content-encoding")), (status, "gzip"), "{path}");
        assert!(packed.bytes.len() * 2 < plain.bytes.len(), "{path}");
        let (plain, packed) = (plain.page()?, packed.page()?);
        assert!(!plain.text("body")?.is_empty());
        assert_eq!(plain.text("body")?, packed.text("body")?, "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn what_has_no_body_or_a_short_one_stays_as_it_is() -> TestResult {
    let bangui = Site::without_daemon().await?;
    let stranger = Visitor::stranger(bangui.address).await?;
    for (visitor, path, status) in
        [(&stranger, "/healthz", 200), (&stranger, "/", 303), (&stranger, "/audit", 303)]
    {
        let sent = Sent::get(visitor, path, BROWSER).await?;
        assert_eq!((sent.status, sent.header("content-encoding")), (status, ""), "{path}");
    }
    let part = stranger.request(Method::GET, "/jails/table").header("hx-request", "true");
    let refused = Sent::of(part.header("accept-encoding", BROWSER)).await?;
    assert_eq!((refused.status, refused.bytes.len()), (401, 0));
    let head = format!("HEAD /none HTTP/1.1\r\nHost: {}\r\nAccept-Encoding: gzip\r\n\r\n", bangui.address);
    let mut connection = crate::web::raw::Raw::to(bangui.address).await?;
    // What came after the first head would be taken for the answer to the second.
    for _ in 0..2 {
        connection.send(&head).await?;
        let answer = connection.head().await?;
        assert!(answer.starts_with("HTTP/1.1 303") || answer.starts_with("HTTP/1.1 404"), "{answer}");
    }
    let same = format!(
        "GET /assets/icon.svg HTTP/1.1\r\nHost: {}\r\nAccept-Encoding: gzip\r\nIf-None-Match: *\r\n\r\n",
        bangui.address
    );
    let answer = ask(bangui.address, same).await?;
    assert_eq!(
        (answer.status, answer.header("content-length"), answer.header("transfer-encoding")),
        (304, "", "")
    );
    Ok(())
}

/// What a visit to `path` weighs that loads nothing, or everything, from the browser's own store.
async fn weigh(admin: &Visitor, path: &str, accept: &str) -> Result<(usize, usize), Box<dyn Error>> {
    let sent = Sent::get(admin, path, accept).await?;
    assert_eq!(sent.status, 200, "{path}");
    let page = sent.bytes.len();
    let mut first = page;
    for url in beside(&sent.page()?)? {
        first += Sent::get(admin, &url, accept).await?.bytes.len();
    }
    println!("{path} with {accept}: {first} bytes at first, {page} later");
    Ok((first, page))
}

#[tokio::test]
async fn pages_weigh_no_more_than_they_may() -> TestResult {
    let site = Site::start(&[DemoJail::new("sshd", "sshd")]).await?;
    // Spread as those of a real jail are, and as hard to compress.
    let address = |number: u8| match number % 8 {
        0 => format!("2001:db8:{:x}:{:x}::{:x}", u32::from(number) * 7919 % 65_521, number, number ^ 0x5a),
        _ => format!("{}.{}.{}.{number}", 1 + number % 97, number.wrapping_mul(37), number.wrapping_mul(101)),
    };
    let bans: Vec<String> = (1..=BANS).map(address).collect();
    let words: Vec<&str> = bans.iter().map(String::as_str).collect();
    client(&site.daemon, &[&["set", "sshd", "banip"], words.as_slice()].concat())?;
    until("all are banned", || Ok(banned(&site.daemon, "sshd")?.len() == bans.len())).await?;
    let admin = Visitor::admin(site.address).await?;
    assert_eq!(admin.get("/jails/sshd").await?.rows()?.len(), 25);
    for accept in [BROWSER, "gzip, deflate"] {
        for (path, most) in
            [("/jails/sshd", 60_000), ("/bans", 60_000), ("/unban", 30_000), ("/ignores", 60_000)]
        {
            let (first, later) = weigh(&admin, path, accept).await?;
            assert!(first <= most && later <= 10_000, "{path} with {accept}: {first} bytes, {later} later");
        }
    }
    Ok(())
}
