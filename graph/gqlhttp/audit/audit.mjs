// Runs the server audits of graphql-http against the URL given and prints their
// results as a JSON list of { id, name, status, reason }.
import { auditServer } from "graphql-http";

const results = await auditServer({ url: process.argv[2] });
const lines = results.map(({ id, name, status, reason }) => ({ id, name, status, reason }));
console.log(JSON.stringify(lines));
