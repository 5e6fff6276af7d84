//! One piece of work at a time: what is under way, and how the last one ended.

use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;

/// Work that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finished<W, E> {
    /// The work, in its last state.
    pub work: W,
    pub ended: Timestamp,
    pub outcome: E,
}

/// State of work: what is under way and what ended last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Flight<W, E> {
    pub running: Option<W>,
    pub last: Option<Finished<W, E>>,
}

impl<W, E> Flight<W, E> {
    /// Returns the work that ended last, if that was less than `seconds` ago.
    pub(crate) fn last_within(
        &self,
        now: &Timestamp,
        seconds: impl Fn(&Finished<W, E>) -> i64,
    ) -> Option<&Finished<W, E>> {
        self.last.as_ref().filter(|last| now.as_second() - last.ended.as_second() < seconds(last))
    }
}

/// The state of work, watched by whoever waits for its end.
#[derive(Debug)]
pub(crate) struct SingleFlight<W, E>(watch::Sender<Flight<W, E>>);

impl<W, E> Default for SingleFlight<W, E> {
    fn default() -> Self {
        Self(watch::Sender::new(Flight { running: None, last: None }))
    }
}

impl<W: Clone, E: Clone> SingleFlight<W, E> {
    pub(crate) fn state(&self) -> Flight<W, E> {
        self.0.borrow().clone()
    }

    /// Begins `work`. Returns false where other work is under way.
    pub(crate) fn begin(&self, work: W) -> bool {
        self.0.send_if_modified(|state| {
            let is_free = state.running.is_none();
            if is_free {
                state.running = Some(work);
            }
            is_free
        })
    }

    /// Changes the published state of the work under way.
    pub(crate) fn update(&self, change: impl FnOnce(&mut W)) {
        self.0.send_modify(|state| {
            if let Some(work) = &mut state.running {
                change(work);
            }
        });
    }

    /// Changes the published end of the work that `ended` then. Returns false where other work has ended since.
    pub(crate) fn amend(&self, ended: Timestamp, change: impl FnOnce(&mut E)) -> bool {
        self.0.send_if_modified(|state| {
            let last = state.last.as_mut().filter(|last| last.ended == ended);
            last.map(|last| change(&mut last.outcome)).is_some()
        })
    }

    pub(crate) fn finish(&self, outcome: E) {
        self.0.send_modify(|state| {
            if let Some(work) = state.running.take() {
                state.last = Some(Finished { work, ended: Timestamp::now(), outcome });
            }
        });
    }

    /// Waits until nothing is under way, at most `max_wait`.
    pub(crate) async fn settled_within(&self, max_wait: Duration) {
        let mut watched = self.0.subscribe();
        // Either way the caller looks at the state: an elapsed wait means "still under way".
        let _elapsed =
            tokio::time::timeout(max_wait, watched.wait_for(|state| state.running.is_none())).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_piece_of_work_runs_at_a_time_and_its_end_is_told() {
        let flight = SingleFlight::<u32, &str>::default();
        assert!(flight.begin(1) && !flight.begin(2));
        flight.update(|work| *work = 7);
        assert_eq!(flight.state().running, Some(7));
        flight.finish("well");
        flight.settled_within(Duration::MAX).await;
        let last = flight.state().last.map(|last| (last.work, last.outcome));
        assert_eq!((last, flight.state().running), (Some((7, "well")), None));
        let ended = flight.state().last.map(|last| last.ended);
        assert!(ended.is_some_and(|ended| flight.amend(ended, |end| *end = "better")));
        assert!(!flight.amend(Timestamp::MIN, |end| *end = "worse"));
        assert_eq!(flight.state().last.map(|last| last.outcome), Some("better"));
        assert!(flight.begin(3));
    }
}
