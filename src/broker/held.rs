//! The configurations that were read lately: a value that one of them held and no file holds now
//! came from a file, and a configuration that ran before can be put back.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::OnceCell;

use crate::domain::reload::Expected;
use crate::fail2ban::client_program::{ClientError, ClientProgram, Configuration, Purpose};
use crate::mutex::Mutex;

/// Number of configurations that are held besides the one that was loaded.
const HELD: usize = 3;

/// A configuration, and what it asks for once that has been requested.
#[derive(Debug)]
pub(crate) struct Earlier {
    pub(crate) configuration: Arc<Configuration>,
    expected: OnceCell<Arc<Expected>>,
}

/// The configurations that are held.
#[derive(Debug, Default)]
struct Lists {
    /// The one that the daemon was given last, as far as that is known.
    loaded: Option<Arc<Earlier>>,
    /// The configurations that were read, the newest first.
    read: VecDeque<Arc<Earlier>>,
}

#[derive(Debug, Default)]
pub(crate) struct Held(Mutex<Lists>);

impl Held {
    /// Holds the configuration that was just read.
    pub(crate) fn add(&self, configuration: &Arc<Configuration>) -> Arc<Earlier> {
        let mut lists = self.0.lock();
        let known = lists.read.iter().position(|held| held.configuration.is_same_as(configuration));
        let own = known.and_then(|place| lists.read.remove(place)).unwrap_or_else(|| {
            Arc::new(Earlier { configuration: Arc::clone(configuration), expected: OnceCell::new() })
        });
        lists.read.truncate(HELD - 1);
        lists.read.push_front(Arc::clone(&own));
        own
    }

    /// Notes that the daemon was given the configuration that was just read.
    pub(crate) fn loaded(&self, configuration: &Arc<Configuration>) {
        let own = self.add(configuration);
        self.0.lock().loaded = Some(own);
    }

    /// All of them, the one that was loaded first.
    pub(crate) fn all(&self) -> Vec<Arc<Earlier>> {
        let lists = self.0.lock();
        let mut all: Vec<Arc<Earlier>> = lists.loaded.iter().cloned().collect();
        let others = lists.read.iter().filter(|held| !all.iter().any(|own| Arc::ptr_eq(own, held)));
        let others: Vec<Arc<Earlier>> = others.cloned().collect();
        all.extend(others);
        all
    }
}

impl Earlier {
    /// Returns what the configuration asks for; it is computed once.
    pub(crate) async fn expected(&self, client: &ClientProgram) -> Result<Arc<Expected>, ClientError> {
        let tried = self.expected.get_or_try_init(async || {
            Ok(Arc::new(client.try_configuration(&self.configuration, &Purpose::default()).await?))
        });
        tried.await.cloned()
    }
}
