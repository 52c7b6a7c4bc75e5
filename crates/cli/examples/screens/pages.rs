//! Which pages there are, how each is looked at, and what the documentation shows.

/// A page in one of its states.
pub(crate) struct Page {
    pub(crate) name: &'static str,
    pub(crate) place: Place,
    pub(crate) looks: &'static [Look],
    /// What is done before the picture is taken.
    pub(crate) prepare: &'static str,
    /// What must be true before it is taken.
    pub(crate) until: &'static str,
    /// Names of the looks that are committed.
    pub(crate) shown: &'static [&'static str],
}

/// Where a page is.
pub(crate) enum Place {
    /// A path of the server.
    Path(&'static str),
    /// The page of a run that is being written meanwhile.
    Live,
    /// The report that `farebox report` wrote, opened from disk.
    Report,
    /// The same, as it is printed.
    Print,
}

/// A size of the window, by day or by night.
pub(crate) struct Look {
    pub(crate) name: &'static str,
    pub(crate) width: u32,
    pub(crate) dark: bool,
}

const SCREEN: &[Look] = &[
    Look { name: "400", width: 400, dark: false },
    Look { name: "400-dark", width: 400, dark: true },
    Look { name: "1280", width: 1280, dark: false },
    Look { name: "1280-dark", width: 1280, dark: true },
    Look { name: "1920", width: 1920, dark: false },
    Look { name: "1920-dark", width: 1920, dark: true },
];

/// A sheet of A4 within its margins.
const PAPER: &[Look] = &[Look { name: "a4", width: 688, dark: false }];

const OWN: &str = "/?model=meta-llama/Llama-3.1-8B-Instruct&gpu=l40s&isl=2048&osl=256&at=slo&\
                   slo_ttft_ms=1000&slo_tpot_ms=50";
const ABREAST: &str = "/?model=Qwen/Qwen3-32B&gpu=h100-sxm&tp=2&concurrency=64\
     &pin=model%3DQwen%2FQwen3-32B%26gpu%3Dh200-sxm%26concurrency%3D64\
     &pin=model%3DQwen%2FQwen3-32B%26gpu%3Dmi300x%26concurrency%3D64";

/// Nothing to do, nothing to wait for.
const READY: &str = "document.querySelector('main')";

pub(crate) const PAGES: [Page; 16] = [
    page("calculator", Place::Path("/"), "", &["1280", "1920-dark", "400"]),
    page("promise", Place::Path(OWN), "", &[]),
    page(
        "explained",
        Place::Path(OWN),
        "for (const id of ['ttft', 'usd_output']) document.querySelector(`#figure-${id}`).open = true",
        &["400-dark"],
    ),
    page("document", Place::Path(OWN), "document.querySelector('#document').open = true", &[]),
    page(
        "by-hand",
        Place::Path(
            "/?params=13B&hidden_size=5120&layers=40&heads=40&kv_heads=40&gpu=custom&\
                     mem_gb=96&mem_bw_gb_per_s=3000&tflops=800&price_per_gpu_hour=2",
        ),
        "document.querySelectorAll('fieldset details').forEach((part) => { part.open = true; })",
        &[],
    ),
    page("abreast", Place::Path(ABREAST), "", &["1280"]),
    page("misfit", Place::Path("/?model=Qwen/Qwen3-32B&gpu=l4"), "", &["1280"]),
    page("scenarios", Place::Path("/scenarios"), "", &["1280", "400"]),
    page("api", Place::Path("/api"), "", &["1280"]),
    page("runs", Place::Path("/runs"), "", &["1280", "400"]),
    page(
        "run",
        Place::Path("/runs/quickstart?price=2.4&utilisation=60"),
        "",
        &["1280", "400-dark"],
    ),
    Page {
        name: "live",
        place: Place::Live,
        looks: SCREEN,
        prepare: "",
        // Some loads are over, so that there are curves.
        until: "/load [3-6],/.test(document.querySelector('.progress')?.textContent)",
        shown: &["1280"],
    },
    page(
        "compare",
        Place::Path("/compare?run=quickstart&run=double-speed&run=long-answers"),
        "",
        &["1280-dark", "400"],
    ),
    page("report", Place::Report, "", &["1280", "400", "1920-dark"]),
    Page { looks: PAPER, ..page("report", Place::Print, "", &[]) },
    page("missing", Place::Path("/runs/none"), "", &[]),
];

const fn page(
    name: &'static str,
    place: Place,
    prepare: &'static str,
    shown: &'static [&'static str],
) -> Page {
    Page { name, place, looks: SCREEN, prepare, until: READY, shown }
}
