//! How a template names an object in S3.

use percent_encoding::percent_decode_str;

use crate::digest::Object;

/// A place in a template that names an object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reference {
    /// Something that is deployed as it is: a function's code, an API's definition.
    Package(Object),
    /// Another template, which names objects itself.
    Template(Object),
}

impl Reference {
    /// The object.
    pub fn object(&self) -> &Object {
        match self {
            Self::Package(object) | Self::Template(object) => object,
        }
    }
}

/// `s3://bucket/key`, with `?versionId=` as SAM takes it.
pub(super) fn s3_uri(text: &str) -> Option<Object> {
    let (place, version) = versioned(text.strip_prefix("s3://")?);
    let (bucket, key) = place.split_once('/')?;
    object(bucket, key.trim_start_matches('/'), version)
}

fn versioned(text: &str) -> (&str, Option<&str>) {
    let Some((place, query)) = text.split_once('?') else { return (text, None) };
    (place, query.split('&').find_map(|pair| pair.strip_prefix("versionId=")).filter(|id| !id.is_empty()))
}

/// The URL of an object, with the bucket in the host or in the path. CloudFormation takes templates from S3 only, so a
/// host that is not known to carry a bucket, such as an endpoint of one's own, has it in the path.
pub(super) fn s3_url(text: &str) -> Option<Object> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
    let (rest, version) = versioned(rest);
    let (host, path) = rest.split_once('/')?;
    let path = percent_decode_str(path).decode_utf8().ok()?;
    match bucket_of(host) {
        Some(bucket) => object(bucket, &path, version),
        None => path.split_once('/').and_then(|(bucket, key)| object(bucket, key, version)),
    }
}

/// `BUCKET.s3.amazonaws.com`, `BUCKET.s3.REGION.amazonaws.com`, `BUCKET.s3-REGION.amazonaws.com`.
fn bucket_of(host: &str) -> Option<&str> {
    let host = host.strip_suffix(".amazonaws.com").or_else(|| host.strip_suffix(".amazonaws.com.cn"))?;
    let at = host.rfind(".s3").filter(|at| matches!(host.as_bytes().get(at + 3), None | Some(b'.' | b'-')))?;
    Some(&host[..at])
}

/// An object, of literal texts only: what an intrinsic function fills in is not named by the template.
pub(super) fn object(bucket: &str, key: &str, version: Option<&str>) -> Option<Object> {
    let literal = |text: &str| !text.is_empty() && !text.contains("${");
    let is_object = literal(bucket) && literal(key) && !key.ends_with('/') && version.is_none_or(literal);
    is_object.then(|| Object { bucket: bucket.to_owned(), key: key.to_owned(), version: version.map(str::to_owned) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(object: Option<Object>) -> String {
        object.map_or_else(|| "nothing".to_owned(), |object| object.to_string())
    }

    #[test]
    fn s3_uris() {
        for (text, expected) in [
            ("s3://b/k", "s3://b/k"),
            ("s3://b/a/b.zip", "s3://b/a/b.zip"),
            ("s3://b", "nothing"),
            ("s3://b/", "nothing"),
            ("s3:///k", "nothing"),
            ("s3://b/folder/", "nothing"),
            ("s3://b//k", "s3://b/k"),
            ("s3://b/k?versionId=v1", "s3://b/k in version v1"),
            ("s3://b/k?versionId=", "s3://b/k"),
            ("s3://${Bucket}/k", "nothing"),
            ("S3://b/k", "nothing"),
            ("https://b/k", "nothing"),
        ] {
            assert_eq!(shown(s3_uri(text)), expected, "{text}");
        }
    }

    #[test]
    fn s3_urls() {
        for (text, expected) in [
            ("https://s3.amazonaws.com/b/k", "s3://b/k"),
            ("https://s3.eu-west-1.amazonaws.com/b/a/k.template", "s3://b/a/k.template"),
            ("https://s3-eu-west-1.amazonaws.com/b/k", "s3://b/k"),
            ("https://b.s3.amazonaws.com/a/k", "s3://b/a/k"),
            ("https://b.s3.eu-west-1.amazonaws.com/k?versionId=v1", "s3://b/k in version v1"),
            ("https://b.s3-eu-west-1.amazonaws.com/k", "s3://b/k"),
            ("https://my.s3x.s3.amazonaws.com/k", "s3://my.s3x/k"),
            ("https://b.s3.cn-north-1.amazonaws.com.cn/k", "s3://b/k"),
            ("http://localhost:4566/b/a%20b", "s3://b/a b"),
            ("https://s3.${AWS::Region}.amazonaws.com/b/k", "s3://b/k"),
            ("https://s3.amazonaws.com/${Bucket}/k", "nothing"),
            ("https://s3.amazonaws.com/b", "nothing"),
            ("https://example.com", "nothing"),
            ("ftp://s3.amazonaws.com/b/k", "nothing"),
        ] {
            assert_eq!(shown(s3_url(text)), expected, "{text}");
        }
    }
}
