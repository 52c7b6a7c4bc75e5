//! When bytes reached this machine, by the kernel's own clock.
//!
//! A busy program reads late, and what it would note at the read is its own delay as much as the
//! sender's. Linux keeps the time at which each packet came (`SO_TIMESTAMPNS`, socket(7)) and
//! hands out that of the last packet of a read.

use std::io;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

/// Bytes that were read, and when they came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received {
    /// How many; 0 at the end of the stream.
    pub bytes: usize,
    /// When the last of them came, or, where the kernel does not say, when the read returned.
    pub at: Instant,
    /// When the read returned.
    pub read_at: Instant,
}

/// Bytes that are older than this at the read are given the read's time: the wall clock, which
/// the kernel counts by, was set meanwhile.
const OLDEST: Duration = Duration::from_mins(1);

/// Room for one control message with a time in it.
const ROOM: usize = 64;

/// Reads from a socket that [`ask_for_arrivals`] was called on, or from any other.
#[derive(Debug)]
pub struct Receiver {
    control: Vec<u8>,
}

impl Default for Receiver {
    fn default() -> Self {
        Self { control: vec![0; ROOM] }
    }
}

/// Asks the kernel to keep the times of what comes; an error where it cannot. It begins a moment
/// later where no socket of the machine had asked before; until then bytes have the read's time.
#[cfg(target_os = "linux")]
pub fn ask_for_arrivals(socket: &impl AsFd) -> io::Result<()> {
    use nix::sys::socket::{setsockopt, sockopt::ReceiveTimestampns};
    Ok(setsockopt(socket, ReceiveTimestampns, &true)?)
}

/// Asks the kernel to keep the times of what comes; an error where it cannot.
#[cfg(not(target_os = "linux"))]
pub fn ask_for_arrivals(_socket: &impl AsFd) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

impl Receiver {
    /// One read without waiting.
    #[cfg(target_os = "linux")]
    pub fn receive(&mut self, socket: &impl AsFd, buf: &mut [u8]) -> io::Result<Received> {
        use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg};
        use std::os::fd::AsRawFd;
        let mut room = [io::IoSliceMut::new(buf)];
        let socket = socket.as_fd().as_raw_fd();
        let message =
            recvmsg::<()>(socket, &mut room, Some(&mut self.control), MsgFlags::MSG_DONTWAIT)?;
        let (read_at, wall) = (Instant::now(), std::time::SystemTime::now());
        let mut times = message.cmsgs()?.filter_map(|control| match control {
            ControlMessageOwned::ScmTimestampns(time) => Some(Duration::from(time)),
            _ => None,
        });
        let wall = wall.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let age = times.next().and_then(|came| wall.checked_sub(came)).filter(|age| *age < OLDEST);
        let at = age.and_then(|age| read_at.checked_sub(age)).unwrap_or(read_at);
        Ok(Received { bytes: message.bytes, at, read_at })
    }

    /// One read without waiting.
    #[cfg(not(target_os = "linux"))]
    pub fn receive(&mut self, socket: &impl AsFd, buf: &mut [u8]) -> io::Result<Received> {
        use nix::sys::socket::{MsgFlags, recv};
        use std::os::fd::AsRawFd;
        let bytes = recv(socket.as_fd().as_raw_fd(), buf, MsgFlags::MSG_DONTWAIT)?;
        let read_at = Instant::now();
        Ok(Received { bytes, at: read_at, read_at })
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::io::Write;
    use std::net::{TcpListener, TcpStream};

    #[test]
    fn bytes_are_as_old_as_they_are_however_late_the_read() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut sender = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (socket, _) = listener.accept().unwrap();
        ask_for_arrivals(&socket).unwrap();
        assert!(times_are_kept(&mut sender, &socket).unwrap(), "the kernel keeps no times");
        let before = Instant::now();
        sender.write_all(b"token").unwrap();
        let sent = Instant::now();
        std::thread::sleep(Duration::from_millis(60));
        let mut buf = [0; 16];
        let got = Receiver::default().receive(&socket, &mut buf).unwrap();
        assert_eq!(&buf[..got.bytes], b"token");
        assert!(got.read_at >= sent + Duration::from_millis(60));
        // Two clocks are read one after the other: let them be a little apart.
        let (apart, late) = (Duration::from_millis(1), Duration::from_millis(45));
        assert!(got.at + apart >= before && got.at <= sent + late, "{:?}", got.at - before);
    }

    /// The first socket that asks waits for the kernel to begin: until a late read is told apart
    /// from its bytes' arrival, at most some seconds.
    fn times_are_kept(sender: &mut TcpStream, socket: &TcpStream) -> io::Result<bool> {
        for _ in 0..200 {
            sender.write_all(b"?")?;
            std::thread::sleep(Duration::from_millis(10));
            let got = Receiver::default().receive(socket, &mut [0; 16])?;
            if got.read_at - got.at > Duration::from_millis(5) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    #[test]
    fn nothing_there_is_no_end() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let sender = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (socket, _) = listener.accept().unwrap();
        let receive = || Receiver::default().receive(&socket, &mut [0; 4]);
        assert_eq!(receive().unwrap_err().kind(), io::ErrorKind::WouldBlock);
        drop(sender);
        while receive().is_err() {}
        assert_eq!(receive().unwrap().bytes, 0);
    }
}
