use proptest::prelude::*;

use super::*;

fn resolve(value: &str) -> Result<String, String> {
    let name = |name: &str| name.to_owned();
    let build = BTreeMap::from([(name("Commit-Id"), name("abc")), (name("Loop"), name("#{Build.Commit-Id}"))]);
    let mut scope = Scope::default();
    scope.add("Build", &build);
    scope.add_execution("e-1");
    scope.resolve(value).map_err(|error| error.to_string())
}

#[test]
fn references_are_replaced_wherever_they_stand() {
    for (value, expected) in [
        ("", ""),
        ("plain", "plain"),
        ("#{Build.Commit-Id}", "abc"),
        ("a#{Build.Commit-Id}b#{codepipeline.PipelineExecutionId}", "aabcbe-1"),
        ("{\"id\": \"#{Build.Commit-Id}\"}", "{\"id\": \"abc\"}"),
        ("##{Build.Commit-Id}}", "#abc}"),
        ("#{Build.Loop}", "#{Build.Commit-Id}"),
        ("${Build.Commit-Id} # {x}", "${Build.Commit-Id} # {x}"),
    ] {
        assert_eq!(resolve(value).as_deref(), Ok(expected), "{value}");
    }
}

#[test]
fn what_does_not_resolve_is_named() {
    for (value, expected) in [
        ("a #{Build.Other} b", "variable #{Build.Other} could not be resolved"),
        ("#{build.Commit-Id}", "variable #{build.Commit-Id} could not be resolved"),
        ("#{Build}", "\"#{Build}\" is not a variable reference"),
        ("#{Build.}", "\"#{Build.}\" is not"),
        ("#{.x}", "\"#{.x}\" is not"),
        ("#{a.b.c}", "\"#{a.b.c}\" is not"),
        ("#{a b.c} and more", "\"#{a b.c}\" is not"),
        ("tail #{a.b", "\"#{a.b\" is not"),
        ("#{#{Build.Commit-Id}}", "\"#{#{Build.Commit-Id}\" is not"),
    ] {
        let error = resolve(value).unwrap_err();
        assert!(error.contains(expected), "{value}: {error}");
    }
}

#[test]
fn a_configuration_that_grows_past_the_limit_is_refused() {
    let big = BTreeMap::from([("V".to_owned(), "x".repeat(50 * 1024))]);
    let mut scope = Scope::default();
    scope.add("n", &big);
    let configuration = |key: &str, times| BTreeMap::from([(key.to_owned(), "#{n.V}".repeat(times))]);
    assert!(scope.resolve_all(&configuration("", 2)).is_ok());
    assert_eq!(scope.resolve_all(&configuration("k", 2)), Err(VariableError::TooLong(100 * 1024 + 1)));
}

proptest! {
    #[test]
    fn text_without_references_comes_out_unchanged(text in any::<String>()) {
        prop_assume!(!text.contains("#{"));
        prop_assert_eq!(Scope::default().resolve(&text), Ok(text));
    }

    #[test]
    fn no_text_panics_and_parsing_loses_nothing(text in "([#{}.a]|\\PC){0,40}") {
        if let Ok(parts) = parse(&text) {
            let whole: String = parts.iter().map(|part| match part {
                Part::Text(text) => (*text).to_owned(),
                Part::Reference(reference) => reference.to_string(),
            }).collect();
            prop_assert_eq!(whole, text);
        }
    }
}
