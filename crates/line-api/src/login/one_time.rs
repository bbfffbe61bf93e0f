use std::fmt;

use aws_lc_rs::{constant_time, rand};
use secrecy::{ExposeSecret as _, SecretString};

use crate::hex;

/// Values that are made for one login and used once: 256 random bits as 64 hexadecimal digits, which no
/// URL encoding changes, as LINE demands of a state, and which suit as a PKCE verifier as well.
macro_rules! one_time {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone)]
        pub struct $name(SecretString);

        impl $name {
            /// A new one from the system's random numbers.
            pub fn random() -> Self {
                Self(random().into())
            }

            /// One that was stored, or that a visitor brings back.
            pub fn from_stored(value: impl Into<String>) -> Self {
                Self(value.into().into())
            }

            /// The value itself; keep it out of logs.
            pub fn expose(&self) -> &str {
                self.0.expose_secret()
            }

            /// Compares in constant time.
            pub fn matches(&self, other: &str) -> bool {
                let (own, other) = (self.expose().as_bytes(), other.as_bytes());
                constant_time::verify_slices_are_equal(own, other).is_ok()
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}

one_time! {
    /// Ties the answer of LINE's login page to the browser that asked (LL#make-an-authorization-request).
    State
}

one_time! {
    /// Ties the ID token to the login it was made for (LL#verify-id-token).
    Nonce
}

one_time! {
    /// Ties the code's exchange to the authorize request: PKCE, RFC 7636.
    CodeVerifier
}

fn random() -> String {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).expect("the system's random numbers do not run out");
    hex::encode(&bytes)
}
