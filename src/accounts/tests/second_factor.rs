//! The second factor: on, off, and each code good once.

use crate::accounts::proof::OwnError;
use crate::accounts::self_service::{RecoveryCode, SecondFactorState};
use crate::accounts::totp::TotpSecret;
use crate::accounts::totp::tests::code_at;
use crate::accounts::{HalfWay, SecondStep};

use super::administration::open_sessions;
use super::*;

/// Ann with a second factor, a minute after she turned it on.
async fn fixture_with_second_factor() -> Result<(Fixture, TotpSecret, Vec<RecoveryCode>)> {
    let fixture = fixture().await?;
    let secret = TotpSecret::generate();
    let code = code_at(&secret, fixture.clock.now())?;
    let codes =
        fixture.accounts.enable_second_factor(&fixture.who(), PASSWORD, &typed(""), &secret, &code).await?;
    fixture.clock.pass(Duration::from_mins(1));
    Ok((fixture, secret, codes))
}

async fn half_way(fixture: &Fixture) -> Result<HalfWay> {
    match fixture.accounts.log_in("ann", PASSWORD, HERE).await? {
        LogIn::SecondFactor(half_way) => Ok(half_way),
        other => Err(format!("{other:?}").into()),
    }
}

fn is_done(step: &SecondStep) -> bool {
    matches!(step, SecondStep::Done { .. })
}

#[tokio::test]
async fn a_code_logs_in_once() -> Result {
    let (fixture, secret, _) = fixture_with_second_factor().await?;
    let half_way = half_way(&fixture).await?;
    let code = code_at(&secret, fixture.clock.now())?;
    let spaced = format!(" {} {} ", &code[..3], &code[3..]);
    let done = fixture.accounts.second_factor(&half_way, &typed(&spaced), HERE).await?;
    assert_eq!(done, SecondStep::Done { account: fixture.ann.clone(), recovery_codes_left: None });
    assert_eq!(fixture.accounts.second_factor(&half_way, &typed(&code), HERE).await?, SecondStep::Wrong);
    Ok(())
}

#[tokio::test]
async fn a_code_from_before_the_last_used_one_is_refused() -> Result {
    let (fixture, secret, _) = fixture_with_second_factor().await?;
    let half_way = half_way(&fixture).await?;
    let earlier = code_at(&secret, fixture.clock.now() - 30)?;
    let later = code_at(&secret, fixture.clock.now())?;
    assert!(is_done(&fixture.accounts.second_factor(&half_way, &typed(&later), HERE).await?));
    assert_eq!(fixture.accounts.second_factor(&half_way, &typed(&earlier), HERE).await?, SecondStep::Wrong);
    fixture.clock.pass(Duration::from_mins(10));
    assert_eq!(fixture.accounts.second_factor(&half_way, &typed(&later), HERE).await?, SecondStep::Wrong);
    Ok(())
}

#[tokio::test]
async fn the_code_that_turned_it_on_logs_nobody_in() -> Result {
    let fixture = fixture().await?;
    let secret = TotpSecret::generate();
    let code = code_at(&secret, fixture.clock.now())?;
    fixture.accounts.enable_second_factor(&fixture.who(), PASSWORD, &typed(""), &secret, &code).await?;
    let half_way = half_way(&fixture).await?;
    assert_eq!(fixture.accounts.second_factor(&half_way, &typed(&code), HERE).await?, SecondStep::Wrong);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_code_in_many_hands_at_once_lets_one_in() -> Result {
    let (fixture, secret, _) = fixture_with_second_factor().await?;
    let half_way = half_way(&fixture).await?;
    let code = code_at(&secret, fixture.clock.now())?;
    let tries = (1..=4).map(|number| {
        let (accounts, half_way, code) = (fixture.accounts.clone(), half_way.clone(), code.clone());
        let from = IpAddr::from([198, 18, 0, number]);
        tokio::spawn(async move { accounts.second_factor(&half_way, &typed(&code), from).await })
    });
    let mut let_in = 0;
    for task in tries.collect::<Vec<_>>() {
        let_in += usize::from(is_done(&task.await??));
    }
    assert_eq!(let_in, 1);
    Ok(())
}

#[tokio::test]
async fn a_recovery_code_logs_in_once_however_it_is_typed() -> Result {
    let (fixture, _, codes) = fixture_with_second_factor().await?;
    assert_eq!(codes.len(), 10);
    let half_way = half_way(&fixture).await?;
    let shown = codes[0].to_string();
    assert_eq!(shown.split('-').map(str::len).collect::<Vec<_>>(), [4; 6]);
    let sloppy = shown.to_uppercase().replace('-', " ").replace('0', "O");
    let done = fixture.accounts.second_factor(&half_way, &typed(&sloppy), HERE).await?;
    assert_eq!(done, SecondStep::Done { account: fixture.ann.clone(), recovery_codes_left: Some(9) });
    assert_eq!(fixture.accounts.second_factor(&half_way, &typed(&shown), HERE).await?, SecondStep::Wrong);
    let next = fixture.accounts.second_factor(&half_way, &typed(&codes[1].to_string()), HERE).await?;
    assert_eq!(next, SecondStep::Done { account: fixture.ann.clone(), recovery_codes_left: Some(8) });
    Ok(())
}

#[tokio::test]
async fn the_database_holds_no_recovery_code() -> Result {
    let (fixture, _, codes) = fixture_with_second_factor().await?;
    let sql = "SELECT code_hash FROM recovery_codes";
    let stored: Vec<Vec<u8>> = fixture
        .storage
        .call(move |connection| connection.prepare(sql)?.query_map([], |row| row.get(0))?.collect())
        .await?;
    assert_eq!(stored.len(), 10);
    for code in &codes {
        assert!(stored.iter().all(|stored| stored.len() == 32 && stored != code.plain().as_bytes()));
    }
    Ok(())
}

#[tokio::test]
async fn wrong_codes_make_the_next_one_wait_and_the_password_too() -> Result {
    let (fixture, secret, _) = fixture_with_second_factor().await?;
    let half_way = half_way(&fixture).await?;
    for (turn, wrong) in (0..).zip(["000000", "", "no code", "abcd-efgh-jkmn-pqrs", "12345678"]) {
        // The right password in between gives nothing back but itself.
        if turn < 4 {
            assert!(matches!(fixture.accounts.log_in("ann", PASSWORD, HERE).await?, LogIn::SecondFactor(_)));
        }
        assert_eq!(fixture.accounts.second_factor(&half_way, &typed(wrong), HERE).await?, SecondStep::Wrong);
    }
    let code = code_at(&secret, fixture.clock.now())?;
    assert!(matches!(
        fixture.accounts.second_factor(&half_way, &typed(&code), HERE).await?,
        SecondStep::Wait(_)
    ));
    assert!(matches!(fixture.accounts.log_in("ann", PASSWORD, HERE).await?, LogIn::Wait(_)));
    fixture.clock.pass(Duration::from_secs(5));
    let code = code_at(&secret, fixture.clock.now())?;
    assert!(is_done(&fixture.accounts.second_factor(&half_way, &typed(&code), HERE).await?));
    Ok(())
}

#[tokio::test]
async fn half_a_login_is_dead_once_the_account_has_changed() -> Result {
    let (fixture, secret, _) = fixture_with_second_factor().await?;
    fixture.accounts.add(name("boss")?, password("battery staple")?, Role::Administrator).await?;
    let before = half_way(&fixture).await?;
    fixture.accounts.set_disabled(fixture.ann.id, true).await?;
    let code = code_at(&secret, fixture.clock.now())?;
    assert_eq!(fixture.accounts.second_factor(&before, &typed(&code), HERE).await?, SecondStep::StartAgain);
    fixture.accounts.set_disabled(fixture.ann.id, false).await?;
    open_sessions(&fixture, fixture.ann.id, &[1]).await?;
    fixture.accounts.change_password(&fixture.who(), PASSWORD, password("another horse")?).await?;
    assert_eq!(fixture.accounts.second_factor(&before, &typed(&code), HERE).await?, SecondStep::StartAgain);
    fixture.accounts.reset(fixture.ann.id, password("a third horse")?, ChosenBy::Owner).await?;
    assert_eq!(fixture.accounts.second_factor(&before, &typed(&code), HERE).await?, SecondStep::StartAgain);
    Ok(())
}

#[tokio::test]
async fn half_a_login_is_no_login() -> Result {
    let (fixture, _, _) = fixture_with_second_factor().await?;
    drop(half_way(&fixture).await?);
    let overview = fixture.accounts.by_name(&name("ann")?).await?.ok_or("gone")?;
    assert_eq!((overview.has_second_factor(), overview.last_login), (true, None));
    Ok(())
}

#[tokio::test]
async fn it_is_turned_on_only_with_the_password_and_the_right_code() -> Result {
    let fixture = fixture().await?;
    let secret = TotpSecret::generate();
    let code = code_at(&secret, fixture.clock.now())?;
    let other = code_at(&secret, fixture.clock.now() + 600)?;
    let enable = async |password, code| {
        fixture.accounts.enable_second_factor(&fixture.who(), password, &typed(""), &secret, code).await
    };
    assert!(matches!(enable("wrong", code.as_str()).await, Err(OwnError::WrongPassword)));
    assert!(matches!(enable(PASSWORD, other.as_str()).await, Err(OwnError::WrongCode)));
    assert!(matches!(fixture.accounts.log_in("ann", PASSWORD, HERE).await?, LogIn::Done(_)));
    enable(PASSWORD, code.as_str()).await?;
    let state = fixture.accounts.second_factor_of(fixture.ann.id).await?;
    assert_eq!(
        state,
        SecondFactorState { app: true, passkeys: 0, recovery_codes_left: 10, short_codes_left: 0 }
    );
    Ok(())
}

#[tokio::test]
async fn it_is_turned_off_with_the_password_and_a_code_and_takes_its_recovery_codes_along() -> Result {
    let (fixture, secret, codes) = fixture_with_second_factor().await?;
    let (code, recovery) = (code_at(&secret, fixture.clock.now())?, codes[0].to_string());
    let wrong = fixture.accounts.disable_second_factor(&fixture.who(), "wrong", &typed(&code)).await;
    assert!(matches!(wrong, Err(OwnError::WrongPassword)));
    let wrong = fixture.accounts.disable_second_factor(&fixture.who(), PASSWORD, &typed("000000")).await;
    assert!(matches!(wrong, Err(OwnError::WrongFactor)));
    assert!(fixture.accounts.second_factor_of(fixture.ann.id).await?.app);
    fixture.accounts.disable_second_factor(&fixture.who(), PASSWORD, &typed(&recovery)).await?;
    let state = fixture.accounts.second_factor_of(fixture.ann.id).await?;
    assert_eq!(
        state,
        SecondFactorState { app: false, passkeys: 0, recovery_codes_left: 0, short_codes_left: 0 }
    );
    assert!(matches!(fixture.accounts.log_in("ann", PASSWORD, HERE).await?, LogIn::Done(_)));
    Ok(())
}

#[tokio::test]
async fn new_recovery_codes_replace_the_old_ones() -> Result {
    let (fixture, secret, old) = fixture_with_second_factor().await?;
    let code = code_at(&secret, fixture.clock.now())?;
    let new = fixture.accounts.new_recovery_codes(&fixture.who(), PASSWORD, &typed(&code)).await?;
    let half_way = half_way(&fixture).await?;
    let step = fixture.accounts.second_factor(&half_way, &typed(&old[0].to_string()), HERE).await?;
    assert_eq!(step, SecondStep::Wrong);
    let step = fixture.accounts.second_factor(&half_way, &typed(&new[0].to_string()), HERE).await?;
    assert!(is_done(&step));
    fixture.accounts.disable_second_factor(&fixture.who(), PASSWORD, &typed(&new[1].to_string())).await?;
    let none = fixture.accounts.new_recovery_codes(&fixture.who(), PASSWORD, &typed("")).await;
    assert!(matches!(none, Err(OwnError::NoSecondFactor)));
    Ok(())
}
