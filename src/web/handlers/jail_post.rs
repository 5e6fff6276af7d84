//! The common start of every handler of a POST on a jail.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::web::{Data, Path, Query};
use actix_web::{FromRequest, HttpRequest};

use crate::domain::jail::JailName;
use crate::web::extract::ban_query::BanParams;
use crate::web::extract::current_user::CurrentUser;
use crate::web::extract::form::Form;
use crate::web::extract::jail_name::parse_jail_name;
use crate::web::state::State;
use crate::web::view::page::Page;

/// A form that was sent to a jail, with what it takes to do what it asks for and to answer.
pub(crate) struct JailForm {
    /// The request itself.
    pub request: HttpRequest,
    /// The parts that every page has.
    pub page: Page,
    /// The state that the handlers share.
    pub state: Data<State>,
    /// The user who sent it.
    pub user: CurrentUser,
    /// The jail that the path names; there need not be one.
    pub jail: JailName,
    /// The part of the ban list that was shown.
    pub(crate) params: BanParams,
    /// Its fields.
    pub form: Form,
}

impl FromRequest for JailForm {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, actix_web::Error>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            Ok(Self {
                jail: parse_jail_name(&Path::<String>::extract(&request).await?)?,
                form: Form::extract(&request).await?,
                params: Query::<BanParams>::extract(&request).await?.into_inner(),
                state: Data::<State>::extract(&request).await?,
                user: CurrentUser::extract(&request).await?,
                page: {
                    let page = Page::extract(&request).await?;
                    page.require_daemon()?;
                    page
                },
                request,
            })
        })
    }
}
