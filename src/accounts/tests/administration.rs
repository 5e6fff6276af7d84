//! Changes to accounts, by their owners and by administrators, and the sessions that end with them.

use crate::accounts::administration::AdministrationError;
use crate::accounts::proof::OwnError;
use crate::accounts::totp::TotpSecret;
use crate::accounts::totp::tests::code_at;
use crate::domain::session::SessionNumber;
use crate::storage::sessions;
use crate::storage::sessions::SessionRow;

use super::*;

/// Gives `account` sessions with these numbers. Ann has the first.
pub(super) async fn open_sessions(fixture: &Fixture, account: AccountId, numbers: &'static [i64]) -> Result {
    let now = fixture.clock.now();
    let write = move |connection: &mut rusqlite::Connection| {
        for number in numbers {
            let number = SessionNumber(*number);
            let state = "{}".to_owned();
            let row = SessionRow { number, account, began: now, remembered: false, state };
            sessions::insert(connection, &rand::random(), &row, now)?;
        }
        Ok(())
    };
    Ok(fixture.storage.call(write).await?)
}

/// The numbers of all sessions.
async fn open(fixture: &Fixture) -> Result<Vec<i64>> {
    let sql = "SELECT number FROM sessions ORDER BY number";
    let read = move |connection: &mut rusqlite::Connection| {
        connection.prepare(sql)?.query_map([], |row| row.get(0))?.collect()
    };
    Ok(fixture.storage.call(read).await?)
}

#[tokio::test]
async fn a_new_password_replaces_the_old_one_and_ends_the_other_sessions() -> Result {
    let fixture = fixture().await?;
    let bob = fixture.accounts.add(name("bob")?, password("battery staple")?, Role::Viewer).await?;
    open_sessions(&fixture, fixture.ann.id, &[2, 3]).await?;
    open_sessions(&fixture, bob, &[4]).await?;
    let wrong = fixture.accounts.change_password(&fixture.who(), "wrong", password("another horse")?).await;
    assert!(matches!(wrong, Err(OwnError::WrongPassword)));
    assert_eq!(open(&fixture).await?, [1, 2, 3, 4]);
    fixture.accounts.change_password(&fixture.who(), PASSWORD, password("another horse")?).await?;
    assert_eq!(open(&fixture).await?, [1, 4]);
    assert_eq!(log_in(&fixture.accounts, "ann", PASSWORD).await?, None);
    assert_eq!(log_in(&fixture.accounts, "ann", "another horse").await?, Some(fixture.ann.clone()));
    Ok(())
}

#[tokio::test]
async fn every_change_of_the_second_factor_ends_the_other_sessions() -> Result {
    let fixture = fixture().await?;
    let secret = TotpSecret::generate();
    let code = code_at(&secret, fixture.clock.now())?;
    open_sessions(&fixture, fixture.ann.id, &[2]).await?;
    fixture.accounts.enable_second_factor(&fixture.who(), PASSWORD, &typed(""), &secret, &code).await?;
    assert_eq!(open(&fixture).await?, [1]);
    open_sessions(&fixture, fixture.ann.id, &[3]).await?;
    fixture.clock.pass(Duration::from_mins(1));
    let code = code_at(&secret, fixture.clock.now())?;
    let codes = fixture.accounts.new_recovery_codes(&fixture.who(), PASSWORD, &typed(&code)).await?;
    assert_eq!(open(&fixture).await?, [1]);
    open_sessions(&fixture, fixture.ann.id, &[4]).await?;
    fixture.accounts.disable_second_factor(&fixture.who(), PASSWORD, &typed(&codes[0].to_string())).await?;
    assert_eq!(open(&fixture).await?, [1]);
    Ok(())
}

#[tokio::test]
async fn a_wrong_password_counts_as_a_failed_login_wherever_it_is_asked_for() -> Result {
    let fixture = fixture().await?;
    let secret = TotpSecret::generate();
    for turn in 0..5 {
        let answer = match turn {
            0 | 1 => {
                fixture.accounts.change_password(&fixture.who(), "wrong", password("another horse")?).await
            }
            2 => fixture.accounts.disable_second_factor(&fixture.who(), "wrong", &typed("")).await,
            3 => fixture.accounts.new_recovery_codes(&fixture.who(), "wrong", &typed("")).await.map(drop),
            _ => fixture
                .accounts
                .enable_second_factor(&fixture.who(), "wrong", &typed(""), &secret, "")
                .await
                .map(drop),
        };
        assert!(matches!(answer, Err(OwnError::WrongPassword)), "{turn}");
    }
    let waits = fixture.accounts.change_password(&fixture.who(), PASSWORD, password("another horse")?).await;
    assert!(matches!(waits, Err(OwnError::Wait(_))));
    assert!(matches!(fixture.accounts.log_in("ann", PASSWORD, HERE).await?, LogIn::Wait(_)));
    Ok(())
}

#[tokio::test]
async fn whatever_an_administrator_changes_ends_the_sessions_of_that_account() -> Result {
    let fixture = fixture().await?;
    let bob = fixture.accounts.add(name("bob")?, password("battery staple")?, Role::Viewer).await?;
    open_sessions(&fixture, bob, &[2, 3]).await?;
    fixture.accounts.set_role(bob, Role::Operator).await?;
    assert_eq!(open(&fixture).await?, [1]);
    open_sessions(&fixture, bob, &[4]).await?;
    fixture.accounts.set_disabled(bob, true).await?;
    assert_eq!(open(&fixture).await?, [1]);
    open_sessions(&fixture, bob, &[5]).await?;
    fixture.accounts.reset(bob, password("another horse")?, ChosenBy::Owner).await?;
    assert_eq!(open(&fixture).await?, [1]);
    let overview = fixture.accounts.by_name(&name("BOB")?).await?.ok_or("gone")?;
    assert_eq!((overview.account.role, overview.disabled), (Role::Operator, true));
    Ok(())
}

#[tokio::test]
async fn a_reset_sets_the_password_and_removes_the_second_factor() -> Result {
    let fixture = fixture().await?;
    let secret = TotpSecret::generate();
    let code = code_at(&secret, fixture.clock.now())?;
    fixture.accounts.enable_second_factor(&fixture.who(), PASSWORD, &typed(""), &secret, &code).await?;
    fixture.accounts.reset(fixture.ann.id, password("another horse")?, ChosenBy::Owner).await?;
    assert_eq!(log_in(&fixture.accounts, "ann", "another horse").await?, Some(fixture.ann.clone()));
    let state = fixture.accounts.second_factor_of(fixture.ann.id).await?;
    assert_eq!((state.app, state.recovery_codes_left), (false, 0));
    let nobody = fixture
        .accounts
        .reset(AccountId(fixture.ann.id.0 + 1), password("another horse")?, ChosenBy::Owner)
        .await;
    assert!(matches!(nobody, Err(AdministrationError::NoAccount)));
    Ok(())
}

#[tokio::test]
async fn the_last_administrator_stays_one() -> Result {
    let fixture = fixture().await?;
    let (accounts, ann) = (&fixture.accounts, fixture.ann.id);
    let bob = accounts.add(name("bob")?, password("battery staple")?, Role::Administrator).await?;
    accounts.set_disabled(bob, true).await?;
    for role in [Role::Viewer, Role::Operator] {
        let refused = accounts.set_role(ann, role).await;
        assert!(matches!(refused, Err(AdministrationError::LastAdministrator)), "{role}");
    }
    let refused = accounts.set_disabled(ann, true).await;
    assert!(matches!(refused, Err(AdministrationError::LastAdministrator)));
    assert_eq!(accounts.by_id(ann).await?, Some(fixture.ann.clone()));
    accounts.set_role(ann, Role::Administrator).await?;
    accounts.set_role(bob, Role::Viewer).await?;
    accounts.set_role(bob, Role::Administrator).await?;
    accounts.set_disabled(bob, false).await?;
    accounts.set_role(ann, Role::Viewer).await?;
    Ok(())
}

#[tokio::test]
async fn two_administrators_who_demote_each_other_at_once_leave_one() -> Result {
    let fixture = fixture().await?;
    let bob = fixture.accounts.add(name("bob")?, password("battery staple")?, Role::Administrator).await?;
    // A second connection is what a second process has.
    let storage = Storage::open(&fixture.directory.path().join("bangui.sqlite3"))?;
    let other = Accounts::new(storage)?;
    for turn in 0..20 {
        let (one, two) = if turn % 2 == 0 {
            tokio::join!(
                fixture.accounts.set_role(bob, Role::Viewer),
                other.set_role(fixture.ann.id, Role::Viewer)
            )
        } else {
            tokio::join!(
                fixture.accounts.set_disabled(bob, true),
                other.set_role(fixture.ann.id, Role::Viewer)
            )
        };
        let refused = |result| matches!(result, Err(AdministrationError::LastAdministrator));
        let left = fixture.accounts.list().await?;
        let able = left.iter().filter(|one| one.account.role == Role::Administrator && !one.disabled).count();
        assert_eq!((able, refused(one), 1), (1, !refused(two), 1));
        for id in [fixture.ann.id, bob] {
            fixture.accounts.set_disabled(id, false).await?;
            fixture.accounts.set_role(id, Role::Administrator).await?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_list_tells_what_there_is_to_know() -> Result {
    let fixture = fixture().await?;
    let bob = fixture.accounts.add(name("Bob")?, password("battery staple")?, Role::Viewer).await?;
    fixture.accounts.set_disabled(bob, true).await?;
    assert!(matches!(fixture.accounts.log_in("ann", PASSWORD, HERE).await?, LogIn::Done(_)));
    let list = fixture.accounts.list().await?;
    let [ann, bob] = list.as_slice() else { return Err("not two".into()) };
    assert_eq!((&ann.account, ann.disabled, ann.has_second_factor()), (&fixture.ann, false, false));
    assert!(fixture.clock.now() - ann.last_login.ok_or("no login")?.as_second() < 60);
    assert!(fixture.clock.now() - ann.created.as_second() < 60);
    assert_eq!((bob.account.name.as_str(), bob.disabled, bob.last_login), ("Bob", true, None));
    Ok(())
}
