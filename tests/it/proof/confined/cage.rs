//! What takes everything from a program, and what the kernel says of it then.

use std::fs;
use std::path::Path;
use std::process::Command;

use testkit::process::{Process, Program};

use super::super::image::Image;
use crate::manifests::render::tool;

/// Runs `$@` of the image whose root is `$0`, as the restricted profile of Kubernetes has it run.
const CONFINE: &str = r#"
set -e
mount --bind "$0" "$0"
mount -t proc proc "$0/proc"
mount -t tmpfs -o nosuid,noexec dev "$0/dev"
for device in null zero full random urandom; do
    : > "$0/dev/$device"
    mount --bind "/dev/$device" "$0/dev/$device"
done
mount -t tmpfs -o uid=65532,gid=65532,mode=700 data "$0/data"
mount -o remount,bind,ro "$0"
exec setpriv --no-new-privs chroot --userspec=65532:65532 --groups= "$0" "$@"
"#;

/// A program of an image, to be run. What a cluster mounts is there already.
pub(super) fn confined(image: &Image, part: &str) -> Program {
    for mount in ["proc", "dev", "data", "run", "etc"] {
        fs::create_dir_all(image.root().join(mount)).unwrap();
    }
    Program::at(&tool("unshare"))
        .arg("--mount")
        .arg("--pid")
        .arg("--fork")
        .arg("--kill-child")
        .arg("sh")
        .arg("-c")
        .arg(CONFINE)
        .arg(image.root())
        .arg(format!("/{part}"))
}

pub(super) fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    id.stdout.trim_ascii() == b"0"
}

/// What the kernel says of the process behind the wrapper.
pub(super) fn assert_confined(process: &mut Process, root: &Path) {
    let id = child(process.pid().unwrap());
    let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let field = |name: &str| {
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix(name))
            .unwrap();
        line.trim_start_matches(':')
            .split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(field("Uid"), ["65532"; 4]);
    assert_eq!(field("Gid"), ["65532"; 4]);
    assert!(field("Groups").is_empty());
    for kind in ["CapEff", "CapPrm", "CapInh", "CapAmb"] {
        assert_eq!(field(kind), ["0000000000000000"], "{kind}");
    }
    assert_eq!(field("NoNewPrivs"), ["1"]);
    let mounts = fs::read_to_string(format!("/proc/{id}/mountinfo")).unwrap();
    let mut ours = mounts
        .lines()
        .map(|line| line.split(' ').collect::<Vec<_>>());
    let ours = ours
        .rfind(|mount| mount[4] == "/" || Path::new(mount[4]) == root)
        .unwrap();
    assert!(ours[5].split(',').any(|option| option == "ro"), "{ours:?}");
}

/// The program that the wrapper runs in the end.
fn child(wrapper: u32) -> u32 {
    let children = fs::read_to_string(format!("/proc/{wrapper}/task/{wrapper}/children")).unwrap();
    children.split_whitespace().next().unwrap().parse().unwrap()
}
