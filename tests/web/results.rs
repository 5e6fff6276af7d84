//! Results of work: they belong to the page that they concern, can be closed, and end.

use bangui::demo::DemoJail;

use crate::support::site::Site;
use crate::support::visitor::Visitor;
use crate::support::{TestResult, banned, client, until};
use crate::web::reload::end_of_work;

async fn reloaded() -> Result<(Site, Visitor), Box<dyn std::error::Error>> {
    let site = Site::start(&[DemoJail::new("sshd", "sshd"), DemoJail::new("sshd2", "sshd")]).await?;
    let admin = Visitor::admin(site.address).await?;
    admin.post("/jails/sshd/reload", &[]).await?;
    while admin.get("/jails/sshd").await?.texts("#work h2")? != ["Reload of sshd done"] {}
    Ok((site, admin))
}

#[tokio::test]
async fn the_result_of_a_jail_is_shown_on_its_own_page_and_in_the_list_alone() -> TestResult {
    let (_site, admin) = reloaded().await?;
    for (path, is_shown) in
        [("/jails/sshd", true), ("/jails", true), ("/jails/sshd2", false), ("/server", false)]
    {
        let page = admin.get(path).await?;
        assert_eq!(page.texts("#work h2")?.len(), usize::from(is_shown), "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn the_result_of_work_on_everything_is_not_shown_on_the_page_of_a_jail() -> TestResult {
    let (_site, admin) = reloaded().await?;
    let answer = admin.post("/server/reload", &[("next", "/jails")]).await?;
    assert_eq!((answer.status, answer.location()), (303, "/jails"));
    end_of_work(&admin).await?;
    for (path, is_shown) in [("/jails", true), ("/server", true), ("/jails/sshd", false)] {
        assert_eq!(admin.get(path).await?.texts("#work h2")?.len(), usize::from(is_shown), "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn a_result_that_was_closed_is_gone_for_this_session_and_no_other() -> TestResult {
    let (site, admin) = reloaded().await?;
    let other = Visitor::admin(site.address).await?;
    let page = admin.get("/jails/sshd?page=1").await?;
    let ended = page.attributes("#work .dismiss input[name=ended]", "value")?.concat();
    assert_eq!(page.attributes("#work .dismiss input[name=next]", "value")?, ["/jails/sshd?page=1"]);
    let answer =
        admin.post("/server/work/dismiss", &[("ended", &ended), ("next", "/jails/sshd?page=1")]).await?;
    assert_eq!((answer.status, answer.location()), (303, "/jails/sshd?page=1"));
    for path in ["/jails/sshd", "/jails"] {
        assert!(admin.get(path).await?.texts("#work h2")?.is_empty(), "{path}");
        assert_eq!(other.get(path).await?.texts("#work h2")?, ["Reload of sshd done"], "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn bans_are_restored_before_the_restart_of_a_jail_is_over() -> TestResult {
    let site = Site::start(&[DemoJail::new("sshd", "sshd")]).await?;
    let all: Vec<String> = (0..200).map(|last| format!("203.0.113.{last}")).collect();
    let command: Vec<&str> =
        ["set", "sshd", "banip"].into_iter().chain(all.iter().map(String::as_str)).collect();
    client(&site.daemon, &command)?;
    until("all are banned", || Ok(banned(&site.daemon, "sshd")?.len() == all.len())).await?;
    let admin = Visitor::admin(site.address).await?;
    let question = admin.get("/jails/sshd/restart").await?;
    assert_eq!(question.text("h1")?, "Restart sshd?");
    assert!(
        question.text("main")?.contains("200 bans are lifted, and restored"),
        "{}",
        question.text("main")?
    );
    assert_eq!(question.attributes("main form", "action")?, ["/jails/sshd/restart"]);
    // What the restart changes stands in the question, so that nothing is asked twice.
    let plan = question.attributes("main form [name=plan]", "value")?.concat();
    assert!(!plan.is_empty());
    admin.post("/jails/sshd/restart", &[("plan", &plan)]).await?;
    // Whatever the page shows meanwhile, it ends with the counts that agree, and says nothing else as final.
    loop {
        let said = admin.get("/jails/sshd").await?.text("#work")?;
        let is_final = said.contains("before,");
        assert!(!is_final || said.contains("200 bans before, 200 afterwards."), "{said}");
        if is_final {
            return Ok(());
        }
    }
}
