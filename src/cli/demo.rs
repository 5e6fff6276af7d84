//! `bangui demo`: the web interface on a private fail2ban with sample logs.

use std::error::Error;
use std::io::{self, Write};
use std::net::SocketAddr;

use clap::Args;
use rand::distr::{Alphanumeric, SampleString};
use tokio::signal::unix::{SignalKind, signal};

use super::serve::warn_of_plain_http;
use crate::accounts::Accounts;
use crate::config::geo::Geo;
use crate::config::{Config, DEFAULT_LISTEN, Fail2ban, HttpConfig};
use crate::demo::Demo;
use crate::domain::account::Role;
use crate::storage::Storage;
use crate::web;

/// The account of the demonstration.
const NAME: &str = "demo";

/// Options of the demonstration.
#[derive(Args)]
pub(crate) struct Options {
    /// Address and port to listen on, over plain HTTP.
    #[arg(long, value_name = "ADDR:PORT", env = "BANGUI_LISTEN", default_value = DEFAULT_LISTEN)]
    listen: SocketAddr,
    #[command(flatten)]
    http: HttpConfig,
    #[command(flatten)]
    geo: Geo,
}

/// Serves until the process is told to end, then removes everything that the demonstration made.
pub(crate) async fn run(options: Options) -> Result<(), Box<dyn Error>> {
    options.http.permit(options.listen)?;
    warn_of_plain_http(&options.listen.into(), &options.http);
    let demo = tokio::select! {
        demo = Demo::start() => demo?,
        // Dropping the unfinished start removes what it made so far.
        told = told_to_end() => return Ok(told?),
    };
    let served = serve(&demo, options).await;
    demo.shut_down().await?;
    served
}

/// Ends at Ctrl-C or when the process is told to terminate.
async fn told_to_end() -> io::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = interrupt.recv() => Ok(()),
        _ = terminate.recv() => Ok(()),
    }
}

async fn serve(demo: &Demo, options: Options) -> Result<(), Box<dyn Error>> {
    let listen = options.listen;
    let database = demo.directory().join("bangui.sqlite3");
    let config = Config {
        listen: vec![listen.into()],
        http: options.http,
        geo: options.geo,
        ..Config::new(
            database,
            Fail2ban {
                socket: demo.socket().to_owned(),
                config: demo.config_dir().to_owned(),
                client: demo.client(),
                restart_command: Some(demo.restart_command()),
            },
        )
    };
    let password = Alphanumeric.sample_string(&mut rand::rng(), 12);
    let accounts = Accounts::new(Storage::open(&config.database)?)?;
    accounts.add(NAME.parse()?, password.parse()?, Role::Administrator).await?;
    let running = web::start(config).await?;
    let address = running.addresses.first().copied().unwrap_or(listen);
    writeln!(
        io::stdout(),
        "\nBanGUI shows a private fail2ban at  http://{address}/\n\n    name      {NAME}\n    password  {password}\n\nCtrl-C ends it and removes everything.\n"
    )?;
    Ok(running.until_the_end().await?)
}
