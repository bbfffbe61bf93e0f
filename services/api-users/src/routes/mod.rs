//! The API, route by route. Who may call what is in `permission`.

mod audience;
mod audit;
mod changes;
mod consents;
mod contract;
mod exports;
mod friendship;
mod imports;
mod members;
mod memberships;
mod notes;
mod withdrawal;

use axum::{Router, middleware};
use service_kit::server::with_problem_fallbacks;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt as _};
use utoipa_axum::routes;

use crate::access::authorize;
use crate::app::AppState;

/// Every route, and what the document says of it.
fn api() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(members::register))
        .routes(routes!(members::list))
        .routes(routes!(members::find, members::update, members::erase))
        .routes(routes!(members::leave))
        .routes(routes!(members::export))
        .routes(routes!(memberships::membership))
        .routes(routes!(memberships::memberships))
        .routes(routes!(friendship::set))
        .routes(routes!(consents::list, consents::give))
        .routes(routes!(withdrawal::consent))
        .routes(routes!(notes::topics))
        .routes(routes!(notes::subscribe, withdrawal::topic))
        .routes(routes!(notes::tag, notes::untag))
        .routes(routes!(notes::set_attribute, notes::remove_attribute))
        .routes(routes!(audience::preview))
        .routes(routes!(audience::stream))
        .routes(routes!(changes::list))
        .routes(routes!(audit::list))
        .routes(routes!(audience::check).layer(audience::check_limit()))
        .routes(routes!(imports::create).layer(imports::body_limit()))
        .routes(routes!(exports::members))
        .routes(routes!(contract::document))
        .routes(routes!(contract::page))
}

pub(crate) fn router(state: AppState) -> Router {
    let (routes, _) = api().split_for_parts();
    with_problem_fallbacks(routes)
        .layer(middleware::from_fn_with_state(state.clone(), authorize))
        .with_state(state)
}
