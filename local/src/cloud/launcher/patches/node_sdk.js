// The part of @aws-sdk/client-codepipeline that a function needs: commands, and a client that sends them. Each command
// is an export of its own, appended below, because `import` looks for exports by name.
"use strict";

const { createHash, createHmac } = require("node:crypto");

const TARGET = "CodePipeline_20150709";

const sha256 = (text) => createHash("sha256").update(text).digest("hex");
const hmac = (key, text) => createHmac("sha256", key).update(text).digest();

// The headers of a request, with its signature (Signature Version 4): a key's owner is believed only with it.
function signed(operation, body) {
  const { AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION } = process.env;
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  const headers = {
    "content-type": "application/x-amz-json-1.1",
    host: new URL(AWS_ENDPOINT_URL).host,
    "x-amz-date": time,
    ...(AWS_SESSION_TOKEN && { "x-amz-security-token": AWS_SESSION_TOKEN }),
    "x-amz-target": `${TARGET}.${operation}`,
  };
  const names = Object.keys(headers);
  const lines = names.map((name) => `${name}:${headers[name]}`);
  const canonical = ["POST", "/", "", ...lines, "", names.join(";"), sha256(body)].join("\n");
  const scope = [time.slice(0, 8), AWS_REGION, "codepipeline", "aws4_request"];
  const key = scope.reduce(hmac, `AWS4${AWS_SECRET_ACCESS_KEY}`);
  const signature = hmac(key, ["AWS4-HMAC-SHA256", time, scope.join("/"), sha256(canonical)].join("\n")).toString("hex");
  const credential = `${AWS_ACCESS_KEY_ID}/${scope.join("/")}`;
  const { host, ...sent } = headers;
  const proof = `Credential=${credential}, SignedHeaders=${names.join(";")}, Signature=${signature}`;
  return { ...sent, authorization: `AWS4-HMAC-SHA256 ${proof}` };
}

class CodePipelineServiceException extends Error {
  constructor(code, message, status) {
    super(message);
    this.name = code;
    this.$metadata = { httpStatusCode: status };
  }
}

class CodePipelineClient {
  async send(command) {
    const body = JSON.stringify(command.input ?? {});
    const headers = signed(command.operation, body);
    const response = await fetch(process.env.AWS_ENDPOINT_URL, { method: "POST", headers, body });
    const answer = JSON.parse((await response.text()) || "{}");
    if (response.ok) return answer;
    const code = String(answer.__type).split("#").pop();
    throw new CodePipelineServiceException(code, answer.message, response.status);
  }

  destroy() {}
}

const command = (operation) =>
  class {
    operation = operation;
    constructor(input) {
      this.input = input;
    }
  };

// `new CodePipeline().putJobSuccessResult(input)`, the short form.
class CodePipeline extends CodePipelineClient {
  constructor(config) {
    super(config);
    return new Proxy(this, {
      get: (client, name) => {
        const operation = String(name)[0].toUpperCase() + String(name).slice(1);
        const Command = exports[`${operation}Command`];
        return Command ? (input) => client.send(new Command(input)) : client[name];
      },
    });
  }
}

exports.CodePipelineServiceException = CodePipelineServiceException;
exports.CodePipelineClient = CodePipelineClient;
exports.CodePipeline = CodePipeline;
