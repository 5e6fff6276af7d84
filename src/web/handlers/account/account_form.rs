//! The common start of every handler of a form on one's own account, and its common ends.

use std::future::Future;
use std::pin::Pin;

use actix_session::Session;
use actix_web::dev::Payload;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};

use crate::accounts::{Factor, LoggedIn, RecoveryCode};
use crate::web::extract::current_user::CurrentUser;
use crate::web::extract::form::Form;
use crate::web::extract::site::PasskeySite;
use crate::web::problem::error::Error;
use crate::web::reply::Reply;
use crate::web::session;
use crate::web::session::flash::Flash;
use crate::web::session::{csrf_token, passkey};
use crate::web::state::State;
use crate::web::view::page::Page;

use super::profile::AccountPage;
use super::self_service::SelfServiceErrors;

/// A form about one's own account, with what it takes to do what it asks for and to answer.
pub(crate) struct AccountForm {
    /// The request itself.
    pub request: HttpRequest,
    /// The parts that every page has.
    pub page: Page,
    /// The state that the handlers share.
    pub state: Data<State>,
    /// The session it was sent in.
    pub session: Session,
    /// Whose account it is.
    pub who: LoggedIn,
    /// Where passkeys work, if they do here.
    pub site: PasskeySite,
    /// Its fields.
    pub form: Form,
}

impl FromRequest for AccountForm {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, actix_web::Error>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            Ok(Self {
                form: Form::extract(&request).await?,
                state: Data::<State>::extract(&request).await?,
                session: Session::extract(&request).await?,
                who: CurrentUser::extract(&request).await?.0,
                site: PasskeySite::extract(&request).await?,
                page: Page::extract(&request).await?,
                request,
            })
        })
    }
}

impl AccountForm {
    /// The current password, as it was typed.
    pub(crate) fn current_password(&self) -> Result<&str, Error> {
        self.form.text("current_password")
    }

    /// The current second factor, as it was given.
    pub(crate) fn current_factor(&self) -> Result<Factor, Error> {
        passkey::given_factor(&self.session, &self.form, &self.site, "current_code")
    }

    /// Back to one's account with a message. The session gets a fresh key, since its rights have changed.
    pub(crate) fn rights_changed(&self, words: &str) -> Result<Reply, Error> {
        self.renew()?;
        Ok(Reply::with_message("/account", Flash::good(words)))
    }

    /// One's account with the new recovery codes on it, for a session with a fresh key.
    pub(crate) async fn with_codes(mut self, codes: Vec<RecoveryCode>) -> Result<Reply, Error> {
        self.renew()?;
        self.page.csrf = csrf_token::masked_token(&self.session)?;
        let shown = self.account_page(SelfServiceErrors::default()).await?.with_codes(codes);
        Ok(Reply::page(&shown)?.noting("Recovery codes were shown."))
    }

    /// One's account again, with what was wrong beside its fields.
    pub(crate) async fn refused(self, mistakes: SelfServiceErrors) -> Result<Reply, Error> {
        let again = self.account_page(mistakes).await?;
        again.mistakes().reply(&again)
    }

    async fn account_page(self, mistakes: SelfServiceErrors) -> Result<AccountPage, Error> {
        AccountPage::load(self.page, &self.state, self.who, &self.site, mistakes).await
    }

    fn renew(&self) -> Result<(), Error> {
        session::renew(&self.session, self.who.successor)?;
        session::proof::note(&self.session, &self.state)
    }
}
