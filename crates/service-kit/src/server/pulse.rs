//! What one connection is doing, for whoever has to lose patience with it.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32};

/// Where in its life a connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Phase {
    /// It has never sent a byte.
    Fresh,
    /// It has sent a part of a head.
    Head,
    /// A request is being read or answered.
    Request,
    /// Its last request is answered; there may be another.
    Idle,
}

/// Why a request ends before its handler has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Late {
    /// The client does not send the body that it promised.
    Client = 1,
    /// The service takes too long.
    Service = 2,
}

/// Written by the parts of a connection as they work, read once a second. All of it runs in one task.
#[derive(Debug, Default)]
pub(crate) struct Pulse {
    phase: AtomicU8,
    /// Counts whatever goes forward.
    moves: AtomicU32,
    /// Counts requests.
    requests: AtomicU32,
    answer_blocked: AtomicBool,
    body_awaited: AtomicBool,
    late: AtomicU8,
    /// How much of this request's body has arrived, in bytes.
    body: AtomicU32,
}

impl Pulse {
    pub(super) fn phase(&self) -> Phase {
        match self.phase.load(Relaxed) {
            0 => Phase::Fresh,
            1 => Phase::Head,
            2 => Phase::Request,
            _ => Phase::Idle,
        }
    }

    pub(super) fn moves(&self) -> u32 {
        self.moves.load(Relaxed)
    }

    pub(super) fn requests(&self) -> u32 {
        self.requests.load(Relaxed)
    }

    pub(super) fn is_answer_blocked(&self) -> bool {
        self.answer_blocked.load(Relaxed)
    }

    pub(super) fn is_body_awaited(&self) -> bool {
        self.body_awaited.load(Relaxed)
    }

    /// A part of a head has arrived; it does not count as going forward, so that a drip is no progress.
    pub(super) fn head_arrives(&self) {
        if matches!(self.phase(), Phase::Fresh | Phase::Idle) {
            self.enter(Phase::Head);
        }
    }

    pub(super) fn request_begins(&self) {
        self.requests.fetch_add(1, Relaxed);
        self.late.store(0, Relaxed);
        self.body.store(0, Relaxed);
        self.enter(Phase::Request);
    }

    pub(super) fn answer_ends(&self) {
        self.enter(Phase::Idle);
    }

    pub(super) fn body(&self) -> u32 {
        self.body.load(Relaxed)
    }

    pub(super) fn body_arrives(&self, bytes: usize) {
        self.body_awaited.store(false, Relaxed);
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        self.body.store(self.body().saturating_add(bytes), Relaxed);
        self.step();
    }

    pub(super) fn body_is_awaited(&self, awaited: bool) {
        self.body_awaited.store(awaited, Relaxed);
    }

    pub(super) fn answer_moves(&self, moves: bool) {
        if !moves {
            self.answer_blocked.store(true, Relaxed);
        } else if self.is_answer_blocked() {
            self.answer_blocked.store(false, Relaxed);
            self.step();
        }
    }

    pub(super) fn give_up(&self, late: Late) {
        self.late.store(late as u8, Relaxed);
    }

    pub(super) fn late(&self) -> Option<Late> {
        match self.late.load(Relaxed) {
            0 => None,
            1 => Some(Late::Client),
            _ => Some(Late::Service),
        }
    }

    fn enter(&self, phase: Phase) {
        self.phase.store(phase as u8, Relaxed);
        self.step();
    }

    fn step(&self) {
        self.moves.fetch_add(1, Relaxed);
    }
}
