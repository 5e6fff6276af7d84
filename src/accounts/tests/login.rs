//! Logins: who gets in, who waits, and what is written about it.

use super::*;

const ELSEWHERE: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9));

/// One of many strangers, each with an address of their own.
fn stranger(number: u16) -> IpAddr {
    let [high, low] = number.to_be_bytes();
    IpAddr::from([198, 18, high, low])
}

async fn stored_hash(storage: &Storage) -> Result<String> {
    let sql = "SELECT password_hash FROM accounts";
    Ok(storage.call(move |connection| connection.query_row(sql, [], |row| row.get(0))).await?)
}

async fn store_hash(storage: &Storage, hash: String) -> Result {
    let sql = "UPDATE accounts SET password_hash = ?1";
    storage.call(move |connection| connection.execute(sql, [hash])).await?;
    Ok(())
}

fn weak_hash(password: &str) -> Result<String> {
    let parameters = argon2::Params::new(8 * 1024, 1, 1, None)?;
    let weak = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, parameters);
    Ok(argon2::PasswordHasher::hash_password(&weak, password.as_bytes())?.to_string())
}

#[tokio::test]
async fn a_disabled_account_answers_as_a_wrong_password_does() -> Result {
    let fixture = fixture().await?;
    fixture.accounts.add(name("boss")?, password("battery staple")?, Role::Administrator).await?;
    fixture.accounts.set_disabled(fixture.ann.id, true).await?;
    assert_eq!(fixture.accounts.log_in("ann", PASSWORD, HERE).await?, LogIn::Wrong);
    let disabled = shortest_login(&fixture.accounts, "ann").await?;
    let known = shortest_login(&fixture.accounts, "boss").await?;
    assert!(disabled > known / 4, "{disabled:?} against {known:?}");
    fixture.accounts.set_disabled(fixture.ann.id, false).await?;
    fixture.clock.pass(Duration::from_hours(1));
    assert!(matches!(fixture.accounts.log_in("ann", PASSWORD, HERE).await?, LogIn::Done(_)));
    Ok(())
}

#[tokio::test]
async fn the_right_password_waits_too_after_five_wrong_ones() -> Result {
    let fixture = fixture().await?;
    for number in 0..5 {
        assert_eq!(fixture.accounts.log_in("ANN", "wrong", stranger(number)).await?, LogIn::Wrong);
    }
    assert!(matches!(fixture.accounts.log_in("ann", PASSWORD, HERE).await?, LogIn::Wait(_)));
    fixture.clock.pass(Duration::from_secs(5));
    assert!(matches!(fixture.accounts.log_in("ann", PASSWORD, HERE).await?, LogIn::Done(_)));
    Ok(())
}

#[tokio::test]
async fn unknown_names_and_no_names_wait_as_accounts_do() -> Result {
    let fixture = fixture().await?;
    for (block, tried) in (0..).zip(["ann", "nobody", "no name at all"]) {
        for number in 0..5 {
            let answer = fixture.accounts.log_in(tried, "wrong", stranger(block * 100 + number)).await?;
            assert_eq!(answer, LogIn::Wrong, "{tried}");
        }
        let answer = fixture.accounts.log_in(tried, "wrong", stranger(block * 100 + 50)).await?;
        assert!(matches!(answer, LogIn::Wait(_)), "{tried}");
    }
    Ok(())
}

#[tokio::test]
async fn nobody_keeps_the_owner_out_of_an_address_that_is_known() -> Result {
    let fixture = fixture().await?;
    assert!(matches!(fixture.accounts.log_in("ann", PASSWORD, HERE).await?, LogIn::Done(_)));
    for number in 0..6 {
        drop(fixture.accounts.log_in("ann", "wrong", stranger(number)).await?);
    }
    assert!(matches!(fixture.accounts.log_in("ann", PASSWORD, ELSEWHERE).await?, LogIn::Wait(_)));
    assert!(matches!(fixture.accounts.log_in("ann", PASSWORD, HERE).await?, LogIn::Done(_)));
    for _ in 0..5 {
        assert_eq!(fixture.accounts.log_in("ann", "wrong", HERE).await?, LogIn::Wrong);
    }
    assert!(matches!(fixture.accounts.log_in("ann", PASSWORD, HERE).await?, LogIn::Wait(_)));
    Ok(())
}

#[tokio::test]
async fn an_address_is_known_for_ninety_days() -> Result {
    let fixture = fixture().await?;
    let day = Duration::from_hours(24);
    for (days, let_in) in [(89, true), (91, false)] {
        fixture.clock.pass(day);
        assert!(matches!(fixture.accounts.log_in("ann", PASSWORD, HERE).await?, LogIn::Done(_)));
        fixture.clock.pass(day * days);
        for number in 0..6 {
            drop(fixture.accounts.log_in("ann", "wrong", stranger(number)).await?);
        }
        let answer = fixture.accounts.log_in("ann", PASSWORD, HERE).await?;
        assert_eq!(matches!(answer, LogIn::Done(_)), let_in, "{days} days");
    }
    Ok(())
}

#[tokio::test]
async fn the_twenty_latest_addresses_are_kept() -> Result {
    let fixture = fixture().await?;
    for number in 0..25 {
        fixture.clock.pass(Duration::from_secs(1));
        assert!(matches!(fixture.accounts.log_in("ann", PASSWORD, stranger(number)).await?, LogIn::Done(_)));
    }
    let sql = "SELECT address FROM known_addresses ORDER BY last_login_at";
    let kept: Vec<String> = fixture
        .storage
        .call(move |connection| connection.prepare(sql)?.query_map([], |row| row.get(0))?.collect())
        .await?;
    let latest: Vec<String> = (5..25).map(|number| stranger(number).to_string()).collect();
    assert_eq!(kept, latest);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_hundred_logins_at_once_five_are_looked_at() -> Result {
    let fixture = fixture().await?;
    let burst = (0..200).map(|number| {
        let accounts = fixture.accounts.clone();
        tokio::spawn(
            async move { accounts.log_in("ann", &format!("guess {number}"), stranger(number)).await },
        )
    });
    let mut looked_at = 0;
    for task in burst.collect::<Vec<_>>() {
        match task.await?? {
            LogIn::Wrong => looked_at += 1,
            LogIn::Wait(_) => {}
            other => return Err(format!("{other:?}").into()),
        }
    }
    assert_eq!(looked_at, 5);
    Ok(())
}

#[tokio::test]
async fn more_logins_than_can_wait_are_told_so_and_do_not_count_as_failed() -> Result {
    let fixture = fixture().await?;
    let burst = (0..200).map(|number| {
        let accounts = fixture.accounts.clone();
        let from = stranger(number);
        tokio::spawn(async move { accounts.log_in(&format!("name{number}"), "a password", from).await })
    });
    let (mut looked_at, mut busy) = (0, Vec::new());
    for (number, task) in (0..).zip(burst.collect::<Vec<_>>()) {
        match task.await? {
            Ok(LogIn::Wrong) => looked_at += 1,
            Err(AccountsError::Passwords(PasswordsError::Busy)) => busy.push(number),
            other => return Err(format!("{other:?}").into()),
        }
    }
    assert!(looked_at >= 66, "{looked_at}");
    let refused = *busy.first().ok_or("nobody was refused")?;
    for _ in 0..5 {
        let again =
            fixture.accounts.log_in(&format!("name{refused}"), "a password", stranger(refused)).await?;
        assert_eq!(again, LogIn::Wrong);
    }
    Ok(())
}

#[tokio::test]
async fn a_weak_hash_is_renewed_by_the_right_password_only() -> Result {
    let fixture = fixture().await?;
    let weak = weak_hash(PASSWORD)?;
    store_hash(&fixture.storage, weak.clone()).await?;
    assert_eq!(fixture.accounts.log_in("ann", "wrong", HERE).await?, LogIn::Wrong);
    assert_eq!(stored_hash(&fixture.storage).await?, weak);
    assert!(matches!(fixture.accounts.log_in("ann", PASSWORD, HERE).await?, LogIn::Done(_)));
    let renewed = stored_hash(&fixture.storage).await?;
    assert!(renewed.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{renewed}");
    assert!(matches!(fixture.accounts.log_in("ann", PASSWORD, HERE).await?, LogIn::Done(_)));
    assert_eq!(stored_hash(&fixture.storage).await?, renewed);
    Ok(())
}

#[tokio::test]
async fn a_password_of_before_the_rules_still_logs_in_and_is_renewed() -> Result {
    let fixture = fixture().await?;
    store_hash(&fixture.storage, weak_hash("12345")?).await?;
    assert!(matches!(fixture.accounts.log_in("ann", "12345", HERE).await?, LogIn::Done(_)));
    assert!(stored_hash(&fixture.storage).await?.contains("m=19456"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_logins_that_renew_the_hash_at_once_both_succeed() -> Result {
    let fixture = fixture().await?;
    for _ in 0..10 {
        store_hash(&fixture.storage, weak_hash(PASSWORD)?).await?;
        let both = [0, 1].map(|number| {
            let accounts = fixture.accounts.clone();
            tokio::spawn(async move { accounts.log_in("ann", PASSWORD, stranger(number)).await })
        });
        for task in both {
            let answer = task.await??;
            assert!(matches!(answer, LogIn::Done(_)), "{answer:?}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn every_name_costs_the_same_questions_and_none_while_the_address_waits() -> Result {
    let fixture = fixture().await?;
    let boss = fixture.accounts.add(name("boss")?, password("battery staple")?, Role::Administrator).await?;
    fixture.accounts.set_disabled(boss, true).await?;
    assert!(matches!(fixture.accounts.log_in("ann", PASSWORD, HERE).await?, LogIn::Done(_)));
    let cost = async |name: &str, from| {
        let before = fixture.storage.calls();
        let tried = fixture.accounts.log_in_on(None, name, "wrong", from).await?;
        Ok::<_, Box<dyn Error>>((fixture.storage.calls() - before, tried.outcome, tried.whose.is_some()))
    };
    for (from, place) in [(HERE, "known"), (ELSEWHERE, "elsewhere")] {
        for (name, exists) in
            [("ann", true), ("boss", true), ("nobody", false), ("no name", false), ("", false)]
        {
            assert_eq!(cost(name, from).await?, (1, LogIn::Wrong, exists), "{name:?} {place}");
        }
    }
    for number in 0..5 {
        drop(fixture.accounts.log_in(&format!("somebody{number}"), "wrong", HERE).await?);
    }
    for name in ["ann", "boss", "nobody", "no name", ""] {
        let (questions, outcome, is_told) = cost(name, HERE).await?;
        assert!(matches!(outcome, LogIn::Wait(_)), "{name:?}: {outcome:?}");
        assert_eq!((questions, is_told), (0, false), "{name:?}");
    }
    Ok(())
}
