// SPDX-License-Identifier: Apache-2.0
// verify: requests as a receiver got them, one JSON object a line on stdin ({kind, headers, body, secret}), through the
// libraries that receivers use. Prints a JSON object a line: null, or what is wrong. Run in a folder with node_modules.
const path = require("path");
const load = (name) => require(path.join(process.cwd(), "node_modules", name));

function lower(headers) {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function leaves(node, prefix) {
  return Object.entries(node).flatMap(([key, value]) => {
    const name = prefix ? `${prefix}.${key}` : key;
    const inner = value !== null && typeof value === "object" && !Array.isArray(value);
    return inner ? leaves(value, name) : [[name, value]];
  });
}

const kinds = {
  standardwebhooks({ headers, body, secret }) {
    const { Webhook } = load("standardwebhooks");
    new Webhook(secret).verify(body, lower(headers));
  },

  async sha256({ headers, body, secret }) {
    const { verify } = await import(path.join(process.cwd(), "node_modules", "@octokit/webhooks-methods/dist-node/index.js"));
    if (!(await verify(secret, body, lower(headers)["x-hub-signature-256"]))) throw new Error("not verified");
  },

  cloudevents({ headers, body, id }) {
    const { HTTP } = load("cloudevents");
    const event = HTTP.toEvent({ headers: lower(headers), body });
    event.validate();
    if (event.id !== id || event.data.id !== id) throw new Error(`id ${event.id}`);
  },

  ecs({ body }) {
    const { EcsFlat } = load("@elastic/ecs");
    const { capwatch, labels, ...event } = JSON.parse(body);
    for (const [name, value] of leaves(event, "")) {
      const field = EcsFlat[name];
      if (!field) throw new Error(`no field of ECS: ${name}`);
      const wantsArray = (field.normalize || []).includes("array");
      if (wantsArray !== Array.isArray(value)) throw new Error(`${name}: array is ${!wantsArray}`);
      const allowed = (field.allowed_values || []).map((one) => one.name);
      for (const word of [].concat(value))
        if (allowed.length && !allowed.includes(word)) throw new Error(`${name}: ${word} is not allowed`);
      if (["long", "float"].includes(field.type) !== (typeof value === "number"))
        throw new Error(`${name}: a ${typeof value} where ECS has ${field.type}`);
    }
  },
};

async function main() {
  const lines = require("fs").readFileSync(0, "utf8").split("\n").filter(Boolean);
  for (const line of lines) {
    const one = JSON.parse(line);
    let fault = null;
    try {
      await kinds[one.kind](one);
    } catch (error) {
      fault = `${one.kind}: ${error.message}`;
    }
    console.log(JSON.stringify(fault));
  }
}

main();
