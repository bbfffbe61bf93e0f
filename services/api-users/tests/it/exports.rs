use http::Method;
use serde_json::{Value, json};
use service_kit::http_client;

use crate::harness::{ALICE, BOB, TestApp, answer, candidate};
use crate::imports::{Report, request};

async fn export(app: &TestApp) -> String {
    let file = app.get("admin", "/exports/members").await.assert(200);
    assert_eq!(
        file.headers["content-type"],
        "text/csv; charset=utf-8; header=present"
    );
    let disposition = file.headers["content-disposition"].to_str().unwrap();
    assert_eq!(disposition, "attachment; filename=\"members.csv\"");
    String::from_utf8(file.body).unwrap()
}

const HOSTILE: [&str; 12] = [
    "=HYPERLINK(\"https://evil.test\",\"x\")",
    "+1",
    "-1",
    "@SUM(A1)",
    "＝1+1",
    "'quoted'",
    "''=1",
    "comma, semicolon; tab",
    "\"in quotes\"",
    "👩‍👩‍👧 ครอบครัว",
    "愛麗絲 é",
    "withdrawn:1|granted:2\\",
];

#[tokio::test]
async fn a_table_that_was_exported_is_imported_as_it_was() {
    let app = TestApp::start().await;
    for (number, text) in HOSTILE.into_iter().enumerate() {
        let mut body = candidate(&format!("U{number}"));
        body["display_name"] = json!(text);
        body["phone"] = json!("+886912345678");
        body["quiet_hours"] = json!({ "from": "22:00", "until": "07:00" });
        body["consents"][0]["version"] = json!(text);
        body["consents"][0]["granted"] = json!(number % 2 == 0);
        app.post("register-server", "/register", &body)
            .await
            .assert(201);
        let path = format!("/users/U{number}");
        for (name, value) in [
            ("note", json!(text)),
            ("code", json!("007")),
            ("n", json!(-0.5)),
        ] {
            app.put("editor", &format!("{path}/attributes/{name}"), &value)
                .await
                .assert(204);
        }
        for part in ["tags/a%7Cb%5C", "tags/%3D1", "topics/weekly"] {
            let put = app.request("editor", Method::PUT, &format!("{path}/{part}"));
            answer(put).await.assert(204);
        }
    }
    let file = export(&app).await;
    let report = Report::of(answer(request(&app, false).body(file.clone())).await);
    assert_eq!(
        report.summary["unchanged"],
        HOSTILE.len(),
        "{:?}",
        report.rows
    );
    assert_eq!(export(&app).await, file);

    // To another service, which knows none of them.
    let other = TestApp::start().await;
    let report = Report::of(answer(request(&other, false).body(file)).await);
    assert_eq!(
        report.summary["created"],
        HOSTILE.len(),
        "{:?}",
        report.rows
    );
    let [here, there] = [&app, &other].map(|app| app.get("viewer", "/users/U0"));
    let (here, there): (Value, Value) = (here.await.json(), there.await.json());
    for field in ["display_name", "tags", "attributes", "phone", "quiet_hours"] {
        assert_eq!(there[field], here[field], "{field}");
    }
}

#[tokio::test]
async fn a_table_looks_so() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    let alice: Value = app.get("viewer", &format!("/users/{ALICE}")).await.json();
    app.register(BOB).await.assert(201);
    let path = format!("/users/{BOB}");
    app.patch(
        "editor",
        &path,
        &json!({ "display_name": "=1", "picture_url": null }),
    )
    .await
    .assert(200);
    app.put("editor", &format!("{path}/attributes/city"), &json!("台北"))
        .await
        .assert(204);
    app.post("admin", &format!("{path}/leave"), &Value::Null)
        .await
        .assert(204);
    let bob: Value = app.get("viewer", &path).await.json();
    let expected = [
        "\u{feff}luid,display_name,picture_url,email,phone,language,time_zone,quiet_from,quiet_until,tags,\
         attribute.city,consent.news,status,friendship,created_at,member_id",
        &format!(
            "{ALICE},Alice 愛麗絲,https://profile.line-scdn.net/alice,,,zh-TW,Asia/Taipei,,,,\
             ,granted:2026-01,active,unknown,2026-09-21T14:13:20.000Z,{}",
            alice["member_id"].as_str().unwrap()
        ),
        &format!(
            "{BOB},'=1,,,,zh-TW,Asia/Taipei,,,,台北,granted:2026-01,leaving,unknown,2026-09-21T14:13:20.000Z,{}",
            bob["member_id"].as_str().unwrap()
        ),
        "",
    ];
    let mut file: Vec<_> = export(&app)
        .await
        .split("\r\n")
        .map(str::to_owned)
        .collect();
    file[1..3].sort();
    assert_eq!(file, expected);
}

#[tokio::test]
async fn a_table_of_a_segment_has_the_members_whom_it_names() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    app.register(BOB).await.assert(201);
    let put = app.request("editor", Method::PUT, &format!("/users/{BOB}/tags/vip"));
    answer(put).await.assert(204);
    let path = "/exports/members?segment=tag%20%3D%20%22vip%22";
    let file = app.get("admin", path).await.assert(200);
    let file = String::from_utf8(file.body).unwrap();
    assert!(file.contains(BOB) && !file.contains(ALICE), "{file}");
    app.get("admin", "/exports/members?segment=vip")
        .await
        .assert(400)
        .problem();
}

#[tokio::test]
async fn a_long_table_comes_whole_or_breaks_off() {
    let app = TestApp::start().await;
    app.execute(
        "with recursive n (i) as (select 1 union all select i + 1 from n where i < 1700)
         insert into member (member_id, luid, display_name, status, created_at, updated_at)
         select {random}, 'U' || i, 'N', 'active', i, i from n;",
    )
    .await;
    assert_eq!(export(&app).await.lines().count(), 1701);

    app.execute(
        "insert into member (member_id, luid, display_name, status, created_at, updated_at)
         values ({broken}, 'Ubroken', 'N', 'active', 9999, 1)",
    )
    .await;
    let asked = app.request("admin", Method::GET, "/exports/members");
    let mut broken = http_client::send(asked).await.unwrap();
    let ended = loop {
        match broken.chunk().await {
            Ok(Some(_)) => {}
            end => break end,
        }
    };
    assert!(ended.is_err(), "half a table must not look like one");
}
