use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use futures::future::{self, Either, join_all};
use futures::{FutureExt as _, stream};
use http::{Method, header};
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use service_kit::http_client;
use tokio::sync::mpsc;

use crate::harness::{ALICE, Answer, BOB, TestApp, answer, consent};

const MIB: usize = 1024 * 1024;

pub(crate) fn request(app: &TestApp, dry_run: bool) -> RequestBuilder {
    let path = format!("/imports?dry_run={dry_run}");
    app.request("editor", Method::POST, &path)
        .header(header::CONTENT_TYPE, "text/csv")
}

async fn import(app: &TestApp, file: &str) -> Report {
    Report::of(answer(request(app, false).body(file.to_owned())).await)
}

async fn preview(app: &TestApp, file: &str) -> Report {
    Report::of(answer(request(app, true).body(file.to_owned())).await)
}

#[derive(Debug, PartialEq)]
pub(crate) struct Report {
    pub(crate) rows: Vec<Value>,
    pub(crate) summary: Value,
}

impl Report {
    #[track_caller]
    pub(crate) fn of(answer: Answer) -> Self {
        let answer = answer.assert(200);
        assert_eq!(answer.headers["content-type"], "application/x-ndjson");
        let text = String::from_utf8(answer.body).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
        let mut rows: Vec<Value> = lines.collect();
        let summary = rows.pop().unwrap()["summary"].take();
        assert!(summary.is_object(), "it broke off");
        assert_eq!(summary["rows"], rows.len());
        for outcome in ["created", "changed", "unchanged", "refused"] {
            let count = rows.iter().filter(|row| row["outcome"] == outcome).count();
            assert_eq!(summary[outcome], count, "{outcome}");
        }
        Self { rows, summary }
    }

    /// What each row came to, and why if it was refused.
    pub(crate) fn outcomes(&self) -> Vec<String> {
        let words = |row: &Value| match row["reason"].as_str() {
            Some(reason) => reason.to_owned(),
            None => row["outcome"].as_str().unwrap().to_owned(),
        };
        self.rows.iter().map(words).collect()
    }

    fn columns(&self, row: usize) -> Vec<&str> {
        let errors = self.rows[row]["errors"].as_array().unwrap();
        let columns = errors.iter().map(|error| error["column"].as_str().unwrap());
        columns.collect()
    }
}

async fn member(app: &TestApp, luid: &str) -> Value {
    let member = app.get("viewer", &format!("/users/{luid}")).await;
    member.assert(200).json()
}

/// Every row of every table but the one that says who asked for what.
async fn counts(app: &TestApp) -> BTreeMap<&'static str, i64> {
    let mut counts = BTreeMap::new();
    for table in [
        "member",
        "consent",
        "standing_consent",
        "friendship",
        "tag",
        "attribute",
        "topic",
        "tombstone",
    ] {
        let rows = app.count(&format!("select count(*) from {table}")).await;
        counts.insert(table, rows);
    }
    counts
}

/// The example of the README.
fn example() -> &'static str {
    let readme = include_str!("../../README.md");
    let (_, rest) = readme.split_once("```csv\n").unwrap();
    rest.split_once("```").unwrap().0
}

#[tokio::test]
async fn the_example_of_the_readme_is_imported_and_changes_nothing_again() {
    let app = TestApp::start().await;
    let report = import(&app, example()).await;
    assert_eq!(report.outcomes(), ["created", "created"]);
    let mei = member(&app, "U4af4980629").await;
    assert_eq!(mei["display_name"], "美玲, \"Mei\"");
    assert_eq!(mei["phone"], "+886912345678");
    assert_eq!(
        mei["quiet_hours"],
        json!({ "from": "22:00", "until": "07:30" })
    );
    assert_eq!(mei["tags"], json!(["gold", "vip"]));
    let noted = json!({ "city": "台北", "visits": 3, "postcode": "00123" });
    assert_eq!(mei["attributes"], noted);
    assert_eq!(mei["topics"][0]["subscribed"], true);
    let news = json!({
        "purpose": "news", "version": "2026-01", "text_digest": null, "language": "zh-TW",
        "granted": true, "channel": "import", "changed_at": app.now(),
    });
    assert_eq!(mei["consents"], json!([news]));
    let somchai = member(&app, "U0b1c2d3e4f").await;
    assert_eq!(somchai["consents"][0]["granted"], false);

    let before = counts(&app).await;
    app.clock.advance(Duration::from_mins(1));
    let report = import(&app, example()).await;
    assert_eq!(report.outcomes(), ["unchanged", "unchanged"]);
    assert_eq!(member(&app, "U4af4980629").await, mei);
    assert_eq!(counts(&app).await, before);
}

#[tokio::test]
async fn what_a_row_leaves_empty_stays_and_what_it_says_is_so_then() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    import(
        &app,
        &format!("luid,tags,attribute.city\n{ALICE},a|b,Tainan\n"),
    )
    .await;
    let before = member(&app, ALICE).await;
    app.clock.advance(Duration::from_mins(1));
    let file = format!(
        "luid,display_name,language,tags,attribute.city,topic.weekly\n\
         {ALICE},,ja,b|c,,no\n"
    );
    assert_eq!(import(&app, &file).await.outcomes(), ["changed"]);
    let mut expected = before;
    expected["language"] = json!("ja");
    expected["tags"] = json!(["b", "c"]);
    expected["topics"] =
        json!([{ "topic": "weekly", "subscribed": false, "changed_at": app.now() }]);
    expected["updated_at"] = json!(app.now());
    assert_eq!(member(&app, ALICE).await, expected);
}

#[tokio::test]
async fn a_row_that_is_wrong_is_refused_as_a_whole_and_nothing_of_it_is_repeated() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    let before = member(&app, ALICE).await;
    let file = format!(
        "luid,display_name,email,phone,language,time_zone,quiet_from,quiet_until,tags,attribute.city,consent.news,topic.t\n\
         {ALICE},canary,canary@,0912345678,canary_x,Canary/Moon,25:00,07:00,{long},{long},{long},canary\n\
         canary!,N,,,,,,,,,,\n\
         Unobody,,,,,,22:00,,,,,\n\
         {ALICE},canary,,,,,,,,,\n\
         ,,,,,,,,,,,\n\
         {BOB},B,,,,,,,,,,\n",
        long = "canary".repeat(100)
    );
    let answer = answer(request(&app, false).body(file)).await;
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    assert!(!text.contains("anary") && !text.contains(ALICE), "{text}");
    let report = Report::of(answer);
    assert_eq!(
        report.outcomes(),
        ["invalid", "invalid", "invalid", "duplicate", "created"]
    );
    let all = "display_name email phone language time_zone quiet_from tags attribute.city consent.news topic.t";
    let mut all: Vec<_> = all.split(' ').skip(1).collect();
    let mut wrong = report.columns(0);
    all.sort_unstable();
    wrong.sort_unstable();
    assert_eq!(wrong, all);
    assert_eq!(report.columns(1), ["luid"]);
    assert_eq!(report.columns(2), ["quiet_from"]);
    assert_eq!(report.rows[3]["first_line"], 2);
    assert_eq!(report.rows[4]["line"], 7);
    assert_eq!(member(&app, ALICE).await, before);
}

#[tokio::test]
async fn a_stranger_needs_a_name() {
    let app = TestApp::start().await;
    let report = import(&app, "luid,display_name,language\nU1,,ja\n").await;
    assert_eq!(report.outcomes(), ["invalid"]);
    assert_eq!(report.columns(0), ["display_name"]);
    assert_eq!(app.count("select count(*) from member").await, 0);
}

#[tokio::test]
async fn u23_an_import_brings_nobody_back() {
    let app = TestApp::start().await;
    for luid in [ALICE, BOB] {
        app.register(luid).await.assert(201);
    }
    let file = format!("luid,display_name,language\n{ALICE},Alice,ja\n{BOB},Bob,ja\n");
    let path = format!("/users/{ALICE}");
    app.delete("admin", &path).await.assert(204);
    app.post("admin", &format!("/users/{BOB}/leave"), &Value::Null)
        .await
        .assert(204);
    for wait in [0, 60, 30 * 24 * 3600] {
        app.clock.advance(Duration::from_secs(wait));
        for report in [preview(&app, &file).await, import(&app, &file).await] {
            assert_eq!(report.outcomes(), ["erased", "leaving"]);
        }
    }
    assert!(!app.is_member(ALICE).await && !app.is_member(BOB).await);

    let body = json!({ "luid": ALICE, "display_name": "Alice again" });
    app.post("register-server", "/register", &body)
        .await
        .assert(201);
    assert_eq!(import(&app, &file).await.outcomes(), ["changed", "leaving"]);
}

/// Whichever of the two is first.
#[tokio::test(flavor = "multi_thread")]
async fn u23_an_import_and_an_erasure_at_once_leave_nothing() {
    let app = TestApp::start().await;
    for round in 0..12 {
        let luid = format!("Urace{round}");
        if round % 2 == 0 {
            app.register(&luid).await.assert(201);
        }
        let path = format!("/users/{luid}");
        let file = format!("luid,display_name,tags\n{luid},Again,vip\n");
        let (erased, report) = futures::join!(app.delete("admin", &path), import(&app, &file));
        erased.assert(204);
        assert_ne!(report.outcomes(), ["invalid"]);
        assert!(!app.is_member(&luid).await, "round {round}");
        let left = "select (select count(*) from member) + (select count(*) from tag)";
        assert_eq!(app.count(left).await, 0);
    }
}

#[tokio::test]
async fn a_dry_run_says_what_would_happen_and_does_nothing() {
    let app = TestApp::start().await;
    for luid in [ALICE, BOB, "Ugone"] {
        app.register(luid).await.assert(201);
    }
    app.delete("admin", "/users/Ugone").await.assert(204);
    let file = format!(
        "luid,display_name,language,tags,attribute.city,consent.news,topic.weekly\n\
         {ALICE},New name,ja,vip,Taipei,2027-01,yes\n\
         {BOB},,zh-TW,,,,\n\
         Unew,New,ja,vip,Taipei,1,no\n\
         Ugone,G,,,,,\n\
         Ubad,B,??,,,,\n\
         Unew,New,,,,,\n"
    );
    let etag = |answer: Answer| answer.headers[header::ETAG].clone();
    let path = format!("/users/{ALICE}");
    let before = (counts(&app).await, etag(app.get("viewer", &path).await));
    let mut dry = preview(&app, &file).await;
    assert_eq!(
        dry.outcomes(),
        [
            "changed",
            "unchanged",
            "created",
            "erased",
            "invalid",
            "duplicate"
        ]
    );
    assert_eq!(dry.summary["dry_run"], true);
    let after = (counts(&app).await, etag(app.get("viewer", &path).await));
    assert_eq!(after, before);

    let real = import(&app, &file).await;
    dry.summary["dry_run"] = json!(false);
    assert_eq!(real, dry);
    let after = (counts(&app).await, etag(app.get("viewer", &path).await));
    assert!(after.0 != before.0 && after.1 != before.1);
}

#[tokio::test]
async fn a_consent_that_the_member_withdrew_is_not_given_for_them() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    let words = json!([consent("news", false)]);
    let path = format!("/users/{ALICE}/consents");
    app.post("register-server", &path, &words).await.assert(200);
    let stale = format!("luid,language,consent.news\n{ALICE},ja,2026-01\n");
    let report = import(&app, &stale).await;
    assert_eq!(report.columns(0), ["consent.news"]);
    let alice = member(&app, ALICE).await;
    assert_eq!(alice["consents"][0]["granted"], false);
    assert_eq!(alice["language"], "zh-TW");
}

#[tokio::test]
async fn a_file_that_is_wrong_as_a_whole_is_refused_before_anything_is_done() {
    let app = TestApp::start().await;
    for (file, pointer) in [
        (
            &b"luid,display_name,shoe_size\nU1,Alice,38\n"[..],
            "/header/2",
        ),
        (b"display_name\nAlice\n", "/header"),
        (b"", "/header"),
        (b"luid,display_name\nU1,Alice\nU2,\xff\n", ""),
    ] {
        let refused = answer(request(&app, false).body(file.to_vec())).await;
        assert_eq!(refused.assert(422).pointers(), [pointer]);
    }
    let file = "luid,display_name\nU1,Alice\n";
    for path in [
        "/imports",
        "/imports?dry_run=perhaps",
        "/imports?dry_run=true&x=1",
    ] {
        let request = app.request("admin", Method::POST, path);
        let request = request.header(header::CONTENT_TYPE, "text/csv");
        answer(request.body(file)).await.assert(400).problem();
    }
    for content_type in ["application/json", "text/plain", "text/csv; charset=big5"] {
        let request = app.request("admin", Method::POST, "/imports?dry_run=false");
        let request = request.header(header::CONTENT_TYPE, content_type);
        answer(request.body(file)).await.assert(415).problem();
    }
    assert_eq!(app.count("select count(*) from member").await, 0);
}

#[tokio::test]
async fn u17_a_file_may_have_16_mib_and_no_more() {
    let app = TestApp::start().await;
    let row = format!("Ulong,{}\n", "x".repeat(MIB - 7));
    let file = |rows: usize| format!("luid,display_name\n{}", row.repeat(rows));
    let report = preview(&app, &file(15)).await;
    assert_eq!(report.outcomes()[..2], ["invalid", "duplicate"]);
    answer(request(&app, true).body(file(16)))
        .await
        .assert(413)
        .problem();
}

/// The importing of many is not noticed by others who write.
#[tokio::test(flavor = "multi_thread")]
async fn others_register_while_many_are_imported() {
    let app = TestApp::start().await;
    let rows: Vec<_> = (0..600)
        .map(|number| format!("Uimport{number},N,ja,a|b,{number}\n"))
        .collect();
    let file = format!(
        "luid,display_name,language,tags,attribute.n\n{}",
        rows.concat()
    );
    let others = join_all((0..20).map(|number| {
        let app = &app;
        async move { app.register(&format!("Uother{number}")).await.assert(201) }
    }));
    let (report, _) = futures::join!(import(&app, &file), others);
    assert_eq!(report.summary["created"], 600);
    assert_eq!(app.count("select count(*) from member").await, 620);
}

#[tokio::test]
async fn an_import_that_breaks_off_says_so_and_is_repeated_without_harm() {
    let app = TestApp::start().await;
    app.execute("create unique index twins on member (display_name) where display_name = 'twin'")
        .await;
    let rows: Vec<_> = (0..500)
        .map(|number| {
            let name = if [10, 450].contains(&number) {
                "twin"
            } else {
                "N"
            };
            format!("U{number},{name}\n")
        })
        .collect();
    let file = format!("luid,display_name\n{}", rows.concat());
    let mut broken = http_client::send(request(&app, false).body(file.clone()))
        .await
        .unwrap();
    let ended = loop {
        match broken.chunk().await {
            Ok(Some(_)) => {}
            end => break end,
        }
    };
    assert!(ended.is_err(), "half a report must not look like one");
    assert_eq!(app.count("select count(*) from member").await, 400);

    app.execute("drop index twins").await;
    let report = import(&app, &file).await;
    assert_eq!(report.summary["unchanged"], 400);
    assert_eq!(report.summary["created"], 100);
}

/// An import whose rows are sent when the caller likes.
fn slow_import(app: &TestApp) -> (mpsc::Sender<io::Result<String>>, RequestBuilder) {
    let (rows, sent) = mpsc::channel(1);
    let body = stream::unfold(sent, |mut sent| async { Some((sent.recv().await?, sent)) });
    let body = reqwest::Body::wrap_stream(body);
    (rows, request(app, false).body(body))
}

#[tokio::test(flavor = "multi_thread")]
async fn one_file_is_imported_at_a_time() {
    let app = TestApp::start().await;
    let ((rows, one), (other_rows, other)) = (slow_import(&app), slow_import(&app));
    let (one, other) = (answer(one).boxed(), answer(other).boxed());
    // The one that is taken waits for its rows, so the one that ends is the one that is not.
    let (rows, refused, taken) = match future::select(one, other).await {
        Either::Left((refused, taken)) => (other_rows, refused, taken),
        Either::Right((refused, taken)) => (rows, refused, taken),
    };
    assert_eq!(
        refused.assert(409).problem().kind,
        "/problems/import-in-progress"
    );
    let file = "luid,display_name\nU1,Alice\n";
    rows.send(Ok(file.to_owned())).await.unwrap();
    drop(rows);
    assert_eq!(Report::of(taken.await).outcomes(), ["created"]);
    assert_eq!(import(&app, file).await.outcomes(), ["unchanged"]);
}
