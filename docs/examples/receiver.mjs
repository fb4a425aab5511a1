// A receiver of webhooks that believes nobody, with nothing but Node 18 or newer: SECRET=whsec_... node receiver.mjs
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

// Both, while one takes over from the other: SECRET=whsec_new,whsec_old
const secrets = process.env.SECRET.split(",").map((secret) => Buffer.from(secret.replace(/^whsec_/, ""), "base64"));
const seen = new Set();

function isGenuine(body, headers) {
  const id = headers["webhook-id"], timestamp = headers["webhook-timestamp"];
  if (!id || Math.abs(Date.now() / 1000 - Number(timestamp)) > 300) return false;
  const given = (headers["webhook-signature"] ?? "").split(" ").map((one) => Buffer.from(one.replace(/^v1,/, ""), "base64"));
  return secrets.some((secret) => {
    const signature = createHmac("sha256", secret).update(`${id}.${timestamp}.`).update(body).digest();
    return given.some((one) => one.length === signature.length && timingSafeEqual(one, signature));
  });
}

createServer(async (request, response) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  const body = Buffer.concat(parts);
  if (!isGenuine(body, request.headers)) return response.writeHead(401).end();
  // A webhook may come twice, under the same id. Keep ids where they outlive the process.
  if (!seen.has(request.headers["webhook-id"])) {
    seen.add(request.headers["webhook-id"]);
    const told = JSON.parse(body);
    console.log(told.type, JSON.stringify(told.data));
  }
  // Answer at once, and do the work afterwards: after 15 seconds it counts as failed.
  response.writeHead(204).end();
}).listen(Number(process.env.PORT ?? 9000), "127.0.0.1");
