// The Runtime API, and no more than it takes.
import http from "node:http";

const API = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation`;
const agent = new http.Agent({ keepAlive: true });

function ask(method, url, body) {
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method, agent }, (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("end", () => resolve({ headers: response.headers, body: Buffer.concat(chunks).toString() }));
    });
    request.on("error", reject);
    request.end(body);
  });
}

/** Handles events, one after the other, for ever. */
export async function serve(handle) {
  for (;;) {
    const event = await ask("GET", `${API}/next`);
    const id = event.headers["lambda-runtime-aws-request-id"];
    try {
      await handle(JSON.parse(event.body));
      await ask("POST", `${API}/${id}/response`, "null");
    } catch (error) {
      await ask("POST", `${API}/${id}/error`, JSON.stringify({ errorMessage: String(error?.stack ?? error) }));
    }
  }
}
