//! The list of jails: sorted by any column, searched, with the last ban of each, and what is wrong first where asked.

use std::error::Error;

use bangui::demo::DemoJail;

use crate::support::site::Site;
use crate::support::visitor::{Answer, Visitor};
use crate::support::{TestResult, banned, client, until};

fn order(page: &Answer) -> Result<Vec<String>, Box<dyn Error>> {
    page.attributes("#jails tbody tr", "data-jail")
}

async fn site(number: usize) -> Result<(Site, Visitor), Box<dyn Error>> {
    let names: Vec<String> = (1..=number).map(|number| format!("jail-{number:02}")).collect();
    let jails: Vec<DemoJail> = names.iter().map(|name| DemoJail::new(name, "sshd")).collect();
    let site = Site::start(&jails).await?;
    let admin = Visitor::admin(site.address).await?;
    Ok((site, admin))
}

async fn ban(site: &Site, jail: &str, number: usize) -> TestResult {
    for last in 1..=number {
        client(&site.daemon, &["set", jail, "banip", &format!("203.0.113.{last}")])?;
    }
    until("they are banned", || Ok(banned(&site.daemon, jail)?.len() == number)).await
}

#[tokio::test]
async fn every_column_sorts_by_a_link_and_the_same_link_turns_it_round() -> TestResult {
    let (site, admin) = site(4).await?;
    for (jail, number) in [("jail-02", 3), ("jail-03", 1)] {
        ban(&site, jail, number).await?;
    }
    let page = admin.get("/jails").await?;
    assert_eq!(order(&page)?, ["jail-01", "jail-02", "jail-03", "jail-04"]);
    let links = page.attributes("#jails thead a", "href")?;
    assert_eq!(links[..3], ["/jails?dir=desc", "/jails?sort=banned", "/jails?sort=total"]);
    assert!(page.texts("#jails form[role=search]")?.is_empty(), "four are found without a search");
    let sorted = admin.get("/jails?sort=banned").await?;
    assert_eq!(order(&sorted)?, ["jail-02", "jail-03", "jail-01", "jail-04"]);
    assert_eq!(sorted.attributes("th[aria-sort]", "aria-sort")?, ["descending"]);
    assert_eq!(sorted.attributes("th[aria-sort] a", "href")?, ["/jails?sort=banned&dir=asc"]);
    assert_eq!(sorted.attributes("#jails", "hx-get")?, ["/jails/table?sort=banned"], "and stays so");
    let part = admin.part("/jails/table?sort=banned&dir=asc").await?;
    assert_eq!(order(&part)?, ["jail-01", "jail-04", "jail-03", "jail-02"]);
    assert_eq!(order(&admin.get("/jails?dir=desc").await?)?[0], "jail-04");
    for sort in ["name", "total", "failing", "failed", "last", "length", "state"] {
        assert_eq!(order(&admin.get(&format!("/jails?sort={sort}")).await?)?.len(), 4, "{sort}");
    }
    for bad in ["sort=colour", "dir=up", &format!("q={}", "x".repeat(101))] {
        assert_eq!(admin.get(&format!("/jails?{bad}")).await?.status, 422, "{bad}");
    }
    Ok(())
}

#[tokio::test]
async fn the_last_ban_of_each_jail_is_told_though_it_is_over() -> TestResult {
    let (site, admin) = site(2).await?;
    ban(&site, "jail-02", 1).await?;
    client(&site.daemon, &["set", "jail-01", "bantime", "1"])?;
    ban(&site, "jail-01", 1).await?;
    until("it is over", || Ok(banned(&site.daemon, "jail-01")?.is_empty())).await?;
    until("both are written", || {
        let told = client(&site.daemon, &["get", "dbfile"])?;
        let file = told.split_whitespace().last().unwrap_or_default().to_owned();
        let database = rusqlite::Connection::open(file)?;
        let sql = "SELECT count(DISTINCT jail) FROM bans";
        Ok(database.query_row(sql, [], |row| row.get::<_, i64>(0))? == 2)
    })
    .await?;
    let page = Visitor::admin(site.address).await?.get("/jails?sort=last").await?;
    assert_eq!(order(&page)?, ["jail-01", "jail-02"]);
    let cells = page.cells("data-jail")?;
    for jail in ["jail-01", "jail-02"] {
        assert!(["just now", "s ago", "min ago"].iter().any(|end| cells[jail]["Last ban"].ends_with(end)));
    }
    drop(admin);
    Ok(())
}

#[tokio::test]
async fn what_is_idle_or_stopped_comes_first_where_asked() -> TestResult {
    let (_site, admin) = site(4).await?;
    admin.post("/jails/jail-03/idle", &[("on", "true")]).await?;
    admin.post("/jails/jail-04/stop", &[("confirmed", "yes")]).await?;
    let page = admin.get("/jails").await?;
    let first = page.attributes("#sum a", "href")?.concat();
    assert_eq!((first.as_str(), page.text("#sum a")?.as_str()), ("/jails?sort=state", "Problems first"));
    assert_eq!(order(&admin.get(&first).await?)?, ["jail-04", "jail-03", "jail-01", "jail-02"]);
    Ok(())
}

#[tokio::test]
async fn one_of_fifty_jails_is_found_by_a_part_of_its_name() -> TestResult {
    let (_site, admin) = site(50).await?;
    let page = admin.get("/jails").await?;
    assert_eq!((order(&page)?.len(), page.texts("#jails form[role=search]")?.len()), (50, 1));
    let found = admin.get("/jails?q=L-4&sort=banned").await?;
    assert_eq!((order(&found)?.len(), found.text("#jails .count")?.as_str()), (10, "10 of 50 match"));
    assert_eq!(found.attributes("#jails form[role=search] input[name=sort]", "value")?, ["banned"]);
    assert_eq!(order(&admin.get("/jails?q=nowhere").await?)?.len(), 0);
    Ok(())
}
