//! `/jails/{jail}/filter`: trying a jail's filter, for administrators. Nothing is changed or saved.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use askama::Template;

use crate::domain::filter_trial::{
    Expressions, FilterQuestion, FilterTrial, PastedLines, TrialLines, Untried,
};
use crate::domain::jail::JailName;
use crate::web::extract::ban_query::jail_path;
use crate::web::extract::form::Form;
use crate::web::extract::jail_name::parse_jail_name;
use crate::web::handlers::jail_post::JailForm;
use crate::web::problem::error::Error;
use crate::web::state::State;
use crate::web::view::filter_trial::FilterForm;
use crate::web::view::messages::{Explain as _, filter_trial as words};
use crate::web::view::page::Page;
use crate::web::view::{assets, filter_trial, format, fragment, messages};

#[derive(Template)]
#[template(path = "jails/filter.html")]
struct FilterPage {
    page: Page,
    jail: JailName,
    base: String,
    form: FilterForm,
    /// The result; `None` where there is a mistake in the form.
    answer: Option<Result<FilterTrial, Untried>>,
}

/// `GET /jails/{jail}/filter`: the filter as the daemon has it, tried on the jail's log.
pub(crate) async fn page(page: Page, state: Data<State>, path: Path<String>) -> Result<HttpResponse, Error> {
    let jail = parse_jail_name(&path)?;
    page.require_daemon()?;
    let answer = state.jails.try_filter(&jail, page.freshness, &FilterQuestion::of_log()).await?;
    let form = if let Ok(trial) = &answer {
        of_expressions(&trial.expressions.failregex, &trial.expressions.ignoreregex)
    } else {
        // As fail2ban tells them: without its short forms.
        let detail = state.jails.detail(&jail).await?;
        let known = |list: Option<&Vec<String>>| list.cloned().unwrap_or_default();
        of_expressions(&known(detail.fail_regex.as_ref().ok()), &known(detail.ignore_regex.as_ref().ok()))
    };
    let base = jail_path(&jail);
    fragment::full_page(&FilterPage { page, jail, base, form, answer: Some(answer) }, StatusCode::OK)
}

fn of_expressions(failregex: &[String], ignoreregex: &[String]) -> FilterForm {
    FilterForm {
        failregex: failregex.join("\n"),
        ignoreregex: ignoreregex.join("\n"),
        ..FilterForm::default()
    }
}

/// `POST /jails/{jail}/filter`: tries what the form says. A field that is not there is as the daemon has it.
pub(crate) async fn try_it(post: JailForm) -> Result<HttpResponse, Error> {
    let JailForm { page, state, jail, form: fields, .. } = post;
    let mut form = read(&fields);
    let question = question(&fields, &mut form);
    let answer = if form.mistake().is_none() {
        Some(state.jails.try_filter(&jail, page.freshness, &question).await?)
    } else {
        None
    };
    if let Some(Err(Untried::Refused { setting, index, words })) = &answer {
        let mistake = Some(words::refused_expression(*index, words));
        match setting.as_str() {
            "failregex" => form.fail_mistake = mistake,
            "ignoreregex" => form.ignore_mistake = mistake,
            _ => {}
        }
    }
    let (base, is_mistaken) = (jail_path(&jail), form.mistake().is_some());
    let answer = answer.filter(|_| !is_mistaken);
    let shown = FilterPage { page, jail, base, form, answer };
    if is_mistaken { fragment::mistaken_page(&shown) } else { fragment::full_page(&shown, StatusCode::OK) }
}

fn read(fields: &Form) -> FilterForm {
    // No page can hold this one character.
    let text = |name| fields.first(name).unwrap_or_default().replace('\0', "\u{fffd}");
    FilterForm {
        is_pasted: fields.first("lines") == Some("pasted"),
        text: text("text"),
        failregex: text("failregex"),
        ignoreregex: text("ignoreregex"),
        ..FilterForm::default()
    }
}

/// The question that the form asks; a mistake is noted in it.
fn question(fields: &Form, form: &mut FilterForm) -> FilterQuestion {
    let expressions = |name, mistake: &mut Option<String>| {
        let read = Expressions::of_lines(fields.first(name)?);
        read.map_err(|error| *mistake = Some(error.explain())).ok()
    };
    let failregex = expressions("failregex", &mut form.fail_mistake);
    let ignoreregex = expressions("ignoreregex", &mut form.ignore_mistake);
    if failregex.as_ref().is_some_and(|own| own.as_slice().is_empty()) {
        form.fail_mistake = Some("Enter an expression with <HOST> in it.".to_owned());
    }
    let mut lines = TrialLines::FromLog;
    if form.is_pasted {
        match PastedLines::try_from(form.text.clone()) {
            Ok(_) if form.text.trim().is_empty() => {
                form.text_mistake = Some("Paste at least one line.".to_owned());
            }
            Ok(pasted) => lines = TrialLines::Pasted(pasted),
            Err(error) => form.text_mistake = Some(error.explain()),
        }
    }
    FilterQuestion { lines, failregex, ignoreregex }
}
