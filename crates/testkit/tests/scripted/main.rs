//! The scripted server against a client made of nothing but a socket.

#![expect(clippy::unwrap_used, reason = "in a test a failed unwrap is the finding")]

mod client;
mod faults;
mod scripts;
mod timing;
