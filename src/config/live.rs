//! The settings in force, some of which can change while the server runs.

use std::sync::{Arc, PoisonError, RwLock};

use super::{Config, HttpConfig};

/// The settings in force.
#[derive(Debug)]
pub struct LiveConfig(RwLock<Arc<Config>>);

impl LiveConfig {
    /// Begins with these.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self(RwLock::new(Arc::new(config)))
    }

    /// Those of now.
    #[must_use]
    pub fn now(&self) -> Arc<Config> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts what can change at once in `next` into force. Returns the names of the other settings that differ, which
    /// need a new start.
    pub(crate) fn change(&self, next: Config) -> Vec<&'static str> {
        let mut now = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let waiting = waiting(&now, &next);
        let old = Config::clone(&now);
        *now = Arc::new(Config {
            require_second_factor: next.require_second_factor,
            http: HttpConfig {
                listen_group: old.http.listen_group,
                listen_mode: old.http.listen_mode,
                base_path: old.http.base_path,
                tls_certificate: old.http.tls_certificate,
                tls_key: old.http.tls_key,
                ..next.http
            },
            ..old
        });
        waiting
    }
}

/// The names of the settings that differ and are read at the start alone.
fn waiting(now: &Config, next: &Config) -> Vec<&'static str> {
    let differs = [
        ("listen", now.listen != next.listen),
        ("listen_group", now.http.listen_group != next.http.listen_group),
        ("listen_mode", now.http.listen_mode != next.http.listen_mode),
        ("base_path", now.http.base_path != next.http.base_path),
        ("tls_certificate", now.http.tls_certificate != next.http.tls_certificate),
        ("tls_key", now.http.tls_key != next.http.tls_key),
        ("database", now.database != next.database),
        ("broker", now.broker != next.broker),
        ("fail2ban_…", now.fail2ban != next.fail2ban),
        ("session_…", now.session_limits() != next.session_limits()),
        ("audit_…", now.audit != next.audit),
        ("history_…", now.history != next.history),
        ("geo_…", now.geo != next.geo),
    ];
    differs.into_iter().filter_map(|(name, differs)| differs.then_some(name)).collect()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::super::Fail2ban;
    use super::*;

    fn config() -> Config {
        let fail2ban = Fail2ban {
            socket: PathBuf::from("/s"),
            config: PathBuf::from("/c"),
            client: PathBuf::from("fail2ban-client"),
            restart_command: None,
        };
        Config::new(PathBuf::from("/d"), fail2ban)
    }

    #[test]
    fn what_can_change_changes_and_the_rest_is_named() -> Result<(), Box<dyn std::error::Error>> {
        let live = LiveConfig::new(config());
        let mut next = config();
        next.http.hosts = vec!["bans.example.org".parse()?];
        next.http.trusted_proxies = vec!["192.0.2.1/32".parse()?];
        assert_eq!(live.change(next.clone()), [""; 0]);
        assert_eq!(*live.now(), next);

        next.http.hosts = Vec::new();
        next.database = PathBuf::from("/elsewhere");
        next.session_idle += 1;
        next.http.listen_mode = 0o600;
        assert_eq!(live.change(next), ["listen_mode", "database", "session_…"]);
        let now = live.now();
        assert!(now.http.hosts.is_empty());
        assert_eq!((now.database.clone(), now.http.listen_mode), (PathBuf::from("/d"), 0o660));
        assert_eq!(now.session_idle, config().session_idle);
        Ok(())
    }
}
