//! Places for connections to the broker. A new one takes the place of one that has long been idle.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::mutex::Mutex;

/// Activity of a connection.
#[derive(Debug)]
pub(crate) struct Activity(Mutex<(usize, Instant)>);

impl Default for Activity {
    fn default() -> Self {
        Self(Mutex::new((0, Instant::now())))
    }
}

impl Activity {
    /// A request begins.
    pub(crate) fn begin(&self) {
        self.0.lock().0 += 1;
    }

    /// A request has its answer.
    pub(crate) fn end(&self) {
        let mut own = self.0.lock();
        *own = (own.0.saturating_sub(1), Instant::now());
    }

    /// Time since which nothing is under way.
    fn idle_since(&self) -> Option<Instant> {
        let (under_way, since) = *self.0.lock();
        (under_way == 0).then_some(since)
    }
}

#[derive(Debug)]
struct Place {
    activity: Arc<Activity>,
    /// Tells the connection to end.
    _cut: oneshot::Sender<()>,
}

/// The places of some peers.
#[derive(Debug)]
pub(crate) struct Places {
    most: usize,
    taken: Mutex<(u64, BTreeMap<u64, Place>)>,
}

/// A place, which is free again when this is dropped.
#[derive(Debug)]
pub(crate) struct Taken {
    places: Arc<Places>,
    number: u64,
    /// Ready when another connection takes the place.
    pub(crate) cut: oneshot::Receiver<()>,
}

impl Places {
    /// So many places.
    pub(crate) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { most, taken: Mutex::default() })
    }

    /// Takes a place for a connection; if there is none left, that of the connection that has been idle the
    /// longest. `None` if none is idle.
    pub(crate) fn take(self: &Arc<Self>, activity: Arc<Activity>) -> Option<Taken> {
        let mut own = self.taken.lock();
        let (next, taken) = &mut *own;
        if taken.len() >= self.most {
            let idle =
                taken.iter().filter_map(|(number, place)| Some((place.activity.idle_since()?, *number)));
            let (_, number) = idle.min()?;
            taken.remove(&number);
        }
        *next += 1;
        let (sender, cut) = oneshot::channel();
        taken.insert(*next, Place { activity, _cut: sender });
        Some(Taken { places: Arc::clone(self), number: *next, cut })
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.places.taken.lock().1.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_cut(taken: &mut Option<Taken>) -> bool {
        use oneshot::error::TryRecvError::Closed;
        taken.as_mut().is_some_and(|taken| matches!(taken.cut.try_recv(), Err(Closed)))
    }

    #[test]
    fn the_longest_idle_makes_room_and_nobody_who_is_busy() {
        let places = Places::new(2);
        let activities = [(); 2].map(|()| Arc::<Activity>::default());
        let [mut first, mut second] = activities.clone().map(|activity| places.take(activity));
        activities[0].begin();
        activities[0].end();
        let busy = Arc::<Activity>::default();
        busy.begin();
        let mut third = places.take(Arc::clone(&busy));
        assert!(!is_cut(&mut first) && is_cut(&mut second) && third.is_some());
        drop(second);
        activities[0].begin();
        assert!(places.take(Arc::default()).is_none(), "all are busy");
        drop(first);
        assert!(places.take(Arc::default()).is_some() && !is_cut(&mut third));
    }
}
