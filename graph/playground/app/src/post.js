import { httpURL } from './endpoint.js';

/**
 * Sends one operation over HTTP and answers its result, errors included.
 * Throws when what comes back is no JSON, as from a proxy on the way.
 */
export async function post(operation, headers = {}) {
  const response = await fetch(httpURL, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/graphql-response+json, application/json;q=0.9',
      ...headers,
    },
    body: JSON.stringify(operation),
  });
  const body = await response.text();
  try {
    return JSON.parse(body);
  } catch {
    throw new Error(`The server answered ${response.status} and no JSON: ${body.slice(0, 200)}`);
  }
}
