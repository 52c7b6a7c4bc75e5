//! What scripts add to charts.

use crate::support::Site;
use farebox_testkit::Browser;
use serde_json::json;

/// Moves the pointer so far right of the `nth` point of the chart of costs.
const MOVE: &str = "const point = document.querySelectorAll('#chart-cost circle')[arguments[0]]; \
     const box = point.getBoundingClientRect(); \
     const at = { clientX: box.left + arguments[1], clientY: box.top + 3, bubbles: true }; \
     point.closest('svg').dispatchEvent(new PointerEvent('pointermove', at)); \
     const said = document.querySelector('.readout'); \
     return said.hidden ? '' : said.textContent;";

#[test]
fn the_point_nearest_to_the_pointer_says_what_it_stands_for() {
    let site = Site::start();
    let Some(browser) = Browser::open() else { return };
    browser.go(&format!("http://{}/?model=Qwen/Qwen3-8B&gpu=l4", site.addr));
    browser.until("document.querySelector('#chart-cost circle title')");
    let titles =
        "return [...document.querySelectorAll('#chart-cost title')].map((t) => t.textContent)";
    let titles = browser.run(titles, &json!([]));
    // The first title is that of the picture.
    assert_eq!(browser.run(MOVE, &json!([0, 6])), titles[1]);
    assert_eq!(browser.run(MOVE, &json!([0, 500])), "", "too far from any");
    assert_eq!(browser.run(MOVE, &json!([2, 3])), titles[3]);
    assert_eq!(browser.complaints(), Vec::<String>::new());
}
