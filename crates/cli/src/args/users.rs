//! The people who will ask, for a bill per hour.

use super::range::number;
use clap::Args;
use farebox_calculator::Users;

/// How many people ask, and how often.
#[derive(Debug, Clone, Args)]
pub(crate) struct UsersArgs {
    /// Users, for a bill per hour and user
    #[arg(long, value_name = "N", value_parser = users, allow_negative_numbers = true)]
    pub(crate) users: Option<u32>,
    /// Requests of each user per hour [default: 1]
    #[arg(long, value_name = "R", value_parser = per_hour, requires = "users", allow_negative_numbers = true)]
    pub(crate) requests_per_user_hour: Option<f64>,
}

impl UsersArgs {
    /// The users, if somebody named them.
    pub(crate) fn asked(&self) -> Option<Users> {
        let requests_per_user_hour = self.requests_per_user_hour.unwrap_or(1.0);
        self.users.map(|users| Users { users, requests_per_user_hour })
    }
}

fn users(text: &str) -> Result<u32, String> {
    number(text, 1_000_000_000)
}

/// Requests of one user: a person types fewer, a program rarely more.
fn per_hour(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if rate > 0.0 && rate <= 1e6 => Ok(rate),
        _ => Err(format!("`{text}` is out of range: above 0, at most 1000000")),
    }
}
