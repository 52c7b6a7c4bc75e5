//! Which path does what. The two that generate are in `routes/generate.rs`.

mod generate;

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use serde::Serialize;

use crate::api_error::ApiError;
use crate::ledger::Ledger;
use crate::quantity::Tokens;
use crate::reply_body::ReplyBody;
use crate::request::Endpoint;
use crate::server::Shared;

pub(crate) type Reply = Response<ReplyBody>;

/// Answers one request; whatever is wrong with it becomes a reply.
pub(crate) async fn answer(shared: &Shared, ledger: &Ledger, request: Request<Incoming>) -> Reply {
    let outcome = match (request.method(), request.uri().path()) {
        (&Method::POST, "/v1/chat/completions") => {
            generate::answer(shared, ledger, Endpoint::Chat, request).await
        }
        (&Method::POST, "/v1/completions") => {
            generate::answer(shared, ledger, Endpoint::Completions, request).await
        }
        (&Method::GET, "/v1/models") => Ok(models(shared)),
        (&Method::GET, "/metrics") => Ok(metrics(shared)),
        (&Method::GET, "/health") => Ok(Response::new(ReplyBody::whole(Bytes::new()))),
        (_, "/v1/chat/completions" | "/v1/completions") => {
            Err(ApiError::MethodNotAllowed { allowed: Method::POST })
        }
        (_, "/v1/models" | "/health" | "/metrics") => {
            Err(ApiError::MethodNotAllowed { allowed: Method::GET })
        }
        (_, path) => Err(ApiError::NoSuchPath { path: path.to_owned() }),
    };
    outcome.unwrap_or_else(|error| refusal(&error))
}

fn refusal(error: &ApiError) -> Reply {
    let mut reply = json(error.to_json());
    *reply.status_mut() = error.status();
    if let ApiError::MethodNotAllowed { allowed } = error
        && let Ok(allowed) = HeaderValue::from_str(allowed.as_str())
    {
        reply.headers_mut().insert(ALLOW, allowed);
    }
    reply
}

/// A reply of status 200 with this JSON.
fn json(document: impl Into<Bytes>) -> Reply {
    with_type("application/json", ReplyBody::whole(document))
}

fn with_type(content_type: &'static str, body: ReplyBody) -> Reply {
    let mut reply = Response::new(body);
    *reply.status_mut() = StatusCode::OK;
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    reply
}

fn metrics(shared: &Shared) -> Reply {
    let page = shared.metrics.page(&shared.served.model, shared.kv_capacity);
    with_type("text/plain; version=0.0.4; charset=utf-8", ReplyBody::whole(page))
}

#[derive(Serialize)]
struct ModelList<'a> {
    object: &'a str,
    data: [ModelCard<'a>; 1],
}

#[derive(Serialize)]
struct ModelCard<'a> {
    id: &'a str,
    object: &'a str,
    created: u64,
    owned_by: &'a str,
    root: &'a str,
    max_model_len: Tokens,
}

fn models(shared: &Shared) -> Reply {
    let card = ModelCard {
        id: &shared.served.model,
        object: "model",
        created: shared.started_unix_s,
        owned_by: "farebox",
        root: &shared.root_model,
        max_model_len: shared.served.max_model_len,
    };
    // Strings and numbers only: this cannot fail.
    json(serde_json::to_vec(&ModelList { object: "list", data: [card] }).unwrap_or_default())
}
