//! Loopback ports.

use crate::command_line::LOOPBACK;
use crate::error::LaunchError;
use std::io;
use std::net::TcpListener;

/// A port that nobody listens on just now.
pub fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((LOOPBACK, 0))?.local_addr()?.port())
}

/// That nobody listens on `port`: an engine would find out minutes later.
pub(crate) fn check_free(port: u16) -> Result<(), LaunchError> {
    let bound = TcpListener::bind((LOOPBACK, port));
    bound.map(drop).map_err(|source| LaunchError::PortTaken { port, source })
}
