//! The configurations that were read lately: what a file held before tells what is in no file now, and
//! what ran before can be put back.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::OnceCell;

use crate::domain::reload::Expected;
use crate::fail2ban::client_program::{ClientError, ClientProgram, Configuration};
use crate::mutex::Mutex;

/// How many are held besides the one that was loaded.
const HELD: usize = 3;

/// A configuration, and what it asks for once somebody wanted to know.
#[derive(Debug)]
pub(crate) struct Earlier {
    pub(crate) configuration: Arc<Configuration>,
    expected: OnceCell<Arc<Expected>>,
}

/// What is held.
#[derive(Debug, Default)]
struct Lists {
    /// The one that the daemon was given last, as far as that is known.
    loaded: Option<Arc<Earlier>>,
    /// Those that were read, the newest first.
    read: VecDeque<Arc<Earlier>>,
}

#[derive(Debug, Default)]
pub(crate) struct Held(Mutex<Lists>);

impl Held {
    /// Holds what was read just now.
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

    /// The daemon has been given what was read just now.
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
    /// What it asks for, found out once.
    pub(crate) async fn expected(&self, client: &ClientProgram) -> Result<Arc<Expected>, ClientError> {
        let tried = self.expected.get_or_try_init(async || {
            Ok(Arc::new(client.try_configuration(&self.configuration, None).await?))
        });
        tried.await.cloned()
    }
}
