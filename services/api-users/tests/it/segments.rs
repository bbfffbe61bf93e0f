//! Random segments over random members: what the service says of them, and what a second, plain reading says.

mod people;
mod reading;

use std::collections::BTreeSet;

use futures::TryStreamExt as _;
use proptest::strategy::{Strategy, ValueTree as _};
use proptest::test_runner::TestRunner;
use users_client::{AudienceRequest, ExcludedMembers, ListMembers, UsersClient};
use uuid::Uuid;

use self::people::{PURPOSES, Person, TOPICS};
use self::reading::Reading;
use crate::client::client;
use crate::harness::TestApp;

const PEOPLE: usize = 60;
const SEGMENTS: usize = 120;

fn sample<T>(runner: &mut TestRunner, strategy: &impl Strategy<Value = T>) -> T {
    strategy.new_tree(runner).unwrap().current()
}

#[tokio::test]
async fn who_is_reached_is_who_a_plain_reading_says() {
    let app = TestApp::start().await;
    let mut runner = TestRunner::deterministic();
    let crowd: Vec<Person> = (0..PEOPLE)
        .map(|number| sample(&mut runner, &people::person(number, app.now())))
        .collect();
    for person in &crowd {
        app.execute(&person.sql()).await;
    }
    let (push, admin) = (client(&app, "push-msg"), client(&app, "admin"));
    let expressions = reading::expression(app.now());
    let requests = proptest::sample::select(PURPOSES.to_vec());
    let topics = proptest::option::of(proptest::sample::select(TOPICS.to_vec()));
    let mut reached = 0;
    for _ in 0..SEGMENTS {
        let segment = sample(&mut runner, &expressions);
        let request = AudienceRequest {
            consent: sample(&mut runner, &requests).to_owned(),
            topic: sample(&mut runner, &topics).map(ToOwned::to_owned),
            segment: Some(segment.to_string()),
        };
        let named: Vec<&Person> = crowd.iter().filter(|it| segment.is_true_of(it)).collect();
        assert_eq!(listed(&admin, &segment).await, luids(&named), "{segment}");
        reached += assert_reached(&push, &request, &named).await;
    }
    assert!(reached > PEOPLE, "hardly anybody was ever reached");
}

async fn listed(admin: &UsersClient, segment: &Reading) -> BTreeSet<String> {
    let list = ListMembers {
        limit: 1000,
        segment: Some(segment.to_string()),
        ..ListMembers::default()
    };
    let page = admin.members(&list).await.unwrap();
    page.members.into_iter().map(|member| member.luid).collect()
}

/// The preview, the stream and the check agree with the reading; answers how many are reached.
async fn assert_reached(push: &UsersClient, request: &AudienceRequest, named: &[&Person]) -> usize {
    let topic = request.topic.as_deref();
    let outcome = |person: &Person| person.outcome(&request.consent, topic);
    let count = |wanted| named.iter().filter(|it| outcome(it) == wanted).count() as u64;
    let reached: Vec<&Person> = named
        .iter()
        .copied()
        .filter(|it| outcome(it) == "reached")
        .collect();

    let preview = push.preview(request).await.unwrap();
    let excluded = ExcludedMembers {
        leaving: count("leaving"),
        blocked: count("blocked"),
        no_consent: count("no_consent"),
        not_subscribed: count("not_subscribed"),
    };
    assert_eq!(preview.excluded, excluded, "{:?}", request.segment);
    assert_eq!(
        preview.reached,
        reached.len() as u64,
        "{:?}",
        request.segment
    );

    let streamed = push.audience(request, false).await.unwrap();
    let streamed: Vec<_> = streamed.try_collect().await.unwrap();
    let ids: BTreeSet<_> = streamed.iter().map(|member| member.member_id).collect();
    let them = streamed.into_iter().map(|member| member.luid).collect();
    assert_eq!(luids(&reached), them, "{:?}", request.segment);

    let asked = AudienceRequest {
        segment: None,
        ..request.clone()
    };
    let mut members: Vec<_> = ids.iter().copied().collect();
    let stranger = Uuid::from_u128(u128::MAX);
    members.push(stranger);
    assert_eq!(push.gone(asked, members).await.unwrap(), [stranger]);
    reached.len()
}

fn luids(people: &[&Person]) -> BTreeSet<String> {
    people.iter().map(|person| person.luid.clone()).collect()
}

#[tokio::test]
async fn every_example_of_the_documentation_is_one() {
    let app = TestApp::start().await;
    let admin = client(&app, "admin");
    let document = include_str!("../../../../docs/segments.md");
    let mut examples = 0;
    let blocks = document.split("```segment\n").skip(1);
    for line in blocks.flat_map(|block| block.split("```").next().unwrap().lines()) {
        let list = ListMembers {
            segment: Some(line.to_owned()),
            ..ListMembers::default()
        };
        admin.members(&list).await.unwrap();
        examples += 1;
    }
    assert_eq!(examples, 10);
}

#[tokio::test]
async fn the_largest_segments_are_answered() {
    let app = TestApp::start().await;
    app.register("U1").await.assert(201);
    let push = client(&app, "push-msg");
    let deep = format!("{}tag = \"a\"{}", "not (".repeat(8), ")".repeat(8));
    for segment in [
        vec!["not tag = \"a\""; 64].join(" and "),
        vec!["(not topic in (\"a\", \"b\"))"; 64].join(" or "),
        vec!["attribute.a in (1, \"b\", true)"; 64].join(" or "),
        format!("consent in ({})", vec!["\"news\""; 450].join(", ")),
        deep,
    ] {
        let mut request = AudienceRequest::of_purpose("news");
        request.segment = Some(segment);
        let preview = push.preview(&request).await.unwrap();
        let streamed = push.audience(&request, false).await.unwrap();
        let streamed: Vec<_> = streamed.try_collect().await.unwrap();
        assert_eq!(preview.reached, streamed.len() as u64);
    }
}
