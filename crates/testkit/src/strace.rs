//! A program that dies at one of its system calls.

/// The calls whose traces others can see: what writes to the disk, and what speaks to others. What is outside a process changes
/// by its system calls alone, so these are all the points at which one crash can be told from another.
pub const CALLS: [&str; 8] = [
    "pwrite64",
    "fsync",
    "fdatasync",
    "ftruncate",
    "unlink",
    "write",
    "writev",
    "sendto",
];

/// What to run a program under ([`Program::under`](crate::process::Program::under)) to have it killed at its `when`th call of this
/// kind, from 1. Each thread counts for itself.
pub fn killing_at(call: &str, when: u32) -> Vec<String> {
    let inject = format!("inject={call}:signal=SIGKILL:when={when}");
    let trace = format!("trace={call}");
    let words = [
        "strace",
        "-f",
        "-qq",
        "-o",
        "/dev/null",
        "-e",
        &trace,
        "-e",
        &inject,
    ];
    words.map(str::to_owned).into()
}
