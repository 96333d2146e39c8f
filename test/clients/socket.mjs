import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { CHAT_EVENTS, socketURL } from './weav.mjs';

/**
 * A graphql-ws client with its retries, and `cut`, which ends its connection as a lost network
 * does: no close frame, no farewell.
 */
export function connect(token) {
  const sockets = [];
  class Recorded extends WebSocket {
    constructor(...args) {
      super(...args);
      sockets.push(this);
    }
  }
  const client = createClient({
    url: socketURL,
    webSocketImpl: Recorded,
    connectionParams: { Authorization: `Bearer ${token}` },
    retryAttempts: 5,
    retryWait: async () => {}, // The server is there; nothing is gained by waiting.
  });
  return { client, sockets, cut: () => sockets.at(-1).terminate() };
}

/**
 * Follows a chat into a transcript, event by event, until the loop that reads it ends. graphql-ws sends
 * the operation again on each retry; since `after` is kept at the transcript's cursor, each retry goes on where
 * the connection was lost.
 */
export async function* follow(client, chatId, transcript) {
  const variables = { chatId, after: transcript.cursor };
  for await (const { data, errors } of client.iterate({ query: CHAT_EVENTS, variables })) {
    if (errors) throw new Error(JSON.stringify(errors));
    const event = transcript.apply(data.chatEvents);
    variables.after = transcript.cursor;
    yield event;
  }
}

/** Follows a chat until the reply ends, and answers the transcript. */
export async function followToEnd(client, chatId, transcript) {
  for await (const event of follow(client, chatId, transcript)) {
    if (event.__typename === 'ReplyEnded') return transcript;
  }
  throw new Error('the subscription ended before the reply did');
}
