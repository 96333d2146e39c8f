// Every block of docs/integration.md, run as it stands. A block that no case runs fails.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import test from 'node:test';
import { Client, fetchExchange, subscriptionExchange } from '@urql/core';
import { parse } from 'graphql';
import { createClient } from 'graphql-ws';
import { toAsyncIterable } from 'wonka';
import WebSocket from 'ws';
import { run, snippetsOf } from './snippets.mjs';
import { base, httpURL, socketURL, TIMEOUT_MS } from './weav.mjs';

const options = { timeout: TIMEOUT_MS };

const snippets = await snippetsOf('integration.md');
const ran = new Set();

/** The only block of a language that holds a text. */
function block(language, holding) {
  const found = snippets.filter((s) => s.language === language && s.text.includes(holding));
  assert.equal(found.length, 1, `blocks of ${language} with ${holding}`);
  ran.add(found[0]);
  return found[0];
}

/** The block with the helper that all others use. Its address is that of a server on one's own machine. */
async function helper() {
  const first = block('js', 'async function ask');
  const here = { ...first, text: first.text.replace('http://127.0.0.1:8080', base) };
  assert.notEqual(here.text, first.text);
  return run(here, {}, ['url', 'ask']);
}

const { ask, url } = await helper();

/** One operation of a block of GraphQL, over HTTP. */
async function operate(snippet, operationName, variables, token) {
  const response = await fetch(httpURL, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...(token && { Authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ query: snippet.text, operationName, variables }),
  });
  const { data, errors } = await response.json();
  assert.equal(errors, undefined, JSON.stringify(errors));
  const [payload] = Object.values(data);
  assert.deepEqual(payload.userErrors, []);
  return payload;
}

let signedIn;
/** The access token of one person for all blocks. */
const session = () => (signedIn ??= operate(block('graphql', 'signIn('), 'SignIn').then(({ tokens }) => tokens));

async function newChat(token) {
  const { createChat } = await ask(
    'mutation ($input: CreateChatInput!) { createChat(input: $input) { chat { id eventCursor } } }',
    { input: { idempotencyKey: randomUUID() } }, token,
  );
  return createChat.chat;
}

const send = (chatId, text, token) =>
  operate(block('graphql', 'sendMessage('), 'Send', { input: { chatId, text, idempotencyKey: randomUUID() } }, token);

function socketOf(token) {
  return createClient({ url: socketURL, webSocketImpl: WebSocket, connectionParams: { Authorization: `Bearer ${token}` }, retryAttempts: 0 });
}

const FOLLOW = block('graphql', 'chatEvents(').text;

/** How a block that reads events for ever is ended: its `apply` throws this behind the reply's end. */
class Ended extends Error {}

/** The block's own `apply`, and one that ends the reading. */
async function reader() {
  const { texts, apply } = await run(block('js', 'function apply(event)'), {}, ['texts', 'apply']);
  const lengths = new Map();
  return {
    texts,
    lengths,
    apply(event) {
      apply(event);
      if (event.__typename !== 'ReplyEnded') return;
      lengths.set(event.messageId, event.length);
      throw new Ended();
    },
  };
}

test('sign in, and refresh the session', options, async () => {
  const { tokens: { refreshToken } } = await operate(block('graphql', 'signIn('), 'SignIn');
  const { tokens } = await operate(block('graphql', 'refreshSession('), 'Refresh', { token: refreshToken });
  assert(tokens.accessToken);
});

for (const [name, marks] of [['keep the cursor', 'variables.after = data.chatEvents.cursor'], ['drop what was seen', 'const seen = new Set()']]) {
  test(`read a reply as it is written: ${name}`, options, async (t) => {
    const { accessToken } = await session();
    const chat = await newChat(accessToken);
    const client = socketOf(accessToken);
    t.after(() => client.dispose());
    const read = await reader();
    const { reply } = await send(chat.id, 'Write. [sandbox:tokens=20]', accessToken);
    const given = { client, chat, chatId: chat.id, CHAT_EVENTS: FOLLOW, apply: read.apply };
    await assert.rejects(run(block('js', marks), given), Ended);
    assert(read.texts.get(reply.id).length > 0);
    assert.equal(read.texts.get(reply.id).length, read.lengths.get(reply.id));
  });
}

test('urql over graphql-ws', options, async (t) => {
  const { accessToken } = await session();
  const inNode = (settings) => createClient({ ...settings, webSocketImpl: WebSocket });
  const given = { url, accessToken, createClient: inNode, Client, fetchExchange, subscriptionExchange };
  const { client, urql } = await run(block('js', 'function forwardSubscription'), given, ['client', 'urql']);
  t.after(() => client.dispose());
  const chat = await newChat(accessToken);
  for await (const { data, error } of toAsyncIterable(urql.subscription(FOLLOW, { chatId: chat.id }))) {
    assert.equal(error, undefined);
    if (data.chatEvents.__typename === 'ChatSnapshot') await send(chat.id, 'Hello. [sandbox:echo]', accessToken);
    if (data.chatEvents.__typename === 'ReplyEnded') break;
  }
});

test('order a job and follow it to its end', options, async (t) => {
  const { accessToken } = await session();
  const order = block('graphql', 'createJob(');
  const input = { work: { text: { prompt: 'Write. [sandbox:tokens=5]' } }, idempotencyKey: randomUUID() };
  const { job } = await operate(order, 'Order', { input }, accessToken);
  const client = socketOf(accessToken);
  t.after(() => client.dispose());
  let last;
  for await (const { data, errors } of client.iterate({ query: order.text, operationName: 'FollowJob', variables: { jobId: job.id } })) {
    assert.equal(errors, undefined);
    last = data.jobEvents;
  }
  assert.equal(last.__typename, 'JobEnded');
  assert.equal(last.status, 'COMPLETED');
});

test('prepare a payment', options, async () => {
  const { accessToken } = await session();
  const { payment } = await operate(block('graphql', 'preparePayment('), 'Buy', { key: randomUUID() }, accessToken);
  assert(payment.price.amount > 0);
});

test('stop a reply', options, async () => {
  const { accessToken } = await session();
  const chat = await newChat(accessToken);
  const { reply } = await send(chat.id, 'Write. [sandbox:tokens=500]', accessToken);
  const { receipt } = await operate(block('graphql', 'stopReply('), 'Stop', { id: reply.id }, accessToken);
  assert.equal(receipt.status, 'STOPPED');
});

// A PNG of one pixel.
const PIXEL = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==', 'base64');

for (const [what, blob, refused] of [
  ['a picture', new File([PIXEL], 'pixel.png', { type: 'image/png' }), null],
  ['what is never taken', new File(['a'], 'a.txt', { type: 'text/plain' }), /./],
  ['what is not what it says', new File(['no picture at all'], 'pixel.png', { type: 'image/png' }), /./],
]) {
  test(`upload ${what}`, options, async () => {
    const { accessToken } = await session();
    const given = { ask, blob, token: accessToken };
    const uploaded = run(block('js', 'createUpload:'), given, ['completeUpload']);
    if (refused) {
      // The person is told the server's reason, and not that something is null.
      await assert.rejects(uploaded, (error) => error.name === 'Error' && refused.test(error.message) && !/null|undefined/.test(error.message));
    } else {
      assert((await uploaded).completeUpload.file.url);
    }
  });
}

test('every block is run', () => {
  for (const snippet of snippets) {
    if (snippet.language === 'graphql') parse(snippet.text);
    assert(ran.has(snippet), `docs/integration.md:${snippet.line}: no test runs this block of ${snippet.language || 'no language'}`);
  }
});
