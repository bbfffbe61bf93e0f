//! A fixed rate, as the world has one: a request leaves when its time has come, and its time counts from then, however
//! late the connection is. A thread for each connection, for a sleep to the microsecond.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context as _;

use super::{Caller, Figures, Options, Window};
use crate::delivery::Deliveries;
use crate::say;

pub(super) fn run(
    options: &Options,
    deliveries: &Deliveries,
    window: Window,
    rate: f64,
) -> anyhow::Result<(Figures, Duration)> {
    let connections = options.connections;
    let start = &Barrier::new(connections + 1);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..connections)
            .map(|place| {
                scope.spawn(move || {
                    let caller = Caller::connect(options.target);
                    start.wait();
                    let begin = Instant::now();
                    let mut line = Line {
                        begin,
                        count_from: begin + window.warm_up,
                        figures: Figures::default(),
                    };
                    if let Ok(caller) = caller {
                        let mine = (place as u64..deliveries.count()).step_by(connections);
                        line.send(options, caller, deliveries, mine, rate);
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
        options: &Options,
        mut caller: Caller,
        deliveries: &Deliveries,
        mine: impl Iterator<Item = u64>,
        rate: f64,
    ) {
        let mut request = Vec::new();
        for index in mine {
            #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52 requests")]
            let intended = self.begin + Duration::from_secs_f64(index as f64 / rate);
            thread::sleep(intended.saturating_duration_since(Instant::now()));
            deliveries.write(index, &mut request);
            let answer = caller.call(&request);
            if intended >= self.count_from {
                match answer {
                    Ok(status) => self.figures.record(status, intended.elapsed()),
                    Err(_) => self.figures.count_broken(),
                }
            }
            if answer.is_err() {
                match Caller::connect(options.target) {
                    Ok(anew) => caller = anew,
                    Err(_) => self.figures.count_broken(),
                }
            }
        }
    }
}
