//! Writes the man pages and the completions of bash, zsh and fish into the directory that it is given.

use std::error::Error;
use std::path::PathBuf;

use clap_complete::Shell;

fn main() -> Result<(), Box<dyn Error>> {
    let directory = PathBuf::from(std::env::args_os().nth(1).ok_or("Usage: manuals DIRECTORY")?);
    let pages = directory.join("man");
    std::fs::create_dir_all(&pages)?;
    clap_mangen::generate_to(bangui::cli::definition(), &pages)?;
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        clap_complete::generate_to(shell, &mut bangui::cli::definition(), "bangui", &directory)?;
    }
    Ok(())
}
