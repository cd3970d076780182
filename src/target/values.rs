//! The types of parameter values, with libpq's spellings.

use std::path::PathBuf;

/// A value out of libpq's fixed list of spellings.
pub trait Choice: Copy + PartialEq + 'static {
    /// Every spelling with its value, in the order of libpq's manual.
    const CHOICES: &'static [(&'static str, Self)];

    /// The value that is spelled so. libpq compares the case too.
    fn parse(text: &str) -> Option<Self> {
        let found = Self::CHOICES.iter().find(|(name, _)| *name == text);
        found.map(|(_, value)| *value)
    }

    /// libpq's spelling.
    fn name(self) -> &'static str {
        let found = Self::CHOICES.iter().find(|(_, value)| *value == self);
        found.map_or("", |(name, _)| name)
    }

    /// All spellings, for messages.
    fn names() -> Vec<&'static str> {
        Self::CHOICES.iter().map(|(name, _)| *name).collect()
    }
}

/// libpq's `sslmode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SslMode {
    /// Only plaintext.
    Disable,
    /// Plaintext first, TLS when that is refused.
    Allow,
    /// TLS first, plaintext when there is none. libpq's default.
    Prefer,
    /// Only TLS, with anybody.
    Require,
    /// Only TLS, with a certificate of a trusted authority.
    VerifyCa,
    /// Only TLS, with a trusted certificate that names the host.
    VerifyFull,
}

impl SslMode {
    /// All modes, weakest first.
    pub const ALL: [Self; 6] = [
        Self::Disable,
        Self::Allow,
        Self::Prefer,
        Self::Require,
        Self::VerifyCa,
        Self::VerifyFull,
    ];

    /// libpq's spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Allow => "allow",
            Self::Prefer => "prefer",
            Self::Require => "require",
            Self::VerifyCa => "verify-ca",
            Self::VerifyFull => "verify-full",
        }
    }
}

/// libpq's `sslrootcert`, the added value `mozilla` included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RootCert {
    /// A PEM file. It may be missing where libpq then goes without (`require`).
    File(PathBuf),
    /// The platform's trust store.
    System,
    /// The bundled Mozilla roots (webpki-roots): an addition of pgcheck's.
    Mozilla,
}

/// libpq's `sslnegotiation`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SslNegotiation {
    /// An SSLRequest first.
    Postgres,
    /// The TLS handshake at once, with ALPN `postgresql` (PostgreSQL 17 and later).
    Direct,
}

/// libpq's `sslcertmode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SslCertMode {
    /// Never send a client certificate.
    Disable,
    /// Send one when the server asks and one is there.
    Allow,
    /// The server must ask for one.
    Require,
}

/// A TLS protocol version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProtocolVersion {
    /// TLS 1.0, which only the server's acceptance is ever asked about.
    Tls10,
    /// TLS 1.1, likewise.
    Tls11,
    /// TLS 1.2.
    Tls12,
    /// TLS 1.3.
    Tls13,
}

/// libpq's `channel_binding`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChannelBinding {
    /// Do not use it.
    Disable,
    /// Use it when the server offers it. libpq's default.
    Prefer,
    /// Refuse to go without.
    Require,
}

/// libpq's `require_auth`: the methods named, or all but those.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequireAuth {
    /// The methods named.
    pub methods: Vec<AuthMethod>,
    /// Whether the methods are the forbidden ones (`!md5`).
    pub negated: bool,
}

/// An authentication method, as `require_auth` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthMethod {
    /// A cleartext password.
    Password,
    /// An MD5-hashed password.
    Md5,
    /// GSSAPI.
    Gss,
    /// SSPI.
    Sspi,
    /// SCRAM-SHA-256, with or without channel binding.
    ScramSha256,
    /// OAuth.
    OAuth,
    /// No authentication at all.
    None,
}

/// libpq's `target_session_attrs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetSessionAttrs {
    /// Any server.
    Any,
    /// A session that may write.
    ReadWrite,
    /// A session that may not.
    ReadOnly,
    /// Not in recovery.
    Primary,
    /// In recovery.
    Standby,
    /// In recovery if there is one, else any.
    PreferStandby,
}

impl Choice for SslMode {
    const CHOICES: &'static [(&'static str, Self)] = &[
        ("disable", Self::Disable),
        ("allow", Self::Allow),
        ("prefer", Self::Prefer),
        ("require", Self::Require),
        ("verify-ca", Self::VerifyCa),
        ("verify-full", Self::VerifyFull),
    ];
}

impl Choice for SslNegotiation {
    const CHOICES: &'static [(&'static str, Self)] =
        &[("postgres", Self::Postgres), ("direct", Self::Direct)];
}

impl Choice for SslCertMode {
    const CHOICES: &'static [(&'static str, Self)] = &[
        ("disable", Self::Disable),
        ("allow", Self::Allow),
        ("require", Self::Require),
    ];
}

impl Choice for ProtocolVersion {
    const CHOICES: &'static [(&'static str, Self)] = &[
        ("TLSv1", Self::Tls10),
        ("TLSv1.1", Self::Tls11),
        ("TLSv1.2", Self::Tls12),
        ("TLSv1.3", Self::Tls13),
    ];

    /// libpq does not compare the case of these.
    fn parse(text: &str) -> Option<Self> {
        let mut choices = Self::CHOICES.iter();
        let found = choices.find(|(name, _)| name.eq_ignore_ascii_case(text));
        found.map(|(_, value)| *value)
    }
}

impl Choice for ChannelBinding {
    const CHOICES: &'static [(&'static str, Self)] = &[
        ("disable", Self::Disable),
        ("prefer", Self::Prefer),
        ("require", Self::Require),
    ];
}

impl Choice for AuthMethod {
    const CHOICES: &'static [(&'static str, Self)] = &[
        ("password", Self::Password),
        ("md5", Self::Md5),
        ("gss", Self::Gss),
        ("sspi", Self::Sspi),
        ("scram-sha-256", Self::ScramSha256),
        ("oauth", Self::OAuth),
        ("none", Self::None),
    ];
}

impl Choice for TargetSessionAttrs {
    const CHOICES: &'static [(&'static str, Self)] = &[
        ("any", Self::Any),
        ("read-write", Self::ReadWrite),
        ("read-only", Self::ReadOnly),
        ("primary", Self::Primary),
        ("standby", Self::Standby),
        ("prefer-standby", Self::PreferStandby),
    ];
}
