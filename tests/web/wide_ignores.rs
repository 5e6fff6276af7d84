//! Ignore entries and bans that together cover most of the internet, and audit rows that name many.

use std::error::Error;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use bangui::demo::DemoJail;

use crate::support::TestResult;
use crate::support::fake_daemon::{FakeDaemon, Reply};
use crate::support::site::Site;
use crate::support::visitor::Visitor;
use crate::web::audit::newest;
use crate::web::ignore::ignored;

const ADD: &str = "/jails/sshd/ignore";

async fn site() -> Result<(Site, Visitor), Box<dyn Error>> {
    let site = Site::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let admin = Visitor::admin(site.address).await?;
    Ok((site, admin))
}

#[tokio::test]
async fn a_half_of_the_internet_is_ignored_only_after_a_question_and_both_never() -> TestResult {
    let (site, admin) = site().await?;
    for (half, other) in [("0.0.0.0/1", "128.0.0.0/1"), ("8000::/1", "::/1")] {
        let before = ignored(&site, "sshd")?;
        let asked = admin.post(ADD, &[("ip", half), ("keep", "yes"), ("note", "all of it")]).await?;
        assert_eq!(asked.status, 422, "{half}");
        assert!(
            asked.text(".risks")?.contains("The list would then cover 50% of all IPv"),
            "{}",
            asked.text(".risks")?
        );
        assert_eq!(asked.attributes(".ask input[name=note]", "value")?, ["all of it"]);
        assert_eq!(ignored(&site, "sshd")?, before, "nothing was done");
        assert_eq!(
            newest(&admin).await?.get("outcome").map(|it| it.starts_with("not confirmed")),
            Some(true)
        );
        let done = admin.post(ADD, &[("ip", half), ("confirmed", half)]).await?;
        assert_eq!(done.status, 303, "{half}");
        for confirmed in ["", other] {
            let refused = admin.post(ADD, &[("ip", other), ("confirmed", confirmed)]).await?;
            assert_eq!(refused.status, 422, "{other}");
        }
        assert!(!ignored(&site, "sshd")?.contains(&other.to_owned()), "{other}");
    }
    Ok(())
}

#[tokio::test]
async fn several_large_networks_are_asked_about_together() -> TestResult {
    let (site, admin) = site().await?;
    assert_eq!(admin.post(ADD, &[("ip", "12.0.0.0/8")]).await?.status, 303);
    assert_eq!(
        admin.post(ADD, &[("ip", "13.0.0.0/8")]).await?.status,
        422,
        "with what is on the list already"
    );
    assert_eq!(admin.post(ADD, &[("ip", "203.0.113.0/24")]).await?.status, 303, "this adds little");
    let asked = admin.post("/jails/sshd/ban", &[("ip", "20.0.0.0/8 21.0.0.0/8")]).await?;
    assert_eq!(asked.status, 422);
    assert!(asked.text(".risks")?.contains("Together with the others"), "{}", asked.text(".risks")?);
    assert_eq!(ignored(&site, "sshd")?, ["12.0.0.0/8", "203.0.113.0/24"]);
    Ok(())
}

#[tokio::test]
async fn the_last_of_many_targets_is_not_hidden_in_the_audit() -> TestResult {
    let (_site, admin) = site().await?;
    let targets: Vec<String> = (1..=61).map(|number| format!("203.0.113.{number}")).collect();
    admin.post("/jails/sshd/ban", &[("ip", &targets.join("\n"))]).await?;
    let row = newest(&admin).await?;
    assert!(row["what"].starts_with("Banned 203.0.113.1, 203.0.113.2, 203.0.113.3 and 58 more"), "{row:?}");
    assert_eq!(row["target"].matches("203.0.113.").count(), 61, "{row:?}");
    let found = admin.get("/audit?show=all&fold=no&q=203.0.113.61").await?;
    assert_eq!(found.attributes(".audit tr[data-action]", "data-action")?, ["ban"], "the search finds it");
    Ok(())
}

#[tokio::test]
async fn who_may_not_do_it_fills_no_row_with_targets() -> TestResult {
    let (site, admin) = site().await?;
    site.add_account("view", bangui::domain::account::Role::Viewer).await?;
    let viewer = Visitor::logged_in(site.address, "view").await?;
    let many = "203.0.113.1 ".repeat(4_000);
    assert_eq!(viewer.post("/jails/sshd/ban", &[("ip", &many)]).await?.status, 403);
    let row = newest(&admin).await?;
    assert!(row.get("target").is_some_and(|target| target.len() < 1_500), "{row:?}");
    Ok(())
}

/// Set so that the ignore list of the jail `dark` cannot be read the next time.
static REFUSES_ONCE: AtomicBool = AtomicBool::new(false);
/// How often that jail was given an entry.
static ADDED: AtomicUsize = AtomicUsize::new(0);

fn without_one_list(words: &[&str]) -> Reply {
    match words {
        ["version"] => Reply::payload("1.0.2"),
        ["status"] => Reply::payload((("Number of jail", 2), ("Jail list", "dark, sshd"))),
        ["get", "dark", "ignoreip"] if REFUSES_ONCE.swap(false, Ordering::Relaxed) => {
            Reply::refusal("not now")
        }
        ["get", _, "ignoreip"] => Reply::payload(Vec::<String>::new()),
        ["set", "dark", "addignoreip", ..] => {
            ADDED.fetch_add(1, Ordering::Relaxed);
            Reply::payload(Vec::<String>::new())
        }
        _ => Reply::refusal("Invalid command"),
    }
}

#[tokio::test]
async fn where_it_is_not_known_how_much_a_jail_would_ignore_nothing_is_added_unasked() -> TestResult {
    let fake = FakeDaemon::start(without_one_list)?;
    let bangui = Site::bare(fake.socket()).await?;
    let admin = Visitor::admin(bangui.address).await?;
    admin.get("/jails").await?;
    REFUSES_ONCE.store(true, Ordering::Relaxed);
    let done = admin.submit("/lookup/ignore", &[("ip", "0.0.0.0/2"), ("jail", "dark")]).await?;
    assert!(!REFUSES_ONCE.load(Ordering::Relaxed), "the list was asked for");
    assert_eq!(ADDED.load(Ordering::Relaxed), 0);
    assert!(done.text("#messages")?.contains("dark"), "{}", done.text("main")?);
    Ok(())
}
