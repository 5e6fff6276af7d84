//! Other buttons than *Reload all*.

use crate::support::TestResult;

use super::change::{Change, Setting, TWO_ALONE};
use super::place::go_through;

const ALPHA: &str = "/jails/alpha/reload";
const BETA: &str = "/jails/beta/reload";
const RESTART: &str = "/server/restart";
/// jail.conf sets maxmatches to maxretry.
const ALPHA_NINE: [Setting; 2] = [("alpha maxretry", "9"), ("alpha maxmatches", "9")];

#[tokio::test]
async fn one_jail_is_reloaded_while_another_is_broken() -> TestResult {
    let with = |broken: &str| format!("[alpha]\nmaxretry = 9\n[beta]\n{broken}\n");
    go_through(
        16,
        vec![
            Change::jails(
                "`maxretry` of alpha; the log of beta is missing",
                &with("logpath = {dir}/none.log"),
            )
            .with_button(ALPHA)
            .brings(&ALPHA_NINE),
            Change::taken_out("`maxretry` of alpha as before").with_button(ALPHA),
            Change::jails(
                "`maxretry` of alpha; `logtimezone` of beta is a word",
                &with("logtimezone = Mars"),
            )
            .with_button(ALPHA)
            .brings(&ALPHA_NINE),
            Change::jails("`maxretry` of alpha and of beta", &with("maxretry = 8"))
                .with_button(BETA)
                .goes_on()
                .brings(&[("beta maxretry", "8"), ("beta maxmatches", "8")]),
            Change::server("dbfile = None").with_button(ALPHA).refused("database"),
            Change::server("dbpurgeage = xyz").with_button(ALPHA).refused("dbpurgeage"),
            Change::beta("findtime = soon").with_button("/jails/beta/restart").refused("findtime"),
        ],
    )
    .await
}

#[tokio::test]
async fn the_reload_of_one_jail_leaves_it_with_what_its_files_say() -> TestResult {
    go_through(
        17,
        vec![
            Change::beta("maxlines = 3").with_button(BETA).brings(&[("beta maxlines", "3")]),
            Change::taken_out("`maxlines` taken out again").with_button(BETA),
            Change::beta("action = two").with_button(BETA).brings(&TWO_ALONE),
            Change::taken_out("the `action` of before").with_button(BETA),
        ],
    )
    .await
}

#[tokio::test]
async fn a_restart_of_fail2ban_loses_no_jail_unless_it_asks() -> TestResult {
    go_through(
        18,
        vec![
            Change::of("none", &[]).with_button(RESTART).brings(&[]),
            Change::beta("findtime = soon").with_button(RESTART).refused("findtime"),
            Change::beta("action = nosuch.py").with_button(RESTART).refused("nosuch"),
            Change::beta("action = two").with_button(RESTART).brings(&TWO_ALONE),
            Change::beta("enabled = false").with_button(RESTART).asks("beta", &[("beta", "gone")]),
        ],
    )
    .await
}
