//! The embedded facts themselves: they load, they avoid the known traps, and a user can add to
//! them by adding one file.

#![expect(clippy::float_cmp, reason = "decimals are read back exactly as they were written")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use farebox_catalog::import::{self, Baseline, PriceFormat};
use farebox_catalog::{
    ApiModel, Bytes, Catalogue, CatalogueError, LookupError, Need, NumberFormat, OfferKind,
    SourceFile,
};
use jiff::civil::date;
use std::fs;

fn gpu(name: &str) -> &'static farebox_catalog::Accelerator {
    Catalogue::embedded().accelerators().unwrap().find(name).unwrap()
}

fn hosted(name: &str) -> &'static ApiModel {
    Catalogue::embedded().hosted().unwrap().find(name).unwrap()
}

#[test]
fn everything_loads() {
    let catalogue = Catalogue::embedded();
    assert!(catalogue.accelerators().unwrap().iter().len() >= 58);
    assert!(catalogue.offers().unwrap().iter().len() >= 173);
    assert!(catalogue.hosted().unwrap().iter().len() >= 226);
}

#[test]
fn every_accelerator_has_a_half_peak_and_answers_to_each_of_its_names() {
    for accelerator in Catalogue::embedded().accelerators().unwrap().iter() {
        assert!(accelerator.half_peak().is_some(), "{}", accelerator.id);
        for name in [&accelerator.id, &accelerator.name].into_iter().chain(&accelerator.aliases) {
            assert_eq!(gpu(name).id, accelerator.id, "{name}");
        }
    }
}

#[test]
fn what_people_and_drivers_call_a_chip_finds_it() {
    for (name, id) in [
        ("H100", "h100-sxm"),
        ("NVIDIA H100 80GB HBM3", "h100-sxm"),
        ("NVIDIA A100-SXM4-80GB", "a100-sxm-80gb"),
        ("nvidia a100 80gb pcie", "a100-pcie-80gb"),
        ("Tesla T4", "t4"),
        ("NVIDIA GeForce RTX 4090", "rtx-4090"),
        ("AMD Instinct MI300X", "mi300x"),
    ] {
        assert_eq!(gpu(name).id, id, "{name}");
    }
}

#[test]
fn a_name_that_picks_no_single_chip_is_an_error_that_lists_the_near() {
    let find = |name| Catalogue::embedded().accelerators().unwrap().find(name);
    match find("a100") {
        Err(LookupError::Ambiguous { candidates, .. }) => assert_eq!(candidates.len(), 4),
        other => panic!("{other:?}"),
    }
    match find("h1000-sxm") {
        Err(LookupError::Unknown { near, .. }) => assert_eq!(near[0], "h100-sxm"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn published_traps_are_avoided() {
    let tflops = |name, format| gpu(name).peak(format).unwrap().as_tflops();
    // Dense, where tables print the sparse figure.
    assert_eq!(tflops("h100-sxm", NumberFormat::Fp16), 989.4);
    assert_eq!(tflops("l40s", NumberFormat::Fp8), 733.0);
    assert_eq!(tflops("l4", NumberFormat::Fp16), 121.0);
    assert_eq!(tflops("mi355x", NumberFormat::Fp4), 10066.3);
    // CDNA2 runs INT8 at the FP16 rate; Blackwell Ultra cuts it.
    assert_eq!(tflops("mi250x", NumberFormat::Int8), 383.0);
    assert_eq!(tflops("b300-sxm", NumberFormat::Int8), 153.5);
    // The whole package, where tables print one die.
    assert_eq!(gpu("b200-sxm").memory.label_gb, 180.0);
    assert_eq!(gpu("b200-sxm").memory.bandwidth.as_gb_per_s(), 7700.0);
    assert_eq!(gpu("mi325x").memory.label_gb, 256.0);
    assert_eq!(gpu("b300-sxm").compute_capability.as_deref(), Some("10.3"));
    // One direction, where datasheets print both.
    assert_eq!(gpu("h100-sxm").link.one_way.unwrap().as_gb_per_s(), 450.0);
    // What the driver shows, where the box says GB.
    assert_eq!(gpu("l4").memory.usable, Bytes::from_gib(22.5));
    // No number where the chip has no units.
    assert_eq!(gpu("t4").peak(NumberFormat::Bf16), None);
    assert_eq!(gpu("a100-sxm-80gb").peak(NumberFormat::Fp8), None);
}

#[test]
fn an_offer_is_found_by_provider_and_chip_or_machine() {
    let (offers, gpus) =
        (Catalogue::embedded().offers().unwrap(), Catalogue::embedded().accelerators().unwrap());
    let find = |name| offers.find(name, gpus, Need::of(1));
    assert_eq!(find("lambda:h100-sxm").unwrap().instance, "gpu_1x_h100_sxm5");
    let eight = Need { together: 8, ..Need::of(8) };
    let lambda = offers.find("lambda:h100-sxm", gpus, eight).unwrap();
    assert_eq!((lambda.instance.as_str(), lambda.usd_per_hour.get()), ("gpu_8x_h100_sxm5", 31.92));
    assert_eq!(lambda.usd_per_gpu_hour().get(), 3.99);
    assert_eq!(lambda.age_days(date(2026, 11, 23)), 97);
    assert!(lambda.is_stale(date(2026, 11, 23)));
    assert_eq!(find("Lambda:gpu_1x_h100_sxm5").unwrap().usd_per_hour.get(), 4.29);
    assert_eq!(find("nebius:h100:spot").unwrap().kind, OfferKind::Spot);
    for (name, words) in [
        ("h100-sxm", "provider:gpu"),
        ("lambada:h100-sxm", "known: aws"),
        ("lambda:mi300x", "h100-sxm:on_demand"),
    ] {
        let error = find(name).unwrap_err().to_string();
        assert!(error.contains(words), "{name}: {error}");
    }
}

#[test]
fn a_default_is_on_demand_dependable_and_within_the_range_seen() {
    let offers = Catalogue::embedded().offers().unwrap();
    for accelerator in Catalogue::embedded().accelerators().unwrap().iter() {
        let (Ok(offer), Some((low, high))) = (
            offers.default_for(&accelerator.id, Need::of(1)),
            offers.range_usd_per_gpu_hour(&accelerator.id),
        ) else {
            continue;
        };
        assert_eq!(offer.kind, OfferKind::OnDemand);
        assert!((low..=high).contains(&offer.usd_per_gpu_hour().get()), "{offer}");
        assert!(offer.to_string().contains(&offer.provider), "{offer}");
        assert!(offer.to_string().contains(&offer.as_of.to_string()), "{offer}");
    }
    let l40s = offers.default_for("l40s", Need::of(1)).unwrap();
    assert_eq!(l40s.instance, "g6e.xlarge", "not a quarter of g6e.12xlarge");
    // Only an article nobody vouches for prices this one.
    let error = offers.default_for("rtx-4090", Need::of(1)).unwrap_err();
    assert!(error.to_string().contains("rtx-4090"), "{error}");
}

#[test]
fn hosted_models_keep_their_doubts() {
    let gpt4 = hosted("gpt-4");
    assert_eq!(gpt4.id, "openai/gpt-4");
    assert!(gpt4.is_retired(date(2026, 11, 23)));
    // A listed 0 is unknown, and sources that differ are both kept.
    assert_eq!(hosted("openai/gpt-3.5-turbo").prices.cached_input, None);
    let differing = hosted("google/gemini-3.6-flash").disagreements().next().unwrap();
    assert_eq!(differing.input.unwrap().get(), 1.5);
    let models = Catalogue::embedded().hosted().unwrap();
    assert_eq!(models.iter().filter(|model| model.disagreements().next().is_some()).count(), 25);
    assert!(matches!(models.find("openai/gpt-oss-120b"), Err(LookupError::Ambiguous { .. })));
}

/// A chip that is in no catalogue, as a contributor would write it.
const NEW_GPU: &str = r#"
name = "Abacus 9"
aliases = ["abacus"]
architecture = "Bead"
form_factor = "desk"
confidence = "low"

[memory]
label_gb = 32
usable_gib = 30
kind = "wood"
bandwidth_gb_s = 500

[dense_tflops]
bf16 = 100

[link]
fabric = "none"
kind = "none"
domain = 1
"#;

#[test]
fn one_more_file_adds_a_gpu_and_one_of_the_same_id_replaces_it() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("gpus/acme")).unwrap();
    fs::write(folder.path().join("gpus/acme/abacus-9.toml"), NEW_GPU).unwrap();
    let t4 = NEW_GPU.replace("Abacus 9", "My T4").replace("abacus", "mine");
    fs::write(folder.path().join("gpus/acme/t4.toml"), t4).unwrap();
    fs::create_dir_all(folder.path().join("prices")).unwrap();
    let prices = "instance,gpu,count,usd_per_hour,kind,region,as_of,as_of_note,confidence,source,\
                  notes\ndesk,abacus-9,1,0.5,on_demand,here,2026-11-01,,high,my invoice,\n";
    fs::write(folder.path().join("prices/acme.csv"), prices).unwrap();

    let files = SourceFile::read_folder(folder.path()).unwrap();
    let catalogue = Catalogue::with_files(files);
    let gpus = catalogue.accelerators().unwrap();
    assert_eq!(gpus.find("ABACUS").unwrap().vendor, "acme");
    assert_eq!(gpus.find("t4").unwrap().name, "My T4");
    assert_eq!(gpus.find("h100").unwrap().id, "h100-sxm");
    let offer = catalogue.offers().unwrap().default_for("abacus-9", Need::of(1)).unwrap();
    assert_eq!(offer.provider, "acme");
}

#[test]
fn a_file_that_takes_anothers_name_or_points_nowhere_is_refused() {
    let load = |path: &str, text: String| Catalogue::with_files(vec![SourceFile::new(path, text)]);
    let taken = load("gpus/acme/abacus-9.toml", NEW_GPU.replace("\"abacus\"", "\"H-100\""));
    let error = taken.accelerators().unwrap_err();
    let expected = CatalogueError::NameTaken {
        file: "gpus/acme/abacus-9.toml".into(),
        name: "H-100".into(),
        owner: "h100-sxm".into(),
    };
    assert_eq!(*error, expected);
    let text = "instance,gpu,count,usd_per_hour,kind,region,as_of,as_of_note,confidence,source,\
                notes\na,b,1,1,spot,r,2026,,high,s,\n";
    let dangling = load("prices/acme.csv", text.to_owned());
    let error = dangling.offers().unwrap_err().to_string();
    assert_eq!(error, "prices/acme.csv:2: gpu: \"b\" is not in the catalogue");
}

#[test]
fn a_litellm_file_cut_short_is_refused_even_when_whole_providers_are_gone() {
    let models = Catalogue::embedded().hosted().unwrap();
    let baseline = Baseline::of_hosted(models, PriceFormat::LiteLlm);
    let text = r#"{"gpt-4": {"litellm_provider": "openai", "input_cost_per_token": 3e-05}}"#;
    let today = date(2026, 11, 23);
    let book = import::read(text, PriceFormat::guess(text), today, baseline.prices()).unwrap();
    let error = import::compare(&baseline, &book).unwrap_err();
    assert!(
        matches!(error, import::ImportError::Shrank { lost, of } if of > 150 && lost == of - 1)
    );
}
