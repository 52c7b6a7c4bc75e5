//! The document `farebox.traffic/1`.

use super::arrivals::ArrivalProfile;
use super::cells::{Cell, Grid, joint_cells};
use super::prefix::PrefixShare;
use super::summary::Summary;
use super::turns::TurnProfile;
use crate::observed::ObservedTraffic;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// The schema tag of a traffic profile.
pub const TRAFFIC_SCHEMA: &str = "farebox.traffic/1";

/// What traffic looks like: lengths, arrivals, turns and shared prefixes. Unknown is null.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Traffic {
    /// Always [`TRAFFIC_SCHEMA`].
    pub schema: String,
    /// Where it is from and how it was counted.
    #[serde(flatten)]
    pub about: About,
    /// How many requests stand behind it.
    pub requests: u64,
    /// Input tokens per request, history included.
    pub isl_tokens: Summary,
    /// Output tokens per request.
    pub osl_tokens: Summary,
    /// How the cells below were cut; null where each stands for exactly its means.
    #[serde(default)]
    pub joint_grid: Option<Grid>,
    /// Input and output lengths together.
    pub joint: Vec<Cell>,
    /// When requests came.
    #[serde(default)]
    pub arrivals: Option<ArrivalProfile>,
    /// Conversations.
    #[serde(default)]
    pub turns: Option<TurnProfile>,
    /// Shared prefixes.
    #[serde(default)]
    pub prefix: Option<PrefixShare>,
}

/// Where a profile is from and how its tokens were counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// What people call it.
    #[serde(default)]
    pub name: Option<String>,
    /// Where the requests are from.
    #[serde(default)]
    pub source: Option<String>,
    /// Under which licence.
    #[serde(default)]
    pub licence: Option<String>,
    /// The day on which they were read, as `YYYY-MM-DD`.
    #[serde(default)]
    pub read_on: Option<String>,
    /// The tokenizer that lengths are in.
    #[serde(default)]
    pub tokenizer: Option<String>,
    /// How tokens were counted: by whom, with which template.
    #[serde(default)]
    pub counting: Option<String>,
    /// The days that were asked for, as `FROM..TO`.
    #[serde(default)]
    pub window: Option<String>,
    /// The same in nanoseconds: arrivals outside it are not counted as arrivals.
    #[serde(skip)]
    pub window_ns: Option<Range<i64>>,
}

/// Why there is no profile, or none that can be read.
#[derive(Debug, thiserror::Error)]
pub enum TrafficError {
    /// There is nothing to sum up.
    #[error("there are no requests to profile")]
    Empty,
    /// Not a profile.
    #[error("not a traffic profile: {0}")]
    Json(#[from] serde_json::Error),
    /// A document of another kind.
    #[error("`schema` is `{0}`, not {TRAFFIC_SCHEMA}")]
    Schema(String),
    /// Cells that no request can be drawn from.
    #[error("`joint[{index}]` is no cell: means from 0 up, and some count above 0")]
    Cell {
        /// Which one, from 0.
        index: usize,
    },
}

impl Traffic {
    /// Sums up `traffic`.
    pub fn of(traffic: &ObservedTraffic, about: About) -> Result<Self, TrafficError> {
        let requests = &traffic.requests;
        let isl = Summary::of(requests.iter().map(|r| f64::from(r.isl)));
        let osl = Summary::of(requests.iter().map(|r| f64::from(r.osl)));
        let times = requests.iter().filter_map(|r| r.at_ns);
        Ok(Self {
            schema: TRAFFIC_SCHEMA.to_owned(),
            requests: requests.len() as u64,
            isl_tokens: isl.ok_or(TrafficError::Empty)?,
            osl_tokens: osl.ok_or(TrafficError::Empty)?,
            joint_grid: Some(Grid::Octave),
            joint: joint_cells(requests.iter().map(|r| (r.isl, r.osl))),
            arrivals: ArrivalProfile::of(times, traffic.calendar, about.window_ns.as_ref()),
            turns: TurnProfile::of(requests),
            prefix: PrefixShare::of(traffic),
            about,
        })
    }

    /// Reads a profile, refusing what cannot be one.
    pub fn from_json(text: &str) -> Result<Self, TrafficError> {
        let traffic: Self = serde_json::from_str(text)?;
        if traffic.schema != TRAFFIC_SCHEMA {
            return Err(TrafficError::Schema(traffic.schema));
        }
        let fits = |mean: f64| (0.0..=f64::from(u32::MAX)).contains(&mean);
        let bad = |cell: &Cell| !fits(cell.isl_mean) || !fits(cell.osl_mean);
        if let Some(index) = traffic.joint.iter().position(bad) {
            return Err(TrafficError::Cell { index });
        }
        if traffic.joint.iter().all(|cell| cell.count == 0) {
            return Err(TrafficError::Cell { index: 0 });
        }
        Ok(traffic)
    }

    /// The document as one line of JSON.
    pub fn to_json(&self) -> Result<String, TrafficError> {
        Ok(serde_json::to_string(self)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observed::Observed;

    fn small() -> ObservedTraffic {
        let lengths = [(17, 25), (53, 17), (20_000, 300), (700, 410)];
        let requests =
            lengths.map(|(isl, osl)| Observed { isl, osl, ..Observed::default() }).to_vec();
        ObservedTraffic { requests, ..ObservedTraffic::default() }
    }

    #[test]
    fn a_profile_keeps_its_means_and_says_null_for_what_it_does_not_know() {
        let about = About { name: Some("small".to_owned()), ..About::default() };
        let traffic = Traffic::of(&small(), about).unwrap();
        assert_eq!((traffic.isl_tokens.mean, traffic.osl_tokens.mean), (5192.5, 188.0));
        let json: serde_json::Value = serde_json::from_str(&traffic.to_json().unwrap()).unwrap();
        assert_eq!(json["schema"], TRAFFIC_SCHEMA);
        assert_eq!(json["requests"], 4);
        for unknown in ["arrivals", "turns", "prefix", "licence"] {
            assert!(json[unknown].is_null(), "{unknown}: {}", json[unknown]);
        }
        assert_eq!(
            json["joint"][0],
            serde_json::json!({"isl_mean": 17.0, "osl_mean": 25.0, "count": 1})
        );
        assert_eq!(Traffic::from_json(&json.to_string()).unwrap(), traffic);
    }

    #[test]
    fn what_is_no_profile_is_refused_by_name() {
        let good = Traffic::of(&small(), About::default()).unwrap().to_json().unwrap();
        let error = |text: &str| Traffic::from_json(text).unwrap_err().to_string();
        assert_eq!(
            error(&good.replace("traffic/1", "curve/1")),
            "`schema` is `farebox.curve/1`, not farebox.traffic/1"
        );
        assert!(
            error(&good.replace("\"isl_mean\":53.0", "\"isl_mean\":-1.0"))
                .starts_with("`joint[1]`")
        );
        assert!(error("{}").starts_with("not a traffic profile"));
        let empty = Traffic::of(&ObservedTraffic::default(), About::default());
        assert!(matches!(empty, Err(TrafficError::Empty)));
    }
}
