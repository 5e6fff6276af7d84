//! Asks for the password or a code again: for the routes marked `Proved` in the table, when the last proof is over ten
//! minutes old. The form that was sent waits in [`KeptForms`] until the password or a code has come to the
//! same path, and then goes on in the place of what brought it.

use actix_session::SessionExt;
use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage, HttpResponse};

use crate::accounts::{Factor, OwnError};
use crate::domain::account::Account;
use crate::web::access::{Mark, Route};
use crate::web::extract::ban_key;
use crate::web::extract::by_proxy::VouchedFor;
use crate::web::extract::current_user::CurrentUser;
use crate::web::extract::form::{Fields, Form};
use crate::web::extract::htmx;
use crate::web::extract::site::PasskeySite;
use crate::web::problem::error::Error;
use crate::web::problem::internal::Internal;
use crate::web::reply::{Told, see_other};
use crate::web::session::csrf_token;
use crate::web::session::flash::Flash;
use crate::web::session::kept_forms::{KeptFormId, KeptForms, Sender, page_of};
use crate::web::session::{passkey, proof};
use crate::web::state::State;
use crate::web::view::messages::own_account;
use crate::web::{access, session};

/// The proof that came with a request, and the form that waits for it. In the extensions.
enum Given {
    /// A proof for the form `id`.
    For { id: KeptFormId, proof: Factor },
    /// The form no longer waits.
    TooLate,
}

/// Puts the form that has waited in the place of the one that brings the proof, so that all behind see what
/// is to be done. Nothing is done yet: the token, the role and the proof are checked behind this.
///
/// # Errors
/// Those of the service behind it.
pub(crate) async fn restore_form(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    match restore(&request) {
        Ok(()) => next.call(request).await,
        Err(error) => Ok(request.error_response(error)),
    }
}

fn restore(request: &ServiceRequest) -> Result<(), Error> {
    if route(request).is_none() {
        return Ok(());
    }
    let form = Form::of_request(request)?;
    let Some(id) = form.optional::<KeptFormId>("kept_form")? else { return Ok(()) };
    let forms = forms(request)?;
    let kept = sender(request)?.and_then(|sender| forms.find(sender, id));
    let given = match kept.filter(|kept| kept.path == path(request)) {
        Some(kept) => {
            let token = form.first("csrf_token").unwrap_or_default();
            let fields = kept.fields.replacing("csrf_token", token);
            request.extensions_mut().insert(Form::of_fields(fields));
            let (session, site) = (request.get_session(), PasskeySite::of_request(request.request())?);
            Given::For { id, proof: passkey::given_factor(&session, &form, &site, "proof")? }
        }
        None => Given::TooLate,
    };
    request.extensions_mut().insert(given);
    Ok(())
}

/// Lets through what needs no proof, or whose last proof holds, or brings one that is right. Otherwise keeps
/// the form and leads to the page that asks.
///
/// # Errors
/// Those of the service behind it.
pub(crate) async fn require_proof(
    mut request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let Some(route) = route(&request) else { return next.call(request).await };
    match check(&mut request, route).await {
        Ok(None) => next.call(request).await,
        Ok(Some(answer)) => Ok(request.into_response(answer)),
        Err(error) => Ok(request.error_response(error)),
    }
}

/// Returns what to answer; `None` if the request may go on.
async fn check(request: &mut ServiceRequest, route: &Route) -> Result<Option<HttpResponse>, Error> {
    let given = request.extensions_mut().remove::<Given>();
    let form = Form::of_request(request)?;
    if given.is_none() && !route.is(Mark::Proved) && !lifts_many(&form) {
        return Ok(None);
    }
    if given.is_none() && request.extensions().get::<VouchedFor>().is_some() {
        // There is nothing to ask for: the web server in front has vouched for this very request, so a stolen session
        // alone is of no use.
        return Ok(None);
    }
    let state = request.app_data::<Data<State>>().cloned().ok_or(Internal::Missing("the state"))?;
    let (session, forms) = (request.get_session(), forms(request)?);
    let (id, proof) = match given {
        Some(Given::TooLate) => return too_late(request).map(Some),
        Some(Given::For { id, proof }) => (id, proof),
        None if proof::holds(&session, &state)? => return Ok(None),
        None => return ask(request, route, &forms).map(Some),
    };
    if !proof::holds(&session, &state)? {
        let CurrentUser(who) = CurrentUser::extract(request.request()).await?;
        if let Err(error) = state.accounts.prove_again(&who, &proof).await {
            return wrong(error, id, &forms).map(Some);
        }
        if !state.sessions.end(who.account.id, who.session).await? {
            // Somebody ended it meanwhile, and a new key would bring it back.
            session.purge();
            return Ok(Some(see_other("/login")));
        }
        session::renew_key(&session, who.successor)?;
        state.accounts.renumber_notices(&who).await?;
        proof::note(&session, &state)?;
    }
    forms.remove(id);
    Ok(None)
}

/// Keeps the form, and leads to the page that asks for the proof.
fn ask(request: &ServiceRequest, route: &Route, forms: &KeptForms) -> Result<HttpResponse, Error> {
    let sender = sender(request)?.ok_or(Internal::Missing("an account"))?;
    let form = Form::of_request(request)?;
    let action = route.action.unwrap_or_default();
    let id = forms.keep(sender, path(request), action, form.replacing("csrf_token", ""));
    let path = asking_page(id);
    let mut answer = if htmx::comes_from_htmx(request.request()) {
        HttpResponse::Unauthorized().insert_header(("hx-redirect", path)).finish()
    } else {
        see_other(&path)
    };
    answer.extensions_mut().insert(Told::asked("The password or a code was asked for first."));
    Ok(answer)
}

fn wrong(error: OwnError, id: KeptFormId, forms: &KeptForms) -> Result<HttpResponse, Error> {
    let mistake = own_account::describe_wrong_proof(error)?;
    let mut answer = see_other(&asking_page(id));
    answer.extensions_mut().insert(Told::refused(&mistake));
    forms.note_mistake(id, mistake);
    Ok(answer)
}

fn too_late(request: &ServiceRequest) -> Result<HttpResponse, Error> {
    let words = "Nothing was done: more than ten minutes have passed. Please do it again.";
    session::leave_flash(&request.get_session(), &Flash::bad(words))?;
    let mut answer = see_other(&page_of(path(request)));
    answer.extensions_mut().insert(Told::refused(words));
    Ok(answer)
}

fn asking_page(id: KeptFormId) -> String {
    format!("/confirm?form={id}")
}

/// The line of the table that the request is for, if that may ask for a proof.
fn route(request: &ServiceRequest) -> Option<&'static Route> {
    access::requested_route(request).filter(|route| {
        request.method() == Method::POST && (route.is(Mark::Proved) || route.is(Mark::ProvedForMany))
    })
}

/// Returns true if `form` lifts what a search or a network finds, and that was confirmed, or what lies in a large
/// network.
fn lifts_many(form: &Fields) -> bool {
    let is_for_all = matches!(form.first("which"), Some("matching" | "network"));
    is_for_all && form.first("confirmed") == Some("yes") || ban_key::names_many(form)
}

/// The path with its query, which may hold the search that a form is about.
fn path(request: &ServiceRequest) -> &str {
    request.uri().path_and_query().map_or(request.path(), |path| path.as_str())
}

/// Whoever is logged in, with the session's token.
fn sender(request: &ServiceRequest) -> Result<Option<Sender>, Error> {
    let account = request.extensions().get::<Account>().map(|account| account.id);
    let token = csrf_token::stored_token(&request.get_session())?;
    Ok(account.zip(token).map(|(account, token)| Sender { account, token }))
}

fn forms(request: &ServiceRequest) -> Result<Data<KeptForms>, Error> {
    request.app_data::<Data<KeptForms>>().cloned().ok_or_else(|| Internal::Missing("the kept forms").into())
}
