//! The codes of [`super::CHECK`].

use crate::exit::Cause;
use crate::finding::{Code, Severity};

/// A code about the server's certificate.
const fn code(
    id: &'static str,
    title: &'static str,
    why: &'static str,
    explain: &'static str,
) -> Code {
    Code {
        id,
        severity: Severity::Warning,
        cause: Cause::NoTls,
        title,
        why,
        explain,
    }
}

pub static UNTRUSTED_CHAIN: Code = code(
    "untrusted-chain",
    "nobody who is trusted here vouches for the certificate",
    "without a trusted authority behind it, anybody on the way can present a certificate of \
     the same name",
    "The certificate leads to no root certificate that the target names (sslrootcert) or, \
     where it names none, to none of the system's trust store and the Mozilla roots. A \
     private authority's root certificate must be on the client: get it from whoever runs \
     the server, over a way that you trust, and name it with sslrootcert. An error where \
     sslmode or --require demands a verified certificate.",
);

pub static INCOMPLETE_CHAIN: Code = code(
    "incomplete-chain",
    "the server does not send an intermediate certificate",
    "clients that do not have it cannot tell that a trusted authority vouches for the server",
    "The server's certificate was issued by an intermediate authority, whose certificate the \
     server leaves out. Append it to the file of ssl_cert_file (in PgBouncer \
     client_tls_cert_file), after the server's own, and reload.",
);

pub static SELF_SIGNED: Code = code(
    "self-signed",
    "the server's certificate is self-signed",
    "nobody but the server itself says that it is the right one, and anybody can make another \
     of the same name",
    "Issue the server a certificate from an authority, your own or a public one. Until then a \
     copy of this very certificate on the client, brought over a way that you trust and named \
     with sslrootcert, allows sslmode=verify-full if it names the host.",
);

pub static WEAK_KEY: Code = code(
    "weak-key",
    "a certificate has a weak key",
    "a key below 112 bits of security can be computed with enough effort, and OpenSSL refuses \
     it at its usual security level",
    "RSA needs 2048 bits or more, an elliptic curve 224. rustls, which pgcheck and many \
     applications use, cannot even connect to a server whose own RSA key is shorter. Issue a \
     certificate with a new key: `openssl genpkey -algorithm EC -pkeyopt \
     ec_paramgen_curve:P-256`.",
);

pub static WEAK_SIGNATURE: Code = code(
    "weak-signature",
    "a certificate is signed with a weak algorithm",
    "signatures over SHA-1 and MD5 can be forged",
    "The issuer signed a certificate over a hash with known collisions. OpenSSL refuses it at \
     its usual security level. Have the certificate issued anew with SHA-256.",
);

pub static REVOKED: Code = code(
    "revoked",
    "a certificate is revoked",
    "its issuer has withdrawn it, often because the key became known",
    "The revocation list that the target names (sslcrl, sslcrldir) has a certificate of the \
     chain. Issue the server a new certificate with a new key.",
);

pub static REVOCATION_UNKNOWN: Code = code(
    "revocation-unknown",
    "whether a certificate is revoked could not be determined",
    "with sslcrl or sslcrldir, libpq refuses a certificate that no current list covers",
    "The revocation lists that the target names have no current list of the certificate's \
     issuer. Get a fresh one from the authority, for every authority of the chain.",
);
