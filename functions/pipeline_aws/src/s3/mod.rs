//! S3: the artifacts of pipelines, the packages that templates name, and the buckets of stacks.

mod artifacts;
mod buckets;
mod packages;

pub use artifacts::Artifacts;
use aws_sdk_s3::{
    Client,
    config::{Builder, http::HttpResponse},
    error::{ProvideErrorMetadata, SdkError},
    operation::get_object::GetObjectError,
};
use aws_types::SdkConfig;
pub use buckets::Buckets;
pub use packages::Packages;
use pipeline_core::ports::PortError;

use crate::error::{Whose, port_error_with};

/// A client with our own role.
fn client(config: &SdkConfig) -> Client {
    // Bucket names in the path work for every bucket, also where a host cannot carry them.
    Client::from_conf(Builder::from(config).force_path_style(true).build())
}

/// Why `what` could not be read.
fn unread(whose: Whose, what: &str, error: &SdkError<GetObjectError, HttpResponse>) -> PortError {
    match error.as_service_error().and_then(ProvideErrorMetadata::code) {
        Some("NoSuchKey" | "NoSuchVersion" | "NoSuchBucket") => PortError::NotFound { what: what.to_owned() },
        _ => port_error_with(whose, &format!("read {what}"), error),
    }
}
