//! A logout during another request of the same session.

use actix_session::{Session, SessionMiddleware};
use actix_web::cookie::{Cookie, Key};
use actix_web::http::StatusCode;
use actix_web::{App, HttpResponse, test, web};

use super::*;

async fn slow(session: Session, gate: web::Data<Gate>) -> actix_web::Result<HttpResponse> {
    gate.entered.notify_one();
    gate.leave.notified().await;
    session.insert("flash", "done")?;
    Ok(HttpResponse::Ok().finish())
}

async fn log_in(session: Session, account: web::Data<AccountId>) -> actix_web::Result<HttpResponse> {
    session.renew();
    session.insert(ACCOUNT_ID, account.get_ref())?;
    Ok(HttpResponse::Ok().finish())
}

async fn log_out(session: Session) -> HttpResponse {
    session.purge();
    HttpResponse::Ok().finish()
}

async fn who(session: Session) -> actix_web::Result<String> {
    Ok(format!("{:?}", session.get::<i64>(ACCOUNT_ID)?))
}

#[derive(Default)]
struct Gate {
    entered: tokio::sync::Notify,
    leave: tokio::sync::Notify,
}

#[actix_web::test]
async fn a_request_under_way_does_not_undo_a_logout() -> Result {
    let (_directory, storage, store) = store()?;
    let account = account(&storage).await?;
    let gate = web::Data::new(Gate::default());
    let app = App::new()
        .app_data(gate.clone())
        .app_data(web::Data::new(account))
        .wrap(SessionMiddleware::new(store, Key::generate()))
        .route("/login", web::post().to(log_in))
        .route("/logout", web::post().to(log_out))
        .route("/slow", web::post().to(slow))
        .route("/who", web::get().to(who));
    let app = test::init_service(app).await;
    let login = test::call_service(&app, test::TestRequest::post().uri("/login").to_request()).await;
    let cookie = login.response().cookies().next().ok_or("no cookie")?.into_owned();
    let with = |request: test::TestRequest| request.cookie(cookie.clone()).to_request();

    let late = test::call_service(&app, with(test::TestRequest::post().uri("/slow")));
    let logout = async {
        gate.entered.notified().await;
        let logout = test::call_service(&app, with(test::TestRequest::post().uri("/logout"))).await;
        gate.leave.notify_one();
        logout.status()
    };
    let (late, logout) = tokio::join!(late, logout);
    assert_eq!((late.status(), logout), (StatusCode::OK, StatusCode::OK));

    for cookie in late.response().cookies().map(Cookie::into_owned).chain([cookie.clone()]) {
        let request = test::TestRequest::get().uri("/who").cookie(cookie).to_request();
        assert_eq!(test::call_and_read_body(&app, request).await, "None");
    }
    assert_eq!(count(&storage).await?, 0);
    Ok(())
}
