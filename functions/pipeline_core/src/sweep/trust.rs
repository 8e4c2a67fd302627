//! Whom an IAM role trusts: CloudFormation, or others.

use serde_json::Value;

/// What a trust policy says of CloudFormation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// It may assume the role, or so may anybody.
    CloudFormation,
    /// It may not.
    Others,
    /// The policy is none that we understand.
    Unclear,
}

/// Reads a trust policy. What could be read either way counts as trusting (I10).
pub fn trust(policy: &str) -> Trust {
    let Ok(Value::Object(policy)) = serde_json::from_str(policy) else { return Trust::Unclear };
    let statements = match policy.get("Statement") {
        Some(Value::Array(statements)) => statements.iter().collect(),
        Some(statement @ Value::Object(_)) => vec![statement],
        _ => return Trust::Unclear,
    };
    let all: Vec<Trust> = statements.into_iter().map(of_statement).collect();
    [Trust::CloudFormation, Trust::Unclear].into_iter().find(|worst| all.contains(worst)).unwrap_or(Trust::Others)
}

fn of_statement(statement: &Value) -> Trust {
    if statement.get("Effect").and_then(Value::as_str) == Some("Deny") {
        return Trust::Others;
    }
    // `NotPrincipal` trusts everybody but a few.
    if statement.get("NotPrincipal").is_some() {
        return Trust::CloudFormation;
    }
    match statement.get("Principal") {
        Some(Value::String(anybody)) => of_principal(anybody),
        Some(Value::Object(principals)) if !principals.is_empty() => worst(principals.values()),
        _ => Trust::Unclear,
    }
}

fn worst<'a>(principals: impl Iterator<Item = &'a Value>) -> Trust {
    let all: Vec<Trust> = principals.map(of_value).collect();
    [Trust::CloudFormation, Trust::Unclear].into_iter().find(|worst| all.contains(worst)).unwrap_or(Trust::Others)
}

fn of_value(principal: &Value) -> Trust {
    match principal {
        Value::String(principal) => of_principal(principal),
        Value::Array(principals) => worst(principals.iter()),
        _ => Trust::Unclear,
    }
}

/// Also a region's own name of the service, and every wildcard.
fn of_principal(principal: &str) -> Trust {
    let trusts = principal.contains(['*', '?']) || principal.to_ascii_lowercase().contains("cloudformation");
    if trusts { Trust::CloudFormation } else { Trust::Others }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Trust, trust};

    fn of(principal: &Value) -> Trust {
        let statement = json!({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"});
        let alone = trust(&json!({"Version": "2012-10-17", "Statement": statement}).to_string());
        let deny = json!({"Effect": "Deny", "Principal": {"Service": "cloudformation.amazonaws.com"}});
        let listed = trust(&json!({"Statement": [deny, statement]}).to_string());
        assert_eq!(alone, listed, "{principal}");
        alone
    }

    #[test]
    fn i9_a_role_that_cloudformation_may_assume_is_seen_in_every_way_of_writing_it() {
        for trusting in [
            json!("*"),
            json!({"AWS": "*"}),
            json!({"Service": "*"}),
            json!({"Service": "cloudformation.amazonaws.com"}),
            json!({"Service": "CloudFormation.amazonaws.com"}),
            json!({"Service": ["lambda.amazonaws.com", "cloudformation.amazonaws.com"]}),
            json!({"Service": "*.amazonaws.com"}),
            json!({"Service": "cloudformation.eu-west-1.amazonaws.com"}),
            json!({"Service": "member.org.stacksets.cloudformation.amazonaws.com"}),
            json!({"AWS": "arn:aws:iam::111122223333:root", "Service": ["cloudformation.amazonaws.com"]}),
        ] {
            assert_eq!(of(&trusting), Trust::CloudFormation, "{trusting}");
        }
        for other in [
            json!({"Service": "lambda.amazonaws.com"}),
            json!({"Service": ["lambda.amazonaws.com", "edgelambda.amazonaws.com"]}),
            json!({"AWS": "arn:aws:iam::111122223333:root"}),
            json!({"Federated": "cognito-identity.amazonaws.com"}),
        ] {
            assert_eq!(of(&other), Trust::Others, "{other}");
        }
    }

    #[test]
    fn i10_what_is_no_trust_policy_is_unclear() {
        for bad in [
            "",
            "null",
            "[]",
            "{}",
            "%7B%22Statement%22%3A%5B%5D%7D",
            r#"{"Statement": "all"}"#,
            r#"{"Statement": [null]}"#,
            r#"{"Statement": {"Effect": "Allow"}}"#,
            r#"{"Statement": {"Effect": "Allow", "Principal": {}}}"#,
            r#"{"Statement": {"Effect": "Allow", "Principal": {"Service": 7}}}"#,
            r#"{"Statement": {"Effect": "Allow", "Principal": {"Service": ["lambda.amazonaws.com", null]}}}"#,
        ] {
            assert_eq!(trust(bad), Trust::Unclear, "{bad}");
        }
        let everybody_but = r#"{"Statement": {"Effect": "Allow", "NotPrincipal": {"AWS": "x"}}}"#;
        assert_eq!(trust(everybody_but), Trust::CloudFormation);
    }
}
