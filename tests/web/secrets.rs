//! Secrets of actions: on no page but the one that shows them, and in no log.

use std::error::Error;
use std::fs;

use bangui::demo::{DemoJail, PrivateDaemon};
use bangui::domain::account::Role;
use bangui::web::routes::ROUTES;
use rusqlite::Connection;

use crate::support::program::Program;
use crate::support::site::{NAME, Site};
use crate::support::visitor::Visitor;
use crate::support::{TestResult, client};
use crate::web::reload::end_of_work;

/// What nobody may read, in any spelling.
const SECRETS: [&str; 11] = [
    "cf-s3cr3t-t0ken",
    "abuse-k3y-4711",
    "smtp-pa55%word",
    "smtp-pa55%%word",
    "smtp-pa55%25word",
    "h00k-pass",
    "url-t0ken",
    "l1teral-bearer",
    "n3t-scaler",
    // Base64 of `ns:n3t-scaler` and of `joe:h00k-pass`.
    "bnM6bjN0LXNjYWxlcg==",
    "am9lOmgwMGstcGFzcw==",
];

/// Actions with secrets: two of fail2ban's own, one of them in Python, and two as people write them.
const ACTIONS: &str = r#"[sshd]
action = record
    cloudflare[cftoken="cf-s3cr3t-t0ken", cfzone="zone"]
    abuseipdb[abuseipdb_apikey="abuse-k3y-4711", abuseipdb_category="18"]
    smtp.py[host="127.0.0.1:1", user="mailer", password="smtp-pa55%%word"]
    hook[url="https://joe:h00k-pass@example.org/x?api_key=url-t0ken", pw="h00k-pass"]
    scaler[ns_auth="bnM6bjN0LXNjYWxlcg=="]
"#;

const HOOK: &str = r#"[Definition]
actionban = true curl -s "<url>" -u "joe:<pw>" -H "Authorization: Bearer l1teral-bearer" -H "X: am9lOmgwMGstcGFzcw=="
    true wget --password=<pw> --post-data '{"token": "<pw>", "ip": "<ip>"}'
actionunban = true
[Init]
url =
pw =
"#;

const SCALER: &str = r#"[Definition]
actionban = true curl -H "Authorization: Basic <ns_auth>" --user ns n3t-scaler
actionunban = true
[Init]
ns_auth =
"#;

/// A fail2ban whose jail has [`ACTIONS`], and a second jail without secrets.
async fn daemon() -> Result<PrivateDaemon, Box<dyn Error>> {
    let daemon =
        PrivateDaemon::start(&[DemoJail::new("sshd", "sshd"), DemoJail::new("plain", "sshd")]).await?;
    give_secrets(&daemon)?;
    Ok(daemon)
}

fn give_secrets(daemon: &PrivateDaemon) -> TestResult {
    let configuration = daemon.config_dir();
    fs::write(configuration.join("action.d/hook.conf"), HOOK)?;
    fs::write(configuration.join("action.d/scaler.conf"), SCALER)?;
    fs::write(configuration.join("jail.d/secrets.local"), ACTIONS)?;
    let directory = configuration.to_str().ok_or("a path that is no text")?;
    client(daemon, &["-c", directory, "reload", "--restart", "sshd"])?;
    let actions = client(daemon, &["get", "sshd", "actions"])?;
    assert!(actions.contains("smtp") && actions.contains("hook"), "{actions}");
    let raw = client(daemon, &["get", "sshd", "action", "hook", "actionban"])?;
    assert!(raw.contains("joe:h00k-pass") && raw.contains("url-t0ken"), "{raw}");
    Ok(())
}

async fn site() -> Result<Site, Box<dyn Error>> {
    let site = Site::start(&[DemoJail::new("sshd", "sshd")]).await?;
    give_secrets(&site.daemon)?;
    for role in [Role::Viewer, Role::Operator] {
        site.add_account(role.as_ref(), role).await?;
    }
    Ok(site)
}

fn assert_none_in(text: &str, what: &str) {
    for secret in SECRETS {
        assert!(!text.contains(secret), "{secret} in {what}: {text}");
    }
}

/// Every page that `visitor` may open, and the parts of pages.
async fn look_at_everything(visitor: &Visitor, who: &str) -> TestResult {
    for route in ROUTES.iter().filter(|route| route.method == "GET") {
        for jail in ["sshd", "plain"] {
            let path =
                route.path.replace("{jail}", jail).replace("{account}", "1").replace("{file}", "app.css");
            assert_none_in(&visitor.get(&path).await?.body, &format!("{path} of {who}"));
            assert_none_in(&visitor.part(&path).await?.body, &format!("the part {path} of {who}"));
        }
    }
    Ok(())
}

#[tokio::test]
async fn no_page_and_no_log_shows_a_secret_of_an_action() -> TestResult {
    let daemon = daemon().await?;
    let accounts = [("viewer", Role::Viewer), ("operator", Role::Operator)];
    let configuration = ["--fail2ban-config".as_ref(), daemon.config_dir().as_os_str()];
    let bangui =
        Program::start_with(daemon.socket(), &accounts, &configuration, &[("BANGUI_LOG", "trace")]).await?;
    let broken = daemon.config_dir().join("jail.d/zz-broken.local");
    for name in ["viewer", "operator", NAME] {
        let visitor = Visitor::logged_in(bangui.address, name).await?;
        look_at_everything(&visitor, name).await?;
        let page = visitor.get("/jails/sshd").await?;
        let shown = page.text("#settings")?;
        for (setting, value) in
            [("cftoken", "hidden"), ("password", "hidden"), ("pw", "hidden"), ("user", "mailer")]
        {
            assert_eq!(page.text(&format!("[data-setting='{setting}'] dd"))?, value, "{name}: {setting}");
        }
        assert!(
            shown.contains("Bearer ••••••") && shown.contains("https://joe:••••••@example.org"),
            "{shown}"
        );
    }
    let admin = Visitor::admin(bangui.address).await?;
    for (text, words) in [
        // What fail2ban quotes of files that it cannot read: these secrets run, those do not.
        ("[sshd]\npassword cf-s3cr3t-t0ken\n", "[line 2]: 'password ••••••'"),
        ("cf-s3cr3t-t0ken\n[sshd]\n", "no section headers"),
        ("[sshd]\naction = x[a=\"cf-s3cr3t-t0ken %(nope)s\"]\n", "interpolation key 'nope'"),
        ("[sshd]\naction = cloudflare[cftoken=\"l1teral-bearer%(nope)s\"]\n", "interpolation key 'nope'"),
        ("[sshd]\naction = smtp.py[password=\"smtp-pa55%word\"]\n", "must be followed by"),
        ("[sshd]\naction = cloudflare[cftoken=\"url-t0ken\" cfzone=x\n", "Invalid action definition"),
        ("[sshd]\nfailregex = ^(unclosed abuse-k3y-4711 <HOST>\n", "Unable to compile"),
    ] {
        fs::write(&broken, text)?;
        for path in ["/server/reload", "/jails/sshd/reload"] {
            admin.post(path, &[]).await?;
            let told = end_of_work(&admin).await?.text("#work")?;
            assert!(told.contains(words), "{text}: {told}");
            assert_none_in(&told, text);
        }
        look_at_everything(&Visitor::logged_in(bangui.address, "viewer").await?, text).await?;
    }
    fs::remove_file(&broken)?;
    let shown = admin.post("/jails/sshd/actions/reveal", &[("action", "hook")]).await?;
    assert!(shown.body.contains("joe:h00k-pass"), "{}", shown.body);
    look_at_everything(&admin, "an administrator who looked at a secret").await?;
    let log = bangui.log()?;
    assert!(
        log.contains("DEBUG") && log.contains("TRACE") && log.contains("Failed during configuration"),
        "{log}"
    );
    assert_none_in(&log, "the log");
    Ok(())
}

#[tokio::test]
async fn an_administrator_sees_the_secrets_of_one_action_for_once_and_the_audit_says_so() -> TestResult {
    let site = site().await?;
    let admin = Visitor::admin(site.address).await?;
    let page = admin.get("/jails/sshd").await?;
    let offered = page.attributes("form[action='/jails/sshd/actions/reveal'] input[name=action]", "value")?;
    assert_eq!(offered, ["cloudflare", "abuseipdb", "smtp", "hook", "scaler"]);
    for (action, setting, value) in [
        ("cloudflare", "cftoken", "cf-s3cr3t-t0ken"),
        ("abuseipdb", "abuseipdb_apikey", "abuse-k3y-4711"),
        ("smtp", "password", "smtp-pa55%word"),
        ("hook", "url", "https://joe:h00k-pass@example.org/x?api_key=url-t0ken"),
    ] {
        let shown = admin.post("/jails/sshd/actions/reveal", &[("action", action)]).await?;
        assert_eq!((shown.status, shown.header("cache-control")), (200, "no-store"));
        assert_eq!(shown.text(&format!("[data-setting='{setting}'] dd"))?, value);
        assert_eq!(shown.attributes("main a.main", "href")?, ["/jails/sshd"], "the way back");
        let others = SECRETS.iter().filter(|secret| shown.body.contains(**secret)).count();
        assert!(others < 6, "only those of the action");
        let row = admin.get("/audit?show=all&fold=no").await?.texts(".audit tbody tr")?.swap_remove(0);
        for words in [NAME, "reveal secrets", "sshd", &format!("action: {action}"), "done"] {
            assert!(row.contains(words), "{words}: {row}");
        }
    }
    assert_none_in(&admin.get("/audit?show=all&fold=no&per_page=100").await?.body, "the audit");
    assert_none_in(&admin.get("/jails/sshd").await?.body, "the page afterwards");
    for action in ["", "record2", "a\nb", "<b>"] {
        let refused = admin.post("/jails/sshd/actions/reveal", &[("action", action)]).await?;
        assert_eq!(refused.status, 422, "{action}");
    }
    assert_eq!(admin.post("/jails/nowhere/actions/reveal", &[("action", "hook")]).await?.status, 404);
    Ok(())
}

#[tokio::test]
async fn viewers_and_operators_are_neither_offered_nor_given_secrets() -> TestResult {
    let site = site().await?;
    for name in ["viewer", "operator"] {
        let visitor = Visitor::logged_in(site.address, name).await?;
        let page = visitor.get("/jails/sshd").await?;
        assert!(page.attributes("form[action$=reveal]", "action")?.is_empty(), "{name}");
        assert!(page.text("#settings")?.contains("Only administrators can view them."), "{name}");
        let refused = visitor.post("/jails/sshd/actions/reveal", &[("action", "hook")]).await?;
        assert_eq!(refused.status, 403, "{name}");
        assert_none_in(&refused.body, name);
    }
    Ok(())
}

#[tokio::test]
async fn no_secret_is_shown_that_the_audit_cannot_record() -> TestResult {
    let site = site().await?;
    let admin = Visitor::admin(site.address).await?;
    let database = site.daemon.directory().join("bangui.sqlite3");
    Connection::open(&database)?.execute_batch("ALTER TABLE audit RENAME TO gone")?;
    let refused = admin.post("/jails/sshd/actions/reveal", &[("action", "hook")]).await?;
    assert_eq!(refused.status, 503);
    assert_none_in(&refused.body, "the refusal");
    Ok(())
}

#[tokio::test]
async fn looking_at_an_action_in_python_writes_no_error_into_fail2bans_log() -> TestResult {
    let daemon = daemon().await?;
    let own = daemon.config_dir().join("action.d/own.py");
    fs::write(
        &own,
        "from fail2ban.server.action import ActionBase\n\n\nclass Action(ActionBase):\n    lock = lambda: 0\n\n    \
         def __init__(self, jail, name, **arguments):\n        super().__init__(jail, name)\n        \
         self.plain = \"x\"\n        self.other = (part for part in ())\n",
    )?;
    fs::write(daemon.config_dir().join("jail.d/own.local"), "[plain]\naction = own.py[a=1]\n")?;
    let directory = daemon.config_dir().to_str().ok_or("a path that is no text")?;
    client(&daemon, &["-c", directory, "reload", "--restart", "plain"])?;
    let bangui = Program::start(daemon.socket(), &[]).await?;
    let errors = || -> Result<Vec<String>, Box<dyn Error>> {
        let log = fs::read_to_string(daemon.server_log())?;
        // Until 1.0 it knows no `stats`, which is asked once for each connection.
        let lines = log.lines().filter(|line| line.contains("ERROR") && !line.contains("['stats']"));
        Ok(lines.map(str::to_owned).collect())
    };
    let before = errors()?;
    for _ in 0..3 {
        // Nothing that was read is shown again.
        let admin = Visitor::admin(bangui.address).await?;
        let page = admin.get("/jails/sshd").await?;
        for (setting, value) in [("toaddr", "root"), ("host", "127.0.0.1:1"), ("fromname", "Fail2Ban")] {
            assert_eq!(page.text(&format!("[data-setting='{setting}'] dd"))?, value);
        }
        let unasked = page.text("[data-setting='message_values'] dd")?;
        assert!(unasked.starts_with("unknown"), "{unasked}");
        let page = admin.get("/jails/plain").await?;
        assert_eq!(page.texts("[data-setting='plain'] dd, [data-setting='other'] dd")?.len(), 2);
        admin.post("/jails/sshd/actions/reveal", &[("action", "smtp")]).await?;
        admin.post("/jails/plain/actions/reveal", &[("action", "own")]).await?;
        admin.post("/server/reload", &[]).await?;
    }
    assert_eq!(errors()?, before);
    Ok(())
}
