//! The catalogue of known answers: what poolers, proxies and hosted servers say to a
//! connection without TLS. `docs/plaintext.md` is made from it.
//!
//! Texts that decide are not localized by their products, and say TLS explicitly.

use Meaning::{DemandsTls, NotNow, OtherMatter, Unclear};
use Text::{Around, Ends, Is, Starts};

use crate::facts::ServerError;

/// A product and the answers it is known to give.
#[derive(Debug)]
pub struct Product {
    /// Its name.
    pub name: &'static str,
    /// Where its answers are known from.
    pub source: &'static str,
    /// SQLSTATE, or `*` for any; message; meaning.
    pub answers: &'static [(&'static str, Text, Meaning)],
}

/// How a known text is recognised.
#[derive(Clone, Copy, Debug)]
pub enum Text {
    /// The message is this.
    Is(&'static str),
    /// It starts with this.
    Starts(&'static str),
    /// It starts with the first and ends with the second.
    Around(&'static str, &'static str),
    /// It ends with this; before it stands what names the connection.
    Ends(&'static str),
}

/// What a known text means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// TLS is demanded, and nothing else.
    DemandsTls,
    /// No session can be had at this moment.
    NotNow,
    /// Something other than TLS is wrong.
    OtherMatter,
    /// TLS may be demanded; the product gives the same answer for other refusals.
    Unclear,
}

/// The catalogue.
pub static PRODUCTS: [Product; 14] = [
    Product {
        name: "PgBouncer",
        source: "src/client.c, src/objects.c and src/janitor.c, versions 1.7 to 1.25",
        answers: &[
            ("08P01", Is("SSL required"), DemandsTls),
            ("08P01", Starts("no more connections allowed"), NotNow),
            ("08P01", Starts("server login has been failing"), NotNow),
            ("08P01", Is("query_wait_timeout"), NotNow),
            ("08P01", Starts("no such user"), OtherMatter),
            ("08P01", Starts("no such database"), OtherMatter),
            (
                "08P01",
                Starts("unsupported startup parameter"),
                OtherMatter,
            ),
            ("08P01", Is("bouncer config error"), OtherMatter),
            ("08P01", Is("login rejected"), Unclear),
            ("08P01", Is("no authentication method is found"), Unclear),
        ],
    },
    Product {
        name: "PgDog",
        source: "pgdog/src/net/messages/error_response.rs",
        answers: &[
            ("08004", Is("only TLS connections are allowed"), DemandsTls),
            (
                "28000",
                Around("password for user \"", "or the database does not exist"),
                OtherMatter,
            ),
        ],
    },
    Product {
        name: "Odyssey",
        source: "sources/frontend.c and sources/auth.c; include/frontend.h puts its name and the connection's id in front",
        answers: &[
            ("08P01", Ends("SSL is required"), DemandsTls),
            ("28000", Ends("TLS connection required"), DemandsTls),
            ("3D000", Around("odyssey: ", "is not found"), OtherMatter),
            ("28P01", Ends("host based authentication rejected"), Unclear),
        ],
    },
    Product {
        name: "Supavisor",
        source: "lib/supavisor/client_handler.ex and lib/supavisor/errors, up to 2.8 and from 2.9",
        answers: &[
            ("XX000", Is("SSL connection is required"), DemandsTls),
            ("XX000", Starts("(ESSLREQUIRED)"), DemandsTls),
            ("XX000", Starts("(ECIRCUITBREAKER)"), NotNow),
            ("XX000", Is("Tenant or user not found"), OtherMatter),
            ("XX000", Starts("(ENOTFOUND)"), OtherMatter),
            ("XX000", Starts("(ENOIDENTIFIER)"), OtherMatter),
        ],
    },
    Product {
        name: "Neon",
        source: "proxy/src/pglb/handshake.rs",
        answers: &[("XX000", Starts("connection is insecure"), DemandsTls)],
    },
    Product {
        name: "CockroachDB",
        source: "pkg/sql/pgwire/server.go; the second from old versions",
        answers: &[
            (
                "08P01",
                Is("node is running secure mode, SSL connection required"),
                DemandsTls,
            ),
            (
                "08P01",
                Is("cleartext connections are not permitted"),
                DemandsTls,
            ),
        ],
    },
    Product {
        name: "CockroachDB Cloud",
        source: "pkg/ccl/sqlproxyccl/frontend_admitter.go",
        answers: &[("08004", Is("server requires encryption"), DemandsTls)],
    },
    Product {
        name: "Materialize",
        source: "src/pgwire/src/protocol.rs",
        answers: &[("08004", Is("TLS encryption is required"), DemandsTls)],
    },
    Product {
        name: "Envoy",
        source: "contrib/postgres_proxy/filters/network/source/postgres_filter.cc",
        answers: &[("28000", Ends("downstream ssl required."), DemandsTls)],
    },
    Product {
        name: "Azure Database for PostgreSQL (single server)",
        source: "reports of its users",
        answers: &[(
            "28000",
            Starts("SSL connection is required. Please specify"),
            DemandsTls,
        )],
    },
    Product {
        name: "Amazon RDS Proxy",
        source: "reports of its users; its SQLSTATE is not known",
        answers: &[(
            "*",
            Starts("This RDS Proxy requires TLS connections"),
            DemandsTls,
        )],
    },
    Product {
        name: "Render",
        source: "reports of its users",
        answers: &[("28000", Is("SSL/TLS required"), DemandsTls)],
    },
    Product {
        name: "pgpool-II",
        source: "src/auth/pool_hba.c; the detail names the pool_hba.conf entry that is missing",
        answers: &[("XX000", Is("client authentication failed"), Unclear)],
    },
    Product {
        name: "pgagroal",
        source: "src/libpgagroal/security.c; also for a reject rule, a disabled database or a shutdown",
        answers: &[("53300", Is("connection refused"), Unclear)],
    },
];

/// The product that is known to give this answer, and what it means.
pub fn recognise(error: &ServerError) -> Option<(&'static Product, Meaning)> {
    let sqlstate = error.code().unwrap_or_default();
    PRODUCTS.iter().find_map(|product| {
        let known = product.answers.iter().find(|(code, text, _)| {
            (*code == "*" || *code == sqlstate) && text.matches(error.message())
        });
        known.map(|(_, _, meaning)| (product, *meaning))
    })
}

impl Text {
    fn matches(self, message: &str) -> bool {
        match self {
            Is(text) => message == text,
            Starts(text) => message.starts_with(text),
            Around(start, end) => message.starts_with(start) && message.ends_with(end),
            Ends(text) => message.ends_with(text),
        }
    }
}
