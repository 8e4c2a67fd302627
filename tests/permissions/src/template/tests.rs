use super::*;

const STATEMENT: &str = "{Sid: Read, Effect: Allow, Action: 's3:GetObject', Resource: '*'}";

fn template(statements: &str) -> String {
    format!(
        "Resources:\n  Gate:\n    Type: AWS::IAM::Role\n    Properties:\n      Policies:\n        - PolicyName: Gate\n          \
         PolicyDocument: {{Version: '2012-10-17', Statement: [{statements}]}}\n"
    )
}

fn gate(statements: &str) -> Vec<Statement> {
    Roles::parse(&template(statements)).unwrap().0.remove("Gate").unwrap()
}

fn refused(text: &str) -> String {
    Roles::parse(text).unwrap_err().to_string()
}

#[test]
fn actions_resources_and_keys_are_read_from_one_or_a_list() {
    let condition = "{'ForAllValues:StringLike': {'dynamodb:LeadingKeys': ['digest#*', 'push#*']}, StringEquals: \
                     {'iam:passedtoservice': lambda.amazonaws.com, 'aws:ResourceAccount': !Ref AWS::AccountId}, 'Null': {'dynamodb:LeadingKeys': 'false'}}";
    let many = "{Sid: Many, Effect: Allow, Action: ['a:B', 'a:C'], Resource: [!GetAtt X.Arn, !Sub 'arn:${Y}']";
    let statements = gate(&format!("{STATEMENT}, {many}, Condition: {condition}}}"));
    assert_eq!(
        (&*statements[0].actions, &*statements[0].resources),
        (&["s3:GetObject".to_owned()][..], &["*".to_owned()][..])
    );
    assert_eq!(statements[1].actions, ["a:B", "a:C"]);
    assert_eq!(statements[1].resources, ["X.Arn", "arn:${Y}"]);
    let keys =
        ["dynamodb:LeadingKeys=digest#", "dynamodb:LeadingKeys=push#", "iam:PassedToService=lambda.amazonaws.com"];
    assert_eq!(statements[1].keys, keys.map(|key| Part::Key(key.to_owned())));
}

#[test]
fn both_branches_of_a_choice_are_statements() {
    let other = STATEMENT.replace("Read", "Other");
    for choice in ["!If [Given, A, B]", "{'Fn::If': [Given, A, B]}"] {
        let statements = gate(&choice.replace('A', STATEMENT).replace('B', &other));
        let named = |statement: &Statement| (statement.sid.clone(), statement.only_if.clone());
        let given = Some("Given".to_owned());
        let expected = [("Read".to_owned(), given.clone()), ("Other".to_owned(), given)];
        assert_eq!(statements.iter().map(named).collect::<Vec<_>>(), expected, "{choice}");
    }
    let statements = gate(&format!("!If [Given, {STATEMENT}, !Ref AWS::NoValue], {other}"));
    assert_eq!(statements.len(), 2);
    assert_eq!((statements[0].only_if.as_deref(), statements[1].only_if.as_deref()), (Some("Given"), None));
}

#[test]
fn the_statements_of_a_policy_that_is_chosen_are_chosen() {
    let own = "{PolicyName: Gate, PolicyDocument: {Statement: [READ]}}".replace("READ", STATEMENT);
    let chosen = "!If [Drifting, {PolicyName: Drift, PolicyDocument: {Statement: [READ, !If [Given, OTHER, !Ref AWS::NoValue]]}}, \
                  !Ref AWS::NoValue]";
    let chosen = chosen
        .replace("READ", &STATEMENT.replace("Read", "Drift"))
        .replace("OTHER", &STATEMENT.replace("Read", "Given"));
    let role = format!("Resources: {{Gate: {{Type: AWS::IAM::Role, Properties: {{Policies: [{own}, {chosen}]}}}}}}");
    let statements = Roles::parse(&role).unwrap().0.remove("Gate").unwrap();
    let named = statements.iter().map(|statement| (&*statement.sid, statement.only_if.as_deref()));
    assert_eq!(named.collect::<Vec<_>>(), [("Read", None), ("Drift", Some("Drifting")), ("Given", Some("Given"))]);
}

#[test]
fn keys_within_a_choice_count() {
    let condition = "!If [Given, {StringEquals: {'iam:PassedToService': [a, b]}}, !Ref AWS::NoValue]";
    let statements = gate(&STATEMENT.replace('}', &format!(", Condition: {condition}}}")));
    assert_eq!(statements[0].keys, ["a", "b"].map(|service| Part::Key(format!("iam:PassedToService={service}"))));
}

#[test]
fn what_a_statement_denies_is_one_permission() {
    let denies = "{Sid: Spare, Effect: Deny, Action: ['a:B', 'a:C'], Resource: [b, c]}";
    let permissions = Roles::parse(&template(denies)).unwrap().permissions();
    let (role, sid) = ("Gate".to_owned(), "Spare".to_owned());
    assert_eq!(permissions.into_iter().collect::<Vec<_>>(), [Permission { role, sid, part: Part::Denial }]);
}

#[test]
fn what_cannot_be_compared_is_named() {
    let no_sid = STATEMENT.replace("Sid: Read, ", "");
    for (statements, expected) in [
        (String::new(), "role Gate has no statement"),
        (format!("{STATEMENT}, {no_sid}"), "statement 2 of role Gate has no Sid"),
        (format!("!If [Given, {STATEMENT}, {STATEMENT}]"), "role Gate has two statements named Read"),
        (STATEMENT.replace("'*'", "[a, b, a]"), "Gate, Read: resource a is there twice"),
        (STATEMENT.replace("'s3:GetObject'", "['x:Y', 'x:Y']"), "Gate, Read: action x:Y is there twice"),
        (STATEMENT.replace("Action", "NotAction"), "unknown field `NotAction`"),
        (STATEMENT.replace("Resource: '*'", "NotResource: '*'"), "unknown field `NotResource`"),
        (STATEMENT.replace(", Resource: '*'", ""), "missing field `Resource`"),
        (STATEMENT.replace("'*'", "{'Fn::Sub': x}"), "role Gate cannot be read: it must be a text or a list of texts"),
        (STATEMENT.replace("Allow", "Perhaps"), "unknown variant `Perhaps`"),
        ("text".to_owned(), "role Gate cannot be read"),
    ] {
        let error = refused(&template(&statements));
        assert!(error.contains(expected), "{statements}: {error}");
    }
}

#[test]
fn policies_outside_roles_are_not_overlooked() {
    for (kind, properties) in [
        ("AWS::IAM::Policy", "{}"),
        ("AWS::IAM::ManagedPolicy", "{}"),
        ("AWS::IAM::RolePolicy", "{}"),
        ("AWS::Serverless::Function", "{Policies: []}"),
    ] {
        let error =
            refused(&format!("{}  Other:\n    Type: {kind}\n    Properties: {properties}\n", template(STATEMENT)));
        assert!(error.starts_with("Other has policies of its own"), "{kind}: {error}");
    }
}

#[test]
fn what_is_no_template_is_told() {
    let error = refused("Resources:\n  A: {Type: b}\n  B: {Type: [}\n");
    assert!(error.starts_with("it is no template: ") && error.contains("line 3"), "{error}");
    assert!(refused("Parameters: {}").contains("missing field `Resources`"), "{}", refused("Parameters: {}"));
    assert_eq!(refused("Resources: {}"), Error::NoRole.to_string());
    let role = "Resources: {Gate: {Type: AWS::IAM::Role, Properties: {ManagedPolicyArns: []}}}";
    assert!(refused(role).starts_with("role Gate has no statement"), "{}", refused(role));
    let error = Roles::read(Path::new("/nonexistent/template.yaml")).unwrap_err().to_string();
    assert!(error.starts_with("cannot read the template /nonexistent/template.yaml: "), "{error}");
}
