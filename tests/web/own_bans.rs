//! Who is banned learns it, and no list is read for that.

use std::error::Error;

use bangui::demo::{DemoJail, PrivateDaemon};
use rusqlite::Connection;

use crate::support::between::Between;
use crate::support::site::Site;
use crate::support::visitor::Visitor;
use crate::support::{TestResult, banned, client, until};

/// A daemon with these bans.
async fn daemon(bans: &[(&str, &str)]) -> Result<PrivateDaemon, Box<dyn Error>> {
    let daemon = PrivateDaemon::start(&["nginx", "sshd"].map(|name| DemoJail::new(name, "sshd"))).await?;
    for (jail, entry) in bans {
        client(&daemon, &["set", jail, "banip", entry])?;
    }
    until("all are written", || {
        let rows =
            Connection::open(daemon.database())?
                .query_row("SELECT count(*) FROM bips", (), |row| row.get::<_, usize>(0))?;
        Ok(rows == bans.len())
    })
    .await?;
    Ok(daemon)
}

/// The banner of the first page after a login, and the number of lists that were read for it.
async fn told(daemon: &PrivateDaemon) -> Result<(Vec<String>, usize), Box<dyn Error>> {
    let between = Between::start(daemon.socket())?;
    let bangui = Site::bare(between.socket()).await?;
    let admin = Visitor::admin(bangui.address).await?;
    let told = admin.get("/server").await?.texts("#own-ban b, #own-ban div")?;
    Ok((told, between.number_of("get nginx banip") + between.number_of("get sshd banip")))
}

#[tokio::test]
async fn a_banned_address_and_a_network_around_it_are_told_without_any_list() -> TestResult {
    let both = daemon(&[("sshd", "127.0.0.1"), ("nginx", "127.0.0.0/8"), ("nginx", "203.0.113.7")]).await?;
    let (told_both, lists) = told(&both).await?;
    assert!(told_both.concat().contains("127.0.0.1 is banned in nginx, sshd."), "{told_both:?}");
    assert_eq!(lists, 0);
    client(&both, &["set", "sshd", "unbanip", "127.0.0.1"])?;
    let (network, lists) = told(&both).await?;
    assert!(
        network.concat().contains("A network around your address 127.0.0.1 is banned in nginx."),
        "{network:?}"
    );
    assert_eq!(lists, 0);
    Ok(())
}

#[tokio::test]
async fn who_is_not_banned_is_told_nothing_whatever_an_old_row_says() -> TestResult {
    let daemon = daemon(&[("sshd", "203.0.113.7")]).await?;
    Connection::open(daemon.database())?.execute_batch(
        "INSERT INTO bips SELECT '127.0.0.1', jail, timeofban, bantime, 1, NULL FROM bips LIMIT 1;
         INSERT INTO bips SELECT '127.0.0.0/8', jail, timeofban, bantime, 1, NULL FROM bips LIMIT 1;",
    )?;
    assert_eq!(told(&daemon).await?, (Vec::new(), 0));
    Ok(())
}

#[tokio::test]
async fn an_address_whose_ban_was_not_written_is_told_all_the_same() -> TestResult {
    let daemon = daemon(&[("sshd", "127.0.0.1")]).await?;
    Connection::open(daemon.database())?.execute("DELETE FROM bips", [])?;
    let (told, lists) = told(&daemon).await?;
    assert!(told.concat().contains("127.0.0.1 is banned in sshd."), "{told:?}");
    assert_eq!(lists, 0);
    Ok(())
}

#[tokio::test]
async fn where_the_database_cannot_be_read_the_lists_tell() -> TestResult {
    let daemon = daemon(&[("nginx", "127.0.0.0/8")]).await?;
    std::fs::rename(daemon.database(), daemon.directory().join("elsewhere"))?;
    assert_eq!(banned(&daemon, "nginx")?, ["127.0.0.0/8"]);
    let (told, lists) = told(&daemon).await?;
    assert!(told.concat().contains("127.0.0.1 is banned in nginx."), "{told:?}");
    assert!(lists >= 1);
    Ok(())
}
