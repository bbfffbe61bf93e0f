use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::info::LicenseBuilder;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{Components, InfoBuilder, OpenApi, Server};

use super::problems;

/// How a caller proves who they are; operations refer to it by this name.
pub(super) const TOKEN: &str = "token";

const DESCRIPTION: &str = "\
The truth about members: who is one, what they consented to, and who may be written to.

Every request but those for this document carries `Authorization: Bearer <token>`: a service's own token, or an \
operator's from `kaiin token`. What a token may do depends on its role; each operation lists the roles that may call it.

`HEAD` goes with every `GET`, and `OPTIONS` lists a route's methods; any other method is refused with 405 and `Allow`. \
Bodies are JSON of 64 KiB at most (checks of recipients 312 KiB, imports 16 MiB), and fields that are not named here are \
refused. Times are Unix milliseconds. Errors are `application/problem+json` (RFC 9457): branch on `type`, which stays as it \
is; `title` and `detail` are for people. Every answer carries `X-Request-Id`, by which the logs know it.";

/// The groups of operations, in reading order.
const TAGS: &[(&str, &str)] = &[
    ("Members", "Who is a member, and what is known of them."),
    (
        "Consents",
        "What a member agreed to, purpose by purpose. Nothing of it is ever overwritten.",
    ),
    ("Topics", "What a member wants to hear of."),
    (
        "Notes",
        "What operators note about a member: tags, and attributes with a type.",
    ),
    ("Friendship", "Whether somebody is the bot's friend."),
    ("Audiences", "Who may be written to."),
    (
        "Changes",
        "Who left and who was erased, for whoever keeps something about people elsewhere.",
    ),
    ("Audit", "Who asked for what."),
    (
        "Tables",
        "Members as CSV, for operators with a spreadsheet. The README says what the columns hold.",
    ),
    ("Contract", "This document. Anybody may read it."),
];

/// Says what the whole API is, above its operations.
pub(super) fn introduce(document: &mut OpenApi, components: &mut Components) {
    document.info = InfoBuilder::new()
        .title("Kaiin members")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(DESCRIPTION))
        .license(Some(
            LicenseBuilder::new()
                .name("MIT OR Apache-2.0")
                .identifier(Some("MIT OR Apache-2.0"))
                .build(),
        ))
        .build();
    // Beside the document, wherever an ingress has put it.
    document.servers = Some(vec![Server::new(".")]);
    document.tags = Some(
        TAGS.iter()
            .map(|(name, what)| {
                TagBuilder::new()
                    .name(*name)
                    .description(Some(*what))
                    .build()
            })
            .collect(),
    );
    document.extensions = Some(
        ExtensionsBuilder::new()
            .add("x-problems", problems::list())
            .build(),
    );
    let scheme = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some(
            "A JWT made out to this API. Services bring their own; `kaiin token` makes one for an operator.",
        ))
        .build();
    let scheme = SecurityScheme::Http(scheme).into();
    components.security_schemes.insert(TOKEN.into(), scheme);
}
