//! Chat and completions, streaming or not: read, check, queue, and answer as tokens come.

use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::Request;
use hyper::body::{Body, Incoming};
use tokio::sync::mpsc::UnboundedReceiver;

use super::{Reply, with_type};
use crate::api_error::ApiError;
use crate::ledger::{Ledger, OpenRecord};
use crate::pacer::PacedToken;
use crate::quantity::Nanos;
use crate::reply::{AnswerWriter, Identity};
use crate::reply_body::{ReplyBody, TokenStream, Witness};
use crate::request::{Endpoint, Generate, Style};
use crate::scheduler::RequestId;
use crate::server::Shared;
use crate::truth::{Delivery, Outcome, RequestTruth};

/// Largest request body accepted: beyond any prompt that fits a context.
const BODY_LIMIT_BYTES: usize = 32 * 1024 * 1024;

const REQUEST_ID: &str = "x-request-id";

pub(super) async fn answer(
    shared: &Shared,
    ledger: &Ledger,
    endpoint: Endpoint,
    request: Request<Incoming>,
) -> Result<Reply, ApiError> {
    let received = shared.clock.now();
    let number = shared.next_number();
    let request_id = request_id(&request, number);
    let body = read_body(request.into_body()).await?;
    let generate = Generate::parse(endpoint, &body, &shared.served)?;
    drop(body);

    let queued = shared.clock.now();
    let truth = opened(&request_id, &generate, received, queued);
    let submitted = shared.pacer.submit(RequestId(number), generate.job, queued);
    let tokens = submitted.map_err(|_| ApiError::Stopping)?;
    let record = OpenRecord::new(truth, shared.truth.clone());
    let witness = Witness { record, ledger: ledger.clone() };
    let writer = AnswerWriter::new(&Identity {
        endpoint,
        job: generate.job,
        number,
        request_id,
        model: shared.served.model.clone(),
        created: unix_seconds(),
    });
    let left = generate.job.osl.0;
    match generate.style {
        Style::Whole => whole(tokens, left, &writer, witness).await,
        Style::Stream(usage) => {
            let stream = TokenStream { tokens, writer, usage, witness, left };
            let body = ReplyBody::Stream(Box::new(stream));
            Ok(with_type("text/event-stream; charset=utf-8", body))
        }
    }
}

async fn whole(
    mut tokens: UnboundedReceiver<PacedToken>,
    left: u64,
    writer: &AnswerWriter,
    witness: Witness,
) -> Result<Reply, ApiError> {
    for _ in 0..left {
        let token = tokens.recv().await.ok_or(ApiError::Stopping)?;
        witness.record.add(token.unwritten());
    }
    let body = ReplyBody::Whole(Some(writer.whole()), Some(witness));
    Ok(with_type("application/json", body))
}

fn opened(
    request_id: &str,
    generate: &Generate,
    received_ns: Nanos,
    queued_ns: Nanos,
) -> RequestTruth {
    RequestTruth {
        request_id: request_id.to_owned(),
        received_ns,
        queued_ns,
        isl: generate.job.isl,
        osl: generate.job.osl,
        delivery: match generate.style {
            Style::Whole => Delivery::Whole,
            Style::Stream(_) => Delivery::Stream,
        },
        outcome: Outcome::Cancelled,
        tokens: Vec::with_capacity(generate.job.osl.0 as usize),
    }
}

/// The client's name for the request where it is plain text, else one of our own.
fn request_id(request: &Request<Incoming>, number: u64) -> String {
    let given = request.headers().get(REQUEST_ID).and_then(|value| value.to_str().ok());
    given.map_or_else(|| format!("farebox-{number}"), ToOwned::to_owned)
}

async fn read_body(body: Incoming) -> Result<Bytes, ApiError> {
    let too_large = ApiError::BodyTooLarge { limit_bytes: BODY_LIMIT_BYTES };
    // An honest content-length saves reading what will be refused.
    if body.size_hint().lower() > BODY_LIMIT_BYTES as u64 {
        return Err(too_large);
    }
    match Limited::new(body, BODY_LIMIT_BYTES).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large),
        Err(_) => Err(ApiError::BodyUnreadable),
    }
}

fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
