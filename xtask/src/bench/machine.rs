//! What the figures were measured on; they mean nothing elsewhere.

use std::fs;
use std::io::Write as _;
use std::thread;
use std::time::Instant;

use crate::shell::root;

/// Cores, memory, kernel, disk, and how busy it was before.
pub(crate) fn machine() -> String {
    let cores = thread::available_parallelism().map_or(0, usize::from);
    let model = line_after("/proc/cpuinfo", "model name").unwrap_or_default();
    let memory = line_after("/proc/meminfo", "MemTotal")
        .and_then(|kib| kib.trim_end_matches(" kB").parse::<u64>().ok())
        .unwrap_or_default()
        .div_ceil(1024 * 1024);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let busy = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let busy = busy.split(' ').next().unwrap_or_default();
    let sync = sync_us().map_or_else(String::new, |us| {
        format!(", {us} µs to sync 4 KiB to its disk")
    });
    format!(
        "{cores} cores of {model}, {memory} GiB, Linux {}{sync}, load average before {busy}",
        kernel.trim()
    )
}

fn line_after(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim_start_matches([' ', '\t', ':']).to_owned())
}

/// The median time of `fdatasync` after appending a page: what a durable answer cannot be faster than.
fn sync_us() -> Option<u128> {
    let folder = root().join("target/bench");
    fs::create_dir_all(&folder).ok()?;
    let mut file = tempfile::tempfile_in(folder).ok()?;
    let mut times: Vec<_> = (0..100)
        .map(|_| {
            file.write_all(&[1; 4096]).ok()?;
            let begin = Instant::now();
            file.sync_data().ok()?;
            Some(begin.elapsed().as_micros())
        })
        .collect::<Option<_>>()?;
    times.sort_unstable();
    times.get(times.len() / 2).copied()
}
