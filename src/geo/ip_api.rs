//! One batch of questions to ip-api.com, and what to make of the answer (<https://ip-api.com/docs/api:batch>).

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::{Client, StatusCode, redirect};
use serde::Deserialize;
use serde_json::Value;

use crate::domain::geo::country::Country;
use crate::domain::geo::ip_api::{BatchError, LONGEST_ANSWER};
use crate::domain::geo::place::{Place, PlaceName};

/// The most addresses that one batch may have.
pub(crate) const MOST: usize = 100;
/// Fields that are requested; `query` says which address an answer is for.
const FIELDS: &str = "status,message,countryCode,regionName,city,isp,org,as,query";
/// Time limit for a whole answer.
pub(crate) const DEADLINE: Duration = Duration::from_secs(10);

/// Rate limits, as the headers of an answer state them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Limits {
    /// `X-Rl`: how many more batches may be sent.
    pub remaining: Option<u32>,
    /// `X-Ttl`: in how many seconds that begins anew.
    pub seconds: Option<u64>,
}

/// An address and its place, or why there is none.
pub(crate) type Answer = (IpAddr, Result<Place, String>);

/// The client.
#[derive(Debug)]
pub(crate) struct IpApi {
    client: Client,
    url: String,
}

impl IpApi {
    /// A client of the service at `base`, which may take `deadline` for an answer.
    pub(crate) fn new(base: &str, deadline: Duration) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .timeout(deadline)
            .connect_timeout(deadline / 2)
            .pool_max_idle_per_host(1)
            .user_agent(concat!("BanGUI/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { client, url: format!("{base}/batch?fields={FIELDS}") })
    }

    /// Asks for up to [`MOST`] addresses. Each of them has an answer or a failure in what is returned.
    pub(crate) async fn ask(&self, addresses: &[IpAddr]) -> (Limits, Result<Vec<Answer>, BatchError>) {
        let texts: Vec<String> = addresses.iter().map(ToString::to_string).collect();
        let question = Value::from(texts).to_string();
        let sent = self.client.post(&self.url).header(CONTENT_TYPE, "application/json").body(question).send();
        let response = match sent.await {
            Ok(response) => response,
            Err(error) => return (Limits::default(), Err(network(&error))),
        };
        let limits = Limits::of_headers(response.headers());
        let answers = match response.status() {
            StatusCode::OK => body(response).await.and_then(|body| parse_answers(&body, addresses)),
            StatusCode::TOO_MANY_REQUESTS => Err(BatchError::TooMany),
            other => Err(BatchError::Status(other.as_u16())),
        };
        (limits, answers)
    }
}

impl Limits {
    fn of_headers(headers: &HeaderMap) -> Self {
        let number =
            |name| headers.get(name).and_then(|value| value.to_str().ok()?.trim().parse::<u64>().ok());
        Self {
            remaining: number("x-rl").map(|left| left.try_into().unwrap_or(u32::MAX)),
            seconds: number("x-ttl"),
        }
    }
}

fn network(error: &reqwest::Error) -> BatchError {
    let problem = if error.is_timeout() {
        BatchError::Late
    } else if error.is_connect() {
        BatchError::Unreachable
    } else {
        BatchError::BrokenOff
    };
    problem(error.to_string())
}

async fn body(mut response: reqwest::Response) -> Result<Vec<u8>, BatchError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| network(&error))? {
        if body.len() + chunk.len() > LONGEST_ANSWER {
            return Err(BatchError::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// One answer, as far as its fields are needed.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawRecord {
    status: String,
    message: Option<String>,
    country_code: Option<String>,
    region_name: Option<String>,
    city: Option<String>,
    isp: Option<String>,
    org: Option<String>,
    r#as: Option<String>,
    query: String,
}

/// Finds the answer for each address by its `query`, because no order is promised. Ignores answers
/// that were not asked for.
fn parse_answers(body: &[u8], addresses: &[IpAddr]) -> Result<Vec<Answer>, BatchError> {
    let list: Vec<Value> =
        serde_json::from_slice(body).map_err(|error| BatchError::Unreadable(error.to_string()))?;
    let mut told: HashMap<IpAddr, RawRecord> = HashMap::new();
    for value in list {
        // One answer that cannot be read does not spoil the others; its address has none then.
        if let Ok(answer) = RawRecord::deserialize(value)
            && let Ok(address) = answer.query.parse::<IpAddr>()
        {
            told.entry(address.to_canonical()).or_insert(answer);
        }
    }
    let answers: Vec<Answer> =
        addresses.iter().map(|address| (*address, outcome(told.get(address)))).collect();
    let is_nonsense = !addresses.iter().any(|address| told.contains_key(address));
    if is_nonsense { Err(BatchError::Nonsense) } else { Ok(answers) }
}

fn outcome(told: Option<&RawRecord>) -> Result<Place, String> {
    let told = told.ok_or_else(|| "it told nothing of this address".to_owned())?;
    match told.status.as_str() {
        "success" => {
            let place = told.to_place();
            if place.is_empty() { Err("its answer was empty".to_owned()) } else { Ok(place) }
        }
        "fail" => Err(told.message.as_deref().and_then(PlaceName::clean).map_or_else(
            || "it does not know this address".to_owned(),
            |message| format!("it told: {message}"),
        )),
        _ => Err("its answer could not be read".to_owned()),
    }
}

impl RawRecord {
    fn to_place(&self) -> Place {
        let name = |text: &Option<String>| text.as_deref().and_then(PlaceName::clean);
        // "AS15169 Google LLC"; empty where no network announces the address.
        let network = self.r#as.as_deref().unwrap_or_default();
        let (number, holder) = network.split_once(' ').unwrap_or((network, ""));
        let asn = number.strip_prefix("AS").and_then(|number| number.parse().ok()).filter(|asn| *asn != 0);
        Place {
            country: self.country_code.as_deref().and_then(Country::from_code),
            region: name(&self.region_name),
            city: name(&self.city),
            asn,
            network: None,
            organisation: name(&self.org).or_else(|| name(&self.isp)).or_else(|| PlaceName::clean(holder)),
            reverse_name: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses() -> [IpAddr; 3] {
        [[192, 0, 2, 1].into(), [192, 0, 2, 2].into(), "2001:db8::1".parse().unwrap_or([0; 4].into())]
    }

    #[test]
    fn answers_are_matched_by_their_query_and_not_by_their_place() -> Result<(), BatchError> {
        let body = r#"[
            {"status":"success","query":"2001:DB8:0::1","city":"Brest","countryCode":"FR","new":[1]},
            {"status":"fail","message":"reserved range","query":"192.0.2.2"},
            {"status":"success","query":"198.51.100.9","city":"Elsewhere"},
            {"status":"success","query":"192.0.2.1","city":"Bonn","regionName":"NRW","countryCode":"DE",
             "as":"AS64500 Example Net","org":"","isp":"Example\u0000 ISP"},
            {"status":"success","query":"192.0.2.1","city":"A second one"}
        ]"#;
        let answers = parse_answers(body.as_bytes(), &addresses())?;
        let first = answers[0].1.clone().unwrap_or_default();
        assert_eq!((first.locality(), first.asn), (Some("Bonn, NRW".into()), Some(64500)));
        assert_eq!(first.organisation, PlaceName::clean("Example ISP"));
        assert_eq!(answers[1].1, Err("it told: reserved range".into()));
        assert_eq!(answers[2].1.clone().unwrap_or_default().city, PlaceName::clean("Brest"));
        assert_eq!(answers.len(), 3);
        Ok(())
    }

    #[test]
    fn one_unusable_answer_does_not_spoil_the_others() -> Result<(), BatchError> {
        let body = r#"[{"status":"success","query":"192.0.2.1","city":"Bonn"}, {"status":7}, null,
                       {"status":"success","query":"192.0.2.2","city":[]},
                       {"status":"success","query":"2001:db8::1","city":"  ","countryCode":"1"}]"#;
        let answers = parse_answers(body.as_bytes(), &addresses())?;
        let well: Vec<bool> = answers.iter().map(|(_, answer)| answer.is_ok()).collect();
        assert_eq!(well, [true, false, false]);
        Ok(())
    }

    #[test]
    fn what_is_no_list_of_answers_to_the_question_is_a_failure_of_all() {
        for body in ["", "[", "{}", "null", "<html>", r#"{"status":"success"}"#] {
            assert!(
                matches!(parse_answers(body.as_bytes(), &addresses()), Err(BatchError::Unreadable(_))),
                "{body}"
            );
        }
        for body in ["[]", r#"[{"status":"success","query":"198.51.100.1","city":"x"}]"#, "[1,2,3]"] {
            assert!(
                matches!(parse_answers(body.as_bytes(), &addresses()), Err(BatchError::Nonsense)),
                "{body}"
            );
        }
    }

    #[test]
    fn limits_that_are_no_numbers_tell_nothing() -> Result<(), Box<dyn std::error::Error>> {
        let mut headers = HeaderMap::new();
        assert_eq!(Limits::of_headers(&headers), Limits::default());
        headers.insert("X-Rl", "14".parse()?);
        headers.insert("X-Ttl", "-1".parse()?);
        assert_eq!(Limits::of_headers(&headers), Limits { remaining: Some(14), seconds: None });
        Ok(())
    }
}
