// A test in JavaScript: asks the desk what to do, and does it.
const http = require("node:http");

exports.handler = async (event) => {
  const act = await ask(event);
  for (const line of act.print ?? []) console.log(line);
  if ("exit" in act) process.exit(act.exit);
  if ("raise" in act) throw new TypeError(act.raise);
  return act.return;
};

const ask = (event) =>
  new Promise((resolve, reject) => {
    const request = http.request(`http://${process.env.DESK}/`, { method: "POST" }, (answer) => {
      const parts = [];
      answer.on("data", (part) => parts.push(part));
      answer.on("end", () => resolve(JSON.parse(Buffer.concat(parts))));
    });
    request.on("error", reject);
    request.end(JSON.stringify(event));
  });
