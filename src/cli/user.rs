//! `bangui user add`: a new account.

use std::error::Error;
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::PathBuf;

use clap::Args;

use crate::accounts::{Accounts, AccountsError};
use crate::config::DEFAULT_DATABASE;
use crate::domain::account::{AccountName, Password, Role};
use crate::storage::Storage;

/// No password that we accept is longer, in bytes.
const LONGEST_LINE: u64 = 4096;

/// Whom to add, and where.
#[derive(Args)]
pub(super) struct Add {
    /// The name to log in with.
    name: AccountName,
    /// The database that the server uses.
    #[arg(long, value_name = "FILE", env = "BANGUI_DATABASE", default_value = DEFAULT_DATABASE)]
    database: PathBuf,
}

/// Asks for a password and adds the account.
pub(super) async fn add(add: Add) -> Result<(), Box<dyn Error>> {
    let accounts = Accounts::new(Storage::open(&add.database)?)?;
    let password = read_password(&add.name)?;
    match accounts.add(add.name.clone(), password, Role::Administrator).await {
        Ok(_) => Ok(writeln!(io::stdout(), "Added {}.", add.name)?),
        Err(AccountsError::NameTaken) => Err(format!("there is an account {} already", add.name).into()),
        Err(error) => Err(error.into()),
    }
}

fn read_password(name: &AccountName) -> Result<Password, Box<dyn Error>> {
    if !io::stdin().is_terminal() {
        return Ok(first_line(io::stdin().lock())?.parse()?);
    }
    let password: Password = rpassword::prompt_password(format!("Password for {name}: "))?.parse()?;
    let again = rpassword::prompt_password("The same again: ")?;
    if password.as_bytes() == again.as_bytes() {
        Ok(password)
    } else {
        Err("the two passwords differ".into())
    }
}

/// The first line without its end.
fn first_line(input: impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    input.take(LONGEST_LINE).read_line(&mut line)?;
    let line = line.strip_suffix('\n').unwrap_or(&line);
    Ok(line.strip_suffix('\r').unwrap_or(line).to_owned())
}
