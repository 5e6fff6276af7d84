//! Connections that are opened and not used.

use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};

use bangui::config::HttpConfig;
use bangui::web::Deadlines;
use tokio::net::{TcpSocket, TcpStream};

use crate::support::site::{Bangui, NAME, PASSWORD, Site};
use crate::support::visitor::Visitor;
use crate::support::{TestResult, until};
use crate::web::raw::{Raw, ask};

const GET: &str = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// So many connections from the address 127.0.0.`last`, on which nothing is sent.
async fn open(site: &Bangui, last: u8, number: usize) -> Result<Vec<TcpStream>, Box<dyn Error>> {
    let mut open = Vec::new();
    for _ in 0..number {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::from((Ipv4Addr::new(127, 0, 0, last), 0)))?;
        open.push(socket.connect(site.address).await?);
    }
    Ok(open)
}

/// Number of those that the server has closed.
fn closed(connections: &[TcpStream]) -> usize {
    let is_closed = |stream: &&TcpStream| matches!(stream.try_read(&mut [0; 1]), Ok(0));
    connections.iter().filter(is_closed).count()
}

async fn site() -> Result<Bangui, Box<dyn Error>> {
    Site::reached(HttpConfig::default(), Deadlines::default()).await
}

#[tokio::test]
async fn one_address_has_a_share_of_the_connections_and_pushes_out_its_own() -> TestResult {
    let site = site().await?;
    let mut used = Raw::to(site.address).await?;
    used.send(GET).await?;
    assert_eq!(used.answer().await?.status, 200);
    let flood = open(&site, 2, 600).await?;
    until("the oldest of the flood make room", || Ok(closed(&flood) == 500)).await?;
    let begin = std::time::Instant::now();
    assert_eq!(ask(site.address, GET).await?.status, 200);
    println!("somebody new, beside 600 connections of one address: {:?}", begin.elapsed());
    used.send(GET).await?;
    assert_eq!(used.answer().await?.status, 200, "an older connection of another address goes on");
    Ok(())
}

#[tokio::test]
async fn when_all_are_taken_the_one_that_waits_longest_makes_room() -> TestResult {
    let site = site().await?;
    let mut flood = Vec::new();
    for last in 2..=7 {
        flood.push(open(&site, last, 100).await?);
    }
    until("there are 400", || Ok(flood.iter().map(|part| closed(part)).sum::<usize>() == 200)).await?;
    let begin = std::time::Instant::now();
    let visitor = Visitor::stranger(site.address).await?;
    assert_eq!(visitor.log_in(NAME, PASSWORD, "/").await?.status, 303);
    println!("a login beside 600 connections of six addresses: {:?}", begin.elapsed());
    Ok(())
}

#[tokio::test]
async fn a_trusted_proxy_has_no_share() -> TestResult {
    let http = HttpConfig { trusted_proxies: vec!["127.0.0.2/32".parse()?], ..HttpConfig::default() };
    let site = Site::reached(http, Deadlines::default()).await?;
    let proxy = open(&site, 2, 300).await?;
    let other = open(&site, 3, 120).await?;
    until("the share of the other is used up", || Ok(closed(&other) == 20)).await?;
    assert_eq!(closed(&proxy), 0);
    Ok(())
}

#[tokio::test]
async fn whoever_sends_half_a_form_can_be_pushed_out_too() -> TestResult {
    let deadlines = Deadlines { body: std::time::Duration::from_hours(1), ..Deadlines::default() };
    let site = Site::reached(HttpConfig::default(), deadlines).await?;
    let half = "POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\na=";
    let flood = open(&site, 2, 100).await?;
    for connection in &flood {
        connection.writable().await?;
        connection.try_write(half.as_bytes())?;
    }
    let more = open(&site, 2, 50).await?;
    until("they make room", || Ok(closed(&flood) + closed(&more) == 50)).await?;
    Ok(())
}
