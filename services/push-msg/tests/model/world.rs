//! One batch in the ledger, two pushers, LINE, and what lies between them. Each action is one transaction of the ledger, one
//! step of LINE, or a misfortune.
//!
//! One thing is taken for granted: from the commit of an attempt to the arrival of its call less than an hour passes, so that
//! no call that was begun before the 23rd hour arrives after the 24th. Whatever else stops may stop for as long as it likes.

use stateright::{Model, Property};

pub(crate) const AT_MOST_ONCE: &str = "LINE sends it once at most";
const ACCEPTED_IS_TRUE: &str = "what the ledger calls accepted was sent";
const NEVER_FORGOTTEN: &str = "what was sent is not called unsent";

const PUSHERS: usize = 2;
/// Times that somebody takes the batch over, attempts of one batch, and keys that it may be given.
const CLAIMS: u8 = 3;
const ATTEMPTS: u8 = 3;
const KEYS: u8 = 4;

/// What keeps a message from being sent twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Defence {
    /// Only the last who claimed writes.
    Fence,
    /// The key stands in the ledger before the first call.
    StoredKey,
    /// Nothing is repeated 23 hours after the first attempt.
    KeyLife,
    /// A refusal settles its own attempt only.
    Unanswered,
    /// What was read earlier leaves only if it has not been given another key since.
    SameKey,
}

/// The algorithm, whole or without one of its defences.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rules {
    missing: Option<Defence>,
}

impl Rules {
    pub(crate) fn without(defence: Defence) -> Self {
        Self {
            missing: Some(defence),
        }
    }

    fn has(&self, defence: Defence) -> bool {
        self.missing != Some(defence)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Batch {
    Planned,
    Attempting,
    Accepted,
    InDoubt,
}

impl Batch {
    fn is_final(self) -> bool {
        matches!(self, Self::Accepted | Self::InDoubt)
    }
}

/// How long ago the first attempt was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Age {
    Fresh,
    /// 23 hours and more.
    Spent,
    /// 24 hours and more: LINE may have forgotten the key.
    Forgettable,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Ledger {
    batch: Batch,
    key: u8,
    unanswered: u8,
    attempts: u8,
    has_begun: bool,
    fence: u8,
    is_leased: bool,
}

/// A batch as a pusher read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Seen {
    key: u8,
    unanswered: u8,
    has_begun: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Pusher {
    Idle,
    Claimed {
        fence: u8,
    },
    Read {
        fence: u8,
        seen: Seen,
    },
    /// The attempt is in the ledger.
    Begun {
        fence: u8,
        seen: Seen,
    },
    /// The call is on its way.
    Waiting {
        fence: u8,
        seen: Seen,
    },
    Answered {
        fence: u8,
        seen: Seen,
        answer: Answer,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Answer {
    /// 2xx or 409.
    Accepted,
    /// 429: certainly not accepted.
    NotNow,
    /// None, or 5xx.
    Unknown,
}

/// A call between a pusher and LINE.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Call {
    key: u8,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct World {
    ledger: Ledger,
    pushers: [Pusher; PUSHERS],
    calls: [Option<Call>; PUSHERS],
    age: Option<Age>,
    /// Keys that LINE knows.
    known: u8,
    sent: u8,
    /// The last key that was made.
    last_key: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Action {
    Claim(usize),
    Read(usize),
    Begin(usize),
    Send(usize),
    /// LINE takes the call on, or sees that it has done so before.
    Accept(usize),
    /// The same, and the answer does not arrive.
    AcceptSilently(usize),
    Refuse(usize),
    /// The call never arrives.
    Lose(usize),
    /// The pusher gives up waiting; the call may arrive later.
    TimeOut(usize),
    Settle(usize),
    Crash(usize),
    ExpireLease,
    /// Somebody is taken out of what was certainly not sent, which gets another key.
    Rekey,
    Age,
    Forget,
}

impl Model for Rules {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        vec![World {
            ledger: Ledger {
                batch: Batch::Planned,
                key: 0,
                unanswered: 0,
                attempts: 0,
                has_begun: false,
                fence: 0,
                is_leased: false,
            },
            pushers: [Pusher::Idle; PUSHERS],
            calls: [None; PUSHERS],
            age: None,
            known: 0,
            sent: 0,
            last_key: 0,
        }]
    }

    fn actions(&self, _: &World, actions: &mut Vec<Action>) {
        for who in 0..PUSHERS {
            actions.extend(
                [
                    Action::Claim,
                    Action::Read,
                    Action::Begin,
                    Action::Send,
                    Action::Accept,
                    Action::AcceptSilently,
                    Action::Refuse,
                    Action::Lose,
                    Action::TimeOut,
                    Action::Settle,
                    Action::Crash,
                ]
                .map(|action| action(who)),
            );
        }
        actions.extend([
            Action::ExpireLease,
            Action::Rekey,
            Action::Age,
            Action::Forget,
        ]);
    }

    fn next_state(&self, last: &World, action: Action) -> Option<World> {
        let mut world = last.clone();
        world.act(self, action)?;
        Some(world)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(AT_MOST_ONCE, |_, world: &World| world.sent <= 1),
            Property::always(ACCEPTED_IS_TRUE, |_, world: &World| {
                world.ledger.batch != Batch::Accepted || world.sent == 1
            }),
            Property::always(NEVER_FORGOTTEN, |_, world: &World| {
                world.ledger.batch != Batch::Planned || world.sent == 0
            }),
            Property::sometimes("it is accepted", |_, world: &World| {
                world.ledger.batch == Batch::Accepted
            }),
            Property::sometimes("it is left in doubt", |_, world: &World| {
                world.ledger.batch == Batch::InDoubt
            }),
            Property::sometimes("LINE says that it had it before", |_, world: &World| {
                world.ledger.batch == Batch::Accepted && world.ledger.attempts > 1
            }),
        ]
    }
}

impl World {
    /// Nothing, if that cannot happen now.
    fn act(&mut self, rules: &Rules, action: Action) -> Option<()> {
        match action {
            Action::Claim(who) => self.claim(who),
            Action::Read(who) => self.read(who),
            Action::Begin(who) => self.begin(rules, who),
            Action::Send(who) => self.send(rules, who),
            Action::Accept(who) => {
                self.accept(who)?;
                self.answer(who, Answer::Accepted)
            }
            Action::AcceptSilently(who) => self.accept(who),
            Action::Refuse(who) => {
                self.calls[who].take()?;
                self.answer(who, Answer::NotNow)
            }
            Action::Lose(who) => self.calls[who].take().map(drop),
            Action::TimeOut(who) => self.answer(who, Answer::Unknown),
            Action::Settle(who) => self.settle(rules, who),
            Action::Crash(who) => {
                let was = std::mem::replace(&mut self.pushers[who], Pusher::Idle);
                (was != Pusher::Idle).then_some(())
            }
            Action::ExpireLease => std::mem::take(&mut self.ledger.is_leased).then_some(()),
            Action::Rekey => self.rekey(),
            Action::Age => self.grow_older(),
            Action::Forget => {
                let is_old = self.age == Some(Age::Forgettable) && self.known > 0;
                is_old.then(|| self.known = 0)
            }
        }
    }

    fn claim(&mut self, who: usize) -> Option<()> {
        let ledger = &mut self.ledger;
        let may = self.pushers[who] == Pusher::Idle
            && !ledger.is_leased
            && !ledger.batch.is_final()
            && ledger.fence < CLAIMS;
        may.then(|| {
            ledger.fence += 1;
            ledger.is_leased = true;
            self.pushers[who] = Pusher::Claimed {
                fence: ledger.fence,
            };
        })
    }

    fn read(&mut self, who: usize) -> Option<()> {
        let Pusher::Claimed { fence } = self.pushers[who] else {
            return None;
        };
        let Ledger {
            key,
            unanswered,
            has_begun,
            ..
        } = self.ledger;
        let seen = Seen {
            key,
            unanswered,
            has_begun,
        };
        self.pushers[who] = Pusher::Read { fence, seen };
        Some(())
    }

    /// Commits an attempt, or gives up what is too old.
    fn begin(&mut self, rules: &Rules, who: usize) -> Option<()> {
        let Pusher::Read { fence, mut seen } = self.pushers[who] else {
            return None;
        };
        self.pushers[who] = Pusher::Idle;
        let ledger = &mut self.ledger;
        if ledger.batch.is_final() || (rules.has(Defence::Fence) && ledger.fence != fence) {
            return Some(());
        }
        let is_spent = seen.has_begun && self.age >= Some(Age::Spent);
        if is_spent && rules.has(Defence::KeyLife) {
            if seen.unanswered > 0 {
                ledger.batch = Batch::InDoubt;
            }
            return Some(());
        }
        if rules.has(Defence::SameKey) && ledger.key != seen.key {
            return Some(());
        }
        if ledger.attempts == ATTEMPTS {
            return None;
        }
        ledger.batch = Batch::Attempting;
        ledger.attempts += 1;
        ledger.unanswered += 1;
        ledger.has_begun = true;
        seen.unanswered += 1;
        self.age.get_or_insert(Age::Fresh);
        self.pushers[who] = Pusher::Begun { fence, seen };
        Some(())
    }

    fn send(&mut self, rules: &Rules, who: usize) -> Option<()> {
        let Pusher::Begun { fence, mut seen } = self.pushers[who] else {
            return None;
        };
        if self.calls[who].is_some() {
            return None;
        }
        if !rules.has(Defence::StoredKey) {
            seen.key = self.new_key()?;
        }
        self.calls[who] = Some(Call { key: seen.key });
        self.pushers[who] = Pusher::Waiting { fence, seen };
        Some(())
    }

    fn accept(&mut self, who: usize) -> Option<()> {
        let Call { key } = self.calls[who].take()?;
        let is_known = self.known & (1 << key) != 0;
        if !is_known {
            self.known |= 1 << key;
            self.sent += 1;
        }
        Some(())
    }

    fn answer(&mut self, who: usize, answer: Answer) -> Option<()> {
        if let Pusher::Waiting { fence, seen } = self.pushers[who] {
            self.pushers[who] = Pusher::Answered {
                fence,
                seen,
                answer,
            };
        } else if answer == Answer::Unknown {
            return None;
        }
        Some(())
    }

    fn settle(&mut self, rules: &Rules, who: usize) -> Option<()> {
        let Pusher::Answered {
            fence,
            seen,
            answer,
        } = self.pushers[who]
        else {
            return None;
        };
        self.pushers[who] = Pusher::Idle;
        let ledger = &mut self.ledger;
        if ledger.batch.is_final() || (rules.has(Defence::Fence) && ledger.fence != fence) {
            return Some(());
        }
        let others = if rules.has(Defence::Unanswered) {
            seen.unanswered - 1
        } else {
            0
        };
        (ledger.batch, ledger.unanswered) = match answer {
            Answer::Accepted => (Batch::Accepted, 0),
            Answer::Unknown => (Batch::Attempting, seen.unanswered),
            Answer::NotNow if others > 0 => (Batch::Attempting, others),
            Answer::NotNow => (Batch::Planned, 0),
        };
        ledger.is_leased = false;
        Some(())
    }

    fn rekey(&mut self) -> Option<()> {
        if self.ledger.batch != Batch::Planned || self.ledger.unanswered > 0 {
            return None;
        }
        self.ledger.key = self.new_key()?;
        Some(())
    }

    fn new_key(&mut self) -> Option<u8> {
        (self.last_key + 1 < KEYS).then(|| {
            self.last_key += 1;
            self.last_key
        })
    }

    fn grow_older(&mut self) -> Option<()> {
        let is_under_way = |pusher: &Pusher| matches!(pusher, Pusher::Begun { .. });
        match self.age? {
            Age::Fresh => self.age = Some(Age::Spent),
            Age::Spent => {
                if self.calls.iter().any(Option::is_some) || self.pushers.iter().any(is_under_way) {
                    return None;
                }
                self.age = Some(Age::Forgettable);
            }
            Age::Forgettable => return None,
        }
        Some(())
    }
}
