//! Test reports in the JUnit format, as CodeBuild, Jenkins and GitLab read it.

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
    let totals = totals(&report.cases);
    let all = xml.create_element("testsuites").with_attributes(pairs(&totals));
    all.write_inner_content(|xml| suite(xml, report, &totals))?;
    Ok(xml.into_inner())
}

type Attributes = Vec<(&'static str, String)>;

fn suite<W: Write>(xml: &mut Writer<W>, report: &TestReport, totals: &Attributes) -> io::Result<()> {
    let suite = xml
        .create_element("testsuite")
        .with_attribute(("name", &*legal(&format!("{} ({})", report.stage, report.stack))))
        .with_attribute(("timestamp", &*report.began.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()))
        .with_attributes(pairs(totals));
    suite.write_inner_content(|xml| {
        xml.create_element("properties").write_inner_content(|xml| {
            let property = xml.create_element("property").with_attribute(("name", "run_id"));
            property.with_attribute(("value", &*report.run.to_string())).write_empty().map(drop)
        })?;
        report.cases.iter().try_for_each(|case| test_case(xml, report, case))
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
    let is_legal = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..) && c != '\u{7F}';
    text.chars().map(|c| if is_legal(c) { c } else { char::REPLACEMENT_CHARACTER }).collect()
}
