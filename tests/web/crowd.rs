//! Many log in at once.

use std::cell::Cell;
use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

use futures_util::future::join_all;

use crate::support::TestResult;
use crate::support::program::Program;
use crate::support::site::{NAME, PASSWORD};
use crate::support::visitor::{Answer, Visitor};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// In KiB. Two hashes take 38 MiB, the program some 20; fifty at once would take 950.
const MOST_MEMORY: u64 = 128 * 1024;

/// BanGUI without a fail2ban, which a login does not need.
async fn bangui(others: &[String]) -> Result<Program> {
    Program::start(Path::new("/nonexistent/fail2ban.sock"), others).await
}

/// So many people at an address each, who have opened the login page.
async fn strangers(bangui: &Program, number: u8) -> Result<Vec<Visitor>> {
    let mut visitors = Vec::new();
    for last in 0..number {
        visitors.push(Visitor::behind_a_proxy(bangui.address, &format!("203.0.113.{last}")).await?);
    }
    Ok(visitors)
}

#[tokio::test]
async fn fifty_logins_at_once_take_little_memory_and_hold_up_no_page() -> TestResult {
    let names: Vec<String> = (0..50).map(|number| format!("user{number}")).collect();
    let (members, unknown) = names.split_at(25);
    let bangui = bangui(members).await?;
    let reader = Visitor::admin(bangui.address).await?;
    let visitors = strangers(&bangui, 50).await?;
    let before = bangui.most_memory()?;
    let left = Cell::new(names.len());
    let logins = join_all(visitors.iter().zip(&names).map(|(visitor, name)| {
        let left = &left;
        async move {
            let answer = visitor.log_in(name, PASSWORD, "/").await;
            left.set(left.get() - 1);
            answer
        }
    }));
    let (answers, pages) = tokio::join!(logins, pages_meanwhile(&reader, &left));
    for (answer, name) in answers.into_iter().zip(&names) {
        let status = if unknown.contains(name) { 422 } else { 303 };
        assert_eq!(answer?.status, status, "{name}");
    }
    let (pages, after) = (pages?, bangui.most_memory()?);
    println!("resident at most {before} KiB before, {after} KiB after; {pages} pages meanwhile");
    assert!(after < MOST_MEMORY, "{after} KiB");
    // Were passwords compared where requests are answered, a page would wait for half of them.
    assert!(pages >= 5, "only {pages} pages, one after another, while 50 logged in");
    Ok(())
}

/// How many pages were answered, one asked after the other, before the last login was.
async fn pages_meanwhile(reader: &Visitor, logins_left: &Cell<usize>) -> Result<usize> {
    let mut pages = 0;
    while logins_left.get() > 0 {
        let path = if pages % 2 == 0 { "/healthz" } else { "/account" };
        assert_eq!(reader.get(path).await?.status, 200, "{path}");
        if logins_left.get() > 0 {
            pages += 1;
        }
    }
    Ok(pages)
}

#[tokio::test]
async fn more_logins_than_can_wait_are_told_to_come_again() -> TestResult {
    let bangui = bangui(&[]).await?;
    let visitors = strangers(&bangui, 200).await?;
    let logins = visitors.iter().enumerate().map(|(number, visitor)| async move {
        visitor.log_in(&format!("nobody{number}"), "wrong password", "/").await
    });
    let answers = join_all(logins).await.into_iter().collect::<Result<Vec<Answer>>>()?;
    let (busy, others): (Vec<_>, Vec<_>) =
        visitors.iter().zip(answers).partition(|(_, answer)| answer.status == 503);
    println!("{} of 200 were told to come again", busy.len());
    assert!(others.iter().all(|(_, answer)| answer.status == 422));
    assert!(others.len() >= 66, "{} had room to wait", others.len());
    assert!(!busy.is_empty(), "nobody was told to come again");
    for (_, answer) in &busy {
        assert!(answer.header("retry-after").parse::<u32>()? > 0);
        let said = answer.text("main")?;
        assert!(said.contains("Too many logins at once") && said.contains("Try again"), "{said}");
    }
    let failures = bangui.log()?.matches("failed login from").count();
    assert_eq!(failures, others.len(), "what was not looked at has not failed");
    for (visitor, _) in busy.iter().take(3) {
        assert_eq!(visitor.log_in(NAME, PASSWORD, "/").await?.status, 303);
    }
    Ok(())
}

/// What the answer is and how long it took. The text is without what differs for each visitor.
async fn try_login(bangui: &Program, from: &str, name: &str) -> Result<(String, Duration)> {
    let visitor = Visitor::behind_a_proxy(bangui.address, from).await?;
    let begin = Instant::now();
    let answer = visitor.log_in(name, "wrong password", "/").await?;
    let taken = begin.elapsed();
    assert_eq!(answer.status, 422, "{name}");
    let body = answer.body.replace(&answer.token()?, "TOKEN");
    Ok((body.replace(&format!("value=\"{name}\""), "NAME"), taken))
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_name_are_answered_alike_and_as_quickly() -> TestResult {
    let members: Vec<String> = (0..6).map(|number| format!("user{number}")).collect();
    let bangui = bangui(&members).await?;
    let mut times = [(); 3].map(|()| Vec::new());
    let mut bodies = Vec::new();
    for round in 0..24_usize {
        let names =
            [members[round % members.len()].clone(), format!("nobody{round}"), format!("no name {round}")];
        // By turns, so that whatever else the machine does meets all three.
        for (kind, name) in names.iter().enumerate() {
            let (body, taken) = try_login(&bangui, &format!("203.0.113.{}", round * 3 + kind), name).await?;
            times[kind].push(taken);
            bodies.push(body);
        }
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "{}", bodies.join("\n=====\n"));
    let [known, unknown, no_name] = times.map(|mut times| {
        times.sort();
        times[times.len() / 2]
    });
    println!("medians: known {known:?}, unknown {unknown:?}, no name {no_name:?}");
    for other in [unknown, no_name] {
        // Without the same work it would be a sixth.
        assert!(other > known / 3 && known > other / 3, "{other:?} against {known:?}");
    }
    Ok(())
}
