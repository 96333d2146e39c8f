import { Kind, parse } from 'graphql';
import { fill, remember } from './placeholders.js';
import { post } from './post.js';
import { accessToken, bearer } from './session.js';
import { follow } from './socket.js';

/** Runs what GraphiQL wants run: subscriptions over a WebSocket, all else over HTTP. */
export async function fetcher({ query, variables, operationName }, { headers } = {}) {
  const { name, kind } = choose(query, operationName);
  const operation = { query, variables: fill(variables), operationName: name };
  if (kind === 'subscription') return follow(operation, () => authorize(headers));
  const result = await post(operation, await authorize(headers));
  remember(result);
  return result;
}

// choose reads the document itself: what GraphiQL says of it lags behind by a moment, and may be of
// the tab shown before.
function choose(query, name) {
  try {
    const operations = parse(query).definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION);
    if (operations.length === 1) return { kind: operations[0].operation };
    return { name, kind: operations.find((operation) => operation.name?.value === name)?.operation };
  } catch {
    return { name }; // The server says what is wrong with it.
  }
}

// The session speaks for every tab, unless the tab's own headers name an authorization.
async function authorize(headers = {}) {
  const named = Object.keys(headers).some((name) => name.toLowerCase() === 'authorization');
  const token = named ? null : await accessToken();
  return token ? { ...bearer(token), ...headers } : { ...headers };
}
