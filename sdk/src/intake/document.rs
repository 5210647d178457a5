//! The OpenAPI document of what a center calls, made from the handlers themselves.

use utoipa::openapi::OpenApi as Document;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::{batch, complaints, log_routes, well_known};

struct RequestToken;

impl Modify for RequestToken {
    fn modify(&self, document: &mut Document) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .description(Some(
                "A JWT made for this one request: typ `gc+jwt`, bound to method, URL and body \
                 (docs/protocol.md).",
            ))
            .build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("request_token", SecurityScheme::Http(scheme));
    }
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Green channel: merchant",
        description = "What a 12315 center calls at a merchant, and what the merchant's own \
                       systems call. The wire is described in docs/protocol.md.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    tags(
        (name = "center", description = "Called by a 12315 center, each request signed for itself."),
        (name = "public", description = "Readable by anybody."),
    ),
    modifiers(&RequestToken),
    paths(
        complaints::divert,
        batch::divert,
        complaints::track,
        complaints::notify,
        well_known::discovery,
        well_known::jwks,
        log_routes::checkpoint,
        log_routes::tile,
        log_routes::proof,
    )
)]
struct MerchantDocument;

/// The OpenAPI 3.1 document of [`super::router`].
#[must_use]
pub fn merchant_document() -> Document {
    MerchantDocument::openapi()
}
