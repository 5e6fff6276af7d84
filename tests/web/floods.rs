//! Floods: many requests of somebody who is not logged in, or who may do little. Nobody else is kept out, and
//! nothing that is kept of them grows without bound.

mod audit_rows;
mod connections;
mod forms;
mod logins;
mod search;

use std::error::Error;
use std::net::SocketAddr;

use crate::support::TestResult;
use crate::web::raw::Raw;

/// Requests that are on their way at once on a connection. actix-web reads no more ahead.
const AT_ONCE: usize = 16;

/// Sends `request` that often over four connections. Returns how many were answered with each of `expected`.
async fn flood(address: SocketAddr, request: &str, times: usize, expected: u16) -> TestResult {
    let part = times.div_ceil(4);
    let send = || send_again_and_again(address, request, part, expected);
    tokio::try_join!(send(), send(), send(), send())?;
    Ok(())
}

async fn send_again_and_again(
    address: SocketAddr,
    request: &str,
    times: usize,
    expected: u16,
) -> Result<(), Box<dyn Error>> {
    let mut connection = Raw::to(address).await?;
    let mut left = times;
    while left > 0 {
        let now = left.min(AT_ONCE);
        connection.send(request.repeat(now)).await?;
        for _ in 0..now {
            assert_eq!(connection.answer().await?.status, expected);
        }
        left -= now;
    }
    Ok(())
}
