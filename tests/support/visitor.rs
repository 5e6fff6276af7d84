//! A browser: keeps cookies, follows no redirect by itself, reads pages.

use std::collections::HashMap;
use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Client, Method, RequestBuilder, redirect};
use scraper::{ElementRef, Html, Selector};

use crate::support::TestResult;
use crate::support::site::{Bangui, NAME, PASSWORD, below};

/// A path without a page: its answer has a token and leaves the waiting message for the next page.
const NOWHERE: &str = "/there-is-no-such-page";

/// A browser.
pub struct Visitor {
    http: Client,
    base: String,
    /// The CSRF token of the session.
    pub token: String,
}

/// The answer to a request.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Visitor {
    /// Somebody who has opened the first page.
    pub async fn stranger(address: SocketAddr) -> Result<Self, Box<dyn Error>> {
        Self::with_headers(address, HeaderMap::new()).await
    }

    /// Somebody who has opened the first page of a BanGUI below the path `below`, as `/bangui`.
    pub async fn below(address: SocketAddr, below: &str) -> Result<Self, Box<dyn Error>> {
        Self::at(format!("http://{address}{below}"), HeaderMap::new()).await
    }

    /// Somebody at `from`, behind a proxy.
    pub async fn behind_a_proxy(address: SocketAddr, from: &str) -> Result<Self, Box<dyn Error>> {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", from.parse()?);
        Self::with_headers(address, headers).await
    }

    /// Somebody who has opened the first page by the name `localhost`, where browsers have passkeys.
    pub async fn at_localhost(address: SocketAddr) -> Result<Self, Box<dyn Error>> {
        Self::at(format!("http://localhost:{}{}", address.port(), below()), HeaderMap::new()).await
    }

    /// The same behind a proxy, from `from`.
    pub async fn at_localhost_from(address: SocketAddr, from: &str) -> Result<Self, Box<dyn Error>> {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", from.parse()?);
        Self::at(format!("http://localhost:{}{}", address.port(), below()), headers).await
    }

    /// Somebody with a browser that says what it is.
    pub async fn with_agent(address: SocketAddr, agent: &str) -> Result<Self, Box<dyn Error>> {
        let mut headers = HeaderMap::new();
        headers.insert("user-agent", agent.parse()?);
        Self::with_headers(address, headers).await
    }

    async fn with_headers(address: SocketAddr, headers: HeaderMap) -> Result<Self, Box<dyn Error>> {
        Self::at(format!("http://{address}{}", below()), headers).await
    }

    async fn at(base: String, headers: HeaderMap) -> Result<Self, Box<dyn Error>> {
        // A connection kept while a test runs slow commands would be closed under its next form.
        let http = Client::builder()
            .no_proxy()
            .default_headers(headers)
            .cookie_store(true)
            .redirect(redirect::Policy::none())
            .pool_max_idle_per_host(0)
            .build()?;
        let mut visitor = Self { http, base, token: String::new() };
        let mut page = visitor.get("/login").await?;
        if page.status == 303 {
            page = visitor.get(page.location()).await?;
        }
        visitor.token = page.token()?;
        Ok(visitor)
    }

    /// An administrator who is logged in.
    pub async fn admin(address: SocketAddr) -> Result<Self, Box<dyn Error>> {
        Self::logged_in(address, NAME).await
    }

    /// Somebody who is logged in with the password of all tests.
    pub async fn logged_in(address: SocketAddr, name: &str) -> Result<Self, Box<dyn Error>> {
        let mut visitor = Self::stranger(address).await?;
        let answer = visitor.log_in(name, PASSWORD, "/").await?;
        if answer.status != 303 {
            return Err(format!("the login ended in {}", answer.status).into());
        }
        visitor.renew_token().await?;
        Ok(visitor)
    }

    /// Logs in with the password of all tests.
    pub async fn then_logged_in(mut self, name: &str) -> Result<Self, Box<dyn Error>> {
        assert_eq!(self.log_in(name, PASSWORD, "/").await?.status, 303);
        self.renew_token().await?;
        Ok(self)
    }

    /// The scheme, host and port of its pages.
    pub fn origin(&self) -> &str {
        &self.base
    }

    /// Sends the login form.
    pub async fn log_in(&self, name: &str, password: &str, next: &str) -> Result<Answer, Box<dyn Error>> {
        self.post("/login", &[("username", name), ("password", password), ("next", next)]).await
    }

    /// Reads the token of the session again.
    pub async fn renew_token(&mut self) -> TestResult {
        self.token = self.get(NOWHERE).await?.token()?;
        Ok(())
    }

    /// The same browser, sending another token.
    pub fn with_token(self, token: &str) -> Self {
        Self { token: token.to_owned(), ..self }
    }

    /// A request of any kind.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        // A redirect names the whole path.
        let below = self.base.splitn(4, '/').nth(3).map(|below| format!("/{below}")).unwrap_or_default();
        let path = path.strip_prefix(&below).filter(|path| path.starts_with('/')).unwrap_or(path);
        self.http.request(method, format!("{}{path}", self.base))
    }

    /// Asks for a page.
    pub async fn get(&self, path: &str) -> Result<Answer, Box<dyn Error>> {
        Answer::of(self.request(Method::GET, path)).await
    }

    /// Asks for a part of a page, as htmx does.
    pub async fn part(&self, path: &str) -> Result<Answer, Box<dyn Error>> {
        Answer::of(self.request(Method::GET, path).header("hx-request", "true")).await
    }

    /// Sends a form with the token.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Result<Answer, Box<dyn Error>> {
        let fields = [fields, &[("csrf_token", self.token.as_str())]].concat();
        Answer::of(self.request(Method::POST, path).form(&fields)).await
    }

    /// Sends a form and opens the page that it leads to.
    pub async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> Result<Answer, Box<dyn Error>> {
        let mut answer = self.post(path, fields).await?;
        while answer.status == 303 {
            answer = self.get(answer.location()).await?;
        }
        Ok(answer)
    }
}

impl Answer {
    /// Sends a request and reads the answer.
    pub async fn of(request: RequestBuilder) -> Result<Self, Box<dyn Error>> {
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Self { status, headers, body: response.text().await? })
    }

    /// The header `name`, empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The target of a redirect.
    pub fn location(&self) -> &str {
        self.header("location")
    }

    /// The page.
    pub fn page(&self) -> Html {
        Html::parse_document(&self.body)
    }

    /// The texts of all elements that match, with single spaces.
    pub fn texts(&self, selector: &str) -> Result<Vec<String>, Box<dyn Error>> {
        Ok(self.page().select(&css(selector)?).map(text).collect())
    }

    /// The text of all elements that match, one after another.
    pub fn text(&self, selector: &str) -> Result<String, Box<dyn Error>> {
        Ok(self.texts(selector)?.join(" "))
    }

    /// The attribute `name` of each element that matches and has it.
    pub fn attributes(&self, selector: &str, name: &str) -> Result<Vec<String>, Box<dyn Error>> {
        let (page, selector) = (self.page(), css(selector)?);
        let found = page.select(&selector).filter_map(|element| element.attr(name)).map(str::to_owned);
        Ok(found.collect())
    }

    /// The banned entries in the table, from top to bottom.
    pub fn rows(&self) -> Result<Vec<String>, Box<dyn Error>> {
        self.attributes("#bans tbody tr", "data-ip")
    }

    /// The cells of each row of a table by their labels, the row by its `key` attribute.
    pub fn cells(&self, key: &str) -> Result<HashMap<String, HashMap<String, String>>, Box<dyn Error>> {
        let (rows, cells) = (css(&format!("tbody tr[{key}]"))?, css("td[data-label]")?);
        let page = self.page();
        let label = |cell: ElementRef<'_>| cell.attr("data-label").unwrap_or_default().to_owned();
        Ok(page
            .select(&rows)
            .map(|row| {
                let cells = row.select(&cells).map(|cell| (label(cell), text(cell))).collect();
                (row.attr(key).unwrap_or_default().to_owned(), cells)
            })
            .collect())
    }

    /// The token of the page's forms.
    pub fn token(&self) -> Result<String, Box<dyn Error>> {
        let tokens = self.attributes("input[name=csrf_token]", "value")?;
        let first = tokens.first().filter(|token| !token.is_empty());
        first.cloned().ok_or_else(|| format!("no token on a page with status {}", self.status).into())
    }

    /// The session cookie that this answer sets, as `name=value`.
    pub fn session_cookie(&self) -> Option<String> {
        let cookies = self.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
        let mut own = cookies.filter(|cookie| cookie.starts_with("bangui_session="));
        own.next().and_then(|cookie| cookie.split(';').next()).map(str::to_owned)
    }
}

/// A selector.
pub fn css(selector: &str) -> Result<Selector, Box<dyn Error>> {
    Selector::parse(selector).map_err(|error| format!("{selector}: {error}").into())
}

fn text(element: ElementRef<'_>) -> String {
    let text: String = element.text().collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Fails at `name` from ten addresses behind a proxy, as often as is let, so that it then waits for longer than a
/// test lasts.
pub async fn fail_from_everywhere(bangui: &Bangui, name: &str) -> TestResult {
    for (number, wait) in [0, 0, 0, 0, 0, 5, 10, 20, 40, 80].into_iter().enumerate() {
        bangui.clock.pass(Duration::from_secs(wait));
        let attacker = Visitor::behind_a_proxy(bangui.address, &format!("203.0.113.{number}")).await?;
        assert_eq!(attacker.log_in(name, "not the password", "/").await?.status, 422);
    }
    Ok(())
}
