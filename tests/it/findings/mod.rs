//! Every finding on a server, or a target, that really has the defect; and what the report
//! says to change, changed, makes it go away.

mod auth;
mod catalogue;
mod certificate;
mod options;
mod reach;
mod session;
mod tls;
mod uri;
