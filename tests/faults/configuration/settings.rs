//! Settings of a jail that fail2ban raises at in the middle of a reload, although its own test passes them.

use crate::support::TestResult;

use super::change::Change;
use super::place::go_through;

#[tokio::test]
async fn a_value_that_fail2ban_cannot_read_is_refused_and_no_jail_goes() -> TestResult {
    go_through(
        1,
        vec![
            Change::beta("logtimezone = Europe/Berlin").refused("logtimezone"),
            Change::beta("logtimezone = UTC+2").refused("logtimezone"),
            Change::beta("findtime = soon").refused("findtime"),
            Change::beta("findtime =").refused("findtime"),
            Change::beta("bantime = for ever").refused("bantime"),
            Change::beta("maxretry = three").refused("maxretry"),
            Change::beta("maxmatches = many").refused("maxmatches"),
            Change::beta("maxlines = 0").refused("maxlines"),
            Change::beta("logencoding = utf-99").refused("utf-99"),
            Change::beta("ignoreip = 10.0.0.0/255.0.255.0").refused("ignoreip"),
            Change::beta("bantime.factor = twice").refused("bantime.factor"),
            Change::beta("bantime.formula = ban.Time *").refused("bantime.formula"),
            Change::beta("bantime.multipliers = 1  2").refused("bantime.multipliers"),
            Change::beta("bantime.maxtime = long").refused("bantime.maxtime"),
            Change::beta("bantime.rndtime = a while").refused("bantime.rndtime"),
        ],
    )
    .await
}

#[tokio::test]
async fn an_expression_or_a_cache_that_fail2ban_cannot_make_is_refused_and_no_jail_goes() -> TestResult {
    go_through(
        2,
        vec![
            Change::beta("failregex = ^(unclosed <HOST>").refused("Unable to compile"),
            Change::beta("failregex = ^nobody is named$").refused("failregex"),
            Change::beta("failregex = ^x <F2B_END_COMMAND> <HOST>$").refused("F2B_END_COMMAND"),
            Change::beta("ignoreregex = (").refused("ignoreregex"),
            Change::beta("prefregex = (").refused("prefregex"),
            Change::beta("datepattern = %%Y-%%m\n  %%Y-%%m").refused("datepattern"),
            Change::beta("ignorecache = nonsense").refused("ignorecache").taken_by("0.11"),
            Change::beta("ignorecache = key=\"<ip>\", max-count=many").refused("ignorecache"),
            Change::beta("ignorecache = max-count=5").refused("ignorecache"),
            Change::beta("filter = nosuch").refused("nosuch"),
            Change::jails(
                "a jail `[--all]`",
                "[--all]\nenabled = true\nfilter = own-beta\nlogpath = {dir}/more.log\n",
            )
            .refused("--all"),
            Change::jails("a section twice", "[beta]\nmaxretry = 4\n[beta]\nmaxretry = 5\n").refused("beta"),
            Change::jails("a line outside of every section", "maxretry = 4\n").refused("change.local"),
        ],
    )
    .await
}

/// fail2ban takes these, and fails at every line of the log: the jail would look well and ban nobody.
#[tokio::test]
async fn what_fails_only_when_a_line_is_read_is_refused_and_no_jail_goes() -> TestResult {
    go_through(
        20,
        vec![
            Change::beta("datepattern = ^(((").refused("datepattern: fail2ban fails at every line"),
            Change::beta("datepattern = {^LN-BEG}%%Y(").refused("datepattern: fail2ban fails at every line"),
            Change::beta("logencoding = base64").refused("logencoding: fail2ban fails at every line"),
            Change::beta("logencoding = rot13").refused("logencoding: fail2ban fails at every line"),
            Change::beta("logencoding = undefined").refused("logencoding: fail2ban fails at every line"),
            Change::beta("bantime.increment = true\nbantime.formula = ban.Time * nothere")
                .refused("bantime.formula: fail2ban fails"),
            Change::beta("bantime.increment = true\nbantime.formula = 'x'")
                .refused("bantime.formula: fail2ban fails"),
            Change::beta("logencoding = utf-16").brings(&[("beta logencoding", "\"utf-16\"")]),
            Change::taken_out("`logencoding` taken out again"),
        ],
    )
    .await
}
