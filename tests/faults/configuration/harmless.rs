//! Changes that fail2ban takes.

use crate::support::TestResult;

use super::change::Change;
use super::place::go_through;

#[tokio::test]
async fn a_number_or_a_list_is_what_the_files_say_now() -> TestResult {
    go_through(
        10,
        vec![
            Change::jails("a comment", "# nothing\n").brings(&[]),
            // jail.conf sets maxmatches to maxretry.
            Change::beta("maxretry = 9").brings(&[("beta maxretry", "9"), ("beta maxmatches", "9")]),
            Change::beta("findtime = 1d").brings(&[
                ("beta maxretry", "3"),
                ("beta maxmatches", "3"),
                ("beta findtime", "86400"),
            ]),
            Change::beta("bantime = 1h").brings(&[("beta findtime", "600"), ("beta bantime", "3600")]),
            Change::taken_out("none of them any more"),
            Change::beta("ignoreip = 192.0.2.7 2001:db8::/32")
                .brings(&[("beta ignoreip", r#"["192.0.2.7", "2001:db8::/32"]"#)]),
            Change::jails("`ignoreip = 198.51.100.1` for all jails", "[DEFAULT]\nignoreip = 198.51.100.1\n")
                .brings(&[
                    ("alpha ignoreip", r#"["198.51.100.1"]"#),
                    ("beta ignoreip", r#"["198.51.100.1"]"#),
                    ("gamma ignoreip", r#"["198.51.100.1"]"#),
                ]),
            Change::taken_out("no `ignoreip` any more"),
            Change::beta("failregex = ^one (?P<fid>\\S+)$\n  ^two (?P<fid>\\S+)$")
                .brings(&[("beta failregex", r#"["^one (?P<fid>\\S+)$", "^two (?P<fid>\\S+)$"]"#)]),
            Change::beta("ignoreregex = ^ignored$")
                .brings(&[("beta failregex", "*"), ("beta ignoreregex", r#"["^ignored$"]"#)]),
            Change::taken_out("neither any more"),
        ],
    )
    .await
}

/// fail2ban keeps the value of an option that is in the files no more, unless the jail is restarted.
#[tokio::test]
async fn an_option_that_is_taken_out_of_the_files_is_gone() -> TestResult {
    let mut changes = Vec::new();
    for (setting, brings) in [
        ("maxlines = 3", [("beta maxlines", "3")]),
        ("maxmatches = 7", [("beta maxmatches", "7")]),
        ("prefregex = ^(?P<content>.+)$", [("beta prefregex", r#""^(?P<content>.+)$""#)]),
        ("datepattern = %%Y-%%m-%%d", [("beta datepattern", r#"["%Y-%m-%d", "Year-Month-Day"]"#)]),
        ("logtimezone = UTC+0100", [("beta logtimezone", "\"UTC+0100\"")]),
        ("ignorecommand = /bin/false", [("beta ignorecommand", "\"/bin/false\"")]),
        ("ignoreself = false", [("beta ignoreself", "false")]),
        ("bantime.increment = true", [("beta bantime.increment", "true")]),
    ] {
        let name = setting.split(' ').next().unwrap_or_default();
        changes.push(Change::beta(setting).brings(&brings));
        changes.push(Change::taken_out(format!("`{name}` taken out again")));
    }
    // The expression for a host depends on it.
    changes
        .push(Change::beta("usedns = warn").brings(&[("beta usedns", "\"warn\""), ("beta failregex", "*")]));
    changes.push(Change::taken_out("`usedns` taken out again"));
    go_through(11, changes).await
}

/// The prefregex of the old filter is one of the options that stay behind.
#[tokio::test]
async fn a_jail_with_another_filter_has_nothing_of_the_old_one() -> TestResult {
    let anything =
        [("beta failregex", "*"), ("beta prefregex", "*"), ("beta datepattern", "*"), ("beta maxlines", "*")];
    go_through(
        12,
        vec![Change::beta("filter = sshd").brings(&anything), Change::taken_out("the `filter` of before")],
    )
    .await
}

#[tokio::test]
async fn a_jail_comes_and_goes_with_the_files_and_only_after_a_question() -> TestResult {
    let delta = "[delta]\nenabled = true\nfilter = own-beta\nlogpath = {dir}/more.log\nmaxretry = 3\nfindtime = 600\n\
                 bantime = 600\naction = two\n";
    let comes = [
        ("delta", "as beta"),
        ("delta record", "gone"),
        ("delta actions", r#"["two"]"#),
        ("delta two actionban", "*"),
        ("delta two actionunban", "*"),
        ("delta two actionstart", "*"),
        ("delta two actionstop", "*"),
        ("delta two actionreload", "*"),
        ("delta two timeout", "60"),
        ("delta banip", "[]"),
        ("delta logpath", r#"["{dir}/more.log"]"#),
    ];
    go_through(
        13,
        vec![
            Change::jails("a new jail", delta).brings(&comes),
            Change::of("the new jail is in the files no more", &[]).asks("delta", &[("delta", "gone")]),
            Change::beta("enabled = false").asks("beta", &[("beta", "gone")]),
            Change::taken_out("the jail enabled again"),
            Change::beta("enabled = perhaps").asks("beta", &[("beta", "gone")]),
        ],
    )
    .await
}
