//! The services for which fail2ban ships a jail.

use crate::domain::jail::JailName;

use super::Listener;

/// Programs as the kernel names them, and the jails of `jail.conf` (1.0.2) that read their logs: the first is the one
/// to turn on.
const JAILS: [(&str, &[&str]); 25] = [
    ("sshd", &["sshd"]),
    ("dropbear", &["dropbear"]),
    ("apache2", &["apache-auth", "apache-noscript", "apache-overflows", "apache-badbots"]),
    ("httpd", &["apache-auth", "apache-noscript", "apache-overflows", "apache-badbots"]),
    ("nginx", &["nginx-http-auth", "nginx-limit-req", "nginx-botsearch", "nginx-bad-request"]),
    ("lighttpd", &["lighttpd-auth"]),
    ("haproxy", &["haproxy-http-auth"]),
    ("squid", &["squid"]),
    ("master", &["postfix", "postfix-sasl", "postfix-rbl"]),
    ("exim4", &["exim", "exim-spam"]),
    ("exim", &["exim", "exim-spam"]),
    ("dovecot", &["dovecot", "sieve"]),
    ("imapd", &["cyrus-imap", "uwimap-auth"]),
    ("vsftpd", &["vsftpd"]),
    ("proftpd", &["proftpd"]),
    ("pure-ftpd", &["pure-ftpd"]),
    ("named", &["named-refused"]),
    ("nsd", &["nsd"]),
    ("asterisk", &["asterisk"]),
    ("freeswitch", &["freeswitch"]),
    ("mariadbd", &["mysqld-auth"]),
    ("mysqld", &["mysqld-auth"]),
    ("mongod", &["mongodb-auth"]),
    ("slapd", &["slapd"]),
    ("xrdp", &["xrdp"]),
];

/// A service that listens, and no jail reads its log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Uncovered {
    pub(crate) listener: Listener,
    /// fail2ban's jail for it.
    pub(crate) jail: &'static str,
}

/// The listeners that none of `running` is for. A jail is for a service if it has the name of one of fail2ban's for
/// it, with anything behind it: `nginx-http-auth`, `sshd-ddos`; or its filter has.
pub(crate) fn uncovered(listeners: &[Listener], running: &[JailName]) -> Vec<Uncovered> {
    let is_for = |running: &JailName, jail: &str| {
        let running = running.as_str().to_lowercase();
        running.starts_with(jail) || jail == "sshd" && running.contains("ssh")
    };
    let found = listeners.iter().filter_map(|listener| {
        let (program, jails) = JAILS.iter().find(|(program, _)| *program == listener.program)?;
        // All of fail2ban's jails for it begin with the same word.
        let service = jails.first()?;
        let word = service.split('-').next().unwrap_or(service);
        let is_covered = running.iter().any(|jail| {
            is_for(jail, program) || is_for(jail, word) || jails.iter().any(|own| is_for(jail, own))
        });
        (!is_covered).then(|| Uncovered { listener: listener.clone(), jail: service })
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_covered_by_a_jail_of_its_name() -> Result<(), Box<dyn std::error::Error>> {
        let listener = |program: &str| Listener { program: program.to_owned(), ports: vec![1] };
        let listeners = ["sshd", "nginx", "master", "systemd"].map(listener);
        let named =
            |names: &[&str]| names.iter().map(|name| name.parse()).collect::<Result<Vec<JailName>, _>>();
        let jails = |running: &[JailName]| -> Vec<&str> {
            uncovered(&listeners, running).iter().map(|service| service.jail).collect()
        };
        assert_eq!(jails(&[]), ["sshd", "nginx-http-auth", "postfix"]);
        assert_eq!(jails(&named(&["my-ssh", "nginx-botsearch", "recidive"])?), ["postfix"]);
        assert_eq!(jails(&named(&["sshd", "postfix-sasl"])?), ["nginx-http-auth"]);
        Ok(())
    }
}
