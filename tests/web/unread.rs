//! What of a ban list cannot be read costs itself and nothing else.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::TestResult;
use crate::support::fake_daemon::{FakeDaemon, Reply};
use crate::support::site::Site;
use crate::support::visitor::Visitor;

/// How often the list of a jail was asked for.
static LISTED: AtomicUsize = AtomicUsize::new(0);

/// `whole` has one good entry and two of another form; the list of `refused` is refused, and `journal` reads
/// all of the journal.
fn answer(words: &[&str]) -> Reply {
    match words {
        ["version"] => Reply::payload("1.0.2"),
        ["status"] => Reply::payload((("Number of jail", 3), ("Jail list", "journal, refused, whole"))),
        ["status", "journal", "short"] => status(0, ("Journal matches", vec![])),
        ["status", "whole", "short"] => status(3, ("File list", vec!["/var/log/x"])),
        ["status", _, "short"] => status(1, ("File list", vec!["/var/log/x"])),
        ["get", "whole", "banip", "--with-time"] => {
            let good = "203.0.113.5 \t2026-11-22 13:31:06 + -1 = 9999-12-31 23:59:59";
            Reply::payload(vec![good, "<b>\u{202e}no ban", "203.0.113.6 \tsoon + 3600 = later"])
        }
        ["get", "journal", "banip", "--with-time"] | ["get", _, "ignoreip"] => {
            Reply::payload(Vec::<String>::new())
        }
        ["get", "whole", "banned", "203.0.113.5"] | ["set", "whole", "unbanip", "203.0.113.5"] => {
            Reply::payload(1)
        }
        ["get", _, "banned", _] => Reply::payload(0),
        _ => Reply::refusal("Invalid command"),
    }
}

/// The same, counted: for one test.
fn counted(words: &[&str]) -> Reply {
    if matches!(words, ["get", "whole", "banip", ..]) {
        LISTED.fetch_add(1, Ordering::Relaxed);
    }
    answer(words)
}

fn status(banned: u64, source: (&str, Vec<&str>)) -> Reply {
    Reply::payload((
        ("Filter", (("Currently failed", 0), ("Total failed", 0), source)),
        ("Actions", (("Currently banned", banned), ("Total banned", banned))),
    ))
}

#[tokio::test]
async fn an_entry_or_a_list_that_cannot_be_read_costs_itself_and_is_told() -> TestResult {
    let fake = FakeDaemon::start(counted)?;
    let bangui = Site::bare(fake.socket()).await?;
    let admin = Visitor::admin(bangui.address).await?;
    let page = admin.get("/jails/whole").await?;
    assert_eq!((page.status, page.rows()?), (200, vec!["203.0.113.5".to_owned()]), "{}", page.text("main")?);
    let gap = page.text(".gap")?;
    assert!(gap.contains("2 entries of the ban list of “whole” could not be read"), "{gap}");
    assert!(gap.contains("<b>\u{fffd}no ban") && gap.contains("203.0.113.6 soon + 3600"), "{gap}");
    assert!(page.text("#figures")?.starts_with("Banned now3"), "{}", page.text("#figures")?);
    let refused = admin.get("/jails/refused").await?;
    assert_eq!((refused.status, refused.rows()?.len()), (200, 0));
    assert!(
        refused.text("#bans")?.contains("No bans could be read")
            && !refused.text("#bans")?.contains("No bans in")
    );
    assert!(refused.text(".gap")?.contains("fail2ban refused: Invalid command"), "{}", refused.text(".gap")?);
    for path in ["/bans", "/unban", "/lookup?ip=203.0.113.5", "/unban-all", "/bans?jail=refused"] {
        let page = admin.get(path).await?;
        assert_eq!(page.status, 200, "{path}: {}", page.text("main")?);
        assert!(page.text(".gap")?.contains("The bans of “refused” cannot be shown."), "{path}");
    }
    let absent = admin.get("/lookup?ip=203.0.113.9").await?;
    assert_eq!(absent.text("#held")?, "203.0.113.9 is not banned in any jail whose list could be read.");
    for path in ["/jails/whole", "/jails/whole/bans", "/bans", "/unban"] {
        admin.get(path).await?;
    }
    assert_eq!(LISTED.load(Ordering::Relaxed), 1, "a list that holds is not asked for again");
    let after = admin.submit("/unban", &[("ip", "203.0.113.5")]).await?;
    assert!(after.text("#messages")?.contains("was unbanned in whole"), "{}", after.text("#messages")?);
    Ok(())
}

#[tokio::test]
async fn a_jail_that_reads_the_whole_journal_is_warned_of() -> TestResult {
    let fake = FakeDaemon::start(answer)?;
    let bangui = Site::bare(fake.socket()).await?;
    let page = Visitor::admin(bangui.address).await?.get("/jails/journal").await?;
    assert!(
        page.text("#whole-journal")?.contains("reads the whole system journal"),
        "{}",
        page.text("main")?
    );
    assert!(page.text(".head .sum")?.contains("Reads the whole system journal."));
    let other = Visitor::admin(bangui.address).await?.get("/jails/refused").await?;
    assert!(other.texts("#whole-journal")?.is_empty());
    Ok(())
}
