//! The table of accounts, as plain text.

use jiff::tz::TimeZone;

use crate::domain::account::AccountOverview;

const HEADINGS: [&str; 5] = ["NAME", "ROLE", "STATE", "SECOND FACTOR", "LAST LOGIN (UTC)"];

/// One line an account, its columns aligned by spaces.
pub(crate) fn table(accounts: &[AccountOverview]) -> String {
    let mut rows = vec![HEADINGS.map(str::to_owned)];
    rows.extend(accounts.iter().map(row));
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; 5] = std::array::from_fn(width);
    rows.iter().map(|row| line(row, widths)).collect()
}

fn row(one: &AccountOverview) -> [String; 5] {
    let time = one.last_login.map(|time| time.to_zoned(TimeZone::UTC).strftime("%F %R").to_string());
    [
        one.account.name.to_string(),
        one.account.role.to_string(),
        if one.disabled { "disabled" } else { "enabled" }.to_owned(),
        match (one.by_proxy(), one.has_second_factor()) {
            (true, _) => "web server",
            (false, true) => "on",
            (false, false) => "off",
        }
        .to_owned(),
        time.unwrap_or_else(|| "never".to_owned()),
    ]
}

fn line(row: &[String; 5], widths: [usize; 5]) -> String {
    let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
    format!("{}\n", cells.join("  ").trim_end())
}
