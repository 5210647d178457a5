//! Who we are and by which keys we speak.

use axum::Json;
use axum::extract::State;
use serde_json::Value;

use crate::channel::Channel;
use crate::protocol::{Discovery, DiscoveryLog, DiscoveryMerchant};
use crate::store::Store;

/// Who we are, which versions we speak, where our keys and our log are.
#[utoipa::path(
    get,
    path = "/.well-known/green-channel.json",
    tag = "public",
    operation_id = "discover",
    security(()),
    responses((status = 200, description = "The discovery document.", body = Discovery))
)]
pub(super) async fn discovery<S: Store>(State(channel): State<Channel<S>>) -> Json<Discovery> {
    let host = channel.host();
    Json(Discovery {
        issuer: host.base_url.clone(),
        versions: vec!["1".to_owned()],
        merchant: DiscoveryMerchant { uscc: host.uscc.clone(), name: host.name.clone() },
        stations: Vec::new(),
        jwks_uri: format!("{}/.well-known/jwks.json", host.base_url),
        log: DiscoveryLog {
            origin: host.log_origin.clone(),
            checkpoint: format!("{}/log/checkpoint", host.base_url),
            vkey: channel.log_vkey(),
        },
    })
}

/// Our public keys (RFC 7517), each with its purpose in `gc_purpose`.
#[utoipa::path(
    get,
    path = "/.well-known/jwks.json",
    tag = "public",
    operation_id = "jwks",
    security(()),
    responses((status = 200, description = "The key set.", body = Object))
)]
pub(super) async fn jwks<S: Store>(State(channel): State<Channel<S>>) -> Json<Value> {
    Json(channel.public_keys().to_jwks())
}
