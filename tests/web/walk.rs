//! A walk over every route of the table, by everybody who may come: each cell's status is written down
//! here, and a route without a line fails the walk.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;

use bangui::demo::DemoJail;
use bangui::domain::account::Role;
use bangui::web::access::{Access, Route};
use bangui::web::routes::ROUTES;
use reqwest::Method;
use strum::VariantArray as _;

use crate::support::site::{NAME, Site};
use crate::support::visitor::{Answer, Visitor};
use crate::support::{TestResult, banned, client, until};
use crate::web::second_factor::log_half_in;

/// What whoever may ask gets, with an empty form that carries the right token. `to login` and `forbidden`
/// follow from the table of routes itself.
const ALLOWED: &str = "
GET  /healthz                            200
GET  /.well-known/security.txt           404
GET  /assets/{file}                      200
GET  /login                              303
POST /login                              422
GET  /login/code                         303
POST /login/code                         303
GET  /login/code/passkey                 404
GET  /login/passkey                      422
POST /login/passkey                      303
GET  /setup                              303
POST /setup                              303
POST /theme                              422
POST /logout                             303
GET  /                                   200
GET  /dashboard                          200
GET  /jails                              200
GET  /jails/table                        200
GET  /jails/{jail}                       200
GET  /jails/{jail}/bans                  200
POST /jails/{jail}/ban                   422
POST /jails/{jail}/unban                 422
GET  /jails/{jail}/reload                200
POST /jails/{jail}/reload                303
POST /jails/{jail}/restart               303
POST /jails/{jail}/start                 303
GET  /jails/{jail}/stop                  200
POST /jails/{jail}/stop                  303
POST /jails/{jail}/idle                  422
POST /jails/{jail}/actions/reveal        422
GET  /jails/{jail}/filter                200
POST /jails/{jail}/filter                200
POST /jails/{jail}/ignore                422
POST /jails/{jail}/ignore/remove         422
POST /jails/{jail}/ignore/unkeep         422
POST /jails/{jail}/ignore-self           422
GET  /ignores                            200
POST /ignores                            422
POST /ignores/remove                     422
GET  /bans                               200
GET  /bans/table                         200
GET  /bans/work                          200
POST /bans/unban                         422
POST /bans/networks                      303
POST /bans/again                         422
POST /timed-bans/end                     422
GET  /unban-all                          200
POST /unban-all                          422
GET  /unban                              200
POST /unban                              422
GET  /lookup                             200
GET  /lookup/place                       422
POST /lookup/name                        422
POST /lookup/ban                         422
POST /lookup/ignore                      422
GET  /search                             200
GET  /geo                                200
GET  /geo-cache                          200
POST /geo-cache/empty                    303
POST /geo-cache/resolve-again            303
GET  /server                             200
GET  /server/work                        200
GET  /server/reload                      200
POST /server/reload                      303
POST /server/restart                     303
POST /server/settings                    422
POST /server/flush-logs                  303
GET  /history                            200
GET  /history/table                      200
GET  /history/csv                        200
GET  /history/json                       200
GET  /audit                              200
GET  /audit/csv                          200
GET  /audit/broker                       200
GET  /account                            200
GET  /confirm                            303
GET  /account/password                   200
POST /account/password                   422
GET  /account/second-factor              200
POST /account/second-factor              422
POST /account/second-factor/off          422
POST /account/recovery-codes             422
POST /account/passkeys                   303
GET  /account/passkeys/own               422
GET  /account/passkeys/made              404
GET  /account/passkeys/new               200
POST /account/passkeys/new               422
GET  /account/passkeys/remove            422
POST /account/passkeys/remove            422
POST /account/sessions/end               422
POST /account/sessions/end-others        303
GET  /accounts                           200
POST /accounts                           422
GET  /accounts/{account}                 200
POST /accounts/{account}/role            422
POST /accounts/{account}/disable         422
POST /accounts/{account}/reset           422
POST /accounts/{account}/sessions/end    303
GET  /accounts/{account}/delete          200
POST /accounts/{account}/delete          303
POST /accounts/require/second-factor     422
GET  /robots.txt                         200
POST /preferences                        303
GET  /keys                               200
GET  /about                              200
GET  /protection                         200
POST /protection                         303
POST /account/notices/dismiss            422
POST /server/work/dismiss                422
POST /bans/work/dismiss                  422
POST /server/start                       303
GET  /server/restart                     200
GET  /server/state                       200
GET  /jails/{jail}/restart               200
POST /account/notices/not-me             422
";

/// A verb and a path.
type Line = (&'static str, &'static str);

fn allowed() -> Result<BTreeMap<Line, u16>, Box<dyn Error>> {
    let mut lines = BTreeMap::new();
    for line in ALLOWED.lines().filter(|line| !line.is_empty()) {
        let [method, path, status] = line.split_whitespace().collect::<Vec<_>>()[..] else {
            return Err(format!("not a line of the walk: {line}").into());
        };
        lines.insert((method, path), status.parse()?);
    }
    Ok(lines)
}

/// What the walk sends beside the empty form.
#[derive(Clone, Copy, PartialEq)]
enum Sends<'a> {
    Token(&'a str),
    NoToken,
    TokenFromAnotherSite(&'a str, &'a str, &'a str),
}

async fn ask(visitor: &Visitor, route: &Route, path: &str, sends: Sends<'_>) -> Result<u16, Box<dyn Error>> {
    let method = Method::from_bytes(route.method.as_bytes())?;
    let mut request = visitor.request(method.clone(), path);
    if let Sends::TokenFromAnotherSite(_, header, value) = sends {
        request = request.header(header, value);
    }
    if method == Method::POST {
        let fields = match sends {
            Sends::Token(token) | Sends::TokenFromAnotherSite(token, ..) => vec![("csrf_token", token)],
            Sends::NoToken => Vec::new(),
        };
        request = request.form(&fields);
    }
    Ok(Answer::of(request).await?.status)
}

struct Walk {
    site: Site,
    other_account: String,
}

impl Walk {
    async fn begin() -> Result<Self, Box<dyn Error>> {
        let site = Site::start(&[DemoJail::new("sshd", "sshd")]).await?;
        for role in [Role::Viewer, Role::Operator] {
            site.add_account(role.as_ref(), role).await?;
        }
        client(&site.daemon, &["set", "sshd", "banip", "203.0.113.5"])?;
        until("it is banned", || Ok(banned(&site.daemon, "sshd")? == ["203.0.113.5"])).await?;
        let admin = Visitor::admin(site.address).await?;
        let list = admin.get("/accounts").await?;
        let links = list.attributes("tr[data-account=viewer] a", "href")?;
        let other_account = links.concat().rsplit('/').next().unwrap_or_default().to_owned();
        assert!(other_account.parse::<u32>().is_ok(), "{links:?}");
        Ok(Self { site, other_account })
    }

    fn path(&self, route: &Route) -> String {
        let path = route.path.replace("{jail}", "sshd").replace("{file}", "app.css");
        path.replace("{account}", &self.other_account)
    }

    /// A visitor for one cell, logged in anew where the request before may have ended the session.
    async fn visitor(&self, name: &str) -> Result<Visitor, Box<dyn Error>> {
        Visitor::logged_in(self.site.address, name).await
    }
}

#[test]
fn every_route_has_its_line_in_the_walk() -> TestResult {
    let table: BTreeSet<_> = ROUTES.iter().map(|route| (route.method, route.path)).collect();
    let walk: BTreeSet<_> = allowed()?.into_keys().collect();
    assert_eq!(table, walk);
    Ok(())
}

#[tokio::test]
async fn each_role_gets_what_it_may_and_is_refused_the_rest() -> TestResult {
    let walk = Walk::begin().await?;
    let allowed = allowed()?;
    for role in Role::VARIANTS.iter().copied() {
        let name = if role == Role::Administrator { NAME } else { role.as_ref() };
        let mut visitor = walk.visitor(name).await?;
        for route in ROUTES {
            let may = route.access.role().is_none_or(|least| role >= least);
            let expected = if may { allowed[&(route.method, route.path)] } else { 403 };
            let status = ask(&visitor, route, &walk.path(route), Sends::Token(&visitor.token)).await?;
            assert_eq!(status, expected, "{role} {} {}", route.method, route.path);
            if route.path == "/logout" {
                visitor = walk.visitor(name).await?;
            }
            if may && route.method == "POST" && status == 303 {
                settle(&walk, &visitor).await?;
            }
        }
    }
    Ok(())
}

/// Waits until what a request began has ended, and starts the jail where that stopped it.
async fn settle(walk: &Walk, visitor: &Visitor) -> TestResult {
    idle(visitor).await?;
    if client(&walk.site.daemon, &["status", "sshd"]).is_err() {
        assert_eq!(visitor.post("/jails/sshd/start", &[]).await?.status, 303);
        idle(visitor).await?;
    }
    until("the jail runs", || Ok(client(&walk.site.daemon, &["status", "sshd"]).is_ok())).await
}

async fn idle(visitor: &Visitor) -> TestResult {
    for _ in 0..600 {
        let work = visitor.get("/server/work").await?;
        if work.status == 200 && !work.body.contains("hx-trigger") {
            return Ok(());
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    Err("what was begun does not end".into())
}

#[tokio::test]
async fn whoever_is_not_logged_in_gets_public_routes_alone() -> TestResult {
    let walk = Walk::begin().await?;
    let stranger = Visitor::stranger(walk.site.address).await?;
    let half = log_half_in(&walk.site, "half-in").await?;
    let allowed = allowed()?;
    for (who, visitor) in [("stranger", &stranger), ("before the second factor", &half)] {
        for route in ROUTES {
            let expected = match (route.access, route.path, who) {
                (_, "/login", _) | (_, "/login/code", "before the second factor")
                    if route.method == "GET" =>
                {
                    200
                }
                (_, "/login/code" | "/login/code/passkey", "before the second factor") => 422,
                (Access::Public, ..) => allowed[&(route.method, route.path)],
                _ => 303,
            };
            let status = ask(visitor, route, &walk.path(route), Sends::Token(&visitor.token)).await?;
            assert_eq!(status, expected, "{who}: {} {}", route.method, route.path);
        }
    }
    assert_eq!(banned(&walk.site.daemon, "sshd")?, ["203.0.113.5"]);
    Ok(())
}

#[tokio::test]
async fn no_unsafe_request_passes_without_its_token_or_from_another_site() -> TestResult {
    let walk = Walk::begin().await?;
    let admin = walk.visitor(NAME).await?;
    let other = walk.visitor(NAME).await?;
    let own = admin.token.as_str();
    let pid = walk.site.daemon.pid()?;
    let all = [
        ("no token", Sends::NoToken),
        ("a wrong token", Sends::Token("0")),
        ("another session's token", Sends::Token(&other.token)),
        ("another site", Sends::TokenFromAnotherSite(own, "sec-fetch-site", "cross-site")),
        ("a sister site", Sends::TokenFromAnotherSite(own, "sec-fetch-site", "same-site")),
        ("another origin", Sends::TokenFromAnotherSite(own, "origin", "https://evil.example")),
    ];
    for (what, sends) in all {
        for route in ROUTES.iter().filter(|route| route.method == "POST") {
            let status = ask(&admin, route, &walk.path(route), sends).await?;
            assert_eq!(status, 403, "{what}: {} {}", route.method, route.path);
        }
    }
    assert_eq!(admin.get("/jails").await?.status, 200, "not even logged out");
    let now = (banned(&walk.site.daemon, "sshd")?.concat(), walk.site.daemon.pid()?);
    assert_eq!(now, ("203.0.113.5".to_owned(), pid));
    Ok(())
}

#[tokio::test]
async fn what_was_denied_stands_in_the_audit() -> TestResult {
    let walk = Walk::begin().await?;
    let viewer = walk.visitor("viewer").await?;
    assert_eq!(viewer.get("/accounts").await?.status, 403);
    assert_eq!(viewer.post("/jails/sshd/unban", &[("ip", "203.0.113.5")]).await?.status, 403);
    let stranger = Visitor::stranger(walk.site.address).await?;
    assert_eq!(stranger.post("/server/restart", &[]).await?.status, 303);
    let forged = viewer.with_token("0");
    assert_eq!(forged.post("/theme", &[("theme", "dark")]).await?.status, 403);
    assert_eq!(stranger.with_token("0").post("/server/restart", &[]).await?.status, 303);
    let audit = forged.get("/audit?show=all&fold=no").await?;
    let rows = audit.texts("tbody tr[data-outcome=refused]")?;
    let expected = [
        ("nobody", "restart fail2ban", "Nobody was logged in"),
        ("viewer", "unban", "This requires the role operator"),
        ("viewer", "look", "This requires the role administrator"),
    ];
    assert_eq!(rows.len(), expected.len(), "{rows:?}");
    for (row, (who, action, why)) in rows.iter().zip(expected) {
        assert!([who, action, why].iter().all(|part| row.contains(part)), "{row}: {who} {action} {why}");
    }
    Ok(())
}

#[tokio::test]
async fn what_a_role_may_not_do_is_not_offered_to_it() -> TestResult {
    let walk = Walk::begin().await?;
    client(&walk.site.daemon, &["set", "sshd", "addignoreip", "192.0.2.1"])?;
    let pages = [
        "/jails",
        "/jails/sshd",
        "/bans",
        "/lookup?ip=203.0.113.5",
        "/ignores",
        "/protection",
        "/server",
        "/audit",
        "/account",
    ];
    for role in Role::VARIANTS.iter().copied() {
        let visitor = walk.visitor(if role == Role::Administrator { NAME } else { role.as_ref() }).await?;
        let mut offered = BTreeSet::new();
        for page in pages {
            let answer = visitor.get(page).await?;
            assert_eq!(answer.status, 200, "{role} {page}");
            for (selector, attribute) in [
                ("form[method=post]", "action"),
                ("[formaction]", "formaction"),
                ("[hx-post]", "hx-post"),
                ("a", "href"),
            ] {
                offered.extend(answer.attributes(selector, attribute)?);
            }
        }
        let offers = |route: &Route| {
            let path = walk.path(route);
            offered.iter().any(|link| link.split('?').next() == Some(path.as_str()))
        };
        for route in ROUTES.iter().filter(|route| route.access.role().is_some_and(|least| role < least)) {
            // One path may have a verb that is allowed, as a GET beside a POST.
            let twin = ROUTES.iter().any(|other| {
                other.path == route.path && other.access.role().is_none_or(|least| role >= least)
            });
            assert!(twin || !offers(route), "{role} is offered {} {}", route.method, route.path);
        }
        let unbans = offered.iter().any(|link| link.starts_with("/jails/sshd/unban"));
        assert_eq!(unbans, role >= Role::Operator, "{role}: {offered:?}");
        assert_eq!(offered.contains("/server/restart"), role == Role::Administrator, "{role}");
    }
    Ok(())
}
