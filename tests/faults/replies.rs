//! What comes from fail2ban's socket is cut, garbage, endless or slow.

use std::error::Error;

use tokio::time::Duration;

use crate::faults::between::{Between, Harm};
use crate::faults::table::{Part, Row, hand_in};
use crate::faults::world::{BANNED, Fixture, Reaches, daemon, invents_nothing};
use crate::support::{TestResult, banned};

fn row(place: u32, fault: String, said: String, again: Duration, kept: &str) -> TestResult {
    hand_in(&Row {
        place: (Part::Replies, place),
        fault,
        said,
        again: Some(again),
        kept: ["everything", kept].join(if kept.is_empty() { "" } else { "; " }),
    })
}

async fn world() -> Result<(Fixture, Between), Box<dyn Error>> {
    let daemon = daemon().await?;
    let between = Between::start(daemon.socket())?;
    let reaches = Reaches::Socket(between.socket().to_owned());
    Ok((Fixture::around(daemon, 0, reaches).await?, between))
}

/// The pages, and a command on the answer to which each depends.
const READ: [(&str, &str); 3] = [
    ("/jails", "status"),
    ("/jails/sshd", "status sshd short"),
    ("/jails/sshd", "get sshd banip --with-time"),
];

#[tokio::test]
async fn cut_at_every_byte() -> TestResult {
    let (world, between) = world().await?;
    let mut cuts = 0;
    for (path, command) in READ {
        let whole = between.reply(command).ok_or_else(|| format!("{command} was never asked"))?;
        for length in 0..whole.len() {
            between.harms(command, Harm::Cut(length));
            let page = world.admin.get(path).await?;
            let title = page.text("h1")?;
            assert_eq!(
                (page.status, title.as_str()),
                (502, "The connection to fail2ban was lost"),
                "{command} after {length}"
            );
            invents_nothing(&page)?;
            cuts += 1;
        }
        between.is_honest();
    }
    let again = world.recovers().await?;
    let fault = format!(
        "a reply cut at every byte ({cuts} cuts, in the replies to {})",
        READ.map(|(_, command)| format!("`{command}`")).join(", ")
    );
    row(
        1,
        fault,
        "502 “The connection to fail2ban was lost”, each time".to_owned(),
        again,
        "no part of a reply is shown",
    )
}

#[tokio::test]
async fn the_reply_to_an_action_cut() -> TestResult {
    let (world, between) = world().await?;
    between.harms("set sshd banip", Harm::Cut(5));
    let page = world.admin.post("/jails/sshd/ban", &[("ip", "203.0.113.9")]).await?;
    assert_eq!((page.status, page.text("h1")?.as_str()), (502, "The connection to fail2ban was lost"));
    assert!(page.text("main")?.contains("It is not known whether your action was done"));
    between.is_honest();
    let again = world.recovers().await?;
    assert_eq!(banned(&world.daemon, "sshd")?, [BANNED, "203.0.113.9"]);
    let said =
        "502 “The connection to fail2ban was lost … It is not known whether your action was done”".to_owned();
    row(
        2,
        "the reply to a ban cut".to_owned(),
        said,
        again,
        "the ban, which fail2ban had done, is shown afterwards",
    )
}

#[tokio::test]
async fn garbage() -> TestResult {
    let (world, between) = world().await?;
    let garbage: [&[u8]; 4] = [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\x80\x04garbage<F2B_END_COMMAND>",
        b"\x80\x04K\x00]\x94\x86\x94.<F2B_END_COMMAND>",
        b"\x80\x04K\x00K\x2a\x86\x94.<F2B_END_COMMAND>",
    ];
    for bytes in garbage {
        between.harms("status", Harm::Instead(bytes.to_vec()));
        let page = world.admin.get("/jails").await?;
        let title = page.text("h1")?;
        assert_eq!((page.status, title.as_str()), (502, "fail2ban's answer could not be read"), "{bytes:?}");
        invents_nothing(&page)?;
        // After several in a row BanGUI waits before it connects again, longer than a page does.
        between.is_honest();
        world.recovers().await?;
    }
    let again = world.recovers().await?;
    between.harms("set sshd banip", Harm::Instead(garbage.concat()));
    let page = world.admin.post("/jails/sshd/ban", &[("ip", "203.0.113.9")]).await?;
    assert_eq!((page.status, page.text("h1")?.as_str()), (502, "fail2ban's answer could not be read"));
    assert!(page.text("main")?.contains("It is not known whether your action was done"));
    between.is_honest();
    world.recovers().await?;
    let said = "502 “fail2ban's answer could not be read”; after an action “… is not known”".to_owned();
    let kept = "a ban that was answered so is shown afterwards";
    row(3, "garbage: no pickle, half a pickle, a pickle of another form".to_owned(), said, again, kept)
}

#[tokio::test]
async fn endless() -> TestResult {
    let (world, between) = world().await?;
    let before = world.bangui.most_memory()?;
    between.harms("status", Harm::Endless);
    for _ in 0..5 {
        let page = world.admin.get("/jails").await?;
        assert_eq!((page.status, page.text("h1")?.as_str()), (502, "fail2ban's answer could not be read"));
        invents_nothing(&page)?;
    }
    let said = "502 “fail2ban's answer could not be read”".to_owned();
    let grown = world.bangui.most_memory()?.saturating_sub(before) / 1024;
    assert!(grown < 128, "{grown} MiB");
    between.is_honest();
    let again = world.recovers().await?;
    row(
        4,
        "a reply without an end".to_owned(),
        said,
        again,
        &format!("the process grew by {grown} MiB at most"),
    )
}

#[tokio::test]
async fn slow() -> TestResult {
    let (world, between) = world().await?;
    between.harms("status", Harm::Slow(Duration::from_millis(300)));
    let said = world.pages_say(504, "fail2ban does not answer").await?;
    between.is_honest();
    let again = world.recovers().await?;
    row(5, "a reply that comes byte by byte, a byte in 0.3 s".to_owned(), said, again, "")
}
