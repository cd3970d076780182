//! What to change where plaintext is accepted, by product.

/// PostgreSQL's own setting.
pub const POSTGRESQL: &str = "in pg_hba.conf turn the `host` line that this user matches into \
                              `hostssl`, then run `SELECT pg_reload_conf()`";

/// The same where the line also lets everyone in.
pub const POSTGRESQL_TRUST: &str = "in pg_hba.conf give the line that this user matches the type hostssl and the method \
     scram-sha-256, then run `SELECT pg_reload_conf()`";

/// Poolers take clients in by settings of their own, whatever the server behind demands.
pub const POOLERS: &str =
    "if a pooler answers here: PgBouncer client_tls_sslmode = require, Odyssey tls \"require\"";

/// Hosted servers have a switch.
pub const HOSTED: &str = "a hosted server has a switch: Amazon RDS rds.force_ssl = 1, RDS Proxy \"require TLS\", Azure \
     require_secure_transport = on, Cloud SQL sslMode = ENCRYPTED_ONLY, Supabase \"enforce SSL\", \
     Scalingo \"Force TLS connections\"";

/// Replication and other databases have lines of their own.
pub const OTHER_LINES: &str = "in pg_hba.conf turn the `host` lines for these into `hostssl` as well, or leave them out, \
     then run `SELECT pg_reload_conf()`";
