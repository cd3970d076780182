//! No form of any report contains a password.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use pgcheck::target::{Environment, Request, resolve};
use proptest::prelude::*;

use super::hostile::forms;
use super::situations::{Situation, all};

/// A target whose password is this one, in the URI and as the passphrase of a key.
fn with_password(password: &str) -> Situation {
    let encoded = utf8_percent_encode(password, NON_ALPHANUMERIC).to_string();
    Situation::of(&format!(
        "postgresql://app:{encoded}@db.example.com/orders?sslmode=require&sslpassword={encoded}"
    ))
}

fn assert_absent(password: &str, text: &str) -> Result<(), TestCaseError> {
    let encoded = utf8_percent_encode(password, NON_ALPHANUMERIC).to_string();
    prop_assert!(!text.contains(password), "{text}");
    prop_assert!(!text.contains(&encoded), "{text}");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Long enough not to be in a report by chance.
    #[test]
    fn no_form_of_a_report_contains_the_password(password in "\\PC{6,40}", which in 0..12_usize) {
        let other = all().swap_remove(which).1.swap_remove(0);
        let mut situation = with_password(&password);
        prop_assert!(situation.target.hosts[0].password.is_some());
        situation.facts = other.facts;
        for (_, text) in forms(&[situation.report()]) {
            assert_absent(&password, &text)?;
        }
    }

    #[test]
    fn no_error_about_a_uri_contains_its_password(password in "[a-zA-Z0-9!$*+~]{6,40}", tail in "\\PC{0,20}") {
        let uri = format!("postgresql://app:{password}@db.example.com:x{tail}/orders?{tail}=%zz");
        let environment = Environment::of([("DATABASE_URL", &uri)]);
        let error = resolve(&Request::default(), &environment).expect_err("no port");
        assert_absent(&password, &format!("{error:#} {:?}", error.hint()))?;
    }
}
