//! `bangui user`: who may log in, from the shell.

pub(crate) mod list;
pub(crate) mod password;

use std::error::Error;
use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::accounts::{Accounts, AccountsError, AdministrationError};
use crate::config::DEFAULT_DATABASE;
use crate::domain::account::{AccountName, AccountOverview, ChosenBy, Role};
use crate::storage::Storage;
use crate::web::view::messages::parse;

/// Subcommands of `bangui user`.
#[derive(Subcommand)]
pub(crate) enum User {
    /// Add somebody who may log in. The password is asked for, or read from standard input (one
    /// line) when that is no terminal.
    Add {
        #[command(flatten)]
        whom: Whom,
        /// Role of the account: viewer (sees), operator (bans and unbans too) or administrator.
        #[arg(long, default_value = "administrator", value_parser = parse::<Role>)]
        role: Role,
        #[command(flatten)]
        first: FirstPassword,
    },
    /// Show every account.
    List(Database),
    /// Give an account another role: viewer, operator or administrator.
    Role {
        #[command(flatten)]
        whom: Whom,
        /// New role of the account.
        #[arg(value_parser = parse::<Role>)]
        role: Role,
    },
    /// Set another password and remove the second factor, for somebody who has lost them. The
    /// password is asked for as with `add`.
    Reset {
        #[command(flatten)]
        whom: Whom,
        #[command(flatten)]
        first: FirstPassword,
    },
    /// Keep an account from logging in, and end its sessions.
    Disable(Whom),
    /// Let a disabled account log in again.
    Enable(Whom),
    /// Delete an account, and end its sessions.
    Delete(Whom),
}

/// Location of the accounts.
#[derive(Args)]
pub(crate) struct Database {
    /// The database that the server uses.
    #[arg(long, value_name = "FILE", env = "BANGUI_DATABASE", default_value = DEFAULT_DATABASE)]
    pub(crate) database: PathBuf,
}

/// An account.
#[derive(Args)]
pub(crate) struct Whom {
    /// The name to log in with.
    #[arg(value_parser = parse::<AccountName>)]
    name: AccountName,
    #[command(flatten)]
    database: Database,
}

/// True if the password lasts.
#[derive(Args)]
pub(crate) struct FirstPassword {
    /// Have the password changed at the next login: for one that somebody else is told.
    #[arg(long)]
    change_at_login: bool,
}

impl FirstPassword {
    fn chosen_by(&self) -> ChosenBy {
        if self.change_at_login { ChosenBy::Another } else { ChosenBy::Owner }
    }
}

impl Database {
    fn open(&self) -> Result<Accounts, Box<dyn Error>> {
        // A mistyped path is an error and not an empty database.
        Ok(Accounts::new(Storage::open_existing(&self.database)?)?)
    }

    fn open_or_create(&self) -> Result<Accounts, Box<dyn Error>> {
        Ok(Accounts::new(Storage::open(&self.database)?)?)
    }
}

impl Whom {
    async fn find(&self, accounts: &Accounts) -> Result<AccountOverview, Box<dyn Error>> {
        let found = accounts.by_name(&self.name).await?;
        found.ok_or_else(|| format!("there is no account {}: `bangui user list` shows all", self.name).into())
    }
}

/// Does what was asked for.
pub(crate) async fn run(user: User) -> Result<(), Box<dyn Error>> {
    match user {
        User::Add { whom, role, first } => add(&whom, role, first.chosen_by()).await,
        User::List(database) => {
            let table = list::table(&database.open()?.list().await?);
            Ok(write!(io::stdout(), "{table}")?)
        }
        User::Role { whom, role } => set_role(&whom, role).await,
        User::Reset { whom, first } => reset(&whom, first.chosen_by()).await,
        User::Disable(whom) => set_disabled(&whom, true).await,
        User::Enable(whom) => set_disabled(&whom, false).await,
        User::Delete(whom) => delete(&whom).await,
    }
}

async fn add(whom: &Whom, role: Role, chosen_by: ChosenBy) -> Result<(), Box<dyn Error>> {
    let accounts = whom.database.open_or_create()?;
    let password = password::read_password(&accounts, &whom.name)?;
    match accounts.add_with(whom.name.clone(), password, role, chosen_by).await {
        Ok(_) => say(&format!("Added {}.", whom.name)),
        Err(AccountsError::NameTaken) => Err(format!("there is already an account {}", whom.name).into()),
        Err(error) => Err(error.into()),
    }
}

async fn set_role(whom: &Whom, role: Role) -> Result<(), Box<dyn Error>> {
    let accounts = whom.database.open()?;
    let account = whom.find(&accounts).await?.account;
    accounts.set_role(account.id, role).await.map_err(|error| in_words(error, &account.name))?;
    say(&format!("{} now has the role {role}.", account.name))
}

async fn reset(whom: &Whom, chosen_by: ChosenBy) -> Result<(), Box<dyn Error>> {
    let accounts = whom.database.open()?;
    let found = whom.find(&accounts).await?;
    let name = &found.account.name;
    let password = password::read_password(&accounts, name)?;
    accounts.reset(found.account.id, password, chosen_by).await.map_err(|error| in_words(error, name))?;
    say(&format!("{name} now has a new password and no second factor."))?;
    if found.disabled {
        say(&format!("{name} is still disabled: `bangui user enable {name}` changes that."))?;
    }
    Ok(())
}

async fn set_disabled(whom: &Whom, disabled: bool) -> Result<(), Box<dyn Error>> {
    let accounts = whom.database.open()?;
    let account = whom.find(&accounts).await?.account;
    let name = &account.name;
    accounts.set_disabled(account.id, disabled).await.map_err(|error| in_words(error, name))?;
    if disabled { say(&format!("{name} can no longer log in.")) } else { say(&format!("{name} can log in.")) }
}

async fn delete(whom: &Whom) -> Result<(), Box<dyn Error>> {
    let accounts = whom.database.open()?;
    let account = whom.find(&accounts).await?.account;
    accounts.delete(account.id).await.map_err(|error| in_words(error, &account.name))?;
    say(&format!("Deleted {}.", account.name))
}

fn in_words(error: AdministrationError, name: &AccountName) -> Box<dyn Error> {
    match error {
        AdministrationError::LastAdministrator => {
            format!("{name} is the last administrator who can log in: create another one first").into()
        }
        AdministrationError::ByProxy => format!(
            "the web server in front logs {name} in, and its groups there give the role: change it there. `bangui user \
             disable {name}` keeps it out"
        )
        .into(),
        AdministrationError::NoAccount => format!("the account {name} no longer exists").into(),
        AdministrationError::Accounts(error) => error.into(),
    }
}

fn say(line: &str) -> Result<(), Box<dyn Error>> {
    Ok(writeln!(io::stdout(), "{line}")?)
}
