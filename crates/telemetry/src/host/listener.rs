//! Which process listens at an address of this machine: the socket's inode from `/proc/net/tcp`, and
//! who holds it open from `/proc/PID/fd`. Sources: proc_net(5), proc_pid_fd(5).

use super::{HostError, ProcessTree, processes};
use std::collections::BTreeSet;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A process that listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listener {
    /// Its id.
    pub pid: u32,
    /// Its program's name, as the system shortens it.
    pub name: String,
}

/// Programs that listen for somebody else: what they use says nothing of the engine.
const FORWARDERS: [&str; 9] = [
    "docker-proxy",
    "rootlessport",
    "conmon",
    "pasta",
    "slirp4netns",
    "gvproxy",
    "kubectl",
    "ssh",
    "socat",
];

/// The state of a socket that listens.
const LISTENING: &str = "0A";

impl Listener {
    /// Who listens on `port` of one of `addresses`, or else of all addresses of this machine. Of
    /// several that share a socket, the one that started the others.
    pub fn at(addresses: &[IpAddr], port: u16) -> Result<Self, HostError> {
        let pid = holder(&sockets(addresses, port), port)?;
        if pid == std::process::id() {
            return Err(HostError::Ourselves);
        }
        let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        let name = name.trim().to_owned();
        if FORWARDERS.contains(&name.as_str()) {
            return Err(HostError::Forwarder(name));
        }
        Ok(Self { pid, name })
    }

    /// It and all below it.
    pub const fn tree(&self) -> ProcessTree {
        ProcessTree::Of(self.pid)
    }
}

/// The inodes of the sockets that listen there.
fn sockets(addresses: &[IpAddr], port: u16) -> BTreeSet<u64> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"];
    let text: String = tables.iter().flat_map(fs::read_to_string).collect();
    let listening: Vec<_> = text.lines().filter_map(socket).filter(|s| s.port == port).collect();
    let of = |is_meant: &dyn Fn(IpAddr) -> bool| -> BTreeSet<u64> {
        listening.iter().filter(|s| is_meant(s.address)).map(|s| s.inode).collect()
    };
    // The system hands a connection to whoever named the address, before those who named none.
    let named = of(&|address| addresses.contains(&address));
    if named.is_empty() { of(&|address| address.is_unspecified()) } else { named }
}

#[derive(Debug, PartialEq, Eq)]
struct Socket {
    address: IpAddr,
    port: u16,
    inode: u64,
}

/// A line of the table, if its socket listens.
fn socket(line: &str) -> Option<Socket> {
    let fields: Vec<_> = line.split_ascii_whitespace().collect();
    let &[_, local, _, LISTENING, _, _, _, _, _, inode, ..] = &fields[..] else { return None };
    let (address, port) = local.split_once(':')?;
    Some(Socket {
        address: address_of(address)?,
        port: u16::from_str_radix(port, 16).ok()?,
        inode: inode.parse().ok()?,
    })
}

/// Words of 32 bits, each in the order of this machine.
fn address_of(hex: &str) -> Option<IpAddr> {
    let word = |at: usize| Some(u32::from_str_radix(hex.get(at..at + 8)?, 16).ok()?.to_ne_bytes());
    match hex.len() {
        8 => Some(Ipv4Addr::from(word(0)?).into()),
        32 => {
            let words = [word(0)?, word(8)?, word(16)?, word(24)?];
            let bytes: [u8; 16] = words.concat().try_into().ok()?;
            Some(Ipv6Addr::from(bytes).to_canonical())
        }
        _ => None,
    }
}

/// The process that has one of `sockets` open, and whose parent has not.
fn holder(sockets: &BTreeSet<u64>, port: u16) -> Result<u32, HostError> {
    if sockets.is_empty() {
        return Err(HostError::NobodyListens(port));
    }
    let wanted: BTreeSet<String> = sockets.iter().map(|it| format!("socket:[{it}]")).collect();
    let all = processes()?;
    let holders: BTreeSet<u32> = all.keys().copied().filter(|id| holds(*id, &wanted)).collect();
    let is_first = |id: &&u32| all.get(id).is_none_or(|stat| !holders.contains(&stat.parent));
    holders.iter().find(is_first).copied().ok_or(HostError::Hidden(port))
}

/// Whether the process has such a file open, and lets us see it.
fn holds(id: u32, wanted: &BTreeSet<String>) -> bool {
    let Ok(open) = fs::read_dir(format!("/proc/{id}/fd")) else { return false };
    open.flatten().any(|file| {
        fs::read_link(file.path()).is_ok_and(|to| to.to_str().is_some_and(|to| wanted.contains(to)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn lines_of_the_tables_are_read_where_they_listen() {
        let line = "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  \
                    1000        0 48211 1 0000000000000000 100 0 0 10 0";
        let found = Socket { address: [127, 0, 0, 1].into(), port: 8080, inode: 48_211 };
        assert_eq!(socket(line), Some(found));
        assert_eq!(socket(&line.replace(" 0A ", " 01 ")), None, "a connection");
        assert_eq!(socket("  sl  local_address rem_address   st tx_queue rx_queue tr"), None);
        assert_eq!(
            address_of("00000000000000000000000001000000"),
            Some(Ipv6Addr::LOCALHOST.into())
        );
        assert_eq!(
            address_of("0000000000000000FFFF00000100007F"),
            Some(Ipv4Addr::LOCALHOST.into()),
            "version 4 in version 6"
        );
        assert_eq!(address_of("0100"), None);
    }

    #[test]
    fn we_are_found_where_we_listen_and_nobody_where_nobody_does() {
        let loopback: IpAddr = Ipv4Addr::LOCALHOST.into();
        let here = TcpListener::bind((loopback, 0)).unwrap();
        let port = here.local_addr().unwrap().port();
        let inodes = sockets(&[loopback], port);
        assert_eq!(holder(&inodes, port), Ok(std::process::id()));
        assert_eq!(Listener::at(&[loopback], port), Err(HostError::Ourselves));
        assert_eq!(sockets(&[Ipv6Addr::LOCALHOST.into()], port), BTreeSet::new());
        drop(here);
        let error = Listener::at(&[loopback], port).unwrap_err();
        assert_eq!(error.to_string(), format!("nobody listens on port {port} of this machine"));
    }
}
