//! libpq's verdict on certificates, with OpenSSL and psql as oracles.
//!
//! `chains` holds the verifier against `openssl verify`, which shares its code with
//! psql; `sessions` holds whole connections against psql itself, on a real server.
//! Nowhere may pgcheck accept what the oracle refuses; where it refuses what the oracle
//! accepts, the case says why.

mod binding;
mod causes;
mod chains;
mod clients;
mod der;
mod handshakes;
mod lists;
mod mutations;
mod pki;
mod random;
mod sessions;
mod stores;
#[allow(dead_code, unused_imports)]
#[path = "../it/support/mod.rs"]
mod support;
mod table;
