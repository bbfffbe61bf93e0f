use std::collections::BTreeSet;

use http::StatusCode;
use problem::{FieldError, Problem};
use serde_json::{Value, json};
use utoipa::openapi::schema::{AllOfBuilder, ArrayBuilder, Type};
use utoipa::openapi::{
    ContentBuilder, ObjectBuilder, Ref, RefOr, Response, ResponseBuilder, Schema,
};

/// A kind of problem: what callers branch on.
pub(super) struct Kind {
    pub(super) status: u16,
    pub(super) name: &'static str,
    pub(super) meaning: &'static str,
    /// The status says it all: its `type` is `about:blank`.
    is_blank: bool,
}

/// Every kind of problem that this API answers with. They stay as they are; new ones may come.
pub(super) const KINDS: &[Kind] = &[
    kind(
        400,
        "bad-request",
        "The path or the query is wrong, or the body is no JSON. `detail` says what.",
    ),
    kind(
        401,
        "unauthorized",
        "Who is calling is not proven: there is no token, or it is expired, forged or made out to somebody else.",
    ),
    kind(
        403,
        "forbidden",
        "The caller is known, and its role may not do this.",
    ),
    kind(404, "not-found", "There is nothing at this address."),
    kind(
        404,
        "no-such-member",
        "Nobody with this LINE user ID is a member.",
    ),
    blank(
        405,
        "method-not-allowed",
        "This address has no such method; `Allow` lists those it has.",
    ),
    kind(
        409,
        "already-registered",
        "This person is a member already. Who is leaving still counts.",
    ),
    kind(
        409,
        "signed-in-before-leaving",
        "The person was erased after they signed in. They may sign in anew and register again.",
    ),
    kind(
        409,
        "request-in-progress",
        "A request under the same `Idempotency-Key` is not answered yet. Try again after `Retry-After` seconds.",
    ),
    kind(
        409,
        "leaving",
        "The member is leaving and cannot be changed any more.",
    ),
    kind(
        409,
        "registered-since",
        "The person registered at the time named or later: they are another member than the caller means.",
    ),
    kind(
        409,
        "no-room",
        "A member has no more of these than they have already. `detail` says of what.",
    ),
    kind(
        409,
        "import-in-progress",
        "Another file is being imported. Wait for the end of its report.",
    ),
    kind(
        410,
        "changes-forgotten",
        "The feed does not reach back to that change, or has not come to it yet. Start again from 0.",
    ),
    kind(
        412,
        "changed",
        "The member is not as `If-Match` has them: read them again first.",
    ),
    blank(
        413,
        "too-large",
        "The body is longer than 64 KiB; 312 KiB where recipients are checked, 16 MiB where members are imported.",
    ),
    blank(
        415,
        "unsupported-media-type",
        "The body is said to be something else than what this operation takes.",
    ),
    kind(
        422,
        "invalid-fields",
        "The body is understood and wrong: `errors` says where, by JSON pointer, and what.",
    ),
    kind(
        422,
        "idempotency-key-reused",
        "The `Idempotency-Key` stood for another request. Nothing was done.",
    ),
    kind(
        429,
        "too-many-requests",
        "An operator asks faster than `OPERATOR_RATE` allows; try again after `Retry-After` seconds.",
    ),
    kind(
        500,
        "internal",
        "Our fault. The log has it all, under the request's ID.",
    ),
    kind(
        503,
        "unavailable",
        "Something this service needs is away. It says nothing about any member; try again after `Retry-After` seconds.",
    ),
];

const fn kind(status: u16, name: &'static str, meaning: &'static str) -> Kind {
    Kind {
        status,
        name,
        meaning,
        is_blank: false,
    }
}

const fn blank(status: u16, name: &'static str, meaning: &'static str) -> Kind {
    Kind {
        is_blank: true,
        ..kind(status, name, meaning)
    }
}

impl Kind {
    pub(super) fn uri(&self) -> String {
        self.example().kind
    }

    fn example(&self) -> Problem {
        let status = StatusCode::from_u16(self.status).expect("the table names real statuses");
        let mut example = if self.is_blank {
            Problem::status(status)
        } else {
            Problem::new(status, self.name)
        };
        if self.name == "invalid-fields" {
            example.errors = vec![FieldError {
                pointer: "/language".into(),
                detail: "must be a BCP 47 language tag, such as zh-TW".into(),
            }];
        }
        example.request_id = Some("019abcde-0000-7000-8000-000000000000".into());
        example
    }
}

/// The table, for readers of the document.
pub(super) fn list() -> Value {
    KINDS
        .iter()
        .map(|kind| json!({ "type": kind.uri(), "status": kind.status, "meaning": kind.meaning }))
        .collect()
}

/// The answer with one of these kinds, which have one status.
pub(super) fn response(kinds: &BTreeSet<&str>) -> Response {
    let kinds = || KINDS.iter().filter(|kind| kinds.contains(kind.name));
    let meanings: Vec<_> = kinds().map(|kind| kind.meaning).collect();
    let uris: Vec<_> = kinds().map(Kind::uri).collect();
    let narrowed = ObjectBuilder::new().property(
        "type",
        ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(uris)),
    );
    let content = ContentBuilder::new()
        .schema(Some(
            AllOfBuilder::new()
                .item(Ref::from_schema_name("Problem"))
                .item(narrowed),
        ))
        .example(kinds().next().map(|kind| json!(kind.example())))
        .build();
    ResponseBuilder::new()
        .description(meanings.join(" Or: "))
        .content(problem::CONTENT_TYPE, content)
        .build()
}

/// The document that every problem is.
pub(super) fn schema() -> RefOr<Schema> {
    let text = |what: &str| {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(what))
    };
    let field = ObjectBuilder::new()
        .property(
            "pointer",
            text("Where it is, as a JSON pointer (RFC 6901)."),
        )
        .property("detail", text("What is wrong with it."))
        .required("pointer")
        .required("detail");
    ObjectBuilder::new()
        .description(Some("An error (RFC 9457)."))
        .property("type", text("What kind of problem this is. Stable."))
        .property("title", text("The kind in a few words."))
        .property(
            "status",
            ObjectBuilder::new()
                .schema_type(Type::Integer)
                .description(Some("The HTTP status.")),
        )
        .property("detail", text("What was wrong with this request."))
        .property(
            "errors",
            ArrayBuilder::new()
                .items(field)
                .description(Some("The fields that are wrong.")),
        )
        .property(
            "request_id",
            text("The request's ID, to find it in the logs."),
        )
        .required("type")
        .required("title")
        .required("status")
        .required("request_id")
        .into()
}
