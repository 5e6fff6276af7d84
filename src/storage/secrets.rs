//! Queries on the table of secrets, which has one row.

use rusqlite::{Connection, Result};

/// The 64 random bytes that sign session cookies. Made by the first call.
pub(crate) fn cookie_key(connection: &Connection) -> Result<[u8; 64]> {
    let fresh: [u8; 64] = rand::random();
    let sql = "INSERT INTO secrets (id, cookie_key) VALUES (1, ?1) ON CONFLICT (id) DO NOTHING";
    connection.execute(sql, [fresh])?;
    connection.query_row("SELECT cookie_key FROM secrets WHERE id = 1", [], |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use crate::storage::{Storage, secrets, temporary};

    #[tokio::test]
    async fn cookie_key_outlives_a_restart() -> Result<(), Box<dyn Error>> {
        let (directory, storage) = temporary()?;
        let key = storage.call(|connection| secrets::cookie_key(connection)).await?;
        drop(storage);
        let storage = Storage::open(&directory.path().join("bangui.sqlite3"))?;
        assert_eq!(key, storage.call(|connection| secrets::cookie_key(connection)).await?);
        Ok(())
    }

    #[tokio::test]
    async fn two_databases_have_two_cookie_keys() -> Result<(), Box<dyn Error>> {
        let (_one_directory, one) = temporary()?;
        let (_two_directory, two) = temporary()?;
        let one = one.call(|connection| secrets::cookie_key(connection)).await?;
        assert_ne!(one, two.call(|connection| secrets::cookie_key(connection)).await?);
        Ok(())
    }
}
