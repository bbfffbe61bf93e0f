//! Who may do what: one table, and what is not in it is refused.

use http::Method;

use Role::{Admin, Editor, PushMsg, RegisterServer, Viewer, Webhook};

/// What a caller is, as the issuers file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Webhook,
    RegisterServer,
    PushMsg,
    Viewer,
    Editor,
    Admin,
}

impl Role {
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "webhook" => Webhook,
            "register-server" => RegisterServer,
            "push-msg" => PushMsg,
            "viewer" => Viewer,
            "editor" => Editor,
            "admin" => Admin,
            _ => return None,
        })
    }

    /// Whether it calls because of what a person is doing just now.
    pub(crate) fn speaks_for_people(self) -> bool {
        matches!(self, Webhook | RegisterServer)
    }
}

/// What a request may come to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// This route has no such method; these are the ones it has.
    NoMethod(String),
    /// The callers with one of these roles may.
    Only(&'static [Role]),
}

const TABLE: &[(Method, &str, &[Role])] = &[
    (Method::POST, "/register", &[RegisterServer, Admin]),
    (Method::GET, "/users", &[Viewer, Editor, Admin]),
    (
        Method::GET,
        "/users/{luid}",
        &[RegisterServer, Viewer, Editor, Admin],
    ),
    (
        Method::PATCH,
        "/users/{luid}",
        &[RegisterServer, Editor, Admin],
    ),
    (Method::DELETE, "/users/{luid}", &[RegisterServer, Admin]),
    (
        Method::POST,
        "/users/{luid}/leave",
        &[RegisterServer, Admin],
    ),
    (
        Method::GET,
        "/users/{luid}/export",
        &[RegisterServer, Admin],
    ),
    (Method::GET, "/users/{luid}/membership", &[Webhook]),
    (Method::PUT, "/users/{luid}/friendship", &[Webhook]),
    (
        Method::GET,
        "/users/{luid}/consents",
        &[RegisterServer, Viewer, Editor, Admin],
    ),
    (Method::POST, "/users/{luid}/consents", &[RegisterServer]),
    (
        Method::GET,
        "/users/{luid}/topics",
        &[RegisterServer, Viewer, Editor, Admin],
    ),
    (
        Method::PUT,
        "/users/{luid}/topics/{topic}",
        &[RegisterServer, Editor, Admin],
    ),
    (
        Method::DELETE,
        "/users/{luid}/topics/{topic}",
        &[Webhook, RegisterServer, Editor, Admin],
    ),
    (Method::PUT, "/users/{luid}/tags/{tag}", &[Editor, Admin]),
    (Method::DELETE, "/users/{luid}/tags/{tag}", &[Editor, Admin]),
    (
        Method::PUT,
        "/users/{luid}/attributes/{name}",
        &[Editor, Admin],
    ),
    (
        Method::DELETE,
        "/users/{luid}/attributes/{name}",
        &[Editor, Admin],
    ),
    (Method::GET, "/audiences/members", &[PushMsg, Admin]),
];

/// What the table says about this method of this route. Who may get may ask for the head alone.
pub(crate) fn verdict(method: &Method, route: &str) -> Verdict {
    let wanted = if method == Method::HEAD {
        &Method::GET
    } else {
        method
    };
    let rows = || TABLE.iter().filter(|(_, path, _)| *path == route);
    match rows().find(|(method, ..)| method == wanted) {
        Some((.., roles)) => Verdict::Only(roles),
        None => Verdict::NoMethod(
            rows()
                .map(|(method, ..)| match *method {
                    Method::GET => "GET, HEAD",
                    ref method => method.as_str(),
                })
                .collect::<Vec<_>>()
                .join(", "),
        ),
    }
}
