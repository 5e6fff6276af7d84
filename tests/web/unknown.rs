//! What fail2ban does not tell is shown as unknown, never as a default.

use crate::support::TestResult;
use crate::support::fake_daemon::{FakeDaemon, Reply};
use crate::support::site::Site;
use crate::support::visitor::Visitor;

/// Two jails: `silent` refuses every figure and setting, `whole` tells all.
fn answer(words: &[&str]) -> Reply {
    match words {
        ["version"] => Reply::payload("1.0.2"),
        ["status"] => Reply::payload((("Number of jail", 2), ("Jail list", "silent, whole"))),
        ["status", "whole", "short"] => status(),
        ["get", "whole", "bantime"] => Reply::payload(1234),
        ["get", "whole", "findtime"] => Reply::payload(90),
        ["get", "whole", "maxretry"] => Reply::payload(7),
        ["get", "whole", "bantime.increment"] => Reply::payload(()),
        ["get", _, "banip", "--with-time"] => Reply::payload(Vec::<String>::new()),
        _ => Reply::refusal("Invalid command"),
    }
}

fn status() -> Reply {
    let files = ("File list", vec!["/var/log/x"]);
    Reply::payload((
        ("Filter", (("Currently failed", 0), ("Total failed", 0), files)),
        ("Actions", (("Currently banned", 0), ("Total banned", 41))),
    ))
}

#[tokio::test]
async fn what_a_jail_refuses_to_tell_is_shown_as_unknown_with_the_reason() -> TestResult {
    let fake = FakeDaemon::start(answer)?;
    let bangui = Site::bare(fake.socket()).await?;
    let admin = Visitor::admin(bangui.address).await?;
    let page = admin.get("/jails").await?;
    assert_eq!(page.status, 200, "{}", page.text("main")?);
    let rows = page.cells("data-jail")?;
    let reason = "fail2ban refused: Invalid command";
    // That is in no jail's answer but in the database, and there is none.
    assert_eq!(rows["silent"]["Last ban"], "–");
    for (label, cell) in rows["silent"].iter().filter(|(label, _)| *label != "Last ban") {
        let expected = if label == "Ban time" { "unknown, growth unknown" } else { "unknown" };
        assert_eq!(cell.replace(reason, "").replace(" ,", ","), expected, "{label}");
    }
    assert_eq!(rows["silent"].len(), 8);
    // A press on the word shows it.
    let said = page.texts("tr[data-jail=silent] details.unknown")?;
    assert_eq!((said.len(), said.iter().all(|said| said.contains(reason))), (8, true), "{said:?}");
    let whole = &rows["whole"];
    assert_eq!((whole["Total banned"].as_str(), whole["Ban time"].as_str()), ("41", "20 min 34 s"));
    assert_eq!((whole["Find time"].as_str(), whole["Retries"].as_str()), ("1 min 30 s", "7"));
    assert!(page.text("#sum")?.contains("The number of bans is unknown"));
    Ok(())
}

/// As [`answer`], but `silent` tells its figures and bans.
fn refuses_settings(words: &[&str]) -> Reply {
    match words {
        ["status", _, "short"] => status(),
        other => answer(other),
    }
}

#[tokio::test]
async fn the_page_of_such_a_jail_says_unknown_too() -> TestResult {
    let fake = FakeDaemon::start(refuses_settings)?;
    let bangui = Site::bare(fake.socket()).await?;
    let page = Visitor::admin(bangui.address).await?.get("/jails/silent").await?;
    assert_eq!(page.status, 200, "{}", page.text("main")?);
    assert!(page.text(".head .sum")?.contains("Bans for an unknown time"), "{}", page.text(".head .sum")?);
    assert!(!page.text("main")?.contains("10 min") && !page.text("main")?.contains("600"));
    Ok(())
}
