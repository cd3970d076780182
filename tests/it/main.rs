//! The pgcheck binary against real servers.
//!
//! One test binary, so that a process starts each fixture once, when a test first asks for it.
//! Under cargo-nextest every test is a process of its own and starts its own servers: slower, and
//! otherwise the same.

mod documents;
mod findings;
mod ground;
mod main_job;
mod plaintext_peers;
mod plaintext_servers;
mod reports;
mod support;
