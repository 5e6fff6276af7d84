//! What becomes of the jails when the configuration has changed and somebody presses *Reload* or *Restart*.
//!
//! Either nothing has changed and the page says that it was refused, or every jail is what its files say and the page
//! says that it was done. There are never fewer jails, and never a jail without its actions or its filter, unless the
//! page said so before.

mod change;
mod page;
mod place;
mod state;

mod actions;
mod harmless;
mod logs;
mod one_jail;
mod server;
mod settings;
