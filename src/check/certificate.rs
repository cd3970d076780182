//! What the three checks of the certificate share.

use super::Input;
use super::providers::{Provider, provider_of};
use crate::exit::Cause;
use crate::facts::{Endpoint, Trust};
use crate::finding::{Code, Severity};
use crate::tls::{Certificate, Identity, Presented, describe};

/// The certificates that one or several addresses present.
pub struct Shown<'a> {
    /// The first of the addresses.
    pub endpoint: &'a Endpoint,
    /// All of them.
    pub addresses: Vec<String>,
    /// What they present.
    pub presented: &'a Presented,
    /// Who vouches for it.
    pub trust: Option<&'a Trust>,
    /// Whether the session goes there.
    pub decides: bool,
}

/// The chains that were presented, each once; the session's comes first.
pub fn shown<'a>(input: &Input<'a>) -> Vec<Shown<'a>> {
    let session = input.facts.session_endpoint();
    let others = (input.facts.endpoints.iter())
        .filter(|endpoint| session.is_none_or(|session| !std::ptr::eq(session, *endpoint)));
    let mut all: Vec<Shown<'a>> = Vec::new();
    for endpoint in session.into_iter().chain(others) {
        let Some(presented) = &endpoint.tls.presented else {
            continue;
        };
        let address = endpoint.address.to_string();
        let same = |shown: &&mut Shown<'_>| {
            shown.presented.certificates == presented.certificates
                && shown.endpoint.host == endpoint.host
        };
        match all.iter_mut().find(same) {
            Some(shown) => shown.addresses.push(address),
            None => all.push(Shown {
                endpoint,
                addresses: vec![address],
                presented,
                trust: endpoint.tls.trust.as_ref(),
                decides: session.is_some_and(|session| std::ptr::eq(session, endpoint)),
            }),
        }
    }
    all
}

impl Shown<'_> {
    /// An error where the session demands what the finding denies; a warning otherwise,
    /// and at addresses that the session does not need.
    pub fn severity(&self, input: &Input, denied: Identity) -> Severity {
        match self.decides && input.facts.demanded >= denied {
            true => Severity::Error,
            false => Severity::Warning,
        }
    }

    /// `text`, after the addresses where it is not about the session's.
    pub fn saw(&self, text: impl Into<String>) -> String {
        match self.decides {
            true => text.into(),
            false => format!("{}: {}", self.addresses.join(", "), text.into()),
        }
    }

    /// The server's own certificate.
    pub fn leaf(&self) -> Option<Certificate> {
        self.presented.certificate()
    }

    /// The server's certificate and those that it leads to, by the names of the issuers.
    /// What else was sent is of no use to anybody and is left out.
    pub fn path(&self) -> Vec<Certificate> {
        let mut sent: Vec<Certificate> = (self.presented.certificates.iter())
            .filter_map(|certificate| describe(certificate).ok())
            .collect();
        let mut path: Vec<Certificate> = Vec::new();
        let mut next = (!sent.is_empty()).then_some(0);
        while let Some(index) = next {
            let certificate = sent.remove(index);
            let issuer = certificate.issuer.clone();
            let ends = certificate.is_self_issued;
            path.push(certificate);
            next = match ends {
                true => None,
                false => sent.iter().position(|above| above.subject == issuer),
            };
        }
        path
    }

    /// The provider that the host belongs to.
    pub fn provider(&self) -> Option<&'static Provider> {
        provider_of(self.endpoint.host.as_deref()?)
    }
}

/// What a certificate is called in a report.
pub fn whose(depth: usize, certificate: &Certificate) -> String {
    match depth {
        0 => "the server's certificate".to_owned(),
        _ => format!("the CA certificate \"{}\"", certificate.subject),
    }
}

pub static STRICT_CLIENTS_REFUSE: Code = Code {
    id: "strict-clients-refuse",
    severity: Severity::Warning,
    cause: Cause::NoTls,
    title: "libpq accepts the certificate, and strict clients refuse it",
    why: "an application on a driver that verifies with rustls, Go or Java may fail where psql \
          connects",
    explain: "The certificate verifies by the rules of OpenSSL, which libpq uses, and not by \
              those of a stricter verifier (webpki, which rustls uses). Common causes: a \
              certificate of X.509 version 1, as `openssl x509 -req` makes it without an \
              extension file, and a CA certificate used as the server's own, as `openssl req \
              -x509` makes it. Issue a certificate of version 3 with basicConstraints=CA:FALSE \
              and the host's name in subjectAltName.",
};
