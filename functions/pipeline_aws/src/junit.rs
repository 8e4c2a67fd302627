//! Test reports in the `JUnit` format, as CodeBuild, Jenkins and GitLab read it.

use std::io::{self, Write};

use jiff::SignedDuration;
use pipeline_core::start_tests::{
    report::{Case, TestReport},
    run::Outcome,
};
use quick_xml::{
    Writer,
    events::{BytesDecl, BytesText, Event},
};

/// The report as the text of a `junit.xml`.
pub(crate) fn junit(report: &TestReport) -> io::Result<Vec<u8>> {
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let name = format!("{} ({})", report.stage, report.stack);
    xml.create_element("testsuites").write_inner_content(|xml| {
        suite(xml, report, &name, &report.cases)?;
        // Of its own, so that as many tests are counted as the action's summary counts.
        let fixtures = Some(&report.fixtures[..]).filter(|fixtures| !fixtures.is_empty());
        fixtures.map_or(Ok(()), |fixtures| suite(xml, report, &format!("{name}: set-up and tear-down"), fixtures))
    })?;
    Ok(xml.into_inner())
}

type Attributes = Vec<(&'static str, String)>;

fn suite<W: Write>(xml: &mut Writer<W>, report: &TestReport, name: &str, cases: &[Case]) -> io::Result<()> {
    let totals = totals(cases);
    let suite = xml
        .create_element("testsuite")
        .with_attribute(("name", &*legal(name)))
        .with_attribute(("timestamp", &*report.began.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()))
        .with_attributes(pairs(&totals));
    suite.write_inner_content(|xml| {
        xml.create_element("properties").write_inner_content(|xml| {
            let property = xml.create_element("property").with_attribute(("name", "run_id"));
            property.with_attribute(("value", &*report.run.to_string())).write_empty().map(drop)
        })?;
        cases.iter().try_for_each(|case| test_case(xml, report, case))
    })?;
    Ok(())
}

fn test_case<W: Write>(xml: &mut Writer<W>, report: &TestReport, case: &Case) -> io::Result<()> {
    let element = xml
        .create_element("testcase")
        .with_attribute(("name", case.test.as_str()))
        .with_attribute(("classname", report.stack.as_str()))
        .with_attribute(("time", &*seconds(case.took)));
    let trouble = trouble(case.outcome.as_ref());
    if trouble.is_none() && case.log.is_none() {
        return element.write_empty().map(drop);
    }
    element.write_inner_content(|xml| {
        if let Some(trouble) = trouble {
            trouble.write(xml)?;
        }
        let Some(log) = &case.log else { return Ok(()) };
        xml.create_element("system-out").write_text_content(BytesText::new(&legal(log))).map(drop)
    })?;
    Ok(())
}

/// What a test that did not pass has in it.
struct Trouble<'a> {
    /// `failure`: the test says no. `error`: it could not say. `skipped`: nobody asked it.
    element: &'static str,
    kind: &'static str,
    message: &'a str,
}

impl Trouble<'_> {
    fn write<W: Write>(&self, xml: &mut Writer<W>) -> io::Result<()> {
        let message = legal(self.message);
        let element = xml.create_element(self.element).with_attribute(("message", &*message));
        if self.element == "skipped" {
            return element.write_empty().map(drop);
        }
        element.with_attribute(("type", self.kind)).write_text_content(BytesText::new(&message)).map(drop)
    }
}

fn trouble(outcome: Option<&Outcome>) -> Option<Trouble<'_>> {
    let (element, kind, message) = match outcome {
        Some(Outcome::Passed) => return None,
        Some(Outcome::Failed { message }) => ("failure", "Failed", message.as_str()),
        Some(Outcome::Misconfigured { message }) => ("error", "Misconfigured", message.as_str()),
        Some(Outcome::Denied { message }) => ("error", "Denied", message.as_str()),
        Some(Outcome::Lost { message }) => ("error", "Lost", message.as_str()),
        Some(Outcome::Skipped { message }) => ("skipped", "Skipped", message.as_str()),
        None => ("error", "NeverAnswered", "it never answered"),
    };
    Some(Trouble { element, kind, message })
}

fn totals(cases: &[Case]) -> Attributes {
    let of = |element: &str| {
        let such = |case: &&Case| trouble(case.outcome.as_ref()).is_some_and(|trouble| trouble.element == element);
        cases.iter().filter(such).count().to_string()
    };
    let took = cases.iter().fold(SignedDuration::ZERO, |sum, case| sum.saturating_add(case.took));
    vec![
        ("tests", cases.len().to_string()),
        ("failures", of("failure")),
        ("errors", of("error")),
        ("skipped", of("skipped")),
        ("time", seconds(took)),
    ]
}

fn pairs(attributes: &Attributes) -> impl Iterator<Item = (&str, &str)> {
    attributes.iter().map(|(name, value)| (*name, value.as_str()))
}

fn seconds(took: SignedDuration) -> String {
    format!("{:.3}", took.as_secs_f64())
}

/// XML has no way to write most control characters, and its readers refuse the whole file over one.
fn legal(text: &str) -> String {
    let is_legal = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..);
    text.chars().map(|c| if is_legal(c) { c } else { char::REPLACEMENT_CHARACTER }).collect()
}

#[cfg(test)]
mod tests {
    use pipeline_core::ids::Nonce;
    use uuid::Uuid;

    use super::*;

    fn case(test: &str, outcome: Option<Outcome>, log: Option<&str>) -> Case {
        let took = SignedDuration::from_millis(1500);
        Case { test: test.parse().unwrap(), took, outcome, log: log.map(str::to_owned) }
    }

    fn rendered(cases: Vec<Case>, fixtures: Vec<Case>) -> String {
        let report = TestReport {
            stage: "Beta & <more>".to_owned(),
            stack: "time-service-beta".parse().unwrap(),
            run: Nonce::from_random(Uuid::nil()),
            began: "2026-11-21T12:00:00.5Z".parse().unwrap(),
            cases,
            fixtures,
        };
        String::from_utf8(junit(&report).unwrap()).unwrap()
    }

    #[test]
    fn a_report_says_how_each_test_ended() {
        let message = || "it said: \"a < b\"".to_owned();
        let expected = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="Beta &amp; &lt;more&gt; (time-service-beta)" timestamp="2026-11-21T12:00:00Z" tests="7" failures="1" errors="4" skipped="1" time="10.500">
    <properties>
      <property name="run_id" value="00000000-0000-0000-0000-000000000000"/>
    </properties>
    <testcase name="ok" classname="time-service-beta" time="1.500"/>
    <testcase name="failed" classname="time-service-beta" time="1.500">
      <failure message="it said: &quot;a &lt; b&quot;" type="Failed">it said: &quot;a &lt; b&quot;</failure>
      <system-out>last
words</system-out>
    </testcase>
    <testcase name="misconfigured" classname="time-service-beta" time="1.500">
      <error message="it said: &quot;a &lt; b&quot;" type="Misconfigured">it said: &quot;a &lt; b&quot;</error>
    </testcase>
    <testcase name="denied" classname="time-service-beta" time="1.500">
      <error message="it said: &quot;a &lt; b&quot;" type="Denied">it said: &quot;a &lt; b&quot;</error>
    </testcase>
    <testcase name="lost" classname="time-service-beta" time="1.500">
      <error message="it said: &quot;a &lt; b&quot;" type="Lost">it said: &quot;a &lt; b&quot;</error>
    </testcase>
    <testcase name="skipped" classname="time-service-beta" time="1.500">
      <skipped message="it said: &quot;a &lt; b&quot;"/>
    </testcase>
    <testcase name="silent" classname="time-service-beta" time="1.500">
      <error message="it never answered" type="NeverAnswered">it never answered</error>
    </testcase>
  </testsuite>
  <testsuite name="Beta &amp; &lt;more&gt; (time-service-beta): set-up and tear-down" timestamp="2026-11-21T12:00:00Z" tests="1" failures="0" errors="0" skipped="0" time="1.500">
    <properties>
      <property name="run_id" value="00000000-0000-0000-0000-000000000000"/>
    </properties>
    <testcase name="TestSetup" classname="time-service-beta" time="1.500"/>
  </testsuite>
</testsuites>"#;
        let cases = vec![
            case("ok", Some(Outcome::Passed), None),
            case("failed", Some(Outcome::Failed { message: message() }), Some("last\nwords")),
            case("misconfigured", Some(Outcome::Misconfigured { message: message() }), None),
            case("denied", Some(Outcome::Denied { message: message() }), None),
            case("lost", Some(Outcome::Lost { message: message() }), None),
            case("skipped", Some(Outcome::Skipped { message: message() }), None),
            case("silent", None, None),
        ];
        assert_eq!(rendered(cases, vec![case("TestSetup", Some(Outcome::Passed), None)]), expected);
        assert_eq!(rendered(vec![case("ok", None, None)], vec![]).matches("<testsuite ").count(), 1);
    }

    #[test]
    fn what_xml_cannot_hold_is_replaced_and_everything_else_kept() {
        let every: String = (0..=u32::from(char::MAX)).filter_map(char::from_u32).collect();
        let text = rendered(vec![case("t", Some(Outcome::Failed { message: every.clone() }), Some(&every))], vec![]);
        let illegal = |c: char| (c < ' ' && !"\t\n\r".contains(c)) || matches!(c, '\u{FFFE}' | '\u{FFFF}');
        assert!(every.contains(illegal) && !text.contains(illegal));
        let (_, log) = text.split_once("<system-out>").unwrap();
        let (log, _) = log.split_once("</system-out>").unwrap();
        let kept = every.replace(illegal, "\u{FFFD}");
        assert_eq!(quick_xml::escape::unescape(log).unwrap(), kept);
        assert!(log.contains("\u{1F600}") && log.contains("]]&gt;") == every.contains("]]>"));
    }
}
