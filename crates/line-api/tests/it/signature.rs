use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use line_api::signature::{ChannelSecrets, sign};
use secrecy::SecretString;

/// LINE's own example (d:messaging-api/verify-webhook-signature).
const SECRET: &str = "8c570fa6dd201bb328f1c1eac23a96d8";
const BODY: &[u8] = br#"{"destination":"U8e742f61d673b39c7fff3cecb7536ef0","events":[]}"#;
const SIGNATURE: &str = "GhRKmvmHys4Pi8DxkF4+EayaH0OqtJtaZxgTD9fMDLs=";

fn secrets(list: &str) -> ChannelSecrets {
    ChannelSecrets::parse(&SecretString::from(list)).unwrap()
}

fn accepts(signature: impl AsRef<[u8]>, body: &[u8]) -> bool {
    secrets(SECRET).verify(signature.as_ref(), body).is_ok()
}

#[test]
fn w01_the_official_vector_is_accepted() {
    assert!(accepts(SIGNATURE, BODY));
    assert_eq!(sign(&SecretString::from(SECRET), BODY), SIGNATURE);
}

#[test]
fn w04_an_empty_signature_is_refused() {
    assert!(!accepts("", BODY));
}

#[test]
fn w05_one_flipped_bit_anywhere_is_refused() {
    let digest = STANDARD.decode(SIGNATURE).unwrap();
    for bit in 0..digest.len() * 8 {
        let mut wrong = digest.clone();
        wrong[bit / 8] ^= 1 << (bit % 8);
        assert!(
            !accepts(STANDARD.encode(wrong), BODY),
            "bit {bit} of the signature"
        );
    }
    for bit in 0..BODY.len() * 8 {
        let mut wrong = BODY.to_vec();
        wrong[bit / 8] ^= 1 << (bit % 8);
        assert!(!accepts(SIGNATURE, &wrong), "bit {bit} of the body");
    }
}

#[test]
fn w06_a_body_that_is_shorter_longer_or_padded_is_refused() {
    assert!(!accepts(SIGNATURE, &BODY[..BODY.len() - 1]));
    assert!(!accepts(SIGNATURE, &[BODY, b"\n"].concat()));
    assert!(!accepts(SIGNATURE, &[BODY, b" "].concat()));
    assert!(!accepts(SIGNATURE, b""));
}

#[test]
fn w07_only_standard_base64_of_the_whole_digest_is_taken() {
    let digest = STANDARD.decode(SIGNATURE).unwrap();
    assert!(!accepts(
        "1a144a9af987cace0f8bc0f1905e3e11ac9a1f43aab49b5a6718130fd7cc0cbb",
        BODY
    ));
    assert!(!accepts(URL_SAFE.encode(&digest), BODY));
    assert!(!accepts(SIGNATURE.trim_end_matches('='), BODY));
    assert!(!accepts(format!(" {SIGNATURE}"), BODY));
    assert!(!accepts(STANDARD.encode(&digest[..31]), BODY));
    assert!(!accepts("not base64!", BODY));
    // The same digest with other trailing bits in the last digit.
    assert!(!accepts(SIGNATURE.replace("s=", "t="), BODY));
}

#[test]
fn w08_another_hash_is_refused() {
    use aws_lc_rs::hmac;
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, SECRET.as_bytes());
    assert!(!accepts(STANDARD.encode(hmac::sign(&key, BODY)), BODY));
}

#[test]
fn w09_another_channels_secret_is_refused() {
    let foreign = sign(
        &SecretString::from("00000000000000000000000000000000"),
        BODY,
    );
    assert!(!accepts(foreign, BODY));
}

#[test]
fn w50_while_a_secret_is_replaced_both_are_accepted_and_then_only_the_new_one() {
    let (old, new) = (SECRET, "11111111111111111111111111111111");
    let both = secrets(&format!(" {new} , {old}\n"));
    for secret in [old, new] {
        let signature = sign(&SecretString::from(secret), BODY);
        assert!(both.verify(signature.as_bytes(), BODY).is_ok());
    }
    assert!(secrets(new).verify(SIGNATURE.as_bytes(), BODY).is_err());
}

#[test]
fn a_list_without_any_secret_is_refused_because_it_would_accept_nothing() {
    for none in ["", " ", ",", " , \n"] {
        assert!(ChannelSecrets::parse(&SecretString::from(none)).is_err());
    }
}

/// How long a comparison takes must not tell how much of a signature was right: that is the library's to see to.
#[test]
fn w52_digests_are_compared_by_the_library_alone() {
    let source = include_str!("../../src/signature.rs");
    let verify = source.split("pub fn verify").nth(1).unwrap();
    let verify = verify.split("\n    }\n").next().unwrap();
    assert!(verify.contains("hmac::verify(") && !verify.contains("=="));
}
