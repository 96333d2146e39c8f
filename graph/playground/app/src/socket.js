import { createClient } from 'graphql-ws';
import { socketURL } from './endpoint.js';
import { clearEvents, logEvent } from './events.js';

/**
 * Subscribes over a socket of its own, in the form GraphiQL takes: an object with subscribe. `authorize`
 * answers the connection_init payload; it is asked again on each reconnect, so a socket that the
 * server closed because its token ended comes back with a fresh one.
 */
export function follow(operation, authorize) {
  return {
    subscribe(observer) {
      clearEvents();
      const client = createClient({ url: socketURL, connectionParams: authorize, retryAttempts: 10 });
      const stop = client.subscribe(operation, {
        next(result) {
          advance(operation.variables, result);
          logEvent(result);
          observer.next(result);
        },
        error: (cause) => observer.error(explain(cause)),
        complete: () => observer.complete(),
      });
      return { unsubscribe: stop };
    },
  };
}

// A retry sends the operation as it then is: with `after` at the last cursor, nothing comes twice.
function advance(variables, { data }) {
  const [event] = Object.values(data ?? {});
  if (variables?.after && event?.cursor) variables.after = event.cursor;
}

// What ends a subscription is a list of GraphQL errors, a CloseEvent, or an Error.
function explain(cause) {
  if (Array.isArray(cause)) return cause;
  if (cause instanceof CloseEvent) {
    return new Error(`The socket was closed: ${cause.code} ${cause.reason}`.trim());
  }
  return cause;
}
