//! A password from the terminal, or from a line of standard input.

use std::error::Error;
use std::io::{self, BufRead, IsTerminal};

use crate::accounts::Accounts;
use crate::domain::account::{AccountName, Password};
use crate::web::view::messages::explain;

/// No password that we accept is longer, in bytes.
const LONGEST_LINE: u64 = 4096;

/// Asks twice and without echo, or reads one line where there is no terminal.
pub(crate) fn read_password(accounts: &Accounts, name: &AccountName) -> Result<Password, Box<dyn Error>> {
    let parse = |text: &str| accounts.new_password(name.as_str(), text).map_err(|error| explain(&error));
    if !io::stdin().is_terminal() {
        return Ok(parse(&first_line(io::stdin().lock())?)?);
    }
    let password = parse(&rpassword::prompt_password(format!("Password for {name}: "))?)?;
    let again = rpassword::prompt_password("Repeat the password: ")?;
    if password.as_bytes() == again.as_bytes() {
        Ok(password)
    } else {
        Err("the two passwords differ".into())
    }
}

/// The first line without its end.
fn first_line(input: impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    input.take(LONGEST_LINE).read_line(&mut line)?;
    let line = line.strip_suffix('\n').unwrap_or(&line);
    Ok(line.strip_suffix('\r').unwrap_or(line).to_owned())
}
