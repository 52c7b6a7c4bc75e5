//! An engine as a container, by `docker run`.

use crate::command_line::{CommandLine, LOOPBACK};
use crate::error::LaunchError;
use crate::flags::Flags;
use crate::spec::{Docker, LaunchSpec};
use crate::told::{Told, fetched};

/// The port inside the container.
const INSIDE: u16 = 8000;
/// Inside, the engine must listen to the container's own interface; outside, the port is bound to
/// loopback.
const ANY: &str = "0.0.0.0";

/// `docker run` around the engine's own arguments.
pub(crate) fn command_line(
    spec: &LaunchSpec,
    flags: &Flags,
    docker: &Docker,
) -> Result<CommandLine, LaunchError> {
    let image = docker.image.clone().or_else(|| flags.image.map(str::to_owned));
    let image = image.ok_or(LaunchError::NoImage(spec.engine))?;
    let name = format!("farebox-{}-{}", spec.engine.name().replace('.', ""), spec.port);
    let mut args: Vec<String> = ["run", "--rm", "--name", &name].map(str::to_owned).to_vec();
    match docker.gpus.as_deref() {
        Some("none") => {}
        gpus => args.extend(["--gpus".to_owned(), gpus.unwrap_or("all").to_owned()]),
    }
    // Tensor parallel workers talk through shared memory.
    args.extend(["--ipc".to_owned(), "host".to_owned()]);
    args.extend(["-p".to_owned(), format!("{LOOPBACK}:{}:{INSIDE}", spec.port)]);
    for volume in &docker.volumes {
        args.extend(["-v".to_owned(), volume.clone()]);
    }
    // By name alone: the value stays out of the process list.
    let told = Told::new(spec, flags, (ANY, INSIDE))?;
    for variable in told.env.keys().map(String::as_str).chain(["HF_TOKEN"]) {
        args.extend(["-e".to_owned(), variable.to_owned()]);
    }
    args.extend(docker.run_args.iter().cloned());
    args.push(image);
    args.extend(flags.in_image.iter().map(|&word| word.to_owned()));
    args.extend(told.args);
    Ok(CommandLine {
        program: "docker".to_owned(),
        args,
        env: told.env,
        cleanup: Some(["docker", "rm", "-f", &name].map(str::to_owned).to_vec()),
        health: flags.health.to_owned(),
        fetch: fetched(spec, flags),
    })
}
