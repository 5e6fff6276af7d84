//! The line in front of the password hasher: those who are probably right go first.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::oneshot;

use crate::mutex::Mutex;

/// Logins that wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Priority {
    /// Somebody who is logged in, or comes with a device or from an address of the account.
    Known,
    /// Anybody else.
    Stranger,
}

/// The line. Clones are the same one.
#[derive(Debug, Clone)]
pub(crate) struct Line(Arc<Mutex<Inner>>);

#[derive(Debug)]
struct Inner {
    /// Number of logins that may still start.
    free: usize,
    /// Number of logins that may wait.
    room: usize,
    known: VecDeque<oneshot::Sender<Turn>>,
    strangers: VecDeque<oneshot::Sender<Turn>>,
}

/// One's turn, which goes to the next when this is dropped.
#[derive(Debug)]
pub(crate) struct Turn(Option<Arc<Mutex<Inner>>>);

impl Line {
    /// A line in which `at_once` work and `room` may wait.
    pub(crate) fn new(at_once: usize, room: usize) -> Self {
        let (known, strangers) = (VecDeque::new(), VecDeque::new());
        Self(Arc::new(Mutex::new(Inner { free: at_once, room, known, strangers })))
    }

    /// Waits for one's turn. `None` if too many wait already; whoever is known takes the place of the stranger who
    /// came last.
    pub(crate) async fn wait(&self, priority: Priority) -> Option<Turn> {
        let turn = {
            let mut inner = self.0.lock();
            if inner.free > 0 {
                inner.free -= 1;
                return Some(Turn(Some(Arc::clone(&self.0))));
            }
            inner.join(priority)?
        };
        turn.await.ok()
    }
}

impl Inner {
    fn join(&mut self, priority: Priority) -> Option<oneshot::Receiver<Turn>> {
        for line in [&mut self.known, &mut self.strangers] {
            line.retain(|waiting| !waiting.is_closed());
        }
        if self.known.len() + self.strangers.len() >= self.room {
            match priority {
                Priority::Known => drop(self.strangers.pop_back()?),
                Priority::Stranger => return None,
            }
        }
        let (sender, turn) = oneshot::channel();
        match priority {
            Priority::Known => self.known.push_back(sender),
            Priority::Stranger => self.strangers.push_back(sender),
        }
        Some(turn)
    }

    fn next(&mut self) -> Option<oneshot::Sender<Turn>> {
        let next = self.known.pop_front().or_else(|| self.strangers.pop_front());
        if next.is_none() {
            self.free += 1;
        }
        next
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let Some(inner) = self.0.take() else { return };
        loop {
            let Some(next) = inner.lock().next() else { return };
            match next.send(Turn(Some(Arc::clone(&inner)))) {
                Ok(()) => return,
                // Nobody waits there any more; the turn is still this one.
                Err(mut turn) => drop(turn.0.take()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::task::{Context, Poll, Waker};

    use super::*;
    use Priority::{Known, Stranger};

    type Waiting<'a> = Pin<Box<dyn Future<Output = Option<Turn>> + 'a>>;

    fn join(line: &Line, priority: Priority) -> Waiting<'_> {
        let mut waiting: Waiting<'_> = Box::pin(line.wait(priority));
        // Not polled, it would not stand in line yet.
        assert!(is_waiting(&mut waiting));
        waiting
    }

    fn poll(waiting: &mut Waiting<'_>) -> Poll<Option<Turn>> {
        waiting.as_mut().poll(&mut Context::from_waker(Waker::noop()))
    }

    fn is_waiting(waiting: &mut Waiting<'_>) -> bool {
        poll(waiting).is_pending()
    }

    #[tokio::test]
    async fn whoever_is_known_goes_first_and_takes_the_place_of_the_last_stranger() {
        let line = Line::new(1, 2);
        let working = line.wait(Stranger).await;
        let (mut first, mut second) = (join(&line, Stranger), join(&line, Stranger));
        assert!(line.wait(Stranger).await.is_none(), "no room");
        let mut known = join(&line, Known);
        assert!(matches!(poll(&mut second), Poll::Ready(None)), "told to come again");
        drop(working);
        assert!(is_waiting(&mut first));
        let Poll::Ready(Some(turn)) = poll(&mut known) else {
            return assert!(is_waiting(&mut first), "no turn");
        };
        assert!(is_waiting(&mut first));
        drop(turn);
        assert!(matches!(poll(&mut first), Poll::Ready(Some(_))));
    }

    #[tokio::test]
    async fn a_turn_is_not_lost_with_whoever_gave_up_waiting() {
        let line = Line::new(1, 3);
        let working = line.wait(Known).await;
        let (gone, mut stays) = (join(&line, Stranger), join(&line, Stranger));
        drop(gone);
        drop(working);
        assert!(matches!(poll(&mut stays), Poll::Ready(Some(_))));
        assert!(line.wait(Stranger).await.is_some());
    }

    #[tokio::test]
    async fn among_the_known_there_is_a_limit_too() {
        let line = Line::new(1, 1);
        let _working = line.wait(Known).await;
        let _waiting = join(&line, Known);
        assert!(line.wait(Known).await.is_none());
    }
}
