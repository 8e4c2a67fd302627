// The part of @aws-sdk/client-codepipeline that a function needs: commands, and a client that sends them. Each command
// is an export of its own, appended below, because `import` looks for exports by name.
"use strict";

const TARGET = "CodePipeline_20150709";

class CodePipelineServiceException extends Error {
  constructor(code, message, status) {
    super(message);
    this.name = code;
    this.$metadata = { httpStatusCode: status };
  }
}

class CodePipelineClient {
  async send(command) {
    const key = process.env.AWS_ACCESS_KEY_ID;
    const scope = `${key}/19700101/${process.env.AWS_REGION}/codepipeline/aws4_request`;
    const response = await fetch(process.env.AWS_ENDPOINT_URL, {
      method: "POST",
      headers: {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": `${TARGET}.${command.operation}`,
        Authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=local`,
      },
      body: JSON.stringify(command.input ?? {}),
    });
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
