//! `bangui backup` and `bangui restore`: the database to a file and back.

use std::error::Error;
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::thread;

use clap::Args;
use jiff::Timestamp;
use rustix::process::{Gid, Uid, geteuid};
use rustix::thread::{set_thread_groups, set_thread_res_gid, set_thread_res_uid};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use crate::broker::safe_directory::SafeDirectory;
use crate::cli::user::Database;
use crate::history::file_beside;
use crate::storage::backup::{Pair, back_up, is_same};
use crate::storage::file::itself;
use crate::storage::parts;
use crate::storage::restore::{Source, restore};

/// Options of `bangui backup`.
#[derive(Args)]
pub(crate) struct Backup {
    /// The file to write. The record of bans goes beside it, as FILE-history. Its directory must be one that only this
    /// user can write.
    file: PathBuf,
    /// Overwrite files that are there.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    database: Database,
}

/// Options of `bangui restore`.
#[derive(Args)]
pub(crate) struct Restore {
    /// The file that `bangui backup` wrote. The record of bans is taken from beside it, if it is there.
    file: PathBuf,
    #[command(flatten)]
    database: Database,
}

/// Does `work` on a thread of its own. Told to end meanwhile (SIGINT or SIGTERM), it leaves nothing half done.
///
/// # Errors
/// Those of `work`, or that it was told to end.
pub(crate) async fn or_nothing(
    work: impl FnOnce() -> Result<(), Box<dyn Error>> + Send + 'static,
) -> Result<(), Box<dyn Error>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let (sender, mut done) = oneshot::channel();
    // Not one that the runtime waits for at its end. Nobody may be there any more to hear of the end.
    thread::spawn(move || drop(sender.send(work().map_err(|error| error.to_string()))));
    tokio::select! {
        biased;
        done = &mut done => return Ok(done??),
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    if parts::end() { Err("interrupted: nothing was changed".into()) } else { Ok(done.await??) }
}

/// Writes a backup.
pub(crate) fn run(options: &Backup) -> Result<(), Box<dyn Error>> {
    let (file, database) = (&options.file, &options.database.database);
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !parent.is_dir() {
        return Err(format!("there is no directory {}: make it first", parent.display()).into());
    }
    SafeDirectory::open(parent)?;
    let (history, of_history) = (file_beside(database), file_beside(file));
    let main = Pair { database, backup: file };
    let contents = back_up(main, Pair { database: &history, backup: &of_history }, options.force)?;
    let beside = match contents.bans {
        Some(_) => format!(" and {}", of_history.display()),
        None => String::new(),
    };
    Ok(writeln!(io::stdout(), "Wrote {}{beside}: {contents}.", file.display())?)
}

/// Puts a backup in the place of the database.
pub(crate) fn run_restore(options: &Restore) -> Result<(), Box<dyn Error>> {
    let (file, database) = (&options.file, &options.database.database);
    if is_same(file, database) {
        return Err(format!("{} is the database itself: name a backup", file.display()).into());
    }
    let main = Source::open(file)?.ok_or_else(|| format!("there is no backup {}", file.display()))?;
    let of_history = Source::open(&file_beside(file))?;
    become_owner(database)?;
    // Not before, with root's rights: somebody else may have made a link there.
    let (history, database) = (&itself(&file_beside(database)), &itself(database));
    let stamp = Timestamp::now().strftime("before-restore-%Y%m%dT%H%M%SZ").to_string();
    let restored = restore((&main, database), (of_history.as_ref(), history), &stamp)?;
    let mut out = io::stdout().lock();
    writeln!(out, "Restored {}: {}. Everybody has to log in again.", database.display(), restored.contents)?;
    if of_history.is_none() && history.exists() {
        writeln!(out, "The backup has no record of bans, so the present one stays.")?;
    }
    for kept in &restored.kept {
        writeln!(out, "What was there before is kept as {}.", kept.display())?;
    }
    Ok(())
}

/// As root, goes on as the owner of the database, or else of its directory: all files become that user's, and nothing
/// that lies in a directory of that user's can make root write elsewhere. Holds for this thread, which does the rest.
fn become_owner(database: &Path) -> Result<(), Box<dyn Error>> {
    if !geteuid().is_root() {
        return Ok(());
    }
    let directory = database.parent().filter(|parent| !parent.as_os_str().is_empty());
    let owned = fs::symlink_metadata(database).or_else(|_| fs::metadata(directory.unwrap_or(Path::new("."))));
    let about =
        owned.map_err(|error| format!("cannot reach the database {}: {error}", database.display()))?;
    let (user, group) = (Uid::from_raw(about.uid()), Gid::from_raw(about.gid()));
    set_thread_groups(&[])?;
    set_thread_res_gid(group, group, group)?;
    Ok(set_thread_res_uid(user, user, user)?)
}
