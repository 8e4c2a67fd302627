//! The command as it is run: what it says of each kind of difference, what of bad input, and how it exits.

#![expect(clippy::unwrap_used, reason = "a test that cannot prepare its input has failed")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use permissions::exceptions::Exceptions;
use permissions::permission::Part;
use permissions::template::Roles;
use serde_json::Value;

const TEMPLATE: &str = "\
Resources:
  Gate:
    Type: AWS::IAM::Role
    Properties:
      Policies:
        - PolicyName: Gate
          PolicyDocument:
            Statement:
              - { Sid: Read, Effect: Allow, Action: 's3:GetObject', Resource: [!Sub '${Bucket}/*', other] }
              - !If [Given, { Sid: Choice, Effect: Allow, Action: 'a:B', Resource: '*' }, !Ref AWS::NoValue]
              - { Sid: Spare, Effect: Deny, Action: 'a:C', Resource: '*' }
";

const RECORD: &str = r#"
{"role": "shop-flowgate-Gate-1F", "decision": "Allow", "sid": "Read", "action": "s3:GetObject", "resource": 0, "keys": {}}
{"role": "shop-flowgate-Gate-1F", "decision": "Allow", "sid": "Read", "action": "s3:GetObject", "resource": 1, "keys": {}}
{"role": "shop-flowgate-Gate-1F", "decision": "Allow", "sid": "Choice", "action": "a:B", "resource": 0, "keys": {}}
{"role": "shop-flowgate-Gate-1F", "decision": "Deny", "sid": "Spare", "action": "a:C", "resource": "arn"}
"#;

const EXCEPTIONS: &str = "denials: [{role: Gate, actions: ['a:C'], resources: ['a*n'], test: spares, why: because}]\n";

/// What it is given.
struct Input {
    directory: tempfile::TempDir,
}

impl Input {
    /// All in agreement.
    fn new() -> Self {
        let input = Self { directory: tempfile::tempdir().unwrap() };
        fs::create_dir(input.path("seen")).unwrap();
        input
            .with("template.yaml", TEMPLATE)
            .with("seen/run.jsonl", RECORD.trim_start())
            .with("exceptions.yaml", EXCEPTIONS)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn with(self, name: &str, text: &str) -> Self {
        fs::write(self.path(name), text).unwrap();
        self
    }

    fn without(self, name: &str) -> Self {
        fs::remove_file(self.path(name)).unwrap();
        self
    }

    /// With another line in the record.
    fn seen(self, more: &str) -> Self {
        self.with("seen/more.jsonl", &format!("{more}\n"))
    }

    /// Its exit code, its answer and its complaint.
    fn run(&self, more: &[&str]) -> (i32, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_permissions"));
        for (option, name) in [("--seen", "seen"), ("--template", "template.yaml"), ("--exceptions", "exceptions.yaml")]
        {
            command.arg(option).arg(self.path(name));
        }
        let output = command.args(more).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }

    /// It finds this difference, and no other.
    fn differs(&self, kind: &str, message: &str) {
        let (code, answer, complaint) = self.run(&["--json"]);
        assert_eq!((code, &*complaint), (1, ""), "{answer}");
        let answer: Value = serde_json::from_str(&answer).unwrap();
        let found: Vec<_> = answer["differences"].as_array().unwrap().iter().collect();
        assert_eq!(found.len(), 1, "{answer}");
        assert_eq!((found[0]["difference"].as_str(), found[0]["message"].as_str()), (Some(kind), Some(message)));
        let (code, answer, _) = self.run(&[]);
        assert_eq!(code, 1);
        assert!(
            answer.contains(&format!("\n- {message}\nrecords: ")) && answer.ends_with("; 1 difference\n"),
            "{answer}"
        );
    }

    fn refused(&self, expected: &str) {
        let (code, answer, complaint) = self.run(&[]);
        assert_eq!((code, &*answer), (2, ""), "{complaint}");
        assert!(complaint.starts_with("permissions: ") && complaint.contains(expected), "{complaint}");
    }
}

#[test]
fn agreement_is_told_with_counts() {
    let (code, answer, complaint) = Input::new().run(&[]);
    let expected = "Gate  2 actions, 3 resources, 1 denial: 6 seen, 0 excepted\nrecords: 1; what is allowed is what is used, and \
                    what is excepted\n";
    assert_eq!((code, &*answer, &*complaint), (0, expected, ""));
    let (code, answer, _) = Input::new().run(&["--json"]);
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!((code, &answer["differences"]), (0, &Value::Array(Vec::new())));
    assert_eq!(
        (&answer["roles"]["Gate"]["seen"], &answer["records"], &answer["torn"]),
        (&6.into(), &1.into(), &0.into())
    );
}

#[test]
fn what_is_allowed_and_never_seen() {
    let line = |action: &str| {
        format!("Gate, {action} was never seen: remove it, let a test use it, or except it with the reason")
    };
    let more = "Action: ['s3:GetObject', 'x:More']";
    let input = Input::new().with("template.yaml", &TEMPLATE.replace("Action: 's3:GetObject'", more));
    input.differs("never_seen", &line("Read: action x:More"));
    let input = Input::new().with("template.yaml", &TEMPLATE.replace("other]", "other, another]"));
    input.differs("never_seen", &line("Read: resource another"));
    let condition = "other], Condition: { StringLike: { 'dynamodb:LeadingKeys': ['verdict#*'] } } }";
    let input = Input::new().with("template.yaml", &TEMPLATE.replace("other] }", condition));
    input.differs("never_seen", &line("Read: condition dynamodb:LeadingKeys=verdict#"));
    let other = "!If [Given, { Sid: Choice, Effect: Allow, Action: ['a:B', 'a:D']";
    let template = TEMPLATE.replace("!If [Given, { Sid: Choice, Effect: Allow, Action: 'a:B'", other);
    let message = line("Choice: action a:D").replace("seen:", "seen (which depends on Given):");
    Input::new().with("template.yaml", &template).differs("never_seen", &message);
    let denies = "{ Sid: Spare, Effect: Deny, Action: 'a:C', Resource: '*' }";
    let template = TEMPLATE.replace(denies, &format!("{denies}\n              - {}", denies.replace("Spare", "Also")));
    Input::new().with("template.yaml", &template).differs("never_seen", &line("Also: what it denies"));
}

#[test]
fn what_is_seen_and_not_in_the_template() {
    let line = RECORD.lines().nth(1).unwrap();
    for (seen, what) in [
        (line.replace("s3:GetObject", "s3:PutObject"), "Gate, Read: action s3:PutObject"),
        (line.replace("\"resource\": 0", "\"resource\": 2"), "Gate, Read: resource number 3"),
        (
            line.replace("{}", r#"{"dynamodb:leadingkeys": ["run#"]}"#),
            "Gate, Read: condition dynamodb:LeadingKeys=run#",
        ),
    ] {
        let message = format!(
            "{what} was seen, but is not in the template: put it back, or run the tests again with this template"
        );
        Input::new().seen(&seen).differs("not_in_template", &message);
    }
    let denied = RECORD.lines().last().unwrap().replace("Spare", "Guard");
    let message = "Gate, Guard: what it denies was seen, but is not in the template: put it back, or run the tests again with this \
                   template";
    Input::new().seen(&denied).differs("not_in_template", message);
}

/// Statements of the template have a Sid; what has none is in a policy that users attach.
#[test]
fn what_an_attached_policy_allows_is_nobodys_difference() {
    let line = RECORD.lines().nth(1).unwrap();
    let attached = line.replace("\"Read\"", "\"\"").replace("s3:GetObject", "s3:*");
    let (code, answer, _) = Input::new().seen(&attached).run(&[]);
    assert_eq!(code, 0, "{answer}");
}

#[test]
fn exceptions_that_are_none() {
    let with = |entry: &str| Input::new().with("exceptions.yaml", &format!("{EXCEPTIONS}never_seen: [{entry}]\n"));
    let entry = "{roles: [Gate], sid: Read, actions: ['s3:GetObject'], why: because}";
    let message = "Gate, Read: action s3:GetObject is excepted, but was seen: remove it from exceptions.yaml";
    with(entry).differs("seen_after_all", message);
    let message =
        "Gate, Read: action x:Y is excepted, but the template does not have it: remove it from exceptions.yaml";
    with(&entry.replace("s3:GetObject", "x:Y")).differs("excepts_nothing", message);
    let message = "Other, Read: action s3:GetObject is excepted, but the template does not have it: remove it from exceptions.yaml";
    with(&entry.replace("Gate", "Other")).differs("excepts_nothing", message);
    let input = with(&format!("{0}, {0}", "{roles: [Gate], sid: Read, resources: [other], why: because}"));
    let input =
        input.with("seen/run.jsonl", RECORD.trim_start().replace("\"resource\": 1", "\"resource\": 0").as_str());
    input.differs("excepted_twice", "Gate, Read: resource other is excepted twice: remove one from exceptions.yaml");
}

#[test]
fn an_exception_agrees_and_is_counted() {
    let entry = "never_seen: [{roles: [Gate], sid: Read, resources: [other], why: because}]\n";
    let record = RECORD.trim_start().replace("\"resource\": 1", "\"resource\": 0");
    let input = Input::new().with("exceptions.yaml", &format!("{EXCEPTIONS}{entry}")).with("seen/run.jsonl", &record);
    let (code, answer, _) = input.run(&[]);
    assert_eq!((code, answer.lines().next()), (0, Some("Gate  2 actions, 3 resources, 1 denial: 5 seen, 1 excepted")));
}

#[test]
fn denials_that_nobody_expects() {
    let denied = |resource: u8| {
        format!(
            r#"{{"role": "shop-flowgate-Gate-1F", "decision": "ImplicitDeny", "action": "x:Y", "resource": "arn:{resource}"}}"#
        )
    };
    let rest =
        "allow it in the template if it needs it; if a test wants it denied, add it to denials in exceptions.yaml";
    Input::new().seen(&denied(0)).differs("denied", &format!("Gate was denied x:Y on arn:0: {rest}"));
    let five: Vec<_> = (0..5).map(denied).collect();
    let message = format!("Gate was denied x:Y on arn:0, arn:1, arn:2 and 2 more: {rest}");
    Input::new().seen(&five.join("\n")).differs("denied", &message);
    // Expected, and not with this.
    let elsewhere = RECORD.lines().last().unwrap().replace(r#""arn""#, r#""arn:other""#);
    Input::new().seen(&elsewhere).differs("denied", &format!("Gate was denied a:C on arn:other: {rest}"));
    // By the policy of what it is about.
    let by = denied(0).replace("ImplicitDeny", "Deny").replace(r#""action""#, r#""policy": "arn:0", "action""#);
    Input::new().seen(&by).differs("denied", &format!("Gate was denied x:Y on arn:0: {rest}"));
}

#[test]
fn what_our_own_code_only_asks_for_is_listed() {
    let with = |list: &str, record: &str| {
        Input::new().with("exceptions.yaml", &format!("{EXCEPTIONS}{list}")).with("seen/run.jsonl", record)
    };
    let list = "asked: [{roles: [Gate], sid: Choice, actions: ['a:B'], why: because}]\n";
    let done = RECORD.trim_start();
    let line = done.lines().find(|line| line.contains("a:B")).unwrap();
    let asking = line.replace("{}}", r#"{}, "asked": true}"#);
    let asked = done.replace(line, &asking);
    assert_eq!(with(list, &asked).run(&[]).0, 0);
    let message = "Gate, Choice: action a:B was only asked for by our own code: let a test use it, or add it to asked in \
                   exceptions.yaml with the document of AWS that says who uses it";
    with("", &asked).differs("only_asked", message);
    let message = "Gate, Choice: action a:B is listed as only asked for, but was used, or never asked for: remove it from asked in \
                   exceptions.yaml";
    with(list, done).differs("not_only_asked", message);
    with(list, &format!("{done}{asking}\n")).differs("not_only_asked", message);
}

#[test]
fn denials_that_did_not_happen_or_are_expected_twice() {
    let more = |entry: &str| Input::new().with("exceptions.yaml", &EXCEPTIONS.replace('}', &format!("}}, {entry}")));
    let entry = "{role: Gate, actions: ['a:E'], resources: ['arn'], test: tries, why: because}";
    let message = "Gate was not denied a:E, which tries should provoke: see why, or remove it from exceptions.yaml";
    more(entry).differs("not_denied", message);
    let message = "that Gate is denied a:C is expected twice: remove one from exceptions.yaml";
    more(&entry.replace("a:E", "a:C").replace("'arn'", "'arn:*', 'a*n'")).differs("expected_twice", message);
    let message = "Gate was not denied a:C, which tries should provoke: see why, or remove it from exceptions.yaml";
    more(&entry.replace("a:E", "a:C").replace("'arn'", "'arn:*'")).differs("not_denied", message);
}

#[test]
fn bad_input_is_told_apart_from_differences() {
    Input::new().without("template.yaml").refused("cannot read the template ");
    Input::new().without("exceptions.yaml").refused("cannot read the exceptions ");
    Input::new().without("seen/run.jsonl").refused("run the tests with FLOWGATE_IAM_RECORD=");
    Input::new().with("exceptions.yaml", "other: []").refused("unknown field `other`");
    Input::new().with("template.yaml", "Resources: {}").refused("it has no role");
    Input::new()
        .with("template.yaml", &TEMPLATE.replace("Sid: Read, ", ""))
        .refused("statement 1 of role Gate has no Sid");
    Input::new().seen("{").refused("more.jsonl, line 1: ");
    let (code, ..) = Input::new().run(&["--unknown"]);
    assert_eq!(code, 2);
}

/// The repository's own.
#[test]
fn exceptions_name_only_what_the_template_has_and_tests_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let roles = Roles::read(&root.join("template.yaml")).unwrap();
    let exceptions = Exceptions::read(&root.join("tests/permissions/exceptions.yaml")).unwrap();
    let permissions = roles.permissions();
    let excepted = exceptions.never_seen.iter().chain(&exceptions.asked);
    let unknown: Vec<_> = excepted.filter(|permission| !permissions.contains(permission)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    let tests = sources(&root.join("tests")) + &sources(&root.join("local/tests"));
    for denial in &exceptions.denials {
        let name = denial.test.rsplit("::").next().unwrap();
        assert!(tests.contains(&format!("fn {name}(")), "no test is named {}", denial.test);
        assert!(roles.0.contains_key(&denial.role), "no role is named {}", denial.role);
    }
    assert!(
        exceptions.never_seen.iter().all(|permission| permission.part != Part::Denial),
        "every denial can be provoked"
    );
}

/// All Rust code below a folder.
fn sources(folder: &Path) -> String {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let text = entries.map(|path| match path {
        path if path.is_dir() => sources(&path),
        path if path.extension().is_some_and(|extension| extension == "rs") => fs::read_to_string(path).unwrap(),
        _ => String::new(),
    });
    text.collect()
}
