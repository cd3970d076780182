//! pgcheck: can this application reach its PostgreSQL over TLS, and only over TLS?
pub mod secret;
pub mod target;
pub mod tls;
