//! What does the URI let the application do?

use super::{Check, CheckId, Input, Outcome};
use crate::exit::Cause;
use crate::finding::{Code, Finding, Severity};
use crate::target::SslMode;

pub const CHECK: Check = Check {
    id: CheckId::Uri,
    asks: "what does the URI let the application do?",
    needs: &[],
    codes: &[&SSLMODE_DISABLE, &SSLMODE_ALLOW, &SSLMODE_PREFER],
    run,
};

static SSLMODE_DISABLE: Code = Code {
    id: "sslmode-disable",
    severity: Severity::Error,
    cause: Cause::Insecure,
    title: "sslmode=disable: the application will not use TLS",
    why: "everything that it sends and receives, its login included, can be read and \
          changed on the way",
    explain: "sslmode=disable tells libpq and the drivers that follow it to connect without \
              TLS. pgcheck itself still uses TLS, so the other checks say what the server \
              could do. Set sslmode=verify-full with the root certificate of the server's \
              authority, or at least sslmode=require.",
};

static SSLMODE_ALLOW: Code = Code {
    id: "sslmode-allow",
    severity: Severity::Error,
    cause: Cause::Insecure,
    title: "sslmode=allow: the application tries plaintext first",
    why: "TLS is used only if the server refuses plaintext, so whoever is on the way decides",
    explain: "sslmode=allow tells libpq to connect without TLS and to use TLS only when that \
              is refused. Set sslmode=verify-full with the root certificate of the server's \
              authority, or at least sslmode=require.",
};

static SSLMODE_PREFER: Code = Code {
    id: "sslmode-prefer",
    severity: Severity::Warning,
    cause: Cause::Insecure,
    title: "sslmode=prefer: the application falls back to plaintext",
    why: "whoever is on the way can answer \"no TLS here\", and the application then goes on \
          without it",
    explain: "sslmode=prefer, libpq's default where the URI names no mode, asks for TLS and \
              goes on in plaintext when it is told that there is none. That answer comes \
              before any TLS and anybody on the way can forge it. Set sslmode=verify-full \
              with the root certificate of the server's authority, or at least \
              sslmode=require.",
};

fn run(input: &Input) -> Option<Outcome> {
    let mode = input.target.tls.sslmode;
    let summary = format!("sslmode={}", mode.as_str());
    let weak = match mode {
        SslMode::Disable => &SSLMODE_DISABLE,
        SslMode::Allow => &SSLMODE_ALLOW,
        SslMode::Prefer => &SSLMODE_PREFER,
        SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => {
            return Some(Outcome::ok(summary));
        }
    };
    let given = input.target.given.iter().any(|p| p.keyword == "sslmode");
    let saw = if given {
        format!("the target says sslmode={}", mode.as_str())
    } else {
        "the target names no sslmode, and the default is prefer".to_owned()
    };
    let finding = Finding::new(weak, saw).help("add sslmode=require to the URI");
    Some(Outcome::found(summary, finding))
}
