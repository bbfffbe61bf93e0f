use std::sync::Arc;

use member_session::Offer;
use service_kit::tls::Trust;
use service_kit::{Clock, Profile};

use crate::assets::Assets;
use crate::brand::Brand;
use crate::config::Config;
use crate::markdown::Documents;
use crate::session::RegisterServer;

/// What every handler needs. Nothing in it changes while the service runs.
#[derive(Clone)]
pub(crate) struct Site(Arc<Parts>);

pub(crate) struct Parts {
    pub(crate) brand: Brand,
    pub(crate) assets: Assets,
    /// What membership asks for and offers.
    pub(crate) offer: Offer,
    /// The terms and the privacy notice, drawn.
    pub(crate) documents: Documents,
    /// The time.
    pub(crate) clock: Clock,
    pub(crate) register_server: RegisterServer,
    /// Whether cookies may be kept off plain HTTP.
    pub(crate) secure_cookies: bool,
    /// Whether browsers are told to come by https only.
    pub(crate) strict_transport: bool,
}

impl Site {
    pub(crate) fn new(config: &Config, trust: &Trust, brand: Brand, offer: Offer) -> Self {
        Self(Arc::new(Parts {
            assets: Assets::new(&brand),
            documents: Documents::draw(&offer, &brand.name),
            offer,
            clock: config.clock.clone(),
            brand,
            register_server: RegisterServer::new(&config.register_server, trust),
            secure_cookies: config.public_url.scheme() == "https",
            strict_transport: config.profile == Profile::Production,
        }))
    }
}

impl std::ops::Deref for Site {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
