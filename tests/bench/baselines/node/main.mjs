// What start_tests does for a job whose tests all pass, on the AWS SDK of Node. Clients as their documentation makes them,
// once, outside the handler.
import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { CodePipelineClient, PutJobSuccessResultCommand } from "@aws-sdk/client-codepipeline";
import { DynamoDBClient, GetItemCommand, PutItemCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { randomUUID } from "node:crypto";
import { serve } from "./runtime.mjs";

const pipeline = new CodePipelineClient({});
const formation = new CloudFormationClient({});
const lambda = new LambdaClient({ maxAttempts: 1 });
const dynamo = new DynamoDBClient({});
const TableName = process.env.STATE_TABLE;

const key = (pk, sk) => ({ pk: { S: pk }, sk: { S: sk } });

async function read(pk, sk) {
  const answer = await dynamo.send(new GetItemCommand({ TableName, Key: key(pk, sk), ConsistentRead: true }));
  return answer.Item;
}

async function create(pk, sk, record) {
  const expires = { N: String(Math.floor(Date.now() / 1000) + 90 * 86400) };
  const Item = { ...key(pk, sk), v: { N: "1" }, body: { S: JSON.stringify(record) }, expires };
  const ReturnValuesOnConditionCheckFailure = "ALL_OLD";
  const ConditionExpression = "attribute_not_exists(pk)";
  await dynamo.send(new PutItemCommand({ TableName, Item, ConditionExpression, ReturnValuesOnConditionCheckFailure }));
}

async function markSent(pk) {
  const request = {
    TableName,
    Key: key(pk, "verdict"),
    UpdateExpression: "SET #answer = if_not_exists(#answer, :answer)",
    ConditionExpression: "attribute_exists(pk)",
    ExpressionAttributeNames: { "#answer": "answer" },
    ExpressionAttributeValues: { ":answer": { S: "accepted" } },
  };
  await dynamo.send(new UpdateItemCommand(request));
}

async function outputs(StackName) {
  const { Stacks } = await formation.send(new DescribeStacksCommand({ StackName }));
  return Object.fromEntries(Stacks[0].Outputs.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]));
}

async function invoke(FunctionName, told) {
  const answer = await lambda.send(new InvokeCommand({ FunctionName, LogType: "Tail", Payload: JSON.stringify(told) }));
  return !answer.FunctionError && JSON.parse(Buffer.from(answer.Payload).toString()).passed;
}

async function runTest(run, name, function_) {
  const began = Date.now();
  const told = { ...run, correlation_id: run.execution_id, test: name };
  const passed = await invoke(function_, told);
  const result = { test: name, run: run.run_id, millis: Date.now() - began, outcome: passed ? "passed" : "failed" };
  await create(`run#${run.job_id}`, `result#${name}`, result);
  return passed;
}

async function runTests(run, tests, width) {
  const waiting = [...tests];
  let passed = 0;
  const worker = async () => {
    for (let test = waiting.shift(); test; test = waiting.shift()) passed += await runTest(run, ...test);
  };
  await Promise.all(Array.from({ length: Math.min(width, waiting.length) }, worker));
  return passed;
}

async function handle(event) {
  const job = event["CodePipeline.job"];
  const asked = JSON.parse(job.data.actionConfiguration.configuration.UserParameters);
  if (await read(`verdict#${job.id}`, "verdict")) return;
  if (await read(`run#${job.id}`, "run")) return;

  const app = await outputs(asked.app_stack);
  const tests = Object.entries(await outputs(asked.test_stack)).filter(([name]) => name.startsWith("TestFunction"));
  const run = {
    job_id: job.id,
    api_url: app.ApiUrl,
    stage: asked.stage,
    stack: asked.app_stack,
    outputs: app,
    execution_id: asked.execution,
    run_id: randomUUID(),
  };
  const { stage, stack } = run;
  await create(`tests#${asked.execution}`, `tests#${job.id}`, { job: job.id, stage, stack });
  await create(`run#${job.id}`, "run", { ...run, tests: tests.map(([name]) => name) });
  const passed = await runTests(run, tests, asked.width ?? 32);

  const summary = `${passed} of ${tests.length} passed`;
  await create(`verdict#${job.id}`, "verdict", { report: "succeed", summary });
  await pipeline.send(new PutJobSuccessResultCommand({ jobId: job.id, executionDetails: { summary } }));
  await markSent(`verdict#${job.id}`);
}

serve(handle);
