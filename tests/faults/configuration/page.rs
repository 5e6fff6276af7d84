//! An administrator presses a button and reads what comes of it.

use std::error::Error;

use tokio::time::{Duration, Instant, sleep};

use crate::support::visitor::{Answer, Visitor};

/// Longer than BanGUI waits for fail2ban-client.
const LIMIT: Duration = Duration::from_mins(6);

/// What the page said.
#[derive(Debug, Default)]
pub struct Said {
    /// What it asked before it did anything.
    pub asked: Option<String>,
    /// The plan in what it asked, a jail after the other.
    pub plan: Vec<String>,
    /// The heading of the end.
    pub title: String,
    /// Everything that it said at the end.
    pub text: String,
    /// fail2ban's words in it.
    pub words: String,
    /// Whether it says that broken jails were left as they are.
    pub left_out: bool,
    /// What it said beside that, without hints.
    pub remarks: Vec<String>,
}

impl Said {
    /// Whether it says that it was done.
    pub fn is_done(&self) -> bool {
        self.title.ends_with(" done")
    }

    /// Whether it says that it was refused, or that the broken jails were left as they are.
    pub fn is_refused(&self) -> bool {
        self.title.contains(" refused") || (self.title.ends_with(" failed in part") && self.left_out)
    }
}

/// Presses the button behind `path`, confirms where that is asked for, and waits for the end.
pub async fn press(admin: &Visitor, path: &str) -> Result<Said, Box<dyn Error>> {
    let mut said = Said::default();
    let answer = admin.post(path, &[]).await?;
    expect(&answer, 303)?;
    let mut end = end_of_work(admin).await?;
    if end.text("#work h2")?.contains("needs your confirmation") {
        said.asked = Some(end.text("#work")?);
        said.plan = end.texts("#work .plan > li, #work .pad > .hint-line")?;
        confirm(admin, &end).await?;
        end = end_of_work(admin).await?;
    }
    said.left_out = !end.texts("#work [data-broken]")?.is_empty();
    said.title = end.text("#work h2")?;
    said.text = end.text("#work")?;
    said.words = end.text("#work pre")?;
    said.remarks = end.texts("#work .pad > p:not(.hint)")?;
    Ok(said)
}

/// Sends the form that confirms.
async fn confirm(admin: &Visitor, page: &Answer) -> Result<(), Box<dyn Error>> {
    let actions = page.attributes("#work form:has(.danger)", "action")?;
    let action = actions.first().ok_or("there is no form to confirm with")?;
    let (names, values) = (
        page.attributes("#work form:has(.danger) input", "name")?,
        page.attributes("#work form:has(.danger) input", "value")?,
    );
    let fields: Vec<(&str, &str)> =
        names.iter().map(String::as_str).zip(values.iter().map(String::as_str)).collect();
    let fields: Vec<_> = fields.into_iter().filter(|(name, _)| *name != "csrf_token").collect();
    expect(&admin.post(action, &fields).await?, 303)
}

fn expect(answer: &Answer, status: u16) -> Result<(), Box<dyn Error>> {
    if answer.status == status {
        return Ok(());
    }
    Err(format!("status {}: {}", answer.status, answer.text("main")?).into())
}

/// The picture of the work when nothing is under way any more.
async fn end_of_work(admin: &Visitor) -> Result<Answer, Box<dyn Error>> {
    let begin = Instant::now();
    loop {
        let picture = admin.part("/server/work").await?;
        if picture.status == 200 && picture.attributes("#work", "hx-get")?.is_empty() {
            return Ok(picture);
        }
        if begin.elapsed() > LIMIT {
            return Err(format!("the work did not end: {}", picture.text("#work")?).into());
        }
        sleep(Duration::from_millis(50)).await;
    }
}
