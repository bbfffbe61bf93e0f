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
    const ALL: [Self; 6] = [Webhook, RegisterServer, PushMsg, Viewer, Editor, Admin];

    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Webhook => "webhook",
            RegisterServer => "register-server",
            PushMsg => "push-msg",
            Viewer => "viewer",
            Editor => "editor",
            Admin => "admin",
        }
    }

    /// Whether a person is behind it, who asks for reasons of their own.
    pub(crate) fn is_operator(self) -> bool {
        matches!(self, Viewer | Editor | Admin)
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
    /// Anybody may, without a token.
    Anybody,
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
    (Method::POST, "/memberships", &[Webhook]),
    (Method::PUT, "/users/{luid}/friendship", &[Webhook]),
    (
        Method::GET,
        "/users/{luid}/consents",
        &[RegisterServer, Viewer, Editor, Admin],
    ),
    (Method::POST, "/users/{luid}/consents", &[RegisterServer]),
    (
        Method::DELETE,
        "/users/{luid}/consents/{purpose}",
        &[Webhook],
    ),
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
    (Method::GET, "/audit", &[Admin]),
    (
        Method::POST,
        "/audiences/preview",
        &[PushMsg, Viewer, Editor, Admin],
    ),
    (Method::GET, "/audiences/members", &[PushMsg, Admin]),
    (Method::POST, "/audiences/check", &[PushMsg]),
    (Method::GET, "/changes", &[Webhook, PushMsg, Admin]),
    (Method::POST, "/imports", &[Editor, Admin]),
    (Method::GET, "/exports/members", &[Admin]),
];

/// What anybody may get.
const OPEN: [&str; 2] = ["/openapi.json", "/docs"];

/// What the table says about this method of this route. Who may get may ask for the head alone.
pub(crate) fn verdict(method: &Method, route: &str) -> Verdict {
    let wanted = if method == Method::HEAD {
        &Method::GET
    } else {
        method
    };
    let is_open = OPEN.contains(&route);
    if is_open && wanted == Method::GET {
        return Verdict::Anybody;
    }
    let rows = || TABLE.iter().filter(|(_, path, _)| *path == route);
    if let Some((.., roles)) = rows().find(|(method, ..)| method == wanted) {
        return Verdict::Only(roles);
    }
    let methods = rows().map(|(method, ..)| method);
    let methods: Vec<_> = is_open
        .then_some(&Method::GET)
        .into_iter()
        .chain(methods)
        .map(|method| match *method {
            Method::GET => "GET, HEAD",
            ref method => method.as_str(),
        })
        .chain(["OPTIONS"])
        .collect();
    Verdict::NoMethod(methods.join(", "))
}
