//! What a stack's name tells, and who claims it.

/// What parts a service's name from the rest of its stack's.
const MARKS: [&str; 2] = ["-pr-", "-dev-"];

/// The service of `SERVICE-pr-N` and `SERVICE-dev-NAME`. No service has such a word inside, so the first one parts them.
pub(super) fn service(stack: &str) -> Option<&str> {
    let first = MARKS.iter().filter_map(|mark| stack.find(mark)).min()?;
    Some(&stack[..first]).filter(|service| !service.is_empty())
}

/// Whoever runs us, on this machine: a namesake elsewhere is somebody else, and must not take a claim over.
pub(super) fn source() -> String {
    of(&user(), &rustix::system::uname().nodename().to_string_lossy())
}

/// Whoever runs us, as this machine calls them.
pub(in crate::cli) fn user() -> String {
    let user = ["USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok());
    user.filter(|user| !user.is_empty()).unwrap_or_else(|| format!("uid{}", rustix::process::getuid()))
}

fn of(user: &str, host: &str) -> String {
    if host.is_empty() { user.to_owned() } else { format!("{user}@{host}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stacks_name_tells_its_service_where_it_can() {
        let cases = [
            ("shop-pr-42", Some("shop")),
            ("time-service-dev-ada", Some("time-service")),
            ("shop-dev-pr-1", Some("shop")),
            ("dev-dev-x", Some("dev")),
            ("pr-tools-pr-1", Some("pr-tools")),
            ("shop-pr-x", Some("shop")),
            ("shop-prod", None),
            ("shop", None),
            ("-pr-1", None),
            ("", None),
        ];
        for (stack, expected) in cases {
            assert_eq!(service(stack), expected, "{stack:?}");
        }
    }

    #[test]
    fn a_claim_says_whose_it_is_and_from_where() {
        let cases = [("ada", "laptop", "ada@laptop"), ("ada", "", "ada")];
        for (user, host, expected) in cases {
            assert_eq!(of(user, host), expected);
        }
    }
}
