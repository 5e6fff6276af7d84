//! Fields of queries that several pages have.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use crate::web::problem::error::Error;

/// A time that no clock will show.
pub(crate) const TOO_FAR: &str = "That date lies too far in the future.";

/// What stands in a field, if anything.
pub(crate) fn given(value: Option<&String>) -> Option<&str> {
    value.map(|text| text.trim()).filter(|text| !text.is_empty())
}

/// A day in the server's zone, in seconds since 1970; of a time of day with a `T` the moment alone.
pub(crate) fn day_or_time(text: &str) -> Result<(i64, i64), Error> {
    if !text.contains('T') {
        return day(text);
    }
    let no_time = || Error::BadInput("A time is a date and a time of day, e.g. 2026-11-27T18:00.".to_owned());
    let time: DateTime = text.parse().map_err(|_| no_time())?;
    let time = time.to_zoned(TimeZone::system()).map_err(|_| Error::BadInput(TOO_FAR.to_owned()))?;
    let second = Timestamp::from(time).as_second();
    Ok((second, second))
}

/// A second since 1970 as a time of the server's zone, as a field has it: `2026-11-28T06:00`.
pub(crate) fn local_minute(second: i64) -> String {
    let time = Timestamp::from_second(second).unwrap_or_default().to_zoned(TimeZone::system());
    time.strftime("%Y-%m-%dT%H:%M").to_string()
}

/// A day as it is written in a field, `2026-11-27`, and no time of day.
pub(crate) fn date(text: &str) -> Option<Date> {
    Some(text).filter(|text| text.len() == "2026-11-27".len())?.parse().ok()
}

/// A day in the server's zone, in seconds since 1970.
pub(crate) fn day(text: &str) -> Result<(i64, i64), Error> {
    let no_day = || Error::BadInput("A day is a date, e.g. 2026-11-27.".to_owned());
    let day = date(text).ok_or_else(no_day)?;
    let begin = |day: Date| day.to_zoned(TimeZone::system()).map(|begin| Timestamp::from(begin).as_second());
    let too_far = |_| Error::BadInput(TOO_FAR.to_owned());
    let next = day.checked_add(Span::new().days(1)).map_err(too_far)?;
    Ok((begin(day).map_err(too_far)?, begin(next).map_err(too_far)?))
}
