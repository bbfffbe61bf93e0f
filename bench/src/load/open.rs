//! A fixed rate, as the world has one: a request leaves when its time has come, and its time counts from then, however
//! late the connection is. A thread for each connection, for a sleep to the microsecond.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context as _;

use super::{Caller, Figures, Pace, Requests, Window};
use crate::say;

pub(super) fn run(
    pace: &Pace,
    requests: &Requests,
    window: Window,
    rate: f64,
) -> anyhow::Result<(Figures, Duration)> {
    let connections = pace.connections;
    let start = &Barrier::new(connections + 1);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..connections)
            .map(|place| {
                scope.spawn(move || {
                    let caller = Caller::connect(pace.target);
                    start.wait();
                    let begin = Instant::now();
                    let mut line = Line {
                        begin,
                        count_from: begin + window.warm_up,
                        figures: Figures::default(),
                    };
                    if let Ok(caller) = caller {
                        let mine = (place as u64..requests.count()).step_by(connections);
                        line.send(pace, caller, requests, mine, rate);
                    } else {
                        line.figures.count_broken();
                    }
                    line.figures
                })
            })
            .collect();
        start.wait();
        thread::sleep(window.warm_up);
        say("begin");
        thread::sleep(window.seconds);
        say("end");
        let mut all = Figures::default();
        for thread in threads {
            let figures = thread.join().ok().context("a thread broke down")?;
            all.merge(figures);
        }
        Ok((all, window.seconds))
    })
}

/// One connection's part of the requests.
struct Line {
    begin: Instant,
    count_from: Instant,
    figures: Figures,
}

impl Line {
    fn send(
        &mut self,
        pace: &Pace,
        mut caller: Caller,
        requests: &Requests,
        mine: impl Iterator<Item = u64>,
        rate: f64,
    ) {
        let mut request = Vec::new();
        for index in mine {
            #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52 requests")]
            let intended = self.begin + Duration::from_secs_f64(index as f64 / rate);
            thread::sleep(intended.saturating_duration_since(Instant::now()));
            requests.write(index, &mut request);
            let answer = caller.call(&request).map(|answer| answer.status);
            if intended >= self.count_from {
                match answer {
                    Ok(status) => self.figures.record(status, intended.elapsed()),
                    Err(_) => self.figures.count_broken(),
                }
            }
            if answer.is_err() {
                match Caller::connect(pace.target) {
                    Ok(anew) => caller = anew,
                    Err(_) => self.figures.count_broken(),
                }
            }
        }
    }
}
