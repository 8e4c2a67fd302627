//! What the functions give, as CloudFormation's documentation has it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::document;
use super::super::resolver::Resolver;
use super::super::section::Template;

const SECTIONS: &str = "
Parameters:
  Stage: {Type: String, Default: beta}
  Names: {Type: CommaDelimitedList, Default: 'a, b,c'}
  Size: {Type: Number, Default: 7}
  Open: {Type: String}
  OpenArn: {Type: String}
  OpenList: {Type: 'List<String>'}
  OpenNumber: {Type: Number}
  Choice: {Type: String, AllowedValues: [x, y]}
  Stored: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /path}
Mappings:
  ByStage: {beta: {Size: small, Zones: [one, two]}}
Conditions:
  Beta: !Equals [!Ref Stage, beta]
  NotBeta: !Not [!Condition Beta]
  Both: !And [!Condition Beta, !Condition NotBeta]
  Either: !Or [!Condition NotBeta, !Condition Beta]
  Given: !Not [!Equals [!Ref Open, '']]
  Round: !Not [!Condition Trip]
  Trip: !Condition Round
";

fn resolved(expression: &str) -> (Value, Vec<String>, Vec<String>) {
    let resources = format!(
        "Resources:\n  Topic: {{Type: AWS::SNS::Topic}}\n  Bucket: {{Type: AWS::S3::Bucket, Properties: {{BucketName: \
         !Sub '${{Stage}}-files'}}}}\n  Circle: {{Type: AWS::S3::Bucket, Properties: {{BucketName: !Ref Circle}}}}\n  It:\n    \
         Type: A::B::C\n    Properties: {{Value: {expression}}}\n"
    );
    let document =
        document::read(&format!("{SECTIONS}{resources}")).unwrap_or_else(|error| panic!("{expression}: {error}"));
    let template = Template::read(&document.value).unwrap();
    let given = BTreeMap::new();
    let mut resolver = Resolver::new(&template, &given, "shop");
    let value = resolver.properties("It").get("Value").cloned().unwrap_or_default();
    let found = resolver.take_found();
    let problems = found.problems.iter().map(ToString::to_string).collect();
    (value, problems, found.open.into_iter().collect())
}

#[test]
fn functions_give_what_is_documented() {
    let rows = [
        ("!Ref Stage", json!("beta")),
        ("{Ref: Stage}", json!("beta")),
        ("!Ref Names", json!(["a", "b", "c"])),
        ("!Ref Size", json!("7")),
        ("!Ref AWS::Region", json!("us-east-1")),
        ("!Ref AWS::NoValue", json!(null)),
        ("[a, !Ref AWS::NoValue, b]", json!(["a", "b"])),
        ("!Ref Topic", json!("arn:aws:sns:us-east-1:000000000000:topic")),
        ("!Ref Bucket", json!("beta-files")),
        ("!GetAtt Bucket.Arn", json!("arn:aws:s3:::betafiles")),
        ("!GetAtt [Topic, TopicName]", json!("topic")),
        ("!Join ['-', [a, !Ref Stage, 3]]", json!("a-beta-3")),
        ("!Join [',', !Ref Names]", json!("a,b,c")),
        ("!Select [1, !Ref Names]", json!("b")),
        ("!Select ['2', !Split ['/', 'a/b/c']]", json!("c")),
        ("!Sub 'x-${Stage}-${!Kept}-${AWS::AccountId}'", json!("x-beta-${Kept}-000000000000")),
        ("!Sub ['${A}${Stage}', {A: !Ref Stage}]", json!("betabeta")),
        ("!Sub '${Bucket}'", json!("beta-files")),
        ("!Sub '$Stage ${Stage'", json!("$Stage ${Stage")),
        ("!FindInMap [ByStage, !Ref Stage, Size]", json!("small")),
        ("!FindInMap [ByStage, beta, Zones]", json!(["one", "two"])),
        ("!FindInMap [ByStage, gamma, Size, {DefaultValue: none}]", json!("none")),
        ("!If [Beta, yes, no]", json!("yes")),
        ("!If [NotBeta, yes, no]", json!("no")),
        ("!If [Both, yes, no]", json!("no")),
        ("!If [Either, yes, no]", json!("yes")),
        ("!If [Given, yes, no]", json!("yes")),
        ("{a: !If [NotBeta, 1, !Ref AWS::NoValue], b: 2}", json!({"b": 2})),
        ("!Base64 abc", json!("YWJj")),
        ("!Select [0, !GetAZs '']", json!("us-east-1a")),
        ("{'Fn::Length': [1, 2]}", json!(2)),
        ("{'Fn::ToJsonString': {a: !Ref Stage}}", json!("{\"a\":\"beta\"}")),
        ("{'Fn::GetArtifactAtt': [Code, URL]}", json!({"Fn::GetArtifactAtt": ["Code", "URL"]})),
        ("{Condition: {StringEquals: a}, Ref: b}", json!({"Condition": {"StringEquals": "a"}, "Ref": "b"})),
    ];
    for (expression, expected) in rows {
        assert_eq!(resolved(expression), (expected, vec![], open(expression)), "{expression}");
    }
}

fn open(expression: &str) -> Vec<String> {
    if expression.contains("Given") { vec!["parameter Open".to_owned()] } else { vec![] }
}

#[test]
fn what_only_an_account_knows_is_named_and_fits_where_it_stands() {
    let role = "arn:aws:iam::000000000000:role/openarn";
    let rows = [
        ("!Ref Open", json!("open"), "parameter Open"),
        ("{RoleArn: !Ref OpenArn}", json!({"RoleArn": role}), "parameter OpenArn"),
        ("{Version: !ImportValue v}", json!({"Version": "1"}), "import v"),
        ("{FullRepositoryId: !Ref Open}", json!({"FullRepositoryId": "owner/open"}), "parameter Open"),
        (
            "{Cron: !Ref Open, TimeZone: !Ref Open, AlarmStates: !Ref Open, WaitTime: !Ref Open}",
            json!({"Cron": "* * * ? * *", "TimeZone": "UTC", "AlarmStates": "ALARM", "WaitTime": "1"}),
            "parameter Open",
        ),
        ("!Ref OpenList", json!(["openlist"]), "parameter OpenList"),
        ("!Ref OpenNumber", json!("1"), "parameter OpenNumber"),
        ("!Ref Choice", json!("x"), "parameter Choice"),
        ("!Ref Stored", json!("stored"), "parameter Stored"),
        ("'{{resolve:ssm:/a/b}}'", json!("ssmab"), "dynamic reference ssm:/a/b"),
        ("'x{{resolve:ssm:/a}}y'", json!("xssmay"), "dynamic reference ssm:/a"),
        ("!Sub '{{resolve:ssm:/${Stage}}}'", json!("ssmbeta"), "dynamic reference ssm:/beta"),
        ("!Select [3, !Split [',', !Ref Open]]", json!("selected"), "parameter Open"),
        ("!FindInMap [ByStage, !Ref Open, Size]", json!("size"), "parameter Open"),
        ("{'Fn::Transform': {Name: AWS::Include}}", json!("fntransform"), "function Fn::Transform"),
    ];
    for (expression, expected, open) in rows {
        assert_eq!(resolved(expression), (expected, vec![], vec![open.to_owned()]), "{expression}");
    }
}

#[test]
fn what_cloudformation_would_refuse_is_named_with_its_place() {
    let rows = [
        ("!Ref Nobody", "Value\": \"Nobody\" is neither a parameter nor a resource of the template"),
        ("[1, !GetAtt Nobody.Arn]", "Value[1]\": \"Nobody\" is neither"),
        ("!Sub '${Nobody}'", "\"Nobody\" is neither"),
        ("!Sub '${Nobody.Arn}'", "\"Nobody\" is neither"),
        ("!Sub '${a b}'", "${a b} in Fn::Sub is no name; write ${!a b} to keep it"),
        ("!Sub 7", "Fn::Sub takes a text"),
        ("!Sub [1, 2]", "Fn::Sub takes a text"),
        ("!Join x", "Fn::Join is no function of CloudFormation, or is given the wrong thing"),
        ("!Join [x]", "Fn::Join takes a delimiter and a list"),
        ("!Split ['', x]", "Fn::Split takes a delimiter"),
        ("!Select [5, [a]]", "Fn::Select finds no item \"5\" of 1"),
        ("!Select [5]", "Fn::Select takes an index"),
        ("!FindInMap [ByStage, gamma, Size]", "finds nothing in mapping \"ByStage\" for \"gamma\" and \"Size\""),
        ("!FindInMap [ByStage]", "Fn::FindInMap takes a mapping"),
        ("!GetAtt Topic", "Fn::GetAtt takes a resource and an attribute"),
        ("!If [Beta]", "Fn::If takes a condition's name and two values"),
        ("!If [!Equals [1, 1], 1, 2]", "Fn::If takes the name of a condition; put this one among the Conditions"),
        ("!If [Nobody, 1, 2]", "\"Nobody\" is no condition of the template"),
        ("!Reff Stage", "Fn::Reff is no function"),
    ];
    for (expression, expected) in rows {
        let (_, problems, _) = resolved(expression);
        assert!(problems.len() == 1 && problems[0].contains(expected), "{expression}: {problems:?}");
        assert!(problems[0].starts_with("field \"Resources.It.Properties.Value"), "{problems:?}");
    }
}

#[test]
fn a_condition_that_depends_on_itself_is_named_once() {
    let (_, problems, _) = resolved("[!If [Round, 1, 2], !If [Trip, 1, 2]]");
    assert_eq!(problems, ["field \"Conditions.Trip\": condition \"Round\" depends on itself"]);
}

#[test]
fn long_names_that_begin_alike_stay_two() {
    let long = |end: &str| resolved(&format!("!ImportValue {}{end}", "a".repeat(50))).0;
    let (one, other) = (long("One"), long("Other"));
    assert_ne!(one, other);
    assert_eq!((one.as_str().unwrap().len(), long("One")), (40, one.clone()));
}

#[test]
fn names_that_lead_in_circles_are_followed_once() {
    assert_eq!(resolved("!Ref Circle"), (json!("circle"), vec![], vec![]));
}
