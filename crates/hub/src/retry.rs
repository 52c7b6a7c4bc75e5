//! Which errors are worth another try, and after what pause.

use crate::error::HubError;
use crate::event::HubEvent;
use crate::patience::Patience;
use std::time::Duration;

/// What is left of the patience for one file.
#[derive(Debug)]
pub(crate) struct Budget<'a> {
    patience: &'a Patience,
    retries_left: u32,
    waits_left: u32,
    backoff: Duration,
}

impl<'a> Budget<'a> {
    pub(crate) fn new(patience: &'a Patience) -> Self {
        Self {
            patience,
            retries_left: patience.retries,
            waits_left: patience.rate_limit_waits,
            backoff: patience.backoff,
        }
    }

    /// The pause after `error` and the event that tells of it; `None` if there is no other try.
    pub(crate) fn pause_after(&mut self, error: &HubError) -> Option<(Duration, HubEvent)> {
        match error {
            HubError::RateLimited { retry_after, .. } => {
                self.waits_left = self.waits_left.checked_sub(1)?;
                let wait = retry_after.unwrap_or_else(|| self.next_backoff());
                (wait <= self.patience.longest_wait)
                    .then_some((wait, HubEvent::RateLimited { wait }))
            }
            HubError::Status { status: 500.., .. }
            | HubError::Truncated { .. }
            | HubError::NoAnswer { .. } => {
                self.retries_left = self.retries_left.checked_sub(1)?;
                let wait = self.next_backoff();
                Some((wait, HubEvent::Retrying { reason: error.to_string(), wait }))
            }
            _ => None,
        }
    }

    fn next_backoff(&mut self) -> Duration {
        let wait = self.backoff.min(self.patience.longest_wait);
        self.backoff = self.backoff.saturating_mul(2);
        wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::FileName;

    fn limited(seconds: Option<u64>) -> HubError {
        HubError::RateLimited {
            host: "hub:443".to_owned(),
            retry_after: seconds.map(Duration::from_secs),
        }
    }

    #[test]
    fn failures_are_tried_twice_more_each_after_a_longer_pause() {
        let patience = Patience::default();
        let mut budget = Budget::new(&patience);
        let error = HubError::Status { host: String::new(), file: FileName::config(), status: 503 };
        let pauses: Vec<_> = std::iter::from_fn(|| budget.pause_after(&error)).collect();
        let waits: Vec<_> = pauses.iter().map(|(wait, _)| wait.as_millis()).collect();
        assert_eq!(waits, [500, 1000]);
    }

    #[test]
    fn a_rate_limit_is_waited_for_in_bounds() {
        let patience = Patience::default();
        let mut budget = Budget::new(&patience);
        assert!(budget.pause_after(&limited(Some(61))).is_none(), "longer than a minute");
        let mut budget = Budget::new(&patience);
        let waits = [Some(60), Some(0), None, Some(1)]
            .map(|asked| budget.pause_after(&limited(asked)).map(|(wait, _)| wait.as_millis()));
        assert_eq!(waits, [Some(60_000), Some(0), Some(500), None]);
    }

    #[test]
    fn refusals_are_final() {
        let patience = Patience::default();
        let refused = HubError::TokenRefused { host: String::new(), status: 401 };
        assert!(Budget::new(&patience).pause_after(&refused).is_none());
    }
}
