//! The queries of the session.

use futures_util::future::join3;
use tokio_postgres::{Client, SimpleQueryMessage, SimpleQueryRow};

use super::tls;
use crate::facts::{Failure, ServerError, ServerView, Session};

/// The row of `pg_stat_ssl` for this backend.
const SERVER_VIEW: &str =
    "SELECT ssl, version, cipher FROM pg_catalog.pg_stat_ssl WHERE pid = pg_backend_pid()";

/// What kind of session it is.
const KIND: &str = "SELECT pg_is_in_recovery(), current_setting('transaction_read_only'), \
                    current_user, host(inet_client_addr())";

/// Asks for the version, and in the same round trip for what a server may not be able to
/// tell: each query stands alone, so that one that fails takes nothing with it.
pub async fn run(client: Client) -> Result<Session, Failure> {
    let (version, view, kind) = join3(
        client.simple_query("SELECT version()"),
        client.simple_query(SERVER_VIEW),
        client.simple_query(KIND),
    )
    .await;
    let version = version.map_err(|error| failure(&error))?;
    let row = first_row(&version)
        .ok_or_else(|| Failure::Driver("SELECT version() returned no row".to_owned()))?;
    let mut session = Session {
        version: text(row, 0).unwrap_or_default(),
        ..Session::default()
    };
    if let Some(row) = view.as_deref().ok().and_then(first_row) {
        session.server_view = server_view(row);
    }
    if let Some(row) = kind.as_deref().ok().and_then(first_row) {
        session.in_recovery = text(row, 0).map(|value| value == "t");
        session.read_only = text(row, 1).map(|value| value == "on");
        session.current_user = text(row, 2);
        session.client_address = text(row, 3).and_then(|address| address.parse().ok());
    }
    Ok(session)
}

fn server_view(row: &SimpleQueryRow) -> ServerView {
    match text(row, 0).as_deref() {
        Some("t" | "true") => ServerView::Tls {
            version: text(row, 1),
            cipher: text(row, 2),
        },
        Some("f" | "false") => ServerView::Plaintext,
        _ => ServerView::Unknown,
    }
}

fn first_row(messages: &[SimpleQueryMessage]) -> Option<&SimpleQueryRow> {
    messages.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    })
}

fn text(row: &SimpleQueryRow, column: usize) -> Option<String> {
    row.try_get(column).ok().flatten().map(str::to_owned)
}

/// A driver error as a failure.
pub fn failure(error: &tokio_postgres::Error) -> Failure {
    if let Some(error) = error.as_db_error() {
        return Failure::Server(ServerError::new(vec![
            ('C', error.code().code().to_owned()),
            ('M', error.message().to_owned()),
        ]));
    }
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        if let Some(io) = inner.downcast_ref::<std::io::Error>() {
            return tls::failure(io);
        }
        cause = inner.source();
    }
    if error.is_closed() {
        return Failure::Closed;
    }
    let cause = std::error::Error::source(error);
    Failure::Driver(cause.map_or_else(|| error.to_string(), ToString::to_string))
}
