//! The socket side that several share: arrival times by the kernel, streams as hyper reads them,
//! TLS and a proxy's tunnel.

pub mod arrival;
mod hyper_io;
mod tls;
mod tunnel;

pub use hyper_io::HyperIo;
pub use tls::{TlsError, Trust, client_config};
pub use tunnel::{TunnelError, tunnel};
