//! What does the URI let the application do?

use super::{Check, CheckId, Input, Outcome};
use crate::exit::Cause;
use crate::facts::RootsTrial;
use crate::finding::{Code, Finding, Severity};
use crate::target::{ENCODED_IN_QUERY, Origin, ParameterValue, RootCert, Source, SslMode};
use percent_encoding::utf8_percent_encode;

use super::certificate::{Shown, shown};

pub const CHECK: Check = Check {
    id: CheckId::Uri,
    asks: "what does the URI let the application do?",
    needs: &[],
    codes: &[
        &SSLMODE_DISABLE,
        &SSLMODE_ALLOW,
        &SSLMODE_PREFER,
        &SSLMODE_REQUIRE,
        &STRONGER_SSLMODE_WORKS,
        &PASSWORD_ON_COMMAND_LINE,
    ],
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

static SSLMODE_REQUIRE: Code = Code {
    id: "sslmode-require",
    severity: Severity::Note,
    cause: Cause::Insecure,
    title: "sslmode=require encrypts, and does not check who answers",
    why: "somebody on the way who answers in the server's place sees everything, the login \
          included",
    explain: "sslmode=require without a root certificate takes any certificate. With the root \
              certificate of the server's authority, sslmode=verify-full also checks that the \
              server is the one that was asked for. None of the roots that pgcheck could try \
              vouches for this server, so the check of the chain says what is missing.",
};

static STRONGER_SSLMODE_WORKS: Code = Code {
    id: "stronger-sslmode-works",
    severity: Severity::Note,
    cause: Cause::Insecure,
    title: "a stronger sslmode would work here",
    why: "the server's certificate is good for more than the target asks for, and only what is \
          asked for protects against somebody who answers in the server's place",
    explain: "pgcheck tried the certificates that the server presented against the target's \
              own roots, the system's trust store and the Mozilla roots, and the host's name \
              against the certificate. The finding has the query to paste, which was tried. \
              sslrootcert=system needs libpq 16 or later.",
};

static PASSWORD_ON_COMMAND_LINE: Code = Code {
    id: "password-on-command-line",
    severity: Severity::Warning,
    cause: Cause::Insecure,
    title: "the password is on the command line",
    why: "every local user can read it in the list of processes, and the shell keeps it in its \
          history",
    explain: "A target that is given as an argument, or an override (-o), holds a password or \
              a passphrase. Put the target into an environment variable (DATABASE_URL, or any \
              with --env), a file (--file) or standard input (-), or the password into the \
              password file (~/.pgpass).",
};

fn run(input: &Input) -> Option<Outcome> {
    let mode = input.target.tls.sslmode;
    let mut outcome = Outcome::ok(format!("sslmode={}", mode.as_str()));
    outcome.findings.extend(judge_mode(input, mode));
    outcome.findings.extend(password_on_command_line(input));
    Some(outcome)
}

fn judge_mode(input: &Input, mode: SslMode) -> Option<Finding> {
    let shown = shown(input);
    let stronger = shown.first().and_then(|it| strongest(input, it));
    let stronger = stronger.filter(|stronger| stronger.mode > mode);
    let code = match (mode, &stronger) {
        (SslMode::Disable, _) => &SSLMODE_DISABLE,
        (SslMode::Allow, _) => &SSLMODE_ALLOW,
        (SslMode::Prefer, _) => &SSLMODE_PREFER,
        (_, Some(_)) => &STRONGER_SSLMODE_WORKS,
        (SslMode::Require, None) if !verifies(input) && !shown.is_empty() => &SSLMODE_REQUIRE,
        (_, None) => return None,
    };
    let given = input.target.gives("sslmode");
    let mut saw = match given {
        true => format!("the target says sslmode={}", mode.as_str()),
        false => "the target names no sslmode, and the default is prefer".to_owned(),
    };
    if let Some(stronger) = &stronger {
        saw = format!("{saw}; {}", stronger.tried);
    }
    let finding = Finding::new(code, saw);
    Some(match (stronger, shown.first()) {
        (Some(stronger), _) => finding.help(format!("put {} into the URI", stronger.query)),
        (None, Some(shown)) if mode >= SslMode::Require => match shown.provider() {
            Some(provider) => finding.help(provider.root_help()),
            None => finding.help(
                "get the root certificate of the server's authority, then use \
                 sslmode=verify-full&sslrootcert=FILE",
            ),
        },
        (None, _) => finding.help("put sslmode=require into the URI"),
    })
}

/// Whether the session demanded a verified certificate, whatever the mode is called.
fn verifies(input: &Input) -> bool {
    input.facts.demanded > crate::tls::Identity::Unverified
}

/// The strongest setting that was tried and works.
struct Stronger {
    mode: SslMode,
    /// What to paste.
    query: String,
    /// What was tried, for `saw`.
    tried: String,
}

fn strongest(input: &Input, shown: &Shown<'_>) -> Option<Stronger> {
    let trust = shown.trust?;
    let names = shown.presented.name.libpq.is_ok();
    let vouches = |trial: &Option<RootsTrial>| trial.as_ref().is_some_and(RootsTrial::vouches);
    let own = match &input.target.tls.sslrootcert {
        Some(RootCert::File(file)) if vouches(&trust.own) => Some(file.display().to_string()),
        _ => None,
    };
    let setting = |mode: SslMode, root: &str| Stronger {
        mode,
        query: format!(
            "sslmode={}&sslrootcert={}",
            mode.as_str(),
            utf8_percent_encode(root, ENCODED_IN_QUERY)
        ),
        tried: match (mode, root) {
            (SslMode::VerifyFull, root) => {
                format!("{root} vouches for the certificate, which names the host")
            }
            (_, root) => format!("{root} vouches for the certificate"),
        },
    };
    match own {
        Some(file) if names => Some(setting(SslMode::VerifyFull, &file)),
        _ if names && vouches(&trust.system) => Some(Stronger {
            tried: "the system's trust store vouches for the certificate, which names the host"
                .to_owned(),
            ..setting(SslMode::VerifyFull, "system")
        }),
        Some(file) => Some(setting(SslMode::VerifyCa, &file)),
        None => None,
    }
}

fn password_on_command_line(input: &Input) -> Option<Finding> {
    let visible = input.target.given.iter().find(|parameter| {
        matches!(parameter.value, ParameterValue::Secret(_))
            && matches!(
                parameter.origin,
                Origin::Target(Source::Argument) | Origin::Override
            )
    })?;
    let saw = format!("{} came from the command line", visible.keyword);
    Some(
        Finding::new(&PASSWORD_ON_COMMAND_LINE, saw)
            .help("put the target into DATABASE_URL, or the password into ~/.pgpass"),
    )
}
