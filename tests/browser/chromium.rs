//! A real Chromium, driven through its own chromedriver.

use std::error::Error;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use thirtyfour::common::capabilities::chromium::ChromiumLikeCapabilities as _;
use thirtyfour::error::WebDriverError;
use thirtyfour::prelude::*;
use thirtyfour::{ChromeCapabilities, Key, LoggingPrefsLogLevel};

use crate::support::site::below;

/// How often a chromedriver is started that ends before it listens.
const STARTS: usize = 5;
/// Far more than a loaded machine needs; only a broken page waits so long.
const LIMIT: Duration = Duration::from_secs(45);
const PAUSE: Duration = Duration::from_millis(50);

/// What a test's step returns.
pub type Step<T = ()> = Result<T, Box<dyn Error>>;

/// Where Debian puts the browser.
const CHROMIUM: &str = "/usr/bin/chromium";

/// Paths in selectors and scripts of the tests, which begin in quotation marks, below the path that BanGUI is below. The
/// end of one, or a part, stays as it is.
fn moved(text: &str) -> String {
    let begin = format!("'{}/", below());
    let moved = text.replace(&begin, "'/").replace("'/", &begin);
    ["$=", "*="]
        .iter()
        .fold(moved, |text, part| text.replace(&format!("{part}{begin}"), &format!("{part}'/")))
}

/// One window of a browser of its own, with nothing in it that another test left. Dropping it ends it.
pub struct Browser {
    /// The window, for what is not here.
    pub driver: WebDriver,
    /// Killed after the driver is gone.
    _process: Process,
    complaints: Vec<String>,
}

/// A chromedriver, and the directory in which its Chromium keeps everything.
struct Process {
    child: Child,
    profile: tempfile::TempDir,
}

impl Process {
    /// Starts a chromedriver; returns it with the port it listens on. It chooses a port for one family of addresses and
    /// ends where somebody has the same port of the other: then another one is started.
    fn start() -> Step<(Self, u16)> {
        for _ in 1..STARTS {
            if let Some(started) = Self::start_once()? {
                return Ok(started);
            }
        }
        Self::start_once()?.ok_or_else(|| "chromedriver did not say on which port it listens".into())
    }

    fn start_once() -> Step<Option<(Self, u16)>> {
        if !std::path::Path::new(CHROMIUM).exists() {
            return Err(format!("{CHROMIUM} is missing: apt-get install chromium").into());
        }
        let profile = tempfile::Builder::new().prefix("bangui-chromium-").tempdir()?;
        let child = Command::new("chromedriver")
            .arg("--port=0")
            // Chromium leaves things in the temporary directory: here they go with the rest.
            .env("TMPDIR", profile.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .map_err(|error| {
                format!("chromedriver cannot be run ({error}): apt-get install chromium-driver")
            })?;
        let mut process = Self { child, profile };
        let output = process.child.stdout.take().ok_or("chromedriver has no output")?;
        for line in BufReader::new(output).lines() {
            if let Some((_, port)) = line?.split_once("successfully on port ") {
                return Ok(Some((process, port.trim_end_matches('.').parse()?)));
            }
        }
        Ok(None)
    }

    fn capabilities(&self, preferences: &Value) -> Step<ChromeCapabilities> {
        let mut capabilities = ChromeCapabilities::new();
        capabilities.set_binary(CHROMIUM)?;
        for argument in [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=1280,900",
            // A machine without a mouse has a browser that knows of no hovering.
            "--blink-settings=primaryHoverType=2,availableHoverTypes=2,primaryPointerType=4,availablePointerTypes=4",
        ] {
            capabilities.add_arg(argument)?;
        }
        capabilities.add_arg(&format!("--user-data-dir={}", self.profile.path().display()))?;
        capabilities.add_experimental_option("prefs", preferences)?;
        capabilities.set_browser_log_level(LoggingPrefsLogLevel::All)?;
        Ok(capabilities)
    }
}

impl Process {
    /// The processes of this browser: each names its profile.
    fn all(&self) -> Vec<Pid> {
        let profile = self.profile.path().to_string_lossy().into_owned();
        let ours = |entry: &std::fs::DirEntry| {
            std::fs::read(entry.path().join("cmdline"))
                .is_ok_and(|line| String::from_utf8_lossy(&line).contains(&profile))
        };
        let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten().filter(ours);
        entries.filter_map(|entry| Pid::from_raw(entry.file_name().to_str()?.parse().ok()?)).collect()
    }
}

impl Drop for Process {
    /// Kills chromedriver, and its Chromium, which runs in a process group of its own. Waits until all
    /// are gone, so that none writes into the directory while it is removed.
    fn drop(&mut self) {
        let _already_gone = self.child.kill().and_then(|()| self.child.wait().map(drop));
        let begin = Instant::now();
        loop {
            let left = self.all();
            if left.is_empty() || begin.elapsed() > LIMIT {
                break;
            }
            for pid in left {
                let _already_gone = kill_process(pid, Signal::KILL);
            }
            std::thread::sleep(PAUSE);
        }
    }
}

impl Drop for Browser {
    /// Lets the driver be: asking it to end would block the only thread that could send the question.
    fn drop(&mut self) {
        let _already_ended = self.driver.clone().leak();
    }
}

/// What was pressed may leave the page before the driver has answered, which it then calls a timeout, in one of these
/// words.
fn or_left(pressed: Result<(), WebDriverError>) -> Step {
    let has_left = |error: &WebDriverError| {
        let said = error.to_string();
        ["aborted by navigation", "no such execution context"].iter().any(|words| said.contains(words))
    };
    match pressed {
        Err(error) if has_left(&error) => Ok(()),
        pressed => Ok(pressed?),
    }
}

impl Browser {
    /// A window of 1280 by 900 pixels with a mouse.
    pub async fn desktop() -> Step<Self> {
        let browser = Self::start(&json!({})).await?;
        browser.resize(1280, 900).await?;
        Ok(browser)
    }

    /// A phone of 390 by 844 pixels: fingers, no mouse.
    pub async fn phone() -> Step<Self> {
        let browser = Self::start(&json!({})).await?;
        browser.resize(390, 844).await?;
        Ok(browser)
    }

    /// A phone whose owner has switched JavaScript off.
    pub async fn without_javascript() -> Step<Self> {
        let off = json!({ "profile.managed_default_content_settings.javascript": 2 });
        let browser = Self::start(&off).await?;
        browser.resize(390, 844).await?;
        Ok(browser)
    }

    /// A browser whose owner has set the size of its font, in pixels.
    pub async fn with_font(pixels: u32) -> Step<Self> {
        Self::start(&json!({ "webkit.webprefs.default_font_size": pixels })).await
    }

    async fn start(preferences: &Value) -> Step<Self> {
        let (process, port) = Process::start()?;
        let capabilities = process.capabilities(preferences)?;
        let driver = WebDriver::new(format!("http://127.0.0.1:{port}"), capabilities).await?;
        Ok(Self { driver, _process: process, complaints: Vec::new() })
    }

    /// Makes the window so large, in CSS pixels. What is narrower than a tablet is touched.
    pub async fn resize(&self, width: u32, height: u32) -> Step {
        let phone = width < 700;
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": phone });
        let cdp = self.driver.cdp();
        cdp.send_raw("Emulation.setDeviceMetricsOverride", metrics).await?;
        cdp.send_raw("Emulation.setTouchEmulationEnabled", json!({ "enabled": phone })).await?;
        Ok(())
    }

    /// Says which colours the system has: `light` or `dark`.
    pub async fn system_colours(&self, scheme: &str) -> Step {
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.driver.cdp().send_raw("Emulation.setEmulatedMedia", features).await?;
        Ok(())
    }

    /// Opens `url`.
    pub async fn open(&self, url: &str) -> Step {
        Ok(self.driver.goto(url).await?)
    }

    /// What the JavaScript expression `expression` is on the page.
    pub async fn value(&self, expression: &str) -> Step<Value> {
        let script = format!("return {};", moved(expression));
        Ok(self.driver.execute(script, Vec::new()).await?.json().clone())
    }

    /// Waits until the JavaScript expression `condition` is true on the page.
    pub async fn until(&self, condition: &str) -> Step {
        let begin = Instant::now();
        loop {
            // While one page makes way for another there may be nobody to ask.
            let answer = self.value(&format!("Boolean(({condition}))")).await;
            if matches!(answer, Ok(Value::Bool(true))) {
                return Ok(());
            }
            if begin.elapsed() > LIMIT {
                return Err(self.in_vain(condition, answer).await);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn in_vain(&self, condition: &str, answer: Step<Value>) -> Box<dyn Error> {
        let here = self.driver.current_url().await.map(|url| url.to_string()).unwrap_or_default();
        let seen = self.value("document.body.innerText").await.unwrap_or_default();
        let seen = seen.as_str().unwrap_or_default();
        format!("waited in vain at {here} until {condition} ({answer:?}); the page reads:\n{seen}").into()
    }

    /// Waits until `text` can be read in the first element that `css` selects.
    pub async fn until_reads(&self, css: &str, text: &str) -> Step {
        self.until(&format!("document.querySelector({})?.innerText.includes({})", json!(css), json!(text)))
            .await
    }

    /// Waits until `css` selects exactly `number` elements.
    pub async fn until_count(&self, css: &str, number: usize) -> Step {
        self.until(&format!("document.querySelectorAll({}).length === {number}", json!(css))).await
    }

    /// What can be read in each element that `css` selects.
    pub async fn texts(&self, css: &str) -> Step<Vec<String>> {
        let all = format!("[...document.querySelectorAll({})].map(e => e.innerText)", json!(css));
        Ok(serde_json::from_value(self.value(&all).await?)?)
    }

    /// The element that `css` selects, as soon as it is there, on a page that has come whole: a page that still comes
    /// takes the element away again. The driver may hear of the new page later than the page itself, and then
    /// refuses: it is asked again.
    pub async fn element(&self, css: &str) -> Step<WebElement> {
        let begin = Instant::now();
        loop {
            self.until(&format!(
                "document.readyState === 'complete' && document.querySelector({})",
                json!(css)
            ))
            .await?;
            match self.driver.find(By::Css(moved(css))).await {
                Err(_) if begin.elapsed() < LIMIT => tokio::time::sleep(PAUSE).await,
                answer => return Ok(answer?),
            }
        }
    }

    /// Clicks as a person does: where the element can be seen, and on nothing that covers it.
    pub async fn click(&self, css: &str) -> Step {
        let element = self.element(css).await?;
        // The driver scrolls only as far as it must, and leaves the element under the page's header.
        let centre = "arguments[0].scrollIntoView({ block: 'center', behavior: 'instant' })";
        self.driver.execute(centre, vec![element.to_json()?]).await?;
        or_left(element.click().await)
    }

    /// Writes `text` into a field in place of what stands there.
    pub async fn write(&self, css: &str, text: &str) -> Step {
        let begin = Instant::now();
        loop {
            let field = self.element(css).await?;
            match async {
                field.clear().await?;
                field.send_keys(text).await
            }
            .await
            {
                Err(_) if begin.elapsed() < LIMIT => tokio::time::sleep(PAUSE).await,
                answer => return Ok(answer?),
            }
        }
    }

    /// Types on the keyboard, wherever the focus is.
    pub async fn keys(&self, text: &str) -> Step {
        Ok(self.driver.action_chain().send_keys(text).perform().await?)
    }

    /// Presses one key.
    pub async fn press(&self, key: Key) -> Step {
        or_left(self.driver.action_chain().send_keys(key).perform().await)
    }

    /// Where the browser is: path and query.
    pub async fn here(&self) -> Step<String> {
        let url = self.driver.current_url().await?;
        let path = url.path().strip_prefix(below()).unwrap_or(url.path());
        Ok(url.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}")))
    }

    /// Collects what the browser complained about. A status that a page came with is no complaint.
    pub async fn complaints(&mut self) -> Step<&[String]> {
        for entry in self.driver.browser_log().await? {
            let network = entry.source.as_deref() == Some("network")
                && entry.message.contains("the server responded with a status of");
            if !network && (entry.level == "SEVERE" || entry.level == "WARNING") {
                self.complaints.push(format!("{}: {}", entry.level, entry.message));
            }
        }
        Ok(&self.complaints)
    }

    /// Closes the browser. Each test ends with it: it fails if the console holds an error or a
    /// violation of the content security policy.
    pub async fn finish(mut self) -> Step {
        let complaints = self.complaints().await?.join("\n");
        self.driver.clone().quit().await?;
        if complaints.is_empty() {
            Ok(())
        } else {
            Err(format!("the browser complains:\n{complaints}").into())
        }
    }
}
