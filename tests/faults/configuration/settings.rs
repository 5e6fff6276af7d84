//! Settings of a jail that fail2ban raises at in the middle of a reload, although its own test passes them.

use super::super::support::TestResult;
use super::change::Change;
use super::place::go_through;

#[tokio::test]
async fn a_value_that_fail2ban_cannot_read_is_refused_and_no_jail_goes() -> TestResult {
    go_through(
        1,
        vec![
            Change::beta("logtimezone = Europe/Berlin").is_refused("logtimezone"),
            Change::beta("logtimezone = UTC+2").is_refused("logtimezone"),
            Change::beta("findtime = soon").is_refused("findtime"),
            Change::beta("findtime =").is_refused("findtime"),
            Change::beta("bantime = for ever").is_refused("bantime"),
            Change::beta("maxretry = three").is_refused("maxretry"),
            Change::beta("maxmatches = many").is_refused("maxmatches"),
            Change::beta("maxlines = 0").is_refused("maxlines"),
            Change::beta("logencoding = utf-99").is_refused("utf-99"),
            Change::beta("ignoreip = 10.0.0.0/255.0.255.0").is_refused("ignoreip"),
            Change::beta("bantime.factor = twice").is_refused("bantime.factor"),
            Change::beta("bantime.formula = ban.Time *").is_refused("bantime.formula"),
            Change::beta("bantime.multipliers = 1  2").is_refused("bantime.multipliers"),
            Change::beta("bantime.maxtime = long").is_refused("bantime.maxtime"),
            Change::beta("bantime.rndtime = a while").is_refused("bantime.rndtime"),
        ],
    )
    .await
}

#[tokio::test]
async fn an_expression_or_a_cache_that_fail2ban_cannot_make_is_refused_and_no_jail_goes() -> TestResult {
    go_through(
        2,
        vec![
            Change::beta("failregex = ^(unclosed <HOST>").is_refused("Unable to compile"),
            Change::beta("failregex = ^nobody is named$").is_refused("failregex"),
            Change::beta("failregex = ^x <F2B_END_COMMAND> <HOST>$").is_refused("F2B_END_COMMAND"),
            Change::beta("ignoreregex = (").is_refused("ignoreregex"),
            Change::beta("prefregex = (").is_refused("prefregex"),
            Change::beta("datepattern = %%Y-%%m\n  %%Y-%%m").is_refused("datepattern"),
            Change::beta("ignorecache = nonsense").is_refused("ignorecache"),
            Change::beta("ignorecache = key=\"<ip>\", max-count=many").is_refused("ignorecache"),
            Change::beta("ignorecache = max-count=5").is_refused("ignorecache"),
            Change::beta("filter = nosuch").is_refused("nosuch"),
            Change::jails(
                "a jail `[--all]`",
                "[--all]\nenabled = true\nfilter = own-beta\nlogpath = {dir}/more.log\n",
            )
            .is_refused("--all"),
            Change::jails("a section twice", "[beta]\nmaxretry = 4\n[beta]\nmaxretry = 5\n")
                .is_refused("beta"),
            Change::jails("a line outside of every section", "maxretry = 4\n").is_refused("change.local"),
        ],
    )
    .await
}
