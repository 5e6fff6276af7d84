//! Tests of which addresses are dropped, which are kept, and when a problem is over.

use super::*;

const WINDOW: Duration = Duration::from_mins(1);

fn addresses(many: u32) -> impl Iterator<Item = IpAddr> {
    (0..many).map(|last| std::net::Ipv4Addr::from_bits(0x5101_0000 + last).into())
}

fn waiting(inner: &Inner) -> Vec<(IpAddr, bool)> {
    inner.queue.iter().map(|wanted| (wanted.address, wanted.at.is_none())).collect()
}

#[test]
fn nobody_is_let_go_who_was_insisted_on() {
    let (mut inner, now) = (Inner::new(WINDOW), Instant::now());
    let all: Vec<IpAddr> = addresses(1200).collect();
    let (insisted, wanted) = all.split_at(200);
    assert!(insisted.iter().all(|address| inner.enqueue(*address, None)));
    assert_eq!(inner.take(now), insisted[..100]);
    assert!(wanted.iter().all(|address| inner.enqueue(*address, Some(now))));
    inner.give_back();
    let expected: Vec<(IpAddr, bool)> = insisted
        .iter()
        .map(|address| (*address, true))
        .chain(wanted[200..].iter().map(|address| (*address, false)))
        .collect();
    assert_eq!(waiting(&inner), expected, "the first that a page wanted are let go");
    assert_eq!(inner.take(now + FORGOTTEN * 2).len(), 100);
    assert_eq!(waiting(&inner).len(), 100, "nobody looks at the others any more");
}

#[test]
fn what_is_not_public_is_not_even_put_into_the_queue() {
    let mut inner = Inner::new(WINDOW);
    assert!(!inner.enqueue([10, 1, 2, 3].into(), None));
    assert!(!inner.enqueue([192, 168, 1, 1].into(), Some(Instant::now())));
    assert!(inner.queue.is_empty());
}

#[test]
fn trouble_is_over_when_it_may_be_asked_again() {
    let now = Instant::now();
    let mut inner = Inner { health: Health::Refusing, ..Inner::new(WINDOW) };
    inner.rate_limit.refuse(Some(9), now);
    assert_eq!(inner.health(now + Duration::from_secs(9), 0), Health::Refusing);
    assert_eq!(inner.health(now + Duration::from_secs(10), 0), Health::Recovered);
    for problem in [Health::StorageFailed, Health::Failing(BatchError::TooLong)] {
        inner.health = problem.clone();
        inner.last_problem = Some((1000, problem.clone()));
        assert_eq!((inner.health(now, 1299), inner.health(now, 1300)), (problem, Health::Recovered));
    }
}
