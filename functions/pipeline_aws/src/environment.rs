//! What a function is told by its environment: read once, at the start, so that a bad setting fails there and names its
//! variable, before anything is decided by it.

use std::{env, fmt::Display, str::FromStr};

use jiff::SignedDuration;
use pipeline_core::ids::{StackArn, StackName};

/// A variable is not as the template sets it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the environment variable {name} {why}")]
pub struct InvalidVariable {
    name: String,
    why: String,
}

/// The longest time that a setting can be: ten years.
const LONGEST: SignedDuration = SignedDuration::from_hours(10 * 365 * 24);

/// The environment, or what a test has instead.
pub struct Environment<'a>(pub &'a dyn Fn(&str) -> Option<String>);

impl Environment<'static> {
    /// The variables of this process.
    pub fn of_process() -> Self {
        Self(&|name| env::var(name).ok())
    }
}

impl Environment<'_> {
    /// A text that is there and not empty.
    pub fn text(&self, name: &str) -> Result<String, InvalidVariable> {
        (self.0)(name).filter(|text| !text.trim().is_empty()).ok_or_else(|| invalid(name, "is missing or empty"))
    }

    /// What a text stands for.
    pub fn parsed<T: FromStr<Err: Display>>(&self, name: &str) -> Result<T, InvalidVariable> {
        parse(name, &self.text(name)?)
    }

    /// What a text stands for, or `otherwise` where the variable is not set.
    pub fn parsed_or<T: FromStr<Err: Display>>(&self, name: &str, otherwise: T) -> Result<T, InvalidVariable> {
        (self.0)(name).map_or(Ok(otherwise), |text| parse(name, &text))
    }

    /// What a text stands for that is not repeated, as it may be a secret in the wrong place (I26); `None` where the
    /// variable is not set, or empty.
    pub fn unseen<T: FromStr<Err: Display>>(&self, name: &str) -> Result<Option<T>, InvalidVariable> {
        let text = (self.0)(name).filter(|text| !text.is_empty());
        text.map(|text| text.parse().map_err(|error| invalid(name, format!("cannot be used: {error}")))).transpose()
    }

    /// A time with its unit, such as `90m`.
    pub fn time(&self, name: &str) -> Result<SignedDuration, InvalidVariable> {
        let time: SignedDuration = self.parsed(name)?;
        if time.is_negative() || time > LONGEST {
            return Err(invalid(name, format!("is {time:#}, not a time of 0s to {LONGEST:#}")));
        }
        Ok(time)
    }

    /// A service: the beginning of its stacks' names.
    pub fn service(&self, name: &str) -> Result<String, InvalidVariable> {
        self.parsed::<StackName>(name).map(String::from)
    }

    /// Several ARNs of `kind`, such as `iam` and `role/`, of the account that `own` is of; separated by commas.
    pub fn arns(&self, name: &str, kind: ArnKind, own: &StackArn) -> Result<Vec<String>, InvalidVariable> {
        self.text(name)?.split(',').map(|text| arn(name, text.trim(), kind, own)).collect()
    }

    /// One such ARN.
    pub fn arn(&self, name: &str, kind: ArnKind, own: &StackArn) -> Result<String, InvalidVariable> {
        arn(name, &self.text(name)?, kind, own)
    }
}

/// What an ARN names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArnKind {
    /// The service.
    pub service: &'static str,
    /// What its resource begins with.
    pub resource: &'static str,
}

/// An IAM role.
pub const ROLE: ArnKind = ArnKind { service: "iam", resource: "role/" };
/// An SNS topic.
pub const TOPIC: ArnKind = ArnKind { service: "sns", resource: "" };

fn invalid(name: &str, why: impl Into<String>) -> InvalidVariable {
    InvalidVariable { name: name.to_owned(), why: why.into() }
}

fn parse<T: FromStr<Err: Display>>(name: &str, text: &str) -> Result<T, InvalidVariable> {
    text.parse().map_err(|error| invalid(name, format!("is {text:?}: {error}")))
}

fn arn(name: &str, text: &str, kind: ArnKind, own: &StackArn) -> Result<String, InvalidVariable> {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let fits = matches!(parts[..], ["arn", _, service, _, account, resource]
        if service == kind.service && account == own.account()
            && resource.strip_prefix(kind.resource).is_some_and(|rest| !rest.is_empty()));
    let ArnKind { service, resource } = kind;
    let expected = || format!("is {text:?}, not arn:…:{service}:…:{}:{resource}…", own.account());
    if fits { Ok(text.to_owned()) } else { Err(invalid(name, expected())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with<T>(text: Option<&str>, read: impl Fn(&Environment<'_>) -> Result<T, InvalidVariable>) -> Option<T> {
        match read(&Environment(&|_| text.map(str::to_owned))) {
            Ok(value) => Some(value),
            Err(error) => {
                assert!(error.to_string().starts_with("the environment variable V is "), "{error}");
                None
            }
        }
    }

    #[test]
    fn a_time_has_a_unit_and_is_neither_negative_nor_endless() {
        let time = |text| with(Some(text), |environment| environment.time("V"));
        assert_eq!(time("1440m"), Some(SignedDuration::from_hours(24)));
        assert_eq!((time("0s"), time("5s")), (Some(SignedDuration::ZERO), Some(SignedDuration::from_secs(5))));
        for bad in ["", " ", "5", "-5s", "5 parsecs", "999999999h", "99999999999999999999h"] {
            assert_eq!(time(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn what_is_not_set_is_an_error_unless_there_is_another_value() {
        assert_eq!(with(None, |environment| environment.text("V")), None);
        assert_eq!(with(None, |environment| environment.parsed::<u32>("V")), None);
        assert_eq!(with(None, |environment| environment.parsed_or("V", 60)), Some(60));
        assert_eq!(with(Some(""), |environment| environment.parsed_or("V", 60)), None);
    }

    #[test]
    fn an_arn_is_of_the_kind_and_the_account_that_it_must_be() {
        let own = "arn:aws:cloudformation:eu-west-1:111122223333:stack/time-service-flowgate/1".parse().unwrap();
        let roles = |text: &str| with(Some(text), |environment| environment.arns("V", ROLE, &own));
        let (one, other) = ("arn:aws:iam::111122223333:role/a", "arn:aws-cn:iam::111122223333:role/path/b");
        assert_eq!(roles(&format!("{one}, {other}")), Some(vec![one.to_owned(), other.to_owned()]));
        for bad in [
            "",
            ",",
            "arn:aws:iam::111122223333:role/a,",
            "arn:aws:iam::111122223333:role/",
            "arn:aws:iam::111122223333:user/a",
            "arn:aws:iam::999999999999:role/a",
            "role/a",
            "*",
        ] {
            assert_eq!(roles(bad), None, "{bad:?}");
        }
        let topic = |text: &str| with(Some(text), |environment| environment.arn("V", TOPIC, &own));
        assert!(topic("arn:aws:sns:eu-west-1:111122223333:notices").is_some());
        assert_eq!((topic(one), topic("arn:aws:sns:eu-west-1:111122223333:")), (None, None));
    }
}
