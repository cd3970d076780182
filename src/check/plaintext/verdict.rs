//! What the first answers of the two connections, with and without TLS, mean together.

use crate::facts::{Answer, AuthRequest, Endpoint, Failure, Stage};

/// Whether a server accepts a session without TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It went on to authentication; with this request.
    Accepted(AuthRequest),
    /// It refused for the missing TLS; for this reason.
    Refused(String),
    /// The answers leave it open; for this reason.
    Undetermined(String),
}

/// The verdict on one endpoint; `None` if it was not probed, or not reached by TCP.
pub fn verdict(endpoint: &Endpoint) -> Option<Verdict> {
    let leg = endpoint.plaintext.first()?;
    leg.tcp.value()?;
    let answer = match &leg.answer {
        Stage::Done(answer, _) => answer,
        Stage::Failed(Failure::TimedOut, _) => return undetermined("no answer in time"),
        Stage::Failed(..) | Stage::NotRun => return undetermined("no answer"),
    };
    match answer {
        Answer::Authentication(request) => Some(Verdict::Accepted(request.clone())),
        Answer::Error(error) => {
            let over_tls = endpoint.tls.answer.value();
            let control = matches!(over_tls, Some(Answer::Authentication(_)));
            let by_hba = error.code() == Some("28000")
                && error.file() == Some("auth.c")
                && error.routine() == Some("ClientAuthentication");
            if control && (by_hba || error.message() == "SSL required") {
                Some(Verdict::Refused(error.to_string()))
            } else {
                undetermined(&format!("the server answered {error}"))
            }
        }
        other => undetermined(&format!("the server answered {other:?}")),
    }
}

fn undetermined(reason: &str) -> Option<Verdict> {
    Some(Verdict::Undetermined(reason.to_owned()))
}
