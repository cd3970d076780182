//! What the tests stand on: servers, the binary, a proxy that records, peers that misbehave.

pub mod certificates;
mod command;
mod locale;
mod peer;
mod proxy;
mod report;
mod server;
mod tls_peer;
mod uri;
mod wire;

pub use command::{Finished, Pgcheck, pgcheck};
pub use locale::locale;
pub use peer::{Peer, Step};
pub use proxy::Proxy;
pub use report::{Report, check, report};
pub use server::{Server, Variant, fixture, is_compose};
pub use uri::Uri;
pub use wire::{first_reply, ssl_request, startup_message};

/// The password of role `app` in every fixture; it must never be seen outside TLS.
pub const PASSWORD: &str = "sesame-4711";
