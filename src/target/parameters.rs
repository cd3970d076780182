//! The table of connection parameters: all that libpq 18 knows, and nothing else.
//!
//! Parsing, the environment, the suggestion for a misspelt name, what counts as a secret
//! and the lists in `docs/parameters.md` all come from [`TABLE`].

use super::Error;
use super::error::quoted;

/// One connection parameter.
#[derive(Debug)]
pub struct Known {
    /// libpq's keyword.
    pub keyword: &'static str,
    /// libpq's environment variable for it.
    pub variable: Option<&'static str>,
    /// Whether the value is never shown.
    pub secret: bool,
    /// What pgcheck does with it.
    pub treatment: Treatment,
    /// The same in words, for the documentation.
    pub remark: &'static str,
}

/// What pgcheck does with a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Treatment {
    /// It has the effect that it has in libpq.
    Honoured,
    /// It is checked and then ignored, because it concerns nothing that pgcheck does.
    NoEffect,
    /// It, or a value of it, is an error: ignoring it would judge another connection.
    Refused,
}

use Treatment::{Honoured, NoEffect, Refused};

const fn known(
    keyword: &'static str,
    variable: &'static str,
    treatment: Treatment,
    remark: &'static str,
) -> Known {
    Known {
        keyword,
        variable: if variable.is_empty() {
            None
        } else {
            Some(variable)
        },
        secret: false,
        treatment,
        remark,
    }
}

const fn secret(known: Known) -> Known {
    Known {
        secret: true,
        ..known
    }
}

/// Every parameter of libpq 18, in the order in which they are shown.
#[rustfmt::skip]
pub static TABLE: &[Known] = &[
    known("service", "PGSERVICE", Honoured, "a section of the service file"),
    known("host", "PGHOST", Honoured, "names or addresses, separated by commas; a Unix-domain socket has no TLS and is refused"),
    known("hostaddr", "PGHOSTADDR", Honoured, "addresses to connect to instead of looking `host` up"),
    known("port", "PGPORT", Honoured, "one for all hosts, or one for each; 5432 if empty"),
    known("dbname", "PGDATABASE", Honoured, "the user's name if empty; a URI in its place is refused"),
    known("user", "PGUSER", Honoured, "the operating system's name of the user if empty"),
    secret(known("password", "PGPASSWORD", Honoured, "if empty, the password file is read")),
    known("passfile", "PGPASSFILE", Honoured, "`~/.pgpass` if empty"),
    known("connect_timeout", "PGCONNECT_TIMEOUT", Honoured, "seconds for each address; none if zero or negative"),
    known("application_name", "PGAPPNAME", Honoured, "`pgcheck` if not given"),
    known("fallback_application_name", "", Honoured, "used when `application_name` is not given"),
    known("options", "PGOPTIONS", Honoured, "sent to the server"),
    known("client_encoding", "PGCLIENTENCODING", NoEffect, "the session always uses UTF-8; a name that PostgreSQL does not know is refused"),
    known("replication", "", Refused, "if true: `pg_hba.conf` has separate lines for replication sessions. `database` and false values have no effect"),
    known("sslmode", "PGSSLMODE", Honoured, "`disable`, `allow`, `prefer` (the default), `require`, `verify-ca`, `verify-full`. The session always uses TLS; what the mode would let an application do is the check `uri`"),
    known("sslnegotiation", "PGSSLNEGOTIATION", Honoured, "`postgres` or `direct`"),
    known("sslrootcert", "PGSSLROOTCERT", Honoured, "a file, `system`, or `mozilla`, the bundled Mozilla roots; `~/.postgresql/root.crt` if empty and there"),
    known("sslcert", "PGSSLCERT", Honoured, "`~/.postgresql/postgresql.crt` if empty and there"),
    known("sslkey", "PGSSLKEY", Honoured, "`~/.postgresql/postgresql.key` if empty; always a file, never `engine:key`"),
    secret(known("sslpassword", "", Honoured, "the passphrase of `sslkey`")),
    known("sslcertmode", "PGSSLCERTMODE", Honoured, "`disable`, `allow` or `require`"),
    known("sslcrl", "PGSSLCRL", Honoured, "`~/.postgresql/root.crl` if this and `sslcrldir` are empty and it is there"),
    known("sslcrldir", "PGSSLCRLDIR", Honoured, "a directory of revocation lists"),
    known("sslsni", "PGSSLSNI", Honoured, "on if it begins with `1`, else off"),
    known("ssl_min_protocol_version", "PGSSLMINPROTOCOLVERSION", Honoured, "`TLSv1.2` if not given; the sessions use nothing lower"),
    known("ssl_max_protocol_version", "PGSSLMAXPROTOCOLVERSION", Honoured, "`TLSv1.2` or `TLSv1.3`; lower ones are refused"),
    known("channel_binding", "PGCHANNELBINDING", Honoured, "`disable`, `prefer` or `require`"),
    known("require_auth", "PGREQUIREAUTH", Honoured, "a list of methods, or with `!` before each of those that are forbidden"),
    known("target_session_attrs", "PGTARGETSESSIONATTRS", Honoured, "`any`, `read-write`, `read-only`, `primary`, `standby` or `prefer-standby`"),
    known("load_balance_hosts", "PGLOADBALANCEHOSTS", Honoured, "`disable` or `random`"),
    known("keepalives", "", Honoured, "off if 0, and then the next four are not looked at"),
    known("keepalives_idle", "", Honoured, "seconds, 1 to 32767; Linux refuses others"),
    known("keepalives_interval", "", Honoured, "seconds, 1 to 32767; Linux refuses others"),
    known("keepalives_count", "", Honoured, "1 to 127; Linux refuses others"),
    known("tcp_user_timeout", "", Honoured, "milliseconds; the system's default if zero or negative"),
    known("sslcompression", "PGSSLCOMPRESSION", NoEffect, "nothing compresses TLS any more"),
    known("sslkeylogfile", "", NoEffect, "pgcheck writes no TLS secrets to files"),
    known("requirepeer", "PGREQUIREPEER", NoEffect, "for Unix-domain sockets only"),
    known("gssencmode", "PGGSSENCMODE", Refused, "if `require`: it demands GSSAPI encryption in place of TLS. `disable` and `prefer` have no effect"),
    known("krbsrvname", "PGKRBSRVNAME", NoEffect, "pgcheck does not log in by GSSAPI"),
    known("gsslib", "PGGSSLIB", NoEffect, "pgcheck does not log in by GSSAPI"),
    known("gssdelegation", "PGGSSDELEGATION", NoEffect, "pgcheck does not log in by GSSAPI"),
    known("min_protocol_version", "PGMINPROTOCOLVERSION", Refused, "if above `3.0`: the session speaks protocol 3.0, which every server accepts"),
    known("max_protocol_version", "PGMAXPROTOCOLVERSION", NoEffect, "the session speaks protocol 3.0, which every value allows"),
    secret(known("scram_client_key", "", Refused, "the driver logs in by password only")),
    secret(known("scram_server_key", "", Refused, "the driver logs in by password only")),
    known("oauth_issuer", "", NoEffect, "pgcheck does not log in by OAuth"),
    known("oauth_client_id", "", NoEffect, "pgcheck does not log in by OAuth"),
    secret(known("oauth_client_secret", "", NoEffect, "pgcheck does not log in by OAuth")),
    known("oauth_scope", "", NoEffect, "pgcheck does not log in by OAuth"),
];

/// The place of a parameter in the table.
pub(crate) fn index(keyword: &str) -> Option<usize> {
    TABLE.iter().position(|known| known.keyword == keyword)
}

/// The keyword that was probably meant.
pub(crate) fn nearest(keyword: &str) -> Option<&'static str> {
    const CLOSE: f64 = 0.75;
    let keyword = keyword.trim().to_lowercase();
    let scored = TABLE.iter().map(|known| {
        let likeness = strsim::normalized_damerau_levenshtein(&keyword, known.keyword);
        (likeness, known.keyword)
    });
    let best = scored.max_by(|(a, _), (b, _)| a.total_cmp(b))?;
    (best.0 >= CLOSE).then_some(best.1)
}

/// Names of other drivers and tools for something that libpq has or has not.
const FOREIGN: &[(&str, &str)] = &[
    (
        "ssl",
        "only ssl=true is understood, as sslmode=require; use sslmode",
    ),
    ("database", "use dbname"),
    ("username", "use user"),
    ("hostname", "use host"),
    ("pass", "use password"),
    ("timeout", "use connect_timeout"),
    ("applicationName", "use application_name"),
    ("ApplicationName", "use application_name"),
    ("keepalives_retries", "use keepalives_count"),
    ("servicefile", "use the environment variable PGSERVICEFILE"),
    ("search_path", "use options=-csearch_path=…"),
    ("currentSchema", "use options=-csearch_path=…"),
    ("schema", "use options=-csearch_path=…"),
];

/// The error for a keyword that is in no table.
pub(crate) fn unknown(keyword: &str) -> Error {
    let error = Error::new(format!("unknown connection parameter {}", quoted(keyword)));
    let foreign = FOREIGN.iter().find(|(name, _)| *name == keyword);
    match (foreign, nearest(keyword)) {
        (Some((_, instead)), _) => error.help(*instead),
        (None, Some(meant)) => error.help(format!("did you mean {meant}?")),
        (None, None) => error.help("libpq does not know it either; leave it out"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_keyword_is_suggested_for_typing_errors_only() {
        for (typed, meant) in [
            ("sslmod", Some("sslmode")),
            ("sslmdoe", Some("sslmode")),
            ("SSLMODE", Some("sslmode")),
            ("ssl_mode", Some("sslmode")),
            ("ssl_root_cert", Some("sslrootcert")),
            ("hots", Some("host")),
            ("usr", Some("user")),
            ("conect_timeout", Some("connect_timeout")),
            ("pool_size", None),
            ("pgbouncer", None),
            ("", None),
        ] {
            assert_eq!(nearest(typed), meant, "{typed:?}");
        }
    }

    #[test]
    fn every_keyword_and_variable_is_in_the_table_once() {
        for (i, known) in TABLE.iter().enumerate() {
            assert_eq!(index(known.keyword), Some(i));
            let same = TABLE
                .iter()
                .filter(|other| other.variable == known.variable);
            assert!(
                known.variable.is_none() || same.count() == 1,
                "{}",
                known.keyword
            );
        }
    }
}
