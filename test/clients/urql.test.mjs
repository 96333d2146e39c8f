// @urql/core, as an app sets it up: fetch for queries and mutations, graphql-ws for subscriptions.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Client, fetchExchange, subscriptionExchange } from '@urql/core';
import { toAsyncIterable } from 'wonka';
import { connect } from './socket.mjs';
import { assertStored, Transcript } from './transcript.mjs';
import {
  CHAT_EVENTS, chatInput, CREATE_CHAT, httpURL, MESSAGE, messageInput, rootField, SEND_MESSAGE, SIGN_IN, signInInput, TIMEOUT_MS,
} from './weav.mjs';

const options = { timeout: TIMEOUT_MS };

const SERVER = /* GraphQL */ `
  query Server { serverInfo { version signInMethods } }
`;

test('sign in, make a chat, send, and read the reply as it is written', options, async (t) => {
  const { tokens } = rootField(await app().client.mutation(SIGN_IN, { input: signInInput() }));
  const { client, socket } = app(tokens.accessToken);
  t.after(() => socket.dispose());
  const { chat } = rootField(await client.mutation(CREATE_CHAT, { input: chatInput() }));

  const transcript = new Transcript();
  let reply;
  for await (const result of toAsyncIterable(client.subscription(CHAT_EVENTS, { chatId: chat.id }))) {
    const event = transcript.apply(rootField(settled(result)));
    if (event.__typename === 'ChatSnapshot') {
      const input = messageInput(chat.id, 'Write. [sandbox:tokens=40]');
      ({ reply } = rootField(settled(await client.mutation(SEND_MESSAGE, { input }))));
    }
    if (event.__typename === 'ReplyEnded') break;
  }
  const stored = rootField(settled(await client.query(MESSAGE, { id: reply.id })));
  assertStored(transcript, stored, 'COMPLETED');
});

for (const preferGetMethod of [false, 'force']) {
  test(`a query that would also take an event stream gets JSON, by ${preferGetMethod ? 'GET' : 'POST'}`, options, async () => {
    const { client, exchanges } = app(null, { preferGetMethod });
    const info = rootField(settled(await client.query(SERVER, {})));
    assert(info.signInMethods.includes('DEV'));

    const [{ accept, method, contentType }] = exchanges;
    assert.equal(method, preferGetMethod ? 'GET' : 'POST');
    assert.match(accept, /text\/event-stream/);
    assert.match(contentType, /^application\/graphql-response\+json\b/);
  });
}

test('an error keeps its code', options, async () => {
  const { client } = app();
  const { error } = await client.mutation(CREATE_CHAT, { input: chatInput() });
  assert.equal(error.graphQLErrors[0].extensions.code, 'UNAUTHENTICATED');
});

// app answers an urql client, its socket, and what it asked for over HTTP and was answered.
function app(token, settings = {}) {
  const exchanges = [];
  const { client: socket } = connect(token);
  const client = new Client({
    url: httpURL,
    exchanges: [
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: (operation) => ({
          subscribe: (sink) => ({ unsubscribe: socket.subscribe(operation, sink) }),
        }),
      }),
    ],
    fetch: async (url, init) => {
      const response = await fetch(url, init);
      exchanges.push({
        method: init.method,
        accept: new Headers(init.headers).get('accept'),
        contentType: response.headers.get('content-type'),
      });
      return response;
    },
    fetchOptions: () => (token ? { headers: { authorization: `Bearer ${token}` } } : {}),
    ...settings,
  });
  return { client, socket, exchanges };
}

// settled is urql's result in the form of the protocol.
function settled({ data, error }) {
  return error ? { errors: [error.message] } : { data };
}
