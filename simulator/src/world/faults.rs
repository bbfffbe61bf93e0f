//! Things that go wrong on purpose.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A fault waits for the next calls of one operation.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fault {
    /// The operation: `push`, `token`, … as the inspector names it; `*` for all.
    pub(crate) on: String,
    /// How many calls it hits; 0: until it is removed.
    #[serde(default = "once")]
    pub(crate) times: u32,
    /// Whether the call is carried out before it goes wrong.
    #[serde(default)]
    pub(crate) accept: bool,
    /// How long the answer is held back, in real milliseconds.
    #[serde(default)]
    pub(crate) delay_ms: u64,
    pub(crate) answer: FaultKind,
}

fn once() -> u32 {
    1
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum FaultKind {
    /// What would have been answered; of use with `delay_ms`.
    Usual,
    /// This answer instead.
    Respond {
        status: u16,
        /// JSON, or text if it is a string.
        #[serde(default)]
        body: Value,
        #[serde(default)]
        headers: BTreeMap<String, String>,
    },
    /// No answer, ever.
    Hang,
    /// The connection ends without an answer.
    Cut,
    /// 200 with this many bytes of spaces.
    Large { bytes: usize },
    /// Callback with a code and a state that nobody knows, unless the request disables automatic login.
    AutoLoginFailure,
    /// The ID token, or the whole answer of `token`, is wrong in this way.
    IdToken(Flaw),
    /// `userinfo` and the profile speak of somebody else.
    OtherSub,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Flaw {
    Absent,
    AlgNone,
    WrongKey,
    Hs512,
    /// Signed with LINE's real ES256 key, whose `kid` the JWKS has.
    Es256,
    Tampered,
    WrongIss,
    WrongAud,
    /// Ours and somebody else's.
    TwoAuds,
    NoAud,
    NoIss,
    WrongNonce,
    NoNonce,
    NoSub,
    NoIat,
    NoExp,
    OtherSub,
    Expired,
    IatFuture,
    NotAJwt,
}

#[derive(Debug, Default)]
pub(crate) struct Faults(VecDeque<Fault>);

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) {
        self.0.push_back(fault);
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Fault> {
        self.0.iter()
    }

    /// The oldest fault for `operation`, one call of it used up.
    pub(crate) fn take(&mut self, operation: &str) -> Option<Fault> {
        let place = self
            .0
            .iter()
            .position(|fault| fault.on == operation || fault.on == "*")?;
        let fault = self.0.get_mut(place)?;
        match fault.times {
            1 => self.0.remove(place),
            0 => Some(fault.clone()),
            _ => {
                fault.times -= 1;
                Some(fault.clone())
            }
        }
    }
}
