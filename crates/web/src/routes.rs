//! Which path does what.

use crate::api;
use crate::app::App;
use crate::ask::Values;
use crate::assets;
use crate::error::WebError;
use crate::page;
use crate::reply::Reply;
use crate::runs;
use crate::server::{Entry, Seat, read_body};
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{ACCEPT, CONTENT_TYPE};
use hyper::http::request::Parts;
use hyper::{Method, Request, Response, StatusCode};
use url::form_urlencoded;

/// What was asked, whole.
#[derive(Debug)]
pub(crate) struct Inquiry {
    pub(crate) head: Parts,
    pub(crate) body: Bytes,
}

/// Answers one request; whatever is wrong with it becomes a reply.
pub(crate) async fn answer(
    app: &App,
    seat: &Seat,
    request: Request<Incoming>,
) -> Response<Full<Bytes>> {
    let (head, body) = request.into_parts();
    let admitted = admitted(app, &head, body).await;
    seat.is_answered();
    let response = response(app, head, admitted).await;
    seat.is_waited_for();
    response
}

async fn response(
    app: &App,
    head: Parts,
    admitted: Result<Admitted, WebError>,
) -> Response<Full<Bytes>> {
    let reply = match admitted {
        Ok(Admitted::Inquiry(body)) => {
            let inquiry = Inquiry { head, body };
            let reply = dispatch(app, &inquiry).await;
            return reply
                .unwrap_or_else(|error| refusal(app, &inquiry.head, &error))
                .into_response(&inquiry.head);
        }
        Ok(Admitted::Elsewhere(reply)) => reply,
        Err(error) => refusal(app, &head, &error),
    };
    reply.into_response(&head)
}

/// Who was let in, and where to.
enum Admitted {
    /// To be answered.
    Inquiry(Bytes),
    /// To come again without the token in the address.
    Elsewhere(Reply),
}

async fn admitted(app: &App, head: &Parts, body: Incoming) -> Result<Admitted, WebError> {
    let most = app.limits.address_bytes;
    if head.uri.path_and_query().map_or(0, |address| address.as_str().len()) > most {
        let message = format!("the address is longer than {most} bytes");
        return Err(WebError::new(StatusCode::URI_TOO_LONG, "address", message)
            .hint("POST the same names as a JSON object"));
    }
    let query = head.uri.query().unwrap_or_default();
    let word = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "token");
    let entry = app.guard.check(head, word.as_ref().map(|(_, word)| word.as_ref()))?;
    let reads = matches!(head.method, Method::GET | Method::HEAD);
    if entry == Entry::ByAddress && reads && !is_api(head) {
        return Ok(Admitted::Elsewhere(without_token(app, head)?));
    }
    let body = if reads { Bytes::new() } else { read_body(body, app.limits).await? };
    Ok(Admitted::Inquiry(body))
}

/// The same page with the token in a cookie.
fn without_token(app: &App, head: &Parts) -> Result<Reply, WebError> {
    let pairs = form_urlencoded::parse(head.uri.query().unwrap_or_default().as_bytes());
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs.filter(|(name, _)| name != "token"));
    let query = query.finish();
    let mark = if query.is_empty() { "" } else { "?" };
    // A path that begins with two slashes would lead to another host.
    let path = head.uri.path().trim_start_matches('/');
    let reply = Reply::see_other(&format!("/{path}{mark}{query}"))?;
    Ok(match app.guard.cookie() {
        Some(cookie) => reply.cookie(cookie),
        None => reply,
    })
}

async fn dispatch(app: &App, inquiry: &Inquiry) -> Result<Reply, WebError> {
    let path = inquiry.head.uri.path();
    if let Some(route) = api::find(path) {
        return api::answer(app, route, inquiry).await;
    }
    if let Some(name) = path.strip_prefix("/assets/") {
        get_only(inquiry)?;
        return assets::find(name).ok_or_else(|| nothing_here(path));
    }
    if runs::is_ours(path) {
        get_only(inquiry)?;
        return runs::answer(app, inquiry).await;
    }
    match path {
        "/fetch" => page::fetch(app, inquiry).await,
        "/" | "/parts/result" | "/parts/gpus" | "/scenarios" | "/api" => {
            get_only(inquiry)?;
            page::answer(app, path, inquiry).await
        }
        _ => Err(nothing_here(path)),
    }
}

fn nothing_here(path: &str) -> WebError {
    let shown: String = path.chars().take(80).collect();
    WebError::missing("not_found", format!("there is nothing at {shown}"))
        .hint("/ is the calculator, /api describes the API")
}

fn get_only(inquiry: &Inquiry) -> Result<(), WebError> {
    match inquiry.head.method {
        Method::GET | Method::HEAD => Ok(()),
        _ => Err(wrong_method("GET")),
    }
}

/// The path is right, the method is not.
pub(crate) fn wrong_method(allowed: &'static str) -> WebError {
    let message = format!("this path answers {allowed} only");
    WebError::new(StatusCode::METHOD_NOT_ALLOWED, "method", message)
}

fn is_api(head: &Parts) -> bool {
    head.uri.path().starts_with("/api/")
}

/// People get a page, programs a document.
fn refusal(app: &App, head: &Parts, error: &WebError) -> Reply {
    let accepts = head.headers.get(ACCEPT).and_then(|value| value.to_str().ok());
    let for_people = !is_api(head) && accepts.is_some_and(|types| types.contains("text/html"));
    let page = for_people.then(|| page::error(app, error).ok()).flatten();
    let reply = page.unwrap_or_else(|| Reply::error(error));
    if error.status == StatusCode::METHOD_NOT_ALLOWED { reply.allow("GET, POST") } else { reply }
}

impl Inquiry {
    /// The values of the query.
    pub(crate) fn query(&self) -> &str {
        self.head.uri.query().unwrap_or_default()
    }

    /// The values of a body, by what it says it is.
    pub(crate) fn body_values(&self) -> Result<Values, WebError> {
        let stated = self.head.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        match stated.map(|stated| stated.split(';').next().unwrap_or_default().trim()) {
            Some("application/json") => Values::of_json(&self.body),
            _ => Err(WebError::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "content_type",
                "the body must be application/json",
            )),
        }
    }
}
