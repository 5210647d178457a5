//! The OpenAPI documents: what we serve, made from the handlers, and what we call at a center.

use green_channel::protocol::{Diversion, DiversionPage, Problem, Report, ReportAnswer};
use utoipa::openapi::OpenApi as Document;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::{
    act, cases, desk, fund, fund_agreement, fund_bank, fund_evidence, fund_payee, reports,
    responders, reveals, stream, tenants,
};
use crate::cli;
use crate::logging::say;

struct ApiToken;

impl Modify for ApiToken {
    fn modify(&self, document: &mut Document) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("A token made with `merchant-server token create`."))
            .build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("api_token", SecurityScheme::Http(scheme));
    }
}

#[derive(OpenApi)]
#[openapi(
    tags((name = "merchant", description = "Called by the merchant's own systems.")),
    modifiers(&ApiToken),
    paths(
        cases::list,
        stream::stream,
        cases::show,
        cases::history,
        cases::entries,
        act::act,
        fund::request,
        fund::show,
        fund::entries,
        fund::advances,
        fund::advance,
        fund::act_on_advance,
        fund_payee::show,
        fund_evidence::add,
        fund_evidence::show,
        fund::proposals,
        fund_agreement::list,
        fund_agreement::adopt,
        fund_bank::begin,
        fund_bank::batches,
        fund_bank::file,
        fund_bank::results,
        fund_bank::reconcile,
        fund_bank::month,
        fund_bank::tenant_entries,
        fund::act,
        desk::register,
        reports::list,
        reports::replay,
        responders::list,
        reveals::list,
        tenants::list,
        tenants::add,
        tenants::show,
        tenants::change,
    )
)]
struct OwnDocument;

/// `openapi/merchant.json`: what we serve.
fn merchant_document() -> Document {
    let mut document = green_channel::intake::merchant_document();
    document.merge(OwnDocument::openapi());
    document
}

/// Pull diversions, oldest first.
#[utoipa::path(
    get, path = "/v1/diversions", tag = "center", operation_id = "pullDiversions",
    security(("request_token" = [])),
    params(
        ("after" = Option<String>, Query, description = "The cursor of the last diversion taken."),
        ("limit" = Option<u32>, Query, description = "At most so many.", minimum = 1, maximum = 200),
    ),
    responses(
        (status = 200, description = "A page.", body = DiversionPage),
        (status = 401, description = "The request token is refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
#[expect(dead_code, reason = "it only carries the description of a call we make")]
fn pull_diversions() {}

/// The receipt by which a pulled diversion is acknowledged.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "it only carries the description of a body we send")]
struct Acknowledgement {
    /// Our signed intake receipt: a JWS, typ `gc-intake-receipt+jwt`.
    receipt: String,
}

/// Acknowledge a pulled diversion with our intake receipt.
#[utoipa::path(
    post, path = "/v1/diversions/{no}/ack", tag = "center", operation_id = "acknowledgeDiversion",
    security(("request_token" = [])),
    params(("no" = String, Path, description = "The complaint number.")),
    request_body = Acknowledgement,
    responses(
        (status = 200, description = "Noted, now or before."),
        (status = 401, description = "The request token is refused.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such diversion.", body = Problem, content_type = "application/problem+json"),
    )
)]
#[expect(dead_code, reason = "it only carries the description of a call we make")]
fn acknowledge_diversion() {}

/// Report a step of a complaint. The same id again must get the same receipt.
#[utoipa::path(
    post, path = "/v1/reports", tag = "center", operation_id = "report",
    security(("request_token" = [])),
    params(("Idempotency-Key" = String, Header, description = "The report's id.")),
    request_body = Report,
    responses(
        (status = 201, description = "Taken; the receipt is signed.", body = ReportAnswer),
        (status = 200, description = "Taken before; the same receipt.", body = ReportAnswer),
        (status = 401, description = "The request token is refused.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The report cannot be taken, now or later.", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Later; see Retry-After.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Later; see Retry-After.", body = Problem, content_type = "application/problem+json"),
    )
)]
#[expect(dead_code, reason = "it only carries the description of a call we make")]
fn report() {}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Green channel: center",
        description = "What a merchant calls at a 12315 center. The wire is described in \
                       docs/protocol.md.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    servers((url = "https://center.example", description = "A center.")),
    tags((name = "center", description = "Called by a merchant, each request signed for itself.")),
    modifiers(&CenterToken),
    paths(pull_diversions, acknowledge_diversion, report),
    components(schemas(Diversion))
)]
struct CenterDocument;

struct CenterToken;

impl Modify for CenterToken {
    fn modify(&self, document: &mut Document) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .description(Some("A JWT made for this one request: typ `gc+jwt`."))
            .build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("request_token", SecurityScheme::Http(scheme));
    }
}

/// `openapi/center.json`: what we call.
fn center_document() -> Document {
    CenterDocument::openapi()
}

/// `openapi merchant|center`: the document as committed.
pub(crate) fn print_document(which: cli::Document) {
    let document = match which {
        cli::Document::Merchant => merchant_document(),
        cli::Document::Center => center_document(),
    };
    say(&document.to_pretty_json().unwrap_or_default());
}
