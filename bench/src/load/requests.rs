use crate::delivery::Deliveries;
use crate::users::Questions;

/// What is sent, one after the other.
pub(crate) enum Requests {
    /// To the webhook.
    Deliveries(Deliveries),
    /// To the members' API.
    Questions(Questions),
}

impl Requests {
    /// How many there are.
    pub(crate) fn count(&self) -> u64 {
        match self {
            Self::Deliveries(deliveries) => deliveries.count(),
            Self::Questions(questions) => questions.count(),
        }
    }

    /// The bytes of one; false if there is none of this index any more.
    pub(crate) fn write(&self, index: u64, request: &mut Vec<u8>) -> bool {
        match self {
            Self::Deliveries(deliveries) => deliveries.write(index, request),
            Self::Questions(questions) => questions.write(index, request),
        }
    }
}
