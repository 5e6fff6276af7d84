//! The audit after an attack: changes first, equal lines folded, filters, and the same as a file.

use std::error::Error;

use bangui::demo::DemoJail;
use bangui::domain::account::Role;
use rusqlite::Connection;

use crate::support::TestResult;
use crate::support::site::{Bangui, NAME, Site};
use crate::support::visitor::Visitor;
use crate::web::audit::{Row, rows};

/// The most rows of a file.
const MOST_OF_FILE: usize = 100_000;

async fn list(admin: &Visitor, query: &str) -> Result<Vec<Row>, Box<dyn Error>> {
    rows(&admin.get(&format!("/audit{query}")).await?)
}

fn whats(rows: &[Row]) -> Vec<&str> {
    rows.iter().map(|row| row["what"].as_str()).collect()
}

/// Adds `number` rows, a second apart, from the columns that `select` computes from `i`.
fn add(bangui: &Bangui, number: usize, select: &str) -> TestResult {
    let sql = format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
         INSERT INTO audit (at, account, address, action, jail, target, outcome, status, words)
         SELECT 1764216000 + i, {select} FROM n"
    );
    Connection::open(bangui.database())?.execute(&sql, [number])?;
    Ok(())
}

#[tokio::test]
async fn changes_come_first_and_8600_failed_logins_are_two_lines() -> TestResult {
    let bangui = Site::without_daemon().await?;
    add(&bangui, 1, "'ann', '192.0.2.1', 'unban', 'sshd', '203.0.113.5', 'done', 303, ''")?;
    let guess =
        "NULL, iif(i % 2, '198.51.100.7', '198.51.100.8'), 'log in', NULL, '', 'refused', 422, 'Wrong.'";
    add(&bangui, 8_600, guess)?;
    add(&bangui, 1, "'ann', '192.0.2.1', 'unban', 'sshd', '203.0.113.5', 'done', 303, ''")?;
    let admin = Visitor::admin(bangui.address).await?;
    let changes = admin.get("/audit").await?;
    assert_eq!(whats(&rows(&changes)?), ["Unbanned 203.0.113.5 in sshd"; 2], "what was done is not folded");
    assert_eq!(changes.text(".kinds [aria-current]")?, "Changes");

    let page = admin.get("/audit?show=logins").await?;
    assert_eq!(whats(&rows(&page)?), ["Logged in", "Log in", "Log in"]);
    assert_eq!(page.texts(".times")?, ["× 4,300", "× 4,300"]);
    assert!(page.text(".count")?.starts_with("1–3 of 3"), "{}", page.text(".count")?);
    let each = page.attributes(".times", "href")?.swap_remove(0);
    let each = admin.get(&each).await?;
    assert_eq!(rows(&each)?.len(), 50);
    assert!(each.text(".count")?.starts_with("1–50 of 4,300"), "{}", each.text(".count")?);
    assert_eq!(whats(&list(&admin, "?show=refused").await?), ["Log in", "Log in"]);
    assert_eq!(list(&admin, "?show=all").await?.len(), 5);
    assert_eq!(admin.get("/audit?show=some").await?.status, 422);
    Ok(())
}

#[tokio::test]
async fn what_was_refused_is_no_change() -> TestResult {
    let site = Site::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let admin = Visitor::admin(site.address).await?;
    admin.post("/jails/sshd/ban", &[("ip", "203.0.113.5")]).await?;
    admin.post("/jails/sshd/ban", &[("ip", "nonsense")]).await?;
    admin.post("/bans/unban", &[("one", "sshd/203.0.113.5")]).await?;
    let changes = list(&admin, "").await?;
    assert_eq!(whats(&changes), ["Unbanned 203.0.113.5 in sshd", "Banned 203.0.113.5 in sshd"]);
    assert_eq!(changes[0]["action"], "unban", "one is not many");
    assert!(!changes.iter().any(|row| row["outcome"].contains("422")), "{changes:?}");
    assert_eq!(whats(&list(&admin, "?show=refused").await?), ["Ban nonsense in sshd"]);
    Ok(())
}

#[tokio::test]
async fn the_list_is_filtered_by_person_action_day_and_address() -> TestResult {
    let bangui = Site::without_daemon().await?;
    add(&bangui, 3, "'ann', '192.0.2.1', 'ban', 'sshd', '203.0.113.' || i, 'done', 303, ''")?;
    add(&bangui, 2, "'bob', '2001:db8::1', 'unban', 'sshd', '203.0.113.' || i, 'done', 303, ''")?;
    add(&bangui, 1, "'bob', NULL, 'unban ended', NULL, '', 'done', NULL, ''")?;
    let admin = Visitor::admin(bangui.address).await?;
    for (query, number) in [
        ("?who=ann", 3),
        ("?who=bob", 3),
        ("?who=ann&action=unban", 0),
        ("?action=unban", 3),
        ("?from=2001:0DB8::0:1", 2),
        ("?from=192.0.2.1&q=113.2", 1),
        ("?day=2025-11-27", 6),
        ("?day=2025-11-26", 0),
        ("?day=2025-11-28", 0),
        ("?day=&who=&action=&from=", 6),
    ] {
        assert_eq!(list(&admin, query).await?.len(), number, "{query}");
    }
    assert_eq!(admin.get("/audit?day=yesterday").await?.status, 422);
    let page = admin.get("/audit?who=ann&show=all").await?;
    assert_eq!(page.attributes("select[name=who] option[selected]", "value")?, ["ann"]);
    assert_eq!(page.attributes("select[name=who] option", "value")?, ["", NAME, "ann", "bob"]);
    assert!(page.attributes(".kinds a", "href")?.iter().all(|url| url.contains("who=ann")));
    Ok(())
}

#[tokio::test]
async fn the_same_list_is_a_file_for_who_may_read_it_and_no_cell_is_a_formula() -> TestResult {
    let bangui = Site::without_daemon().await?;
    bangui.add_account("vera", Role::Viewer).await?;
    add(&bangui, 5_000, "'ann', '192.0.2.1', 'ban', 'sshd', '203.0.113.7', 'done', 303, ''")?;
    add(&bangui, 3, "'bob', '192.0.2.2', 'ban', '=cmd()', '@SUM(1), \"x\"', 'refused', 422, '-1+2'")?;
    let vera = Visitor::logged_in(bangui.address, "vera").await?;
    let shown = vera.get("/audit?show=refused&who=bob").await?;
    let file = vera.get(&shown.attributes("a[download]", "href")?.concat()).await?;
    assert_eq!(file.header("content-type"), "text/csv; charset=utf-8; header=present");
    assert!(file.header("content-disposition").starts_with("attachment; filename=\"bangui-audit-"));
    let lines: Vec<&str> = file.body.lines().collect();
    assert_eq!(lines.len(), 4, "each of the rows, not folded: {lines:?}");
    assert!(lines[1].starts_with("\"2025-11-27T04:00:03Z\",\"bob\",\"192.0.2.2\",\"Ban "), "{}", lines[1]);
    for cell in ["\"'=cmd()\"", "\"'@SUM(1), \"\"x\"\"\"", "\"'-1+2\""] {
        assert!(lines[1].contains(cell), "{cell}: {}", lines[1]);
    }
    let all = vera.get("/audit/csv").await?;
    assert_eq!(all.body.lines().count(), 5_001, "the changes alone");
    let stranger = Visitor::stranger(bangui.address).await?;
    assert!(stranger.get("/audit/csv").await?.location().starts_with("/login"));
    Ok(())
}

#[tokio::test]
async fn a_file_is_bounded_and_says_so() -> TestResult {
    let bangui = Site::without_daemon().await?;
    add(&bangui, MOST_OF_FILE + 5, "'ann', NULL, 'ban', 'sshd', '', 'done', 303, ''")?;
    let file = Visitor::admin(bangui.address).await?.get("/audit/csv").await?;
    assert_eq!(file.body.lines().count(), MOST_OF_FILE + 2);
    assert!(file.body.lines().last().is_some_and(|line| line.contains("rows at most")));
    Ok(())
}
