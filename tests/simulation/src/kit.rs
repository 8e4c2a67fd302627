//! The stage under test, as a seed draws it: what a run of tests is made of, and how each part behaves.

use std::collections::BTreeMap;

use pipeline_core::{
    ids::{JobId, StackName},
    ports::Stack,
};
use serde_json::{Value, json};

use crate::{op::Ending, rng::Rng};

/// The jobs, of which the last one's test settles it itself, or never does.
pub(crate) const JOBS: [&str; 3] =
    ["11111111-abcd-1111-abcd-111111abcdef", "22222222-abcd-1111-abcd-111111abcdef", OWN];
/// The job whose test settles it.
pub(crate) const OWN: &str = "33333333-abcd-1111-abcd-111111abcdef";

/// The execution that the others are about.
const EXECUTION: &str = "44444444-abcd-1111-abcd-111111abcdef";

/// What can be part of a run: its name, and the function, or the path, behind which it is.
const PARTS: [(&str, &str); 7] = [
    (SETUP, "svc-tests-setup"),
    ("TestFunctionA", "svc-tests-a"),
    ("TestFunctionB", "svc-tests-b"),
    (TEARDOWN, "svc-tests-teardown"),
    (REQUEST, "/time"),
    (INVOCATION, "svc-beta-worker"),
    ("TestFunction", "svc-own-test"),
];
pub(crate) const SETUP: &str = "TestSetup";
pub(crate) const TEARDOWN: &str = "TestTeardown";
/// The checks of `tests.yaml`.
const REQUEST: &str = "time-is-told";
const INVOCATION: &str = "worker-adds";
const TEST_FILE: &str = "
http:
  - name: time-is-told
    path: /time
invoke:
  - name: worker-adds
    output: WorkerFunction
    payload: { a: 1, b: 2 }
    expect:
      result: { sum: 3 }
";
/// Where the stage answers.
const URL: &str = "https://api.example";

/// The artifacts of the action.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Artifacts {
    /// Whether there is a `tests.yaml`.
    pub(crate) checks: bool,
    /// Whether the action declares a report.
    pub(crate) report: bool,
}

/// What a seed's runs of tests are like.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kit {
    setup: bool,
    teardown: bool,
    pub(crate) artifacts: Artifacts,
    /// The part that does not pass, if any, and how it ends.
    failing: Option<(&'static str, Ending)>,
    /// The longest that a part takes, in ms.
    pub(crate) longest: i64,
    /// Whether, and how, a test that settles its job does so.
    pub(crate) own: Option<bool>,
    /// The action's time-out.
    pub(crate) minutes: i64,
    /// How long an invocation of the action may take, in ms.
    pub(crate) invocation: i64,
    pub(crate) width: u64,
    /// How often each job is delivered.
    pub(crate) deliveries: [usize; JOBS.len()],
}

impl Kit {
    pub(crate) fn draw(rng: &mut Rng) -> Self {
        let failing = (rng.pick(&PARTS).0, *rng.pick(&[Ending::Failed, Ending::Broke]));
        Self {
            setup: rng.chance(500),
            teardown: rng.chance(600),
            artifacts: Artifacts { checks: rng.chance(400), report: rng.chance(300) },
            failing: rng.chance(300).then_some(failing),
            longest: *rng.pick(&[2_000, 2_000, 60_000, 1_000_000]),
            own: *rng.pick(&[None, Some(true), Some(false)]),
            minutes: *rng.pick(&[1, 3, 13]),
            invocation: *rng.pick(&[150_000, 900_000]),
            width: *rng.pick(&[1, 32]),
            deliveries: std::array::from_fn(|_| *rng.pick(&[1, 2, 2, 3, 5])),
        }
    }

    /// How a part of a run ends.
    pub(crate) fn ending(&self, part: &str) -> Ending {
        self.failing.filter(|(name, _)| *name == part).map_or(Ending::Passed, |(_, ending)| ending)
    }

    /// The action's parameters for this job.
    pub(crate) fn parameters(&self, job: &JobId) -> String {
        if job.as_str() == OWN {
            return "svc-beta|svc-own|beta".to_owned();
        }
        json!({
            "app_stack": "svc-beta", "test_stack": "svc-tests", "stage": "beta",
            "execution": EXECUTION, "timeout_minutes": self.minutes, "width": self.width,
        })
        .to_string()
    }

    /// What a run of this job is made of: of all that a success needs a pass.
    pub(crate) fn parts(&self, job: &JobId) -> Vec<&'static str> {
        let has = |name: &str| match name {
            SETUP => self.setup,
            TEARDOWN => self.teardown,
            REQUEST | INVOCATION => self.artifacts.checks,
            "TestFunction" => false,
            _ => true,
        };
        let own = job.as_str() == OWN;
        PARTS
            .iter()
            .map(|(name, _)| *name)
            .filter(|name| if own { *name == "TestFunction" } else { has(name) })
            .collect()
    }

    /// A stack of the stage.
    pub(crate) fn stack(&self, name: &StackName) -> Option<Stack> {
        let function = |keys: &[&str]| -> BTreeMap<String, String> {
            PARTS.iter().filter(|(key, _)| keys.contains(key)).map(|&(key, it)| (key.into(), it.into())).collect()
        };
        let outputs = match name.as_str() {
            "svc-beta" => {
                [("ApiUrl", URL), ("WorkerFunction", "svc-beta-worker")].map(|(k, v)| (k.into(), v.into())).into()
            }
            "svc-own" => function(&["TestFunction"]),
            "svc-tests" => {
                let mut outputs = function(&["TestFunctionA", "TestFunctionB", SETUP, TEARDOWN]);
                outputs.retain(|key, _| (self.setup || key != SETUP) && (self.teardown || key != TEARDOWN));
                outputs
            }
            _ => return None,
        };
        let tags = [("flowgate:revision".to_owned(), "8f2c".to_owned())].into();
        Some(Stack { status: "UPDATE_COMPLETE".to_owned(), outputs, tags })
    }

    /// `tests.yaml`.
    pub(crate) fn test_file(&self) -> Option<String> {
        self.artifacts.checks.then(|| TEST_FILE.to_owned())
    }
}

/// The part behind this function or URL.
pub(crate) fn part_behind(place: &str) -> Option<&'static str> {
    let place = place.strip_prefix(URL).unwrap_or(place);
    PARTS.iter().find(|(_, at)| *at == place).map(|(name, _)| *name)
}

/// What a function answers that ends so.
pub(crate) fn answer(part: &str, ending: Ending) -> Value {
    match (part, ending) {
        (INVOCATION, Ending::Passed) => json!({"sum": 3}),
        (INVOCATION, _) => json!({"sum": 4}),
        (_, Ending::Passed) => json!({"passed": true}),
        (_, Ending::Failed) => json!({"passed": false, "message": "as drawn"}),
        (_, Ending::Broke) => json!({"errorType": "Error", "errorMessage": "as drawn"}),
    }
}
