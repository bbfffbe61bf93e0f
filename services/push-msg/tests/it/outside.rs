//! A LINE that is not LINE, or does not end.

use std::time::Duration;

use rstest::rstest;
use testkit::tls::{Authority, Identity};

use crate::fake::front::Front;
use crate::fake::line::Fault;
use crate::stage::{PATIENT, Stage};

const HERE: &str = "127.0.0.1";

/// A stage whose LINE speaks TLS, with this certificate.
async fn behind(identity: &Identity) -> (Stage, Front) {
    let mut stage = Stage::set(3).await;
    let line = stage.config.line_api_base.socket_addrs(|| None).unwrap()[0];
    let front = Front::before(line, identity).await;
    stage.config.line_api_base = format!("https://{}", front.address).parse().unwrap();
    (stage, front)
}

async fn nothing_is_said(stage: &Stage) {
    let report = stage.run().await;
    assert!(!report.is_fine(), "{report}");
    assert_eq!(report.calls, 0, "{report}");
    assert_eq!(stage.line.quota_reads(), 0);
}

#[rstest]
#[case::of_another_authority(|_: &Authority| Authority::new()?.issue(&[HERE]))]
#[case::expired(|ours: &Authority| ours.issue_expired(&[HERE]))]
#[case::of_another_name(|ours: &Authority| ours.issue(&["api.line.example"]))]
#[tokio::test]
async fn p20_a_bad_certificate_is_refused_and_a_good_one_is_not(
    #[case] bad: fn(&Authority) -> anyhow::Result<Identity>,
) {
    let ours = Authority::new().unwrap();
    let (mut stage, front) = behind(&bad(&ours).unwrap()).await;
    let authorities = stage.path("authorities.pem");
    std::fs::write(&authorities, ours.pem()).unwrap();
    stage.config.trust.tls_ca = Some(authorities);
    nothing_is_said(&stage).await;
    front.show(&ours.issue(&[HERE]).unwrap());
    let report = stage.run().await;
    assert!(report.is_fine(), "{report}");
    stage.line.assert_each_once(3);
}

#[tokio::test]
async fn p20_nobody_is_believed_whom_the_machine_does_not_know() {
    let unknown = Authority::new().unwrap();
    let (stage, _front) = behind(&unknown.issue(&[HERE]).unwrap()).await;
    nothing_is_said(&stage).await;
}

/// The most that lies in buffers on the way, and a page of ours.
const BOUND: usize = 24 * 1024 * 1024;

#[tokio::test]
async fn p21_an_answer_of_a_hundred_megabytes_is_not_read_to_its_end() {
    let stage = Stage::set(3).await;
    stage.line.set_quota_fault(Some(Fault::Endless));
    assert!(!stage.run().await.is_fine());
    assert_eq!(stage.line.calls().len(), 0);
    stage.line.set_quota_fault(None);
    stage.line.next([Fault::Endless]);
    let report = stage.run().await;
    assert!(report.is_fine(), "{report}");
    // The status is LINE's word.
    assert_eq!(stage.line.calls().len(), 1);
    stage.line.assert_each_once(3);
    assert!(stage.line.sent() < BOUND, "{} bytes", stage.line.sent());
}

/// Each byte comes in time, and the last one never.
#[tokio::test]
async fn p21_an_answer_that_trickles_is_given_up() {
    let mut stage = Stage::set(3).await;
    stage.config.limits.total = Duration::from_millis(300);
    stage.line.set_quota_fault(Some(Fault::Trickle));
    assert!(!stage.run().await.is_fine());
    assert_eq!(stage.line.calls().len(), 0);
    stage.line.set_quota_fault(None);
    stage.line.always(Some(Fault::Trickle));
    stage.run().await;
    stage.line.always(None);
    stage.config.limits = PATIENT;
    stage.run().await;
    assert!(stage.run().await.is_fine());
    stage.line.assert_each_once(3);
}
