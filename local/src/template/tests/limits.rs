//! Nothing that a file says makes the check fail other than with an answer.

use super::super::document;
use super::*;

#[test]
fn what_is_no_template_is_told_with_its_line() {
    let rows = [
        ("", "neither a template"),
        ("a", "neither a template"),
        ("[1, 2]", "neither a template"),
        ("Resources:\n  A:\n   - b\n  c\n", "line 4"),
        ("{\n\"Resources\": ]}", "line 2"),
        ("a: &a [*a]\nResources: {}", "cannot be read"),
        ("Resources: {}\n---\nResources: {}", "cannot be read"),
        ("Resources: []", "is no template: Resources: invalid type: sequence"),
        ("Resources: {}\nParameters: {A: b}", "is no template: Parameters.A: invalid type"),
        ("Resources: {}\nMappings: 7", "is no template: Mappings: invalid type"),
        ("Resources: {}", "has no AWS::CodePipeline::Pipeline"),
        ("Resources: {A: {Type: AWS::CloudFormation::Stack}}", "nested stacks are not looked into"),
        ("Resources: {}\nTransform: Mine", "before its macros make one"),
        ("a: \u{0}", "cannot be read"),
    ];
    for (text, expected) in rows {
        let error = refused(text);
        assert!(error.contains(expected), "{text}: {error}");
        assert!(!error.contains('\n'), "{error}");
    }
}

#[test]
fn a_file_that_is_too_long_is_refused_unread() {
    assert_eq!(refused(&" ".repeat(LARGEST + 1)), "has 1048577 bytes; a template has 1048576 at most");
}

#[test]
fn depth_is_bounded() {
    let yaml = format!("Resources: {}{}", "[".repeat(5000), "]".repeat(5000));
    let json = format!("{{\"Resources\": {}{}}}", "[".repeat(5000), "]".repeat(5000));
    let blocks = (0..5000).map(|depth| format!("{}a:\n", " ".repeat(depth.min(180)))).collect::<String>();
    for text in [yaml, json, blocks] {
        assert!(refused(&text).starts_with("cannot be read"), "{}", refused(&text));
    }
}

#[test]
fn conditions_that_lead_on_for_ever_are_refused() {
    let chain: String = (0..3000).map(|n| format!("  C{n}: {{Condition: C{}}}\n", n + 1)).collect();
    let text = with("Conditions:\n", &format!("Conditions:\n{chain}")).replace("- OnMain", "- C0");
    assert!(problems(&text)[0].contains("is nested more than 160 levels deep"), "{:?}", problems(&text));
}

#[test]
fn anchors_do_not_multiply() {
    let bomb: String = (1..30).map(|n| format!("a{n}: &a{n} [{}]\n", format!("*a{},", n - 1).repeat(9))).collect();
    let text = format!("a0: &a0 x\n{bomb}Resources: {{}}\n");
    assert!(refused(&text).starts_with("cannot be read"), "{}", refused(&text));
}

#[test]
fn functions_do_not_multiply() {
    let bomb = (0..18).fold("x".to_owned(), |inner, _| format!("!Sub ['{}', {{a: {inner}}}]", "${a}".repeat(50)));
    let found = problems(&with("!Sub ${AWS::StackName}-release", &bomb));
    assert!(found[0].contains("resolves to more than 16777216 bytes"), "{}", found[0]);
    for growing in ["'Fn::Base64'", "'Fn::ToJsonString'"] {
        let bomb = (0..38).fold("'\"\"\"\"\"\"'".to_owned(), |inner, _| format!("{{{growing}: {inner}}}"));
        let long = bomb.replace("\"\"", &"\"".repeat(2000));
        let found = problems(&with("!Sub ${AWS::StackName}-release", &long));
        assert!(found[0].contains("resolves to more than"), "{growing}: {}", found[0]);
    }
    let list = format!("!Join [',', [{}]]", "!Ref Branch, ".repeat(20_000));
    let text = with("!Sub ${AWS::StackName}-release", &list)
        .replace("Default: main", &format!("Default: {}", "m".repeat(5000)));
    assert!(problems(&text)[0].contains("resolves to more than"), "{}", problems(&text)[0]);
}

#[test]
fn the_last_of_equal_keys_counts_and_is_told() {
    let note = |path: &str| format!("{path} stands more than once; only the last one counts");
    let yaml = with("      RoleArn:", "      Name: first\n      Name: second\n      RoleArn:");
    let checked = said(&yaml).unwrap();
    assert_eq!((checked.pipelines[0].pipeline.as_str(), checked.pipelines[0].runs()), ("second", true));
    let name = note("Resources.Pipeline.Properties.Name");
    assert_eq!(checked.notes, [name.clone(), name]);
    let json = document::read(r#"{"A": [{"B": 1, "B": {"C": 2, "C": 3}}]}"#).unwrap();
    assert_eq!(json.value, serde_json::json!({"A": [{"B": {"C": 3}}]}));
    assert_eq!(json.repeated, ["A.0.B.C", "A.0.B"]);
    let many = format!("{{{}\"A\": 1}}", "\"A\": 1, ".repeat(1000));
    assert_eq!(document::read(&many).unwrap().repeated.len(), 100);
}

#[test]
fn a_name_that_is_nowhere_is_looked_for_in_a_template_of_any_size() {
    let topics: String = (0..8000).map(|n| format!("  T{n}: {{Type: AWS::SNS::Topic}}\n")).collect();
    let refs = "!Ref Nobody, ".repeat(50_000);
    let name = format!("!Select [0, [{refs}]]");
    let text = with("!Sub ${AWS::StackName}-release", &name) + &topics;
    let found = problems(&text);
    // As many as anybody reads.
    assert_eq!(found.len(), 100);
    assert!(found[0].contains("\"Nobody\" is neither a parameter nor a resource"), "{}", found[0]);
}
