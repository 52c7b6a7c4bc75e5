//! The client against itself: the self-test finds errors of the size that they have.

use farebox_measure::Cancel;
use farebox_measure::calibration::Trial;
use farebox_testkit::ms;

#[tokio::test]
async fn a_self_test_finds_small_errors_with_few_streams() {
    let trial = Trial { streams: 4, waves: 3, ttft: ms(20), gap: ms(5), osl: 12 };
    let bars = trial.run(Cancel::default()).await.unwrap();
    assert_eq!((bars.streams, bars.requests), (4, 12), "every request, and no probe");
    // A wrong definition is off by a gap or by the time to the first token.
    assert!(bars.ttft_error_ms.p50.abs() < 5.0, "{bars:?}");
    assert!(bars.tpot_error_ms.mean.abs() < 1.0, "{bars:?}");
    assert!(bars.ttft_error_ms.p99 >= bars.ttft_error_ms.p50);
}

#[test]
fn a_short_trial_is_short_whatever_the_token_rate() {
    for gap_us in [1, 900, 10_000, 80_000, 4_000_000] {
        let trial = Trial::short(100_000, std::time::Duration::from_micros(gap_us));
        let takes = (trial.ttft + trial.gap * trial.osl) * trial.waves;
        assert!(takes < ms(600) && trial.osl >= 4 && trial.streams <= 1000, "{trial:?}");
    }
}
