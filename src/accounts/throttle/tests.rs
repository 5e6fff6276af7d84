//! Tests of who has to wait, for how long, and who has not.

use std::error::Error;
use std::net::Ipv6Addr;
use std::sync::Barrier;
use std::thread;

use super::*;

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

fn throttle() -> (Clock, Throttle) {
    let clock = Clock::default();
    (clock.clone(), Throttle::new(clock))
}

/// Seconds that a failing attempt has to wait; 0 if it is tried.
fn fail(throttle: &Throttle, name: &str, from: &str) -> Result<u64> {
    Ok(throttle.begin(name, from.parse()?, Way::Unknown).err().map_or(0, |wait| wait.as_secs()))
}

/// An address that no other number has.
fn address(number: u16) -> String {
    Ipv6Addr::new(0x2001, 0xdb8, 0, number, 0, 0, 0, 1).to_string()
}

#[test]
fn five_failures_of_an_account_are_free_and_then_waits_grow_to_five_minutes() -> Result {
    let (clock, throttle) = throttle();
    for number in 0..5 {
        assert_eq!(fail(&throttle, "ann", &address(number))?, 0);
    }
    for (number, wait) in (5..).zip([5, 10, 20, 40, 80, 160, 300, 300, 300]) {
        let told = fail(&throttle, "ann", &address(number))?;
        // The second may turn between two looks at the clock.
        assert!(told == wait || told + 1 == wait, "{told} instead of {wait}");
        clock.pass(Duration::from_secs(wait));
        assert_eq!(fail(&throttle, "ann", &address(number))?, 0, "after {wait} s");
    }
    Ok(())
}

#[test]
fn ten_failures_of_an_address_are_free_and_then_waits_grow_to_a_quarter_of_an_hour() -> Result {
    let (clock, throttle) = throttle();
    let from = "192.0.2.1";
    for number in 0..10 {
        assert_eq!(fail(&throttle, &format!("name{number}"), from)?, 0);
    }
    for (number, wait) in (10..).zip([5, 10, 20, 40, 80, 160, 320, 640, 900, 900]) {
        let told = fail(&throttle, &format!("name{number}"), from)?;
        assert!(told == wait || told + 1 == wait, "{told} instead of {wait}");
        assert_eq!(fail(&throttle, &format!("name{number}"), "192.0.2.2")?, 0, "another address waits too");
        clock.pass(Duration::from_secs(wait));
        assert_eq!(fail(&throttle, &format!("again{number}"), from)?, 0, "after {wait} s");
    }
    Ok(())
}

#[test]
fn asking_while_one_waits_does_not_make_the_wait_longer() -> Result {
    let (clock, throttle) = throttle();
    for number in 0..5 {
        fail(&throttle, "ann", &address(number))?;
    }
    for number in 0..1000 {
        assert_ne!(fail(&throttle, "ann", &address(number))?, 0);
    }
    clock.pass(Duration::from_secs(5));
    assert_eq!(fail(&throttle, "ann", &address(1))?, 0);
    Ok(())
}

#[test]
fn an_hour_without_failure_forgets() -> Result {
    let (clock, throttle) = throttle();
    for number in 0..20 {
        clock.pass(Duration::from_secs(301));
        assert_eq!(fail(&throttle, "ann", &address(number))?, 0);
    }
    assert_ne!(fail(&throttle, "ann", &address(1))?, 0);
    clock.pass(Duration::from_hours(1));
    for number in 0..5 {
        assert_eq!(fail(&throttle, "ann", &address(number))?, 0);
    }
    assert_ne!(fail(&throttle, "ann", &address(1))?, 0);
    Ok(())
}

#[test]
fn names_count_without_case_and_addresses_by_what_one_person_has() -> Result {
    let (_, one) = throttle();
    for (number, name) in (0..).zip(["Jürgen", "JÜRGEN", "jürgen", "jÜRGEN", "JüRGEN"]) {
        assert_eq!(fail(&one, name, &address(number))?, 0);
    }
    assert_ne!(fail(&one, "jürgen", "192.0.2.9")?, 0);
    let (_, two) = throttle();
    for number in 0..10 {
        assert_eq!(fail(&two, &format!("name{number}"), &format!("2001:db8:0:1:{number}::5"))?, 0);
    }
    assert_ne!(fail(&two, "one more", "2001:db8:0:1:ffff::1")?, 0);
    assert_eq!(fail(&two, "one more", "2001:db8:0:2::1")?, 0);
    let (_, three) = throttle();
    for number in 0..10 {
        assert_eq!(fail(&three, &format!("name{number}"), "192.0.2.1")?, 0);
    }
    assert_ne!(fail(&three, "one more", "::ffff:192.0.2.1")?, 0);
    Ok(())
}

#[test]
fn the_owner_at_a_known_address_waits_for_nothing_but_their_own_failures() -> Result {
    let (clock, throttle) = throttle();
    for number in 0..20 {
        fail(&throttle, "ann", &address(number))?;
        clock.pass(Duration::from_secs(301));
    }
    fail(&throttle, "ann", &address(1))?;
    assert_ne!(fail(&throttle, "ann", &address(2))?, 0);
    let home: IpAddr = "192.0.2.1".parse()?;
    for _ in 0..5 {
        assert!(throttle.begin("ann", home, Way::Known).is_ok());
    }
    assert!(throttle.begin("ann", home, Way::Known).is_err());
    assert!(throttle.begin("ann", "192.0.2.2".parse()?, Way::Known).is_ok());
    Ok(())
}

#[test]
fn a_success_gives_back_its_own_attempt_and_no_other() -> Result {
    let (_, throttle) = throttle();
    let from: IpAddr = "192.0.2.1".parse()?;
    for _ in 0..100 {
        throttle.begin("ann", from, Way::Unknown).map_err(|_| "waits")?.give_back();
    }
    assert_eq!(throttle.len(), 0);
    // Nine failures, each followed by a login to an account of one's own.
    for number in 0..10 {
        assert_eq!(fail(&throttle, &format!("name{number}"), "192.0.2.1")?, 0);
        if number < 9 {
            throttle.begin("own", from, Way::Unknown).map_err(|_| "waits")?.give_back();
        }
    }
    assert!(throttle.begin("own", from, Way::Unknown).is_err());
    Ok(())
}

#[test]
fn two_attempts_at_once_are_given_back_in_any_order() -> Result {
    for first in [0, 1] {
        let (_, throttle) = throttle();
        let from: IpAddr = "192.0.2.1".parse()?;
        for _ in 0..3 {
            assert!(throttle.begin("ann", from, Way::Unknown).is_ok());
        }
        let mut both: Vec<Attempt> =
            (0..2).filter_map(|_| throttle.begin("ann", from, Way::Unknown).ok()).collect();
        assert_eq!(both.len(), 2);
        both.swap_remove(first).give_back();
        both.swap_remove(0).give_back();
        for _ in 0..2 {
            assert!(throttle.begin("ann", from, Way::Unknown).is_ok());
        }
        assert!(throttle.begin("ann", from, Way::Unknown).is_err());
    }
    Ok(())
}

#[test]
fn a_burst_from_many_threads_passes_no_more_than_the_free_attempts() {
    let (_, throttle) = throttle();
    let barrier = Barrier::new(50);
    let passed: usize = thread::scope(|scope| {
        let thread = |number: u16| {
            let (throttle, barrier) = (&throttle, &barrier);
            scope.spawn(move || {
                barrier.wait();
                (0..100u16)
                    .filter(|turn| matches!(fail(throttle, "ann", &address(number * 100 + *turn)), Ok(0)))
                    .count()
            })
        };
        let threads: Vec<_> = (0..50).map(thread).collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or(usize::MAX / 100)).sum()
    });
    assert_eq!(passed, 5);
}

#[test]
fn a_million_names_fill_no_memory_and_hide_no_attack() -> Result {
    let (clock, throttle) = throttle();
    for number in 0..12 {
        clock.pass(Duration::from_secs(301));
        assert_eq!(fail(&throttle, "ann", &address(number))?, 0);
    }
    let mut most = 0;
    for number in 0..1_000_000_u32 {
        // Ten from each address are free.
        let from = IpAddr::from((number / 10).to_be_bytes());
        assert!(throttle.begin(&number.to_string(), from, Way::Unknown).is_ok());
        if number % 100 == 0 {
            most = most.max(throttle.len());
        }
    }
    assert!(most <= MOST_KEYS, "{most}");
    assert!(most > KEYS_LEFT, "{most}");
    assert_ne!(fail(&throttle, "ann", &address(1))?, 0);
    Ok(())
}

#[test]
fn a_name_of_any_length_takes_the_same_room() -> Result {
    let (_, throttle) = throttle();
    for _ in 0..5 {
        assert_eq!(fail(&throttle, &"x".repeat(1_000_000), "192.0.2.1")?, 0);
    }
    assert_ne!(fail(&throttle, &"x".repeat(1_000_000), "192.0.2.2")?, 0);
    assert!(size_of::<(Key, Count)>() <= 64);
    Ok(())
}
