//! Buildspecs that others published: each is read, or refused for a reason that a person understands.

use std::path::Path;

use super::parse;

const RUNS: &str = "";

/// Every file, and the words of its refusal.
const TABLE: [(&str, &str); 21] = [
    ("PRX__Infrastructure__buildspec-fc1618d.yml", RUNS),
    ("PaulDuvall__aws-5-mins__ce-buildspec.yml", RUNS),
    ("aws-samples__aws-codebuild-samples__buildspecs-build-test-suite-1.yml", RUNS),
    ("aws-samples__aws-codepipeline-multi-branch-strategy__buildspec-cdaction.yaml", RUNS),
    ("aws-samples__aws-serverless-workshops__imageprocessing-workshop-buildspec.yml", RUNS),
    ("aws-samples__sessions-with-aws-sam__starter-templates-web-app-buildspec.yaml", RUNS),
    ("aws__aws-encryption-sdk-python__codebuild-py312-integ.yml", RUNS),
    (
        "aws__aws-sam-cli-pipeline-init-templates__aws-codepipeline-two-stage-pipeline-template-out-pipeline-buildspec-feature.yml",
        RUNS,
    ),
    (
        "aws__aws-sam-cli-pipeline-init-templates__aws-codepipeline-two-stage-pipeline-template-out-pipeline-buildspec-unit-test.yml",
        RUNS,
    ),
    ("awsdocs__batch-build-matrix.fragment.yml", "no version: write `version: 0.2` at the top"),
    ("awslabs__aws-deployment-framework__samples-sample-cdk-app-buildspec.yml", RUNS),
    ("awslabs__aws-deployment-framework__samples-sample-codebuild-vpc-buildspec.yml", RUNS),
    ("awslabs__aws-deployment-framework__samples-sample-ec2-java-app-codedeploy-buildspec.yml", RUNS),
    ("awslabs__aws-deployment-framework__samples-sample-serverless-app-buildspec.yml", RUNS),
    ("awslabs__aws-deployment-framework__samples-sample-terraform-tf-apply.yml", RUNS),
    ("cfn-templates__buildspec-full-syntax.derived.yaml", RUNS),
    ("getcft__aws-serverless-code-pipeline-cf-template__buildspec-prod.yml", RUNS),
    ("inline__PRX__porter-cd-pipeline__FtpBuildProject.yml", RUNS),
    ("stelligent__devops-essentials__buildspec-setup.yml", RUNS),
    ("stelligent__devops-essentials__samples-serverless-alexa-buildspec.yml", RUNS),
    ("stelligent__devops-essentials__samples-serverless-codecommit-buildspec.yml", RUNS),
];

#[test]
fn published_buildspecs_are_read_or_refused_as_the_table_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus/buildspecs");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        println!("passed without the corpus: {} is not there", folder.display());
        return;
    };
    for path in entries.map(|entry| entry.unwrap().path()) {
        let name = path.file_name().unwrap().to_str().unwrap();
        let refusal = parse(&std::fs::read_to_string(&path).unwrap()).err().map(|error| error.to_string());
        let expected = TABLE.iter().find(|(file, _)| *file == name).map(|(_, words)| *words);
        assert_eq!(Some(refusal.as_deref().unwrap_or(RUNS)), expected, "{name}");
    }
}
