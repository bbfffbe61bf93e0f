//! The typed client and the service agree.

use std::time::Duration;

use futures::TryStreamExt as _;
use service_auth::TokenSource;
use testkit::FaultProxy;
use testkit::fault_proxy::Direction;
use users_client::{
    AudienceMember, AudienceRequest, Friendship, FriendshipChange, GiveConsent, ListMembers,
    LookUpMemberships, RegisterMember, Status, UpdateMember, UsersClient, UsersError,
};

use crate::harness::{ALICE, BOB, TestApp};

pub(crate) fn client(app: &TestApp, caller: &str) -> UsersClient {
    client_at(app, caller, &app.base)
}

fn client_at(app: &TestApp, caller: &str, base: &str) -> UsersClient {
    let path = app.folder.path().join(format!("{caller}.jwt"));
    std::fs::write(&path, app.token(caller)).unwrap();
    let base = base.parse().unwrap();
    UsersClient::new(app.http.clone(), &base, TokenSource::file(path))
}

fn news(granted: bool) -> GiveConsent {
    GiveConsent {
        purpose: "news".into(),
        version: "1".into(),
        text_digest: None,
        language: "en".into(),
        granted,
        channel: "website".into(),
    }
}

fn candidate(luid: &str) -> RegisterMember {
    RegisterMember {
        luid: luid.into(),
        display_name: "Someone".into(),
        language: Some("ja".into()),
        consents: vec![news(true)],
        ..RegisterMember::default()
    }
}

async fn audience(push: &UsersClient) -> Result<Vec<AudienceMember>, UsersError> {
    push.audience(&AudienceRequest::of_purpose("news"), false)
        .await?
        .try_collect()
        .await
}

#[tokio::test]
async fn a_membership_from_its_beginning_to_its_end() {
    let app = TestApp::start().await;
    let website = client(&app, "register-server");
    let (bot, push, admin) = (
        client(&app, "webhook"),
        client(&app, "push-msg"),
        client(&app, "admin"),
    );

    assert!(website.member(ALICE).await.unwrap().is_none());
    let alice = website.register(&candidate(ALICE)).await.unwrap();
    let again = website.register(&candidate(ALICE)).await.unwrap_err();
    assert_eq!(again.problem_kind(), Some("/problems/already-registered"));
    assert_eq!(website.member(ALICE).await.unwrap(), Some(alice.clone()));
    assert!(bot.membership(ALICE).await.unwrap().member);
    let question = LookUpMemberships {
        luids: vec![BOB.into(), ALICE.into()],
    };
    let both = bot.memberships(&question).await.unwrap();
    let both: Vec<_> = both.iter().map(|one| one.member).collect();
    assert_eq!(both, [false, true]);

    let followed = FriendshipChange {
        friendship: Friendship::Following,
        event_at: app.now(),
        event_id: "01A".into(),
    };
    bot.set_friendship(ALICE, &followed).await.unwrap();
    let change = UpdateMember {
        language: Some(Some("th".into())),
        ..UpdateMember::default()
    };
    let changed = website.update(ALICE, &change).await.unwrap();
    assert_eq!(changed.friendship, Friendship::Following);
    let listed = audience(&push).await.unwrap();
    assert_eq!(listed[0].language.as_deref(), Some("th"));
    let latest = website.give_consents(ALICE, &[news(false)]).await.unwrap();
    assert!(!latest[0].granted);
    assert!(audience(&push).await.unwrap().is_empty());

    website.register(&candidate(BOB)).await.unwrap();
    let one = ListMembers {
        limit: 1,
        ..ListMembers::default()
    };
    let first = admin.members(&one).await.unwrap();
    let rest = admin
        .members(&ListMembers {
            cursor: first.next_cursor,
            ..one
        })
        .await
        .unwrap();
    assert_eq!((rest.members.len(), rest.next_cursor), (1, None));

    website.leave(ALICE, None).await.unwrap();
    assert_eq!(
        website.member(ALICE).await.unwrap().unwrap().status,
        Status::Leaving
    );
    website.erase(ALICE).await.unwrap();
    assert!(website.member(ALICE).await.unwrap().is_none());
    assert!(!bot.membership(ALICE).await.unwrap().member);
}

#[tokio::test]
async fn half_an_audience_is_an_error() {
    let app = TestApp::start().await;
    app.execute(
        "with recursive n (i) as (select 1 union all select i + 1 from n where i < 1200)
         insert into member (member_id, luid, display_name, status, created_at, updated_at)
         select {random}, 'U' || i, 'N', 'active', i, i from n;
         insert into member (member_id, luid, display_name, status, created_at, updated_at)
         values ({broken}, 'Ubroken', 'N', 'active', 1, 1);
         insert into consent (member_id, purpose, version, language, granted, channel, changed_at)
         select member_id, 'news', '1', 'en', true, 'import', 1 from member;",
    )
    .await;
    audience(&client(&app, "push-msg")).await.unwrap_err();
}

#[tokio::test]
async fn a_failing_service_is_an_error_and_no_membership() {
    let app = TestApp::start().await;
    let bot = client(&app, "webhook");
    bot.membership(ALICE).await.unwrap();
    app.execute("drop view member_document; alter table member rename to gone")
        .await;
    let error = bot.membership(ALICE).await.unwrap_err();
    assert!(matches!(error, UsersError::Failed(503)), "{error}");
}

/// The answer is lost on the way, the registration is not: the second try, under the same key, has the same answer.
#[tokio::test(flavor = "multi_thread")]
async fn a_registration_whose_answer_is_lost_is_one_registration() {
    let app = TestApp::start().await;
    let service = app.base.parse::<url::Url>().unwrap();
    let proxy = FaultProxy::before(service.socket_addrs(|| None).unwrap()[0])
        .await
        .unwrap();
    let mut lost = 0;
    proxy.cut_before(move |direction, _| {
        let is_answer = direction == Direction::ToClient;
        lost += usize::from(is_answer);
        is_answer && lost == 1
    });
    let website = client_at(&app, "register-server", &proxy.instead_of(&app.base))
        .retrying(Duration::from_secs(10));
    let member = website.register(&candidate(ALICE)).await.unwrap();
    assert_eq!(proxy.cuts(), 1);
    let found = client(&app, "admin").member(ALICE).await.unwrap();
    assert_eq!(found, Some(member));
    let again = website.register(&candidate(ALICE)).await.unwrap_err();
    assert_eq!(again.problem_kind(), Some("/problems/already-registered"));
}
