//! From an HTTP request to an HTTP response.

use jiff::Timestamp;
use lambda_http::{
    Error, Request, RequestExt, Response,
    http::{StatusCode, header::CONTENT_TYPE},
};
use percent_encoding::percent_decode_str;
use serde::Serialize;
use serde_json::json;

use crate::clock;

/// Answers `GET /time` and `GET /time/{zone+}`; API Gateway lets nothing else through.
pub fn answer(request: &Request, now: Timestamp) -> Result<Response<String>, Error> {
    match clock::time_in(&zone_of(request), now) {
        Ok(time) => respond(StatusCode::OK, &time),
        Err(unknown) => respond(StatusCode::NOT_FOUND, &json!({ "error": unknown.to_string() })),
    }
}

/// The time zone that the path names; UTC where it names none.
fn zone_of(request: &Request) -> String {
    let parameters = request.path_parameters_ref();
    let zone = parameters.and_then(|parameters| parameters.first("zone")).unwrap_or("UTC");
    // A REST API passes the path on as it was sent, so `Europe%2FParis` is still encoded here.
    percent_decode_str(zone).decode_utf8_lossy().into_owned()
}

fn respond(status: StatusCode, body: &impl Serialize) -> Result<Response<String>, Error> {
    let response = Response::builder().status(status).header(CONTENT_TYPE, "application/json");
    Ok(response.body(serde_json::to_string(body)?)?)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use serde_json::Value;

    use super::*;

    /// The status and the JSON body of the answer to a request whose path has these parameters.
    fn answer_to(parameters: &[(&str, &str)]) -> (u16, Value) {
        let parameters = parameters.iter().map(|&(name, value)| (name.to_owned(), value.to_owned()));
        let request = Request::default().with_path_parameters(parameters.collect::<HashMap<_, _>>());
        let response = answer(&request, Timestamp::UNIX_EPOCH).unwrap();
        let body = serde_json::from_str(response.body()).unwrap();
        (response.status().as_u16(), body)
    }

    #[test]
    fn without_a_zone_the_time_is_in_utc() {
        let expected = json!({ "zone": "UTC", "time": "1970-01-01T00:00:00.000+00:00" });
        assert_eq!(answer_to(&[]), (200, expected));
    }

    #[test]
    fn a_zone_may_come_percent_encoded() {
        for zone in ["Etc/GMT+5", "Etc%2FGMT%2B5", "etc%2fgmt+5"] {
            let (status, body) = answer_to(&[("zone", zone)]);
            assert_eq!((status, &body["zone"]), (200, &json!("Etc/GMT+5")), "{zone}");
        }
    }

    #[test]
    fn an_unknown_zone_is_not_found_and_named() {
        let expected = json!({ "error": "unknown time zone: Mars/Olympus" });
        assert_eq!(answer_to(&[("zone", "Mars%2FOlympus")]), (404, expected));
    }

    #[test]
    fn a_path_that_is_not_text_is_not_found() {
        assert_eq!(answer_to(&[("zone", "%ff%")]).0, 404);
    }
}
