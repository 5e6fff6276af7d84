//! `/accounts`: who may log in, for administrators.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use askama::Template;
use strum::VariantArray as _;

use crate::accounts::{AccountsError, AdministrationError};
use crate::config::{Config, LiveConfig};
use crate::domain::account::{Account, AccountId, AccountName, AccountOverview, ChosenBy, Password, Role};
use crate::web::extract::form::Form;
use crate::web::problem::error::Error;
use crate::web::reply::Reply;
use crate::web::session::flash::Flash;
use crate::web::state::State;
use crate::web::view::page::Page;
use crate::web::view::{assets, format, fragment, messages};

#[derive(Template)]
#[template(path = "accounts/accounts.html")]
struct AccountsPage {
    page: Page,
    rows: Vec<AccountOverview>,
    form: NewAccount,
    /// The least role that has to have a second factor, as it was set here.
    factor_from: Option<Role>,
    /// The same by the configuration, which holds in any case.
    configured_factor: Option<Role>,
}

impl AccountsPage {
    async fn load(page: Page, state: &State, config: &Config, form: NewAccount) -> Result<Self, Error> {
        let rows = state.accounts.list().await?;
        let factor_from = state.accounts.second_factor_from().await?;
        Ok(Self { page, rows, form, factor_from, configured_factor: config.require_second_factor })
    }

    fn is_me(&self, row: &AccountOverview) -> bool {
        self.page.account.as_ref().is_some_and(|me| me.id == row.account.id)
    }
}

/// Input of the form for a new account, and its errors.
struct NewAccount {
    username: String,
    role: Role,
    name_mistake: Option<String>,
    password_mistake: Option<String>,
}

impl NewAccount {
    fn empty() -> Self {
        Self { username: String::new(), role: Role::Operator, name_mistake: None, password_mistake: None }
    }

    fn mistake(&self) -> &str {
        self.name_mistake.as_ref().or(self.password_mistake.as_ref()).map_or("", String::as_str)
    }
}

#[derive(Template)]
#[template(path = "accounts/one.html")]
struct OnePage {
    page: Page,
    one: AccountOverview,
    mistake: Option<String>,
}

impl OnePage {
    fn base(&self) -> String {
        base(self.one.account.id)
    }
}

/// The question before an account is deleted.
#[derive(Template)]
#[template(path = "accounts/delete.html")]
struct DeletePage {
    page: Page,
    name: AccountName,
    base: String,
}

fn base(id: AccountId) -> String {
    format!("/accounts/{}", id.0)
}

/// `GET /accounts`.
pub(crate) async fn page(
    page: Page,
    state: Data<State>,
    config: Data<LiveConfig>,
) -> Result<HttpResponse, Error> {
    fragment::full_page(
        &AccountsPage::load(page, &state, &config.now(), NewAccount::empty()).await?,
        StatusCode::OK,
    )
}

/// `POST /accounts`.
pub(crate) async fn add(
    page: Page,
    state: Data<State>,
    config: Data<LiveConfig>,
    form: Form,
) -> Result<Reply, Error> {
    let (username, password, role) = (form.text("username")?, form.text("password")?, form.value("role")?);
    let (name_mistake, password_mistake) = match (
        username.trim().parse::<AccountName>(),
        state.accounts.new_password(username, password),
    ) {
        (Ok(name), Ok(password)) => match add_for_another(&state, name.clone(), password, role).await {
            Ok(_) => {
                let words = format!(
                    "{name} was added and can log in as {role}. At the first login {name} has to choose another password."
                );
                return Ok(Reply::with_message("/accounts", Flash::good(words)));
            }
            Err(AccountsError::NameTaken) => (Some(format!("There is already an account {name}.")), None),
            Err(error) => return Err(error.into()),
        },
        (name, password) => {
            (name.err().as_ref().map(messages::explain), password.err().as_ref().map(messages::explain))
        }
    };
    let form = NewAccount { username: username.to_owned(), role, name_mistake, password_mistake };
    let again = AccountsPage::load(page, &state, &config.now(), form).await?;
    Reply::invalid(&again, again.form.mistake())
}

async fn add_for_another(
    state: &State,
    name: AccountName,
    password: Password,
    role: Role,
) -> Result<AccountId, AccountsError> {
    state.accounts.add_with(name, password, role, ChosenBy::Another).await
}

/// `GET /accounts/{account}`.
pub(crate) async fn one(
    page: Page,
    state: Data<State>,
    path: Path<AccountId>,
) -> Result<HttpResponse, Error> {
    let one = another(&page, &state, *path).await?;
    fragment::full_page(&OnePage { page, one, mistake: None }, StatusCode::OK)
}

/// `POST /accounts/{account}/role`.
pub(crate) async fn set_role(
    page: Page,
    state: Data<State>,
    path: Path<AccountId>,
    form: Form,
) -> Result<Reply, Error> {
    let one = another(&page, &state, *path).await?;
    let role: Role = form.value("role")?;
    let done = state.accounts.set_role(one.account.id, role).await;
    let name = &one.account.name;
    changed(&one.account, done, format!("{name} is now {role} and has to log in again."))
}

/// `POST /accounts/{account}/disable`: with `on=false` the account may log in again.
pub(crate) async fn disable(
    page: Page,
    state: Data<State>,
    path: Path<AccountId>,
    form: Form,
) -> Result<Reply, Error> {
    let one = another(&page, &state, *path).await?;
    let on: bool = form.value("on")?;
    let done = state.accounts.set_disabled(one.account.id, on).await;
    let name = &one.account.name;
    let words = if on {
        format!("{name} is disabled. Its sessions have ended.")
    } else {
        format!("{name} can log in again.")
    };
    changed(&one.account, done, words)
}

/// `GET /accounts/{account}/delete`.
pub(crate) async fn ask_delete(
    page: Page,
    state: Data<State>,
    path: Path<AccountId>,
) -> Result<HttpResponse, Error> {
    let one = another(&page, &state, *path).await?.account;
    fragment::full_page(&DeletePage { page, name: one.name, base: base(one.id) }, StatusCode::OK)
}

/// `POST /accounts/{account}/delete`.
pub(crate) async fn delete(page: Page, state: Data<State>, path: Path<AccountId>) -> Result<Reply, Error> {
    let one = another(&page, &state, *path).await?.account;
    match state.accounts.delete(one.id).await {
        Ok(()) => {
            let words = format!("The account {} is deleted. Its sessions have ended.", one.name);
            Ok(Reply::with_message("/accounts", Flash::good(words)))
        }
        refused @ Err(_) => changed(&one, refused, String::new()),
    }
}

/// `POST /accounts/{account}/reset`.
pub(crate) async fn reset(
    page: Page,
    state: Data<State>,
    path: Path<AccountId>,
    form: Form,
) -> Result<Reply, Error> {
    let one = another(&page, &state, *path).await?;
    let password = match state.accounts.new_password(one.account.name.as_str(), form.text("password")?) {
        Ok(password) => password,
        Err(error) => {
            let why = messages::explain(&error);
            return Reply::invalid(&OnePage { page, one, mistake: Some(why.clone()) }, &why);
        }
    };
    let done = state.accounts.reset(one.account.id, password, ChosenBy::Another).await;
    let name = &one.account.name;
    let taken = match (one.has_app, one.passkeys) {
        (false, 0) => "",
        (true, 0) => "Its second factor and recovery codes are removed. ",
        (_, 1..) => "Its passkeys, second factor and recovery codes are removed. ",
    };
    let words =
        format!("{name} has the new password. {taken}Its sessions have ended. Tell {name} to change it.");
    changed(&one.account, done, words)
}

/// `POST /accounts/{account}/sessions/end`.
pub(crate) async fn end_sessions(
    page: Page,
    state: Data<State>,
    path: Path<AccountId>,
) -> Result<Reply, Error> {
    let one = another(&page, &state, *path).await?;
    let name = &one.account.name;
    let words = match state.sessions.end_all(one.account.id).await? {
        0 => format!("{name} was not logged in."),
        1 => format!("The session of {name} has ended."),
        many => format!("The {} sessions of {name} have ended.", format::number(many)),
    };
    Ok(Reply::with_message(base(one.account.id), Flash::good(words)))
}

/// Returns the account with that number, unless it is the user's own: nobody takes their own rights
/// away by mistake.
async fn another(page: &Page, state: &State, id: AccountId) -> Result<AccountOverview, Error> {
    if page.account.as_ref().is_some_and(|me| me.id == id) {
        return Err(Error::OwnAccount);
    }
    let all = state.accounts.list().await?;
    all.into_iter().find(|one| one.account.id == id).ok_or(Error::NoPage)
}

/// Redirects back to the account, with the result of the change.
fn changed(account: &Account, done: Result<(), AdministrationError>, words: String) -> Result<Reply, Error> {
    let name = &account.name;
    let message = match done {
        Ok(()) => Flash::good(words),
        Err(AdministrationError::LastAdministrator) => Flash::bad(format!(
            "{name} is the last administrator who can log in. Nothing was changed: create another one first."
        )),
        Err(AdministrationError::ByProxy) => Flash::bad(format!(
            "Nothing was changed: the web server in front logs {name} in, and its groups there give the role."
        )),
        Err(AdministrationError::NoAccount) => return Err(Error::NoPage),
        Err(AdministrationError::Accounts(error)) => return Err(error.into()),
    };
    Ok(Reply::with_message(base(account.id), message))
}
