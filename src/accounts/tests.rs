//! Tests of logging in and of creating accounts.

pub(crate) mod administration;
pub(crate) mod login;
pub(crate) mod second_factor;

use std::error::Error;
use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use crate::domain::account::{Account, AccountId, AccountName, ChosenBy, Password, Role};
use crate::domain::clock::Clock;
use crate::domain::session::SessionNumber;
use crate::storage::sessions::{self, SessionRow};
use crate::storage::{Storage, temporary};

use super::LogIn;
use super::password_hashing::PasswordsError;
use super::proof::{Factor, LoggedIn};
use super::setup::{Setup, SetupError};
use super::{Accounts, AccountsError};

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

fn name(text: &str) -> Result<AccountName> {
    Ok(text.parse()?)
}

fn password(text: &str) -> Result<Password> {
    Ok(text.parse()?)
}

/// A code as somebody types it.
fn typed(text: &str) -> Factor {
    Factor::Typed(text.to_owned())
}

fn accounts() -> Result<(tempfile::TempDir, Storage, Accounts)> {
    let (directory, storage) = temporary()?;
    Ok((directory, storage.clone(), Accounts::new(storage)?))
}

/// Ann's password.
const PASSWORD: &str = "correct horse";

/// An installation with one account: ann, an administrator.
struct Fixture {
    directory: tempfile::TempDir,
    storage: Storage,
    clock: Clock,
    accounts: Accounts,
    ann: Account,
}

impl Fixture {
    /// Ann, logged in by session 1.
    fn who(&self) -> LoggedIn {
        LoggedIn {
            account: self.ann.clone(),
            session: SessionNumber(1),
            successor: SessionNumber(1),
            from: HERE,
            browser: "Firefox on Linux".to_owned(),
            recovered: false,
        }
    }
}

async fn fixture() -> Result<Fixture> {
    let (directory, storage) = temporary()?;
    let clock = Clock::default();
    let accounts = Accounts::with_clock(storage.clone(), clock.clone())?;
    let id = accounts.add(name("ann")?, password(PASSWORD)?, Role::Administrator).await?;
    let ann = accounts.by_id(id).await?.ok_or("gone")?;
    let own = SessionRow {
        number: SessionNumber(1),
        account: id,
        began: clock.now(),
        remembered: false,
        state: "{}".to_owned(),
    };
    let now = clock.now();
    storage.call(move |connection| sessions::insert(connection, &[1; 32], &own, now)).await?;
    Ok(Fixture { directory, storage, clock, accounts, ann })
}

/// A login from this machine. None when it is wrong; waiting is an error.
async fn log_in(accounts: &Accounts, name: &str, password: &str) -> Result<Option<Account>> {
    match accounts.log_in(name, password, HERE).await? {
        LogIn::Done(account) => Ok(Some(account)),
        LogIn::Wrong => Ok(None),
        other => Err(format!("{other:?}").into()),
    }
}

#[tokio::test]
async fn only_the_right_password_logs_in() -> Result {
    let (_directory, _, accounts) = accounts()?;
    let id = accounts.add(name("Ann")?, password("größer als 東京 🔑")?, Role::Administrator).await?;
    let ann = log_in(&accounts, "Ann", "größer als 東京 🔑").await?.ok_or("refused")?;
    assert_eq!((ann.id, ann.name.as_str()), (id, "Ann"));
    for wrong in ["grosser als 東京 🔑", "größer als 東京 ", "", "GRÖSSER ALS 東京 🔑", "\0"] {
        assert_eq!(log_in(&accounts, "Ann", wrong).await?, None, "{wrong:?}");
    }
    Ok(())
}

#[tokio::test]
async fn any_text_may_be_tried_as_a_name() -> Result {
    let (_directory, _, accounts) = accounts()?;
    accounts.add(name("ann")?, password("correct horse")?, Role::Administrator).await?;
    for text in ["", "bob", "ann' OR 1=1 --", "a b", &"x".repeat(100_000), "\0"] {
        assert_eq!(log_in(&accounts, text, "correct horse").await?, None);
    }
    Ok(())
}

#[tokio::test]
async fn names_are_the_same_in_every_case() -> Result {
    let (_directory, _, accounts) = accounts()?;
    for (first, other) in [("Ann", "aNN"), ("Jürgen", "JÜRGEN"), ("ΣΊΣΥΦΟΣ", "σίσυφος")] {
        let id = accounts.add(name(first)?, password("correct horse")?, Role::Administrator).await?;
        let again = accounts.add(name(other)?, password("another horse")?, Role::Administrator).await;
        assert!(matches!(again, Err(AccountsError::NameTaken)), "{other}");
        let found = log_in(&accounts, other, "correct horse").await?.ok_or("refused")?;
        assert_eq!((found.id, found.name.as_str()), (id, first));
    }
    Ok(())
}

#[tokio::test]
async fn accounts_are_found_by_number() -> Result {
    let (_directory, _, accounts) = accounts()?;
    assert!(accounts.is_empty().await?);
    let id = accounts.add(name("ann")?, password("correct horse")?, Role::Administrator).await?;
    assert!(!accounts.is_empty().await?);
    assert_eq!(accounts.by_id(id).await?.ok_or("gone")?.name.as_str(), "ann");
    assert_eq!(accounts.by_id(AccountId(id.0 + 1)).await?, None);
    Ok(())
}

#[tokio::test]
async fn stored_passwords_carry_owasps_parameters_and_a_salt_each() -> Result {
    let (_directory, storage, accounts) = accounts()?;
    accounts.add(name("ann")?, password("correct horse")?, Role::Administrator).await?;
    accounts.add(name("bob")?, password("correct horse")?, Role::Administrator).await?;
    let hashes: Vec<String> = storage
        .call(|connection| {
            let mut query = connection.prepare("SELECT password_hash FROM accounts")?;
            query.query_map([], |row| row.get(0))?.collect()
        })
        .await?;
    for hash in &hashes {
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
    }
    assert_eq!(hashes.len(), 2);
    assert_ne!(hashes[0], hashes[1]);
    Ok(())
}

/// The shortest of a few attempts: what else the machine does only ever adds.
async fn shortest_login(accounts: &Accounts, name: &str) -> Result<Duration> {
    let mut shortest = Duration::MAX;
    for number in 0..4 {
        let begin = Instant::now();
        let from = IpAddr::from([198, 51, 100, number]);
        assert_eq!(accounts.log_in(name, "wrong password", from).await?, LogIn::Wrong);
        shortest = shortest.min(begin.elapsed());
    }
    Ok(shortest)
}

#[tokio::test]
async fn an_unknown_name_costs_as_much_as_a_wrong_password() -> Result {
    let (_directory, _, accounts) = accounts()?;
    accounts.add(name("ann")?, password("correct horse")?, Role::Administrator).await?;
    let known = shortest_login(&accounts, "ann").await?;
    // Without the same work an unknown name takes less than a hundredth.
    for unknown in ["bob", "no name at all"] {
        let unknown = shortest_login(&accounts, unknown).await?;
        assert!(unknown > known / 4, "{unknown:?} against {known:?}");
    }
    Ok(())
}

#[tokio::test]
async fn the_printed_code_makes_one_account() -> Result {
    let (_directory, storage, accounts) = accounts()?;
    let setup = Setup::begin(&accounts).await?.ok_or("no setup")?;
    let code = setup.code().to_string();
    let wrong = setup.create_first_account("0000-0000", name("eve")?, password("battery staple")?).await;
    assert!(matches!(wrong, Err(SetupError::WrongCode)));
    assert!(accounts.is_empty().await?);

    let ann = setup.create_first_account(&code, name("ann")?, password("battery staple")?).await?;
    assert_eq!((ann.name.as_str(), ann.role), ("ann", Role::Administrator));
    assert_eq!(accounts.by_id(ann.id).await?, Some(ann));
    let again = setup.create_first_account(&code, name("bob")?, password("battery staple")?).await;
    assert!(matches!(again, Err(SetupError::AlreadyDone)));
    assert!(Setup::begin(&accounts).await?.is_none());

    storage.call(|connection| connection.execute("DELETE FROM accounts", [])).await?;
    let after = setup.create_first_account(&code, name("bob")?, password("battery staple")?).await;
    assert!(matches!(after, Err(SetupError::AlreadyDone)));
    Ok(())
}

#[tokio::test]
async fn the_code_is_dead_once_an_account_was_added_elsewhere() -> Result {
    let (_directory, _, accounts) = accounts()?;
    let setup = Setup::begin(&accounts).await?.ok_or("no setup")?;
    accounts.add(name("ann")?, password("battery staple")?, Role::Administrator).await?;
    let code = setup.code().to_string();
    let late = setup.create_first_account(&code, name("bob")?, password("battery staple")?).await;
    assert!(matches!(late, Err(SetupError::AlreadyDone)));
    Ok(())
}

#[tokio::test]
async fn eight_first_accounts_at_once_make_one() -> Result {
    let (directory, storage, _) = accounts()?;
    let one = Setup::begin(&Accounts::new(storage)?).await?.ok_or("no setup")?;
    // A second connection is what a second process has.
    let storage = Storage::open(&directory.path().join("bangui.sqlite3"))?;
    let two = Setup::begin(&Accounts::new(storage)?).await?.ok_or("no setup")?;
    let mut attempts = Vec::new();
    for number in 0..8 {
        let setup = if number % 2 == 0 { one.clone() } else { two.clone() };
        let (name, password) = (name(&format!("user{number}"))?, password("battery staple")?);
        attempts.push(tokio::spawn(async move {
            let code = setup.code().to_string();
            setup.create_first_account(&code, name, password).await
        }));
    }
    let mut made = 0;
    for attempt in attempts {
        match attempt.await? {
            Ok(_) => made += 1,
            Err(SetupError::AlreadyDone) => {}
            Err(error) => return Err(error.into()),
        }
    }
    assert_eq!(made, 1);
    Ok(())
}

#[tokio::test]
async fn the_code_can_be_typed_as_people_type() -> Result {
    let (_directory, _, accounts) = accounts()?;
    let setup = Setup::begin(&accounts).await?.ok_or("no setup")?;
    let code = setup.code().to_string();
    assert_eq!(code.split('-').map(str::len).collect::<Vec<_>>(), [4; 7]);
    for typed in [
        code.clone(),
        code.replace('-', ""),
        format!(" {} ", code.to_uppercase().replace('-', " ")),
        code.replace('0', "O").replace('1', "l"),
    ] {
        assert!(setup.code().is(&typed), "{typed}");
    }
    for wrong in ["", "-", &code[1..], &format!("{code}0")] {
        assert!(!setup.code().is(wrong), "{wrong}");
    }
    let another = Setup::begin(&accounts).await?.ok_or("no setup")?;
    assert!(!setup.code().is(&another.code().to_string()));
    Ok(())
}
