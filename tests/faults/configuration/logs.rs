//! Where a jail reads.

use crate::support::TestResult;

use super::change::Change;
use super::place::go_through;

#[tokio::test]
async fn a_log_or_a_backend_that_cannot_be_read_is_refused_and_no_jail_goes() -> TestResult {
    let journal = "backend = systemd\njournalmatch = nonsense";
    go_through(
        3,
        vec![
            Change::beta("logpath = {dir}/logs").named("`logpath` is a directory").refused("directory"),
            Change::beta("logpath = {dir}/socket.log").named("`logpath` is a socket").refused("socket.log"),
            Change::beta("logpath = {dir}/none.log").named("`logpath` is missing").refused("beta"),
            Change::beta("logpath = {dir}/dangling.log")
                .named("`logpath` is a link to nowhere")
                .refused("beta"),
            Change::beta("logpath = {dir}/logs/beta.log begin")
                .named("`logpath` with a word that is neither `head` nor `tail`")
                .refused("head"),
            Change::beta("backend = polling[x=1]").refused("backend"),
            Change::beta("backend = nope").refused("nope"),
            Change::beta("backend = systemd[journalflags=abc]").refused("backend"),
            Change::beta("backend = systemd[journalpath=/nowhere]").refused("backend"),
            Change::beta(journal).refused("journalmatch"),
        ],
    )
    .await
}

#[tokio::test]
async fn a_named_pipe_as_a_log_is_refused_and_fail2ban_does_not_wait_for_it() -> TestResult {
    let pipe =
        Change::beta("logpath = {dir}/pipe.log").named("`logpath` is a named pipe").refused("pipe.log");
    go_through(4, vec![pipe]).await
}

#[tokio::test]
async fn a_jail_reads_where_its_files_say_now() -> TestResult {
    let both = "logpath = {dir}/logs/beta.log\n  {dir}/more.log";
    go_through(
        5,
        vec![
            Change::beta(both)
                .named("one more `logpath`")
                .brings(&[("beta logpath", r#"["{dir}/logs/beta.log", "{dir}/more.log"]"#)]),
            Change::beta("logpath = {dir}/more.log")
                .named("another `logpath` alone")
                .goes_on()
                .brings(&[("beta logpath", r#"["{dir}/more.log"]"#)]),
            Change::taken_out("the `logpath` of before"),
            Change::beta("backend = auto").brings(&[]),
            Change::taken_out("the `backend` of before"),
        ],
    )
    .await
}
