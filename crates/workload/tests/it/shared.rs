//! Prompts share what they declare and nothing else.

use crate::support::{close, generated, planned, profile};
use farebox_workload::profile::PrefixBasis;
use farebox_workload::sharing::{Pause, Sessions, Turns};
use farebox_workload::{Lengths, Marginal, Prefixes, Rhythm, SegmentId, Sharing};
use std::collections::HashMap;

#[test]
fn without_sharing_nothing_is_shared() {
    let seen = profile(&generated(Lengths::fixed(100, 10), None, Sharing::Nothing), 1, 500);
    let prefix = seen.prefix.unwrap();
    assert_eq!((prefix.share, prefix.basis), (0.0, PrefixBasis::Stated));
}

#[test]
fn groups_share_their_prefix_and_follow_zipf() {
    let prefixes = Prefixes::new(4, 300, 1.0).unwrap();
    let workload = generated(Lengths::fixed(400, 10), None, Sharing::Prefixes(prefixes));
    let requests = planned(&workload, 2, 10_000);
    let mut sizes: HashMap<SegmentId, f64> = HashMap::new();
    for request in &requests {
        assert_eq!(request.segments.iter().map(|s| s.tokens).sum::<u32>(), 400);
        *sizes.entry(request.segments[0].id).or_default() += 1.0;
    }
    // Harmonic number of 4: 25/12.
    for rank in 1..=4_u32 {
        close(sizes[&SegmentId::Group(rank - 1)], 10_000.0 * 12.0 / 25.0 / f64::from(rank), 0.06);
    }
    // All but the first of each group begin with 300 tokens that were sent before.
    let share = profile(&workload, 2, 10_000).prefix.unwrap().share;
    close(share, 0.75 * (1.0 - 4.0 / 10_000.0), 1e-9);
}

#[test]
fn a_prefix_leaves_room_for_a_token_of_ones_own() {
    let prefixes = Prefixes::new(1, 300, 0.0).unwrap();
    let workload = generated(Lengths::fixed(10, 1), None, Sharing::Prefixes(prefixes));
    let request = &planned(&workload, 2, 1)[0];
    let tokens: Vec<u32> = request.segments.iter().map(|s| s.tokens).collect();
    assert_eq!(tokens, [9, 1]);
    assert_eq!(Prefixes::new(0, 300, 1.0), None);
}

#[test]
fn conversations_grow_pause_and_keep_the_rate() {
    let sessions = Sessions {
        turns: Turns::Geometric(4.0),
        growth: Marginal::Normal { mean: 200.0, sd: 20.0 },
        pause: Pause::Exponential(5.0),
    };
    let poisson = Some((50.0, Rhythm::Poisson));
    let workload = generated(Lengths::fixed(100, 50), poisson, Sharing::Sessions(sessions));
    let requests = planned(&workload, 9, 40_000);
    assert!(requests.is_sorted_by_key(|request| request.at_ns), "in the order they are due");
    let seen = profile(&workload, 9, 40_000);
    let turns = seen.turns.unwrap();
    close(turns.per_session.mean, 4.0, 0.05);
    close(turns.growth_tokens.unwrap().mean, 200.0, 0.01);
    close(turns.between_s.unwrap().mean, 5.0, 0.05);
    close(seen.arrivals.unwrap().mean_rate_per_s, 50.0, 0.06);
    let prefix = seen.prefix.unwrap();
    // Turn k is 100 + 200 k long and shares all but the last 200 of it; with turns geometric of
    // mean 4, E[(k + 1)th turn happens] = 0.75^k: 5 in 6 tokens or so.
    let (mut shared, mut all) = (0.0, 0.0);
    for k in 0..200 {
        let happens = 0.75_f64.powi(k);
        all += happens * (100.0 + 200.0 * f64::from(k));
        shared += if k > 0 { happens * (200.0 * f64::from(k) - 100.0) } else { 0.0 };
    }
    close(prefix.share, shared / all, 0.03);
}

#[test]
fn trajectories_are_five_prompts_each_the_beginning_of_the_next() {
    let sharing = Sharing::Sessions(Sessions::trajectories(1000.0, 200.0));
    let workload = generated(Lengths::fixed(1000, 100), None, sharing);
    let requests = planned(&workload, 4, 50);
    for trajectory in requests.chunks(5) {
        assert!(
            trajectory
                .iter()
                .all(|r| r.turn.unwrap().session == trajectory[0].turn.unwrap().session)
        );
        for pair in trajectory.windows(2) {
            assert_eq!(pair[1].segments[..pair[0].segments.len()], pair[0].segments[..]);
            assert!(pair[1].isl > pair[0].isl);
        }
    }
    let growth = profile(&workload, 4, 5_000).turns.unwrap().growth_tokens.unwrap();
    close(growth.mean, 200.0, 0.02);
    close(growth.sd.unwrap(), 40.0, 0.08);
}
