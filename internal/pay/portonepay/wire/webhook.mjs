// Verifies deliveries with PortOne's own verifier, and signs others with the reference library of Standard Webhooks:
// standard input is { secret, deliveries: [{ headers, body }], sign: [{ id, at, body }] } with times in milliseconds.
import { readFileSync } from "node:fs";
import { Webhook } from "@portone/server-sdk";
import { Webhook as Signer } from "standardwebhooks";

const { secret, deliveries, sign } = JSON.parse(readFileSync(0, "utf8"));
const verdicts = [];
for (const { headers, body } of deliveries) {
  try {
    const notice = await Webhook.verify(secret, body, headers);
    verdicts.push({ paymentId: notice.data?.paymentId });
  } catch (error) {
    verdicts.push({ error: error.reason ?? String(error) });
  }
}
const signer = new Signer(secret);
const signatures = sign.map(({ id, at, body }) => signer.sign(id, new Date(at), body));
console.log(JSON.stringify({ verdicts, signatures }));
