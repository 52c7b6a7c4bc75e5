//! Bodies, as far as they are read.

use super::Limits;
use crate::error::WebError;
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::StatusCode;
use hyper::body::{Body, Incoming};

/// The whole body, if it is small enough and comes soon enough.
pub(crate) async fn read_body(body: Incoming, limits: Limits) -> Result<Bytes, WebError> {
    let most = limits.body_bytes;
    let too_large = || {
        let message = format!("the body is larger than {most} bytes");
        WebError::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", message)
    };
    // An honest content-length saves reading what will be refused.
    if body.size_hint().lower() > most as u64 {
        return Err(too_large());
    }
    let collected = tokio::time::timeout(limits.body, Limited::new(body, most).collect()).await;
    match collected {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
        Ok(Err(_)) => Err(WebError::bad("body", "the body could not be read to its end")),
        Err(_) => {
            let message = format!("the body did not come within {:.0?}", limits.body);
            Err(WebError::new(StatusCode::REQUEST_TIMEOUT, "body_too_slow", message))
        }
    }
}
