//! Tests of the settings of the command line.

use clap::Parser;

use super::*;

#[derive(Parser)]
struct Program {
    #[command(flatten)]
    config: Config,
}

fn parse(arguments: &[&str]) -> Result<Config, clap::Error> {
    let program = Program::try_parse_from([&["bangui"], arguments].concat())?;
    Ok(program.config)
}

#[test]
fn unless_told_it_listens_on_this_machine_alone() -> Result<(), clap::Error> {
    let config = parse(&[])?;
    assert_eq!(config.listen, [Listen::Address(SocketAddr::from(([127, 0, 0, 1], 8580)))]);
    assert_eq!(config.fail2ban.restart_command, None);
    assert_eq!(config.http, HttpConfig::default());
    Ok(())
}

#[test]
fn every_setting_can_be_given() -> Result<(), Box<dyn std::error::Error>> {
    let config = parse(&[
        "--listen=[::]:80,unix:/run/w",
        "--proxy-user=0",
        "--base-path=/b",
        "--forwarded-header=forwarded",
        "--tls-certificate=/c.pem",
        "--tls-key=/k.pem",
        "--listen-group=0",
        "--listen-mode=600",
        "--security-contact=mailto:a@b.example",
        "--database=/d/b",
        "--fail2ban-socket=/run/f2b",
        "--fail2ban-config=/conf",
        "--fail2ban-client=/f2b/bin/fail2ban-client",
        "--fail2ban-restart-command=docker restart 'my fail2ban'",
        "--session-idle=5",
        "--session-absolute=2",
        "--session-remembered=7",
        "--session-remembered-idle=3",
        "--require-second-factor=operator",
        "--audit-keep-days=90",
        "--audit-keep-megabytes=50",
        "--history-days=30",
        "--history-megabytes=20",
        "--host=a.example,[::1]",
        "--host=b.example",
        "--trusted-proxy=192.0.2.1",
        "--trusted-proxy=2001:db8::/32,10.0.0.0/8",
        "--allow-plain-http",
        "--geo-provider=ip-api",
        "--proxy-login-header=Remote-User",
        "--proxy-login-groups-header=Remote-Groups",
        "--proxy-login-administrators=admins",
        "--proxy-login-operators=ops,night shift",
        "--proxy-login-viewers=staff",
    ])?;
    let restart = ["docker", "restart", "my fail2ban"].map(str::to_owned).to_vec();
    let expected = Config {
        listen: vec![SocketAddr::from(([0_u16; 8], 80)).into(), Listen::Socket("/run/w".into())],
        database: "/d/b".into(),
        session_idle: 5,
        session_absolute: 2,
        session_remembered: 7,
        session_remembered_idle: 3,
        require_second_factor: Some(Role::Operator),
        audit: audit::AuditConfig { audit_keep_days: 90, audit_keep_megabytes: 50 },
        history: history::HistoryConfig { history_days: 30, history_megabytes: 20 },
        http: HttpConfig {
            hosts: vec!["a.example".parse()?, "[::1]".parse()?, "b.example".parse()?],
            trusted_proxies: vec!["192.0.2.1/32".parse()?, "2001:db8::/32".parse()?, "10.0.0.0/8".parse()?],
            allow_plain_http: true,
            base_path: "/b/".parse()?,
            forwarded_header: http::ForwardedHeader::Forwarded,
            tls_certificate: Some(PathBuf::from("/c.pem")),
            tls_key: Some(PathBuf::from("/k.pem")),
            proxy_users: vec![0],
            listen_group: Some(0),
            listen_mode: 0o600,
            security_contacts: vec!["mailto:a@b.example".to_owned()],
            proxy_login: ProxyLogin {
                user_header: Some("remote-user".parse()?),
                groups_header: Some("remote-groups".parse()?),
                administrators: vec!["admins".parse()?],
                operators: vec!["ops".parse()?, "night shift".parse()?],
                viewers: vec!["staff".parse()?],
            },
        },
        broker: None,
        geo: geo::Geo { providers: vec![geo::Provider::IpApi], ..geo::Geo::default() },
        fail2ban: Fail2ban {
            socket: "/run/f2b".into(),
            config: "/conf".into(),
            client: "/f2b/bin/fail2ban-client".into(),
            restart_command: Some(restart),
        },
    };
    assert_eq!(config, expected);
    Ok(())
}

#[test]
fn a_host_with_a_port_and_a_proxy_that_is_everybody_are_refused() {
    for argument in ["--host=a:80", "--host=", "--trusted-proxy=0.0.0.0/0", "--trusted-proxy=x"] {
        assert!(parse(&[argument]).is_err(), "{argument}");
    }
}

#[test]
fn a_restart_command_without_a_program_or_with_an_open_quote_is_refused() {
    for command in ["", "  ", "''", "'' x", "docker 'restart", "docker \\"] {
        assert!(parse(&["--fail2ban-restart-command", command]).is_err(), "{command:?}");
    }
}
