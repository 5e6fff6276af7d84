//! The numbers that stand for names in the record.

use rusqlite::{Connection, OptionalExtension, Result};

/// Returns the number of a jail, which gets one if it has none.
pub(crate) fn jail_id(connection: &Connection, name: &str) -> Result<i64> {
    id_of(connection, "jails", name)
}

/// Returns the number of a name, which gets one if it has none. `table` is `jails` or `people`.
pub(super) fn id_of(connection: &Connection, table: &str, name: &str) -> Result<i64> {
    let known = format!("SELECT id FROM {table} WHERE name = ?1");
    if let Some(id) = connection.prepare_cached(&known)?.query_row([name], |row| row.get(0)).optional()? {
        return Ok(id);
    }
    connection.execute(&format!("INSERT INTO {table} (name) VALUES (?1)"), [name])?;
    Ok(connection.last_insert_rowid())
}
