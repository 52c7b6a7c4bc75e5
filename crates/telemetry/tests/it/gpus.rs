//! Stand-ins for the programs that are not here: what they are asked, and what is made of what they
//! say.

use farebox_core::Signal;
use farebox_measure::{BaseUrl, Target};
use farebox_telemetry::{GpuError, GpuProbe, GpuReading};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};
use tempfile::TempDir;

use crate::server::{Answer, serve};

/// A folder with a program called `name` that writes its arguments down and then does `script`.
fn stand_in(name: &str, script: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    let asked = folder.path().join("asked");
    let text = format!("#!/bin/sh\nprintf '%s\\n' \"$@\" >> '{}'\n{script}\n", asked.display());
    let program = folder.path().join(name);
    fs::write(&program, text).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

fn asked(folder: &Path) -> Vec<String> {
    fs::read_to_string(folder.join("asked")).unwrap().lines().map(str::to_owned).collect()
}

fn read(probe: &GpuProbe) -> Result<Vec<GpuReading>, GpuError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(probe.read())
}

fn names(probe: &GpuProbe) -> Result<Vec<String>, GpuError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let cards = runtime.block_on(probe.cards())?;
    assert!(cards.iter().zip(0..).all(|(card, index)| card.index == index), "{cards:?}");
    Ok(cards.into_iter().map(|card| card.name).collect())
}

fn find(folder: &TempDir) -> GpuProbe {
    GpuProbe::find(Some(folder.path().as_os_str())).unwrap()
}

#[test]
fn nvidia_smi_is_asked_for_its_fields() {
    let folder = stand_in("nvidia-smi", "echo '0, 40536, 81920, 87, 341.22, 1410, 61'");
    let probe = find(&folder);
    assert_eq!(probe.to_string(), "nvidia-smi");
    let [gpu] = &read(&probe).unwrap()[..] else { panic!("one GPU") };
    assert_eq!((gpu.index, gpu.value(Signal::PowerW)), (0, Some(341.22)));
    let fields = "--query-gpu=index,memory.used,memory.total,utilization.gpu,power.draw,clocks.sm,\
                  temperature.gpu";
    assert_eq!(asked(folder.path()), [fields, "--format=csv,noheader,nounits"]);
}

#[test]
fn amd_smi_is_asked_where_nvidia_smi_is_not() {
    let card = r#"[{"gpu": 0, "power": {"socket_power": {"value": 512, "unit": "W"}}}]"#;
    let folder = stand_in("amd-smi", &format!("echo '{card}'"));
    let [gpu] = &read(&find(&folder)).unwrap()[..] else { panic!("one GPU") };
    assert_eq!(gpu.value(Signal::PowerW), Some(512.0));
    assert_eq!(asked(folder.path()), ["metric", "--json"]);
}

#[test]
fn every_tool_tells_what_the_cards_are_called() {
    let h100 = "NVIDIA H100 80GB HBM3";
    let folder = stand_in("nvidia-smi", &format!("echo '{h100}'; echo '{h100}'"));
    assert_eq!(names(&find(&folder)).unwrap(), [h100, h100]);
    assert_eq!(asked(folder.path()), ["--query-gpu=name", "--format=csv,noheader"]);

    let card =
        r#"{"gpu": 0, "asic": {"market_name": "AMD Instinct MI300X", "num_compute_units": 304}}"#;
    for document in [format!("[{card}]"), format!(r#"{{"gpu_data": [{card}]}}"#)] {
        let folder = stand_in("amd-smi", &format!("echo '{document}'"));
        assert_eq!(names(&find(&folder)).unwrap(), ["AMD Instinct MI300X"]);
        assert_eq!(asked(folder.path()), ["static", "--asic", "--json"]);
    }

    // An exporter tells it with every value.
    let metrics = concat!(
        "DCGM_FI_DEV_SM_CLOCK{gpu=\"0\",modelName=\"NVIDIA A100-SXM4-80GB\"} 1410\n",
        "DCGM_FI_DEV_GPU_TEMP{gpu=\"0\",modelName=\"NVIDIA A100-SXM4-80GB\"} 50\n",
        "DCGM_FI_DEV_GPU_TEMP{gpu=\"1\",modelName=\"NVIDIA A100-SXM4-80GB\"} 51\n",
    );
    let addr = serve(|_| Answer::Body(metrics.to_owned()));
    let target = Target::new(BaseUrl::parse(&format!("http://{addr}")).unwrap());
    assert_eq!(names(&GpuProbe::dcgm(target).unwrap()).unwrap(), ["NVIDIA A100-SXM4-80GB"; 2]);
}

#[test]
fn a_tool_that_names_no_card_is_an_error() {
    let empty = stand_in("nvidia-smi", "true");
    assert!(matches!(names(&find(&empty)), Err(GpuError::Garbage { who: "nvidia-smi", .. })));
    let bare = stand_in("amd-smi", r#"echo '[{"gpu": 0, "asic": "N/A"}]'"#);
    assert!(matches!(names(&find(&bare)), Err(GpuError::Garbage { who: "amd-smi", .. })));
}

#[test]
fn a_missing_program_is_said_by_name() {
    let nothing = TempDir::new().unwrap();
    let error = GpuProbe::find(Some(nothing.path().as_os_str())).unwrap_err().to_string();
    assert!(error.starts_with("no GPU can be asked: NVML: "), "{error}");
    assert!(error.ends_with("nvidia-smi is not in PATH; amd-smi is not in PATH"), "{error}");
    assert!(GpuProbe::find(None::<&OsStr>).is_err());

    let folder = stand_in("nvidia-smi", "");
    let probe = find(&folder);
    fs::remove_file(folder.path().join("nvidia-smi")).unwrap();
    let error = read(&probe).unwrap_err();
    assert!(matches!(error, GpuError::Run { .. }), "{error}");
    assert!(error.to_string().ends_with("nvidia-smi: no such program"), "{error}");
}

#[test]
fn a_program_that_fails_is_quoted() {
    let says = "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.";
    let folder = stand_in("nvidia-smi", &format!("echo \"{says}\"; exit 9"));
    let error = read(&find(&folder)).unwrap_err().to_string();
    assert!(error.ends_with(&format!("nvidia-smi failed (exit status: 9): {says}")), "{error}");
}

#[test]
fn garbage_is_no_reading() {
    let folder = stand_in("nvidia-smi", "head -c 100000 /dev/zero; echo; echo '0, 1, 2'");
    let error = read(&find(&folder)).unwrap_err();
    assert!(matches!(error, GpuError::Garbage { who: "nvidia-smi", .. }), "{error}");
    assert!(error.to_string().len() < 200, "an excerpt is enough: {error}");
}

#[test]
fn a_program_that_hangs_is_ended() {
    let folder = stand_in("nvidia-smi", "echo $$ > \"$(dirname \"$0\")/pid\"; exec sleep 60");
    let probe = find(&folder).with_patience(Duration::from_millis(300));
    let error = read(&probe).unwrap_err();
    assert!(error.to_string().ends_with("nvidia-smi said nothing within 0.3 s"), "{error}");
    let pid = fs::read_to_string(folder.path().join("pid")).unwrap();
    let give_up = Instant::now() + Duration::from_secs(10);
    // Gone, or dead and not yet waited for.
    let lives = || {
        let stat = fs::read_to_string(format!("/proc/{}/stat", pid.trim()));
        stat.is_ok_and(|stat| !stat.contains(") Z "))
    };
    while lives() {
        assert!(Instant::now() < give_up, "it still runs");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_dcgm_exporter_is_asked_over_http() {
    let addr = serve(|_| Answer::Body("DCGM_FI_DEV_POWER_USAGE{gpu=\"3\"} 650\n".to_owned()));
    let target = |addr| Target::new(BaseUrl::parse(&format!("http://{addr}")).unwrap());
    let [gpu] = &read(&GpuProbe::dcgm(target(addr)).unwrap()).unwrap()[..] else { panic!("one") };
    assert_eq!((gpu.index, gpu.value(Signal::PowerW)), (3, Some(650.0)));
    let gone = serve(|_| Answer::Status(503));
    let error = read(&GpuProbe::dcgm(target(gone)).unwrap()).unwrap_err();
    assert_eq!(error.to_string(), "DCGM exporter: answered 503");
}
