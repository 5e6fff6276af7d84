//! A jail's actions.

use crate::support::TestResult;

use super::change::{Change, TWO, TWO_ALONE};
use super::place::go_through;

const OWN: &str = "action.d/own.py";
const PYTHON: &str =
    "from fail2ban.server.action import ActionBase\n\n\nclass Action(ActionBase):\n    pass\n";

#[tokio::test]
async fn an_action_that_fail2ban_cannot_make_is_refused_and_no_jail_goes() -> TestResult {
    let own = |name: &str, text: &str| Change::beta("action = own.py").named(name).and(OWN, text);
    let twice = "[aaa]\nenabled = true\nfilter = own-beta\nlogpath = {dir}/more.log\naction = record[x=1]\n  record[x=2]\n";
    go_through(
        6,
        vec![
            Change::beta("action = nosuch[x=1]").refused("nosuch"),
            Change::beta("action = nosuch.py[x=1]").refused("nosuch"),
            Change::beta("action = smtp.py[foo=bar]").refused("foo"),
            own("an action in Python with a syntax error", "def (\n").refused("own"),
            own("an action in Python without its class", "x = 1\n").refused("own"),
            own("an action in Python that ends its process", "import sys\nsys.exit(0)\n").refused("beta"),
            Change::beta("action = record[timeout=soon]").refused("beta"),
            Change::beta("action = record[ban=x]").refused("ban"),
            Change::beta("action = record[a=\"<b>\", b=\"<a>\", actionreload=\"<a>\"]")
                .refused("self referencing"),
            Change::jails("a new jail, the first of all, with an action twice", twice)
                .refused("already exists"),
        ],
    )
    .await
}

#[tokio::test]
async fn what_fail2ban_gives_up_at_although_every_test_passes_is_put_back() -> TestResult {
    let only_there =
        format!("import sys\nif 'fail2ban-server' in sys.argv[0]:\n    raise OSError('only here')\n{PYTHON}");
    go_through(
        7,
        vec![
            Change::beta("action = own.py")
                .named("an action in Python that fails in the daemon alone")
                .and(OWN, &only_there)
                .put_back(),
            Change::of(
                "`actionreload` of every jail's action fails",
                &[("action.d/record.local", "[Definition]\nactionreload = false\n")],
            )
            .put_back(),
        ],
    )
    .await
}

#[tokio::test]
async fn a_jail_has_the_actions_that_its_files_say_now() -> TestResult {
    let added = [TWO.as_slice(), &[("beta actions", r#"["record", "two"]"#)]].concat();
    let python = [("beta actions", r#"["own"]"#), ("beta two", "gone")];
    go_through(
        8,
        vec![
            Change::beta("action = record\n  two").named("a second action").brings(&added),
            Change::beta("action = two").named("another action in its place").goes_on().brings(&TWO_ALONE),
            Change::beta("action = own.py")
                .named("an action in Python in its place")
                .and(OWN, PYTHON)
                .goes_on()
                .brings(&python),
            Change::beta("action = own.py")
                .named("no change, where an action is in Python")
                .and(OWN, PYTHON)
                .goes_on()
                .brings(&[]),
        ],
    )
    .await
}

#[tokio::test]
async fn an_action_that_cannot_work_is_named() -> TestResult {
    let text =
        "[Definition]\nactionstart = /nowhere/nft\nactionban = /nowhere/nft\nactionunban = /nowhere/nft\n";
    let of_nft = [
        ("beta actions", r#"["nft"]"#),
        ("beta record", "gone"),
        ("beta nft actionban", "*"),
        ("beta nft actionunban", "*"),
        ("beta nft actionstart", "*"),
        ("beta nft actionstop", "*"),
        ("beta nft actionreload", "*"),
        ("beta nft timeout", "60"),
    ];
    go_through(
        19,
        vec![
            Change::beta("action = nft")
                .named("an action whose program is not there")
                .and("action.d/nft.conf", text)
                .in_part("beta: its action “nft” failed to start", &of_nft),
        ],
    )
    .await
}

#[tokio::test]
async fn an_actions_name_and_its_commands_are_what_its_files_say_now() -> TestResult {
    go_through(
        9,
        vec![
            Change::beta("action = record[timeout=120]").brings(&[("beta record timeout", "120")]),
            Change::taken_out("the option of before"),
            Change::beta("action = record[actname=other]").brings(&[
                ("beta actions", r#"["other"]"#),
                ("beta record", "gone"),
                ("beta other actionban", "*"),
                ("beta other actionunban", "*"),
                ("beta other actionstart", "\"\""),
                ("beta other actionstop", "\"\""),
                ("beta other actionreload", "\"\""),
                ("beta other timeout", "60"),
            ]),
            Change::taken_out("the name of before"),
            Change::beta("action =")
                .named("no action at all")
                .asks("beta", &[("beta actions", "[]"), ("beta record", "gone")]),
            Change::taken_out("the `action` of before"),
            Change::of(
                "`actionban` in the action's own file",
                &[("action.d/record.local", "[Definition]\nactionban = echo\n")],
            )
            .brings(&[
                ("alpha record actionban", "\"echo\""),
                ("beta record actionban", "\"echo\""),
                ("gamma record actionban", "\"echo\""),
            ]),
        ],
    )
    .await
}
