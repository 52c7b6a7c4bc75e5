//! The volume from which a machine of one's own costs no more than a hosted model.

/// A machine that is paid whether or not it is used, beside a price per request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BreakEven {
    usd_per_month_machine: f64,
    requests_per_month_machine: f64,
    usd_per_request_hosted: f64,
}

impl BreakEven {
    /// One machine for a month, in USD; the requests that it carries in a month within the
    /// promise; and a request on the hosted model, in USD. None unless all are finite and above 0.
    pub fn new(
        usd_per_month_machine: f64,
        requests_per_month_machine: f64,
        usd_per_request_hosted: f64,
    ) -> Option<Self> {
        let figures = [usd_per_month_machine, requests_per_month_machine, usd_per_request_hosted];
        figures.iter().all(|figure| figure.is_finite() && *figure > 0.0).then_some(Self {
            usd_per_month_machine,
            requests_per_month_machine,
            usd_per_request_hosted,
        })
    }

    /// Requests a month from which one machine is no dearer; none where it is dearer even when
    /// full, and then so are any number of them, since `k` machines cost `k` times as much and
    /// carry `k` times as many.
    pub fn requests_per_month(&self) -> Option<f64> {
        let requests = self.usd_per_month_machine / self.usd_per_request_hosted;
        (requests <= self.requests_per_month_machine).then_some(requests)
    }

    /// Share of one machine that must be used for that.
    pub fn utilisation(&self) -> Option<f64> {
        Some(self.requests_per_month()? / self.requests_per_month_machine)
    }

    /// One machine for a month, in USD.
    pub const fn usd_per_month_machine(&self) -> f64 {
        self.usd_per_month_machine
    }

    /// Requests that one machine carries in a month.
    pub const fn requests_per_month_machine(&self) -> f64 {
        self.requests_per_month_machine
    }

    /// A request on the hosted model, in USD.
    pub const fn usd_per_request_hosted(&self) -> f64 {
        self.usd_per_request_hosted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_wins_from_where_its_month_is_paid() {
        let one = BreakEven::new(1000.0, 1e6, 0.01).unwrap();
        assert_eq!(one.requests_per_month(), Some(100_000.0));
        assert_eq!(one.utilisation(), Some(0.1));
        let dear = BreakEven::new(1000.0, 1e6, 0.0005).unwrap();
        assert_eq!(dear.requests_per_month(), None, "2,000,000 requests do not fit");
    }

    #[test]
    fn unknown_figures_give_none() {
        for (month, requests, price) in [
            (0.0, 1.0, 1.0),
            (1.0, 0.0, 1.0),
            (1.0, 1.0, 0.0),
            (f64::NAN, 1.0, 1.0),
            (1.0, f64::INFINITY, 1.0),
        ] {
            assert_eq!(BreakEven::new(month, requests, price), None);
        }
    }
}
