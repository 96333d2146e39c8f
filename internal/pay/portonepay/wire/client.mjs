// Reads and cancels payments with PortOne's own client: standard input is { url, secret, storeId, calls: [{ id, cancel? }] },
// the output one result per call.
import { readFileSync } from "node:fs";
import { PaymentClient } from "@portone/server-sdk/payment";

const { url, secret, storeId, calls } = JSON.parse(readFileSync(0, "utf8"));
const client = PaymentClient({ secret, storeId, baseUrl: url });
const results = [];
for (const { id, cancel } of calls) {
  try {
    const answer = cancel ? await client.cancelPayment({ paymentId: id, ...cancel }) : await client.getPayment({ paymentId: id });
    results.push({ answer });
  } catch (error) {
    results.push({ error: error.data?.type ?? String(error) });
  }
}
console.log(JSON.stringify(results));
