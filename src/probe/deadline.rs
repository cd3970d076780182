//! One deadline over everything.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::facts::{Failure, Stage};

/// A point in time after which nothing is waited for.
#[derive(Clone, Copy)]
pub struct Deadline(Instant);

impl Deadline {
    /// This long from now.
    pub fn after(limit: Duration) -> Self {
        let now = Instant::now();
        // A limit too long to add is no limit that anybody lives to see.
        Self(
            now.checked_add(limit)
                .unwrap_or(now + Duration::from_secs(1 << 31)),
        )
    }

    /// The earlier of this deadline and `limit` from now.
    pub fn at_most(self, limit: Option<Duration>) -> Self {
        match limit {
            Some(limit) => Self(self.0.min(Self::after(limit).0)),
            None => self,
        }
    }

    /// Whether nothing is waited for any more.
    pub fn is_over(self) -> bool {
        Instant::now() >= self.0
    }

    /// Does the work of one stage within the deadline. The fact that it yields, or why it
    /// failed, goes into `stage`; what the next stage works on is returned.
    pub async fn run<F, T>(
        self,
        stage: &mut Stage<F>,
        work: impl Future<Output = Result<(F, T), Failure>>,
    ) -> Option<T> {
        let start = Instant::now();
        let result = timeout_at(self.0, work).await;
        let elapsed = start.elapsed();
        let (outcome, rest) = match result {
            Ok(Ok((fact, rest))) => (Stage::Done(fact, elapsed), Some(rest)),
            Ok(Err(failure)) => (Stage::Failed(failure, elapsed), None),
            Err(_) => (Stage::Failed(Failure::TimedOut, elapsed), None),
        };
        *stage = outcome;
        rest
    }
}
