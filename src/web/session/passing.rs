//! Proofs that let a login through the wait for failures from elsewhere: the task that its page had, or a code.

use actix_session::Session;

use crate::accounts::{Pass, Task};
use crate::web::extract::form::Form;
use crate::web::problem::error::Error;

/// The entry with the task of the last login page.
const TASK: &str = "task";

/// Keeps the task that a login page has.
///
/// # Errors
/// When the session cannot be written.
pub(crate) fn keep(session: &Session, task: &Task) -> Result<(), Error> {
    Ok(session.insert(TASK, task)?)
}

/// The proof that came with `form`, if any did.
///
/// # Errors
/// When the session or the form cannot be read.
pub(crate) fn given(session: &Session, form: &Form) -> Result<Option<Pass>, Error> {
    let filled = |name| form.first(name).filter(|value| !value.is_empty());
    if filled("work").is_some() {
        let task = session.get::<Task>(TASK)?;
        session.remove(TASK);
        let number = form.value("work")?;
        return Ok(task.map(|task| Pass::Work(task, number)));
    }
    Ok(filled("app_code").map(|code| Pass::Code(code.to_owned())))
}
