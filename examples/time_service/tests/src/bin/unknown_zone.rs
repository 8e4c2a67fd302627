//! The unhappy path: a zone that nobody has heard of is not found, and the answer says which one it was.

use serde::Deserialize;
use tests::{Answer, Api, Failure};

#[derive(Deserialize)]
struct Problem {
    error: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    tests::run(an_unknown_zone_is_not_found).await
}

fn an_unknown_zone_is_not_found(api: &Api) -> Result<(), Failure> {
    check(&api.get("/time/Mars/Olympus")?)
}

fn check(answer: &Answer) -> Result<(), Failure> {
    let Problem { error } = answer.json(404)?;
    answer.expect("an error that names Mars/Olympus", error.contains("Mars/Olympus"))
}

#[cfg(test)]
mod unit {
    use super::*;

    fn passes(status: u16, body: &str) -> bool {
        check(&Answer { url: String::new(), status, body: body.to_owned() }).is_ok()
    }

    #[test]
    fn only_a_404_that_names_the_zone_passes() {
        let body = r#"{"error":"unknown time zone: Mars/Olympus"}"#;
        assert!(passes(404, body));
        assert!(!passes(200, body));
        assert!(!passes(404, r#"{"error":"not found"}"#));
        assert!(!passes(404, "Mars/Olympus"));
    }
}
