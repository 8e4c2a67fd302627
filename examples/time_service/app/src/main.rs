//! The service: tells the time, in UTC or in the time zone that the path names.

mod api;
mod clock;

use jiff::Timestamp;
use lambda_http::{Error, Request, run, service_fn};

// Lambda sends one request at a time to each process, so a single thread is all there is work for.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let handler = |request: Request| async move { api::answer(&request, Timestamp::now()) };
    run(service_fn(handler)).await
}
