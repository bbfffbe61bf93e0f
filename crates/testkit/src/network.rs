//! Nodes with links that can be cut: namespaces of the kernel's network, which only root may make.

use std::fs::{self, File};
use std::net::{IpAddr, Ipv4Addr};
use std::os::fd::AsFd as _;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

/// A namespace is there in milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(2);

/// A switch, and nodes that are plugged into it. All of it is gone when this is dropped, or when the process that had it ends.
///
/// The addresses are those that RFC 2544 keeps for tests of networks; nothing leads out.
#[derive(Debug)]
pub struct Network {
    nodes: Vec<Place>,
    _switch: Place,
}

/// A namespace. It is there as long as a process is in it.
#[derive(Debug)]
struct Place(Child);

impl Network {
    /// Whether this process may make one, and has `ip` to do it with.
    pub fn is_possible() -> bool {
        let can = |program: &str, arguments: &[&str]| {
            let output = Command::new(program).args(arguments).output();
            output.is_ok_and(|output| output.status.success())
        };
        can("ip", &["-V"]) && can("unshare", &["--net", "ip", "link", "set", "lo", "up"])
    }

    /// Makes one with so many nodes, numbered from 1, and moves the calling thread beside its switch: what this thread
    /// starts from now on, threads and programs, has [`Self::HUB`] and a loopback of its own, and reaches the nodes alone.
    /// To be called before a runtime is built.
    pub fn enter(nodes: u8) -> anyhow::Result<Self> {
        let switch = Place::new()?;
        let namespace = File::open(switch.path())?;
        move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network))?;
        ip("link set lo up")?;
        // A port of it that comes back is used at once.
        ip("link add switch type bridge forward_delay 0")?;
        ip(&format!("address add {}/16 dev switch", Self::HUB))?;
        ip("link set switch up")?;
        let plug = |number: u8| {
            let node = Place::new()?;
            let link = link(number);
            ip(&format!(
                "link add {link} type veth peer name eth0 netns {}",
                node.0.id()
            ))?;
            ip(&format!("link set {link} master switch"))?;
            let address = Self::node(number);
            for settings in [
                "link set lo up",
                &format!("address add {address}/16 dev eth0"),
                "link set eth0 up",
            ] {
                let words: Vec<_> = settings.split(' ').collect();
                let mut command = Command::new("nsenter");
                run(command.arg(node.entrance()).arg("ip").args(words))?;
            }
            ip(&format!("link set {link} up"))?;
            Ok(node)
        };
        Ok(Self {
            nodes: (1..=nodes).map(plug).collect::<anyhow::Result<_>>()?,
            _switch: switch,
        })
    }

    /// Where nodes find what is beside the switch.
    pub const HUB: IpAddr = IpAddr::V4(Ipv4Addr::new(198, 18, 0, 1));

    /// A node's address.
    pub const fn node(number: u8) -> IpAddr {
        IpAddr::V4(Ipv4Addr::new(198, 18, number, 1))
    }

    /// What a program runs under so that it is on this node.
    ///
    /// # Panics
    ///
    /// If there is no such node.
    pub fn on(&self, number: u8) -> [String; 2] {
        let node = &self.nodes[usize::from(number) - 1];
        ["nsenter".to_owned(), node.entrance()]
    }

    /// Pulls the plug of a node: what is sent either way is lost in silence.
    pub fn cut(&self, number: u8) -> anyhow::Result<()> {
        ip(&format!("link set {} down", link(number)))
    }

    /// Puts it back in.
    pub fn mend(&self, number: u8) -> anyhow::Result<()> {
        ip(&format!("link set {} up", link(number)))
    }
}

impl Place {
    fn new() -> anyhow::Result<Self> {
        // Whatever becomes of us, nobody stays behind.
        let sleeper = Command::new("setpriv")
            .args(["--pdeathsig", "KILL"])
            .args(["unshare", "--net", "sleep", "infinity"])
            .stdin(Stdio::null())
            .spawn()
            .context("cannot run setpriv")?;
        let place = Self(sleeper);
        let ours = fs::read_link("/proc/thread-self/ns/net")?;
        let begin = Instant::now();
        while fs::read_link(place.path()).is_ok_and(|theirs| theirs == ours) {
            ensure!(begin.elapsed() < PATIENCE, "there is no namespace");
            thread::sleep(PAUSE);
        }
        Ok(place)
    }

    fn path(&self) -> String {
        format!("/proc/{}/ns/net", self.0.id())
    }

    fn entrance(&self) -> String {
        format!("--net={}", self.path())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn link(number: u8) -> String {
    format!("node{number}")
}

fn ip(words: &str) -> anyhow::Result<()> {
    run(Command::new("ip").args(words.split(' ')))
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    let output = command
        .output()
        .with_context(|| format!("cannot run {}", command.get_program().display()))?;
    ensure!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(())
}
