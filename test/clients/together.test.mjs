// Two devices of one person, each with a session and a connection of its own.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import test from 'node:test';
import { connect, follow, followToEnd } from './socket.mjs';
import { assertStored, Transcript } from './transcript.mjs';
import { signIn, TIMEOUT_MS } from './weav.mjs';

const options = { timeout: TIMEOUT_MS };

// A stop must reach every device this soon.
const STOP_MS = 1_000;

test('one who joins late reads the same text', options, async (t) => {
  const { phone, laptop, chat } = await open(t);
  const early = new Transcript();
  const late = new Transcript();
  let reply;
  let joined;
  for await (const event of follow(phone.client, chat.id, early)) {
    if (event.__typename === 'ChatSnapshot') ({ reply } = await phone.person.send(chat.id, 'Write. [sandbox:tokens=60]'));
    if (event.__typename === 'ReplyEnded') break;
    if (early.counts.ReplyDelta === 5) {
      joined ??= followToEnd(laptop.client, chat.id, late);
      joined.catch(() => {}); // It is awaited below, unless this loop fails first.
    }
  }
  await joined;

  const stored = await laptop.person.message(reply.id);
  assertStored(early, stored, 'COMPLETED');
  assertStored(late, stored, 'COMPLETED');
  assert(late.counts.ReplyDelta < early.counts.ReplyDelta, 'the text so far came in one piece');
});

test('a stop from the other device ends it for both', options, async (t) => {
  const { phone, laptop, chat } = await open(t);
  const seen = new Transcript();
  let reply;
  let stopping;
  let asked;
  for await (const event of follow(phone.client, chat.id, seen)) {
    if (event.__typename === 'ChatSnapshot') ({ reply } = await phone.person.send(chat.id, 'Write. [sandbox:tokens=900]'));
    if (event.__typename === 'ReplyEnded') break;
    if (seen.counts.ReplyDelta === 5) {
      asked ??= performance.now();
      stopping ??= laptop.person.stop(reply.id);
    }
  }
  const took = performance.now() - asked;
  const receipt = await stopping;

  assert(took < STOP_MS, `the stop took ${Math.round(took)} ms`);
  assert.equal(receipt.status, 'STOPPED');
  assert.equal(receipt.message.id, reply.id);
  assert.equal(receipt.text, seen.text(reply.id));
  assertStored(seen, await phone.person.message(reply.id), 'STOPPED');
  assert.deepEqual(await phone.person.stop(reply.id), receipt, 'the receipt of a second stop');
});

test('a stop behind the end answers how the reply ended', options, async (t) => {
  const { phone, laptop, chat } = await open(t);
  const { reply } = await phone.person.send(chat.id, 'Write. [sandbox:fast]');
  await followToEnd(phone.client, chat.id, Object.assign(new Transcript(), { cursor: chat.eventCursor }));
  const receipt = await laptop.person.stop(reply.id);
  assert.equal(receipt.status, 'COMPLETED');
  assert.equal(receipt.text, (await phone.person.message(reply.id)).text);
});

// open signs a new person in on two devices, makes a chat, and connects both.
async function open(t) {
  const email = `${randomUUID()}@example.com`;
  const device = async () => {
    const person = await signIn(email);
    const { client } = connect(person.token);
    t.after(() => client.dispose());
    return { person, client };
  };
  const [phone, laptop] = await Promise.all([device(), device()]);
  return { phone, laptop, chat: await phone.person.createChat() };
}
