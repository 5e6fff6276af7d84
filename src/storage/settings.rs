//! Queries on the table of settings, which administrators make on pages.

use rusqlite::{Connection, OptionalExtension, Result, params};

use crate::domain::account::Role;

/// The least role that has to have a second factor.
const SECOND_FACTOR_FROM: &str = "second_factor_from";

/// The same as an expression, for a query that needs it beside others.
pub(crate) const SELECT_SECOND_FACTOR_FROM: &str =
    "(SELECT value FROM settings WHERE name = 'second_factor_from')";

/// Reads the least role that has to have a second factor. `None` if nobody has to.
pub(crate) fn second_factor_from(connection: &Connection) -> Result<Option<Role>> {
    let sql = "SELECT value FROM settings WHERE name = ?1";
    connection.query_row(sql, [SECOND_FACTOR_FROM], |row| row.get(0)).optional()
}

/// Sets it, or lets nobody have to.
pub(crate) fn set_second_factor_from(connection: &Connection, least: Option<Role>) -> Result<()> {
    match least {
        Some(least) => connection.execute(
            "INSERT INTO settings (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2",
            params![SECOND_FACTOR_FROM, least],
        ),
        None => connection.execute("DELETE FROM settings WHERE name = ?1", [SECOND_FACTOR_FROM]),
    }
    .map(drop)
}
