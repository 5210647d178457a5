//! The door: so many connections at a time, and none of them may be silent for ever. Without it, a
//! stranger who opens connections and says nothing would fill the memory.

use std::future::{Ready, ready};
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum_server::Server;
use axum_server::accept::Accept;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::Service;

/// How long a client may take until its first request is there.
const FIRST_REQUEST: Duration = Duration::from_secs(20);
/// How long a client may take for the head of a request, and be silent between two.
const SILENCE: Duration = Duration::from_secs(75);
/// The largest head of a request; a token alone may have 16 KiB.
const HEAD_BYTES: usize = 64 * 1024;

/// Lets so many connections in at a time; a further one is closed.
#[derive(Clone)]
pub(crate) struct Door {
    places: Arc<Semaphore>,
}

/// What serves a connection, and its place.
#[derive(Clone)]
pub(crate) struct Inside<S> {
    service: S,
    _place: Arc<OwnedSemaphorePermit>,
}

/// Puts the door before a server. HTTP/1 only: a reverse proxy speaks it to us, and one connection
/// is one request at a time.
pub(crate) fn guard(
    mut server: Server<std::net::SocketAddr>,
    connections: usize,
) -> Server<std::net::SocketAddr, Door> {
    server.http_builder().http1().header_read_timeout(SILENCE).max_buf_size(HEAD_BYTES);
    let places = Arc::new(Semaphore::new(connections.min(Semaphore::MAX_PERMITS)));
    server.http1_only().first_request_timeout(FIRST_REQUEST).acceptor(Door { places })
}

impl<I, S> Accept<I, S> for Door {
    type Stream = I;
    type Service = Inside<S>;
    type Future = Ready<io::Result<(I, Inside<S>)>>;

    fn accept(&self, stream: I, service: S) -> Self::Future {
        ready(match Arc::clone(&self.places).try_acquire_owned() {
            Ok(place) => Ok((stream, Inside { service, _place: Arc::new(place) })),
            Err(_) => Err(io::Error::other("too many connections")),
        })
    }
}

impl<S: Service<R>, R> Service<R> for Inside<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, request: R) -> S::Future {
        self.service.call(request)
    }
}
