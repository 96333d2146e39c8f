// npm graphql-ws: a reply streams in, and a lost connection loses nothing.
import assert from 'node:assert/strict';
import test from 'node:test';
import { connect, follow, followToEnd } from './socket.mjs';
import { assertStored, Transcript } from './transcript.mjs';
import { signIn, TIMEOUT_MS } from './weav.mjs';

const options = { timeout: TIMEOUT_MS };

test('a reply streams in, piece by piece', options, async (t) => {
  const { person, client, chat } = await open(t);
  const transcript = new Transcript();
  let reply;
  for await (const event of follow(client, chat.id, transcript)) {
    if (event.__typename === 'ChatSnapshot') ({ reply } = await person.send(chat.id, 'Write. [sandbox:tokens=40]'));
    if (event.__typename === 'ReplyEnded') break;
  }
  assertStored(transcript, await person.message(reply.id), 'COMPLETED');
  const { ChatSnapshot, MessageAdded, ReplyStarted, ReplyDelta, ReplyEnded } = transcript.counts;
  assert.deepEqual({ ChatSnapshot, MessageAdded, ReplyStarted, ReplyEnded }, { ChatSnapshot: 1, MessageAdded: 2, ReplyStarted: 1, ReplyEnded: 1 });
  assert(ReplyDelta >= 5, `${ReplyDelta} pieces`);
});

test('a reply goes on behind a connection lost in the middle, twice', options, async (t) => {
  const { person, client, sockets, cut, chat } = await open(t);
  const transcript = new Transcript();
  let reply;
  let cuts = 0;
  for await (const event of follow(client, chat.id, transcript)) {
    if (event.__typename === 'ChatSnapshot') ({ reply } = await person.send(chat.id, '한글로 써 줘 👩‍💻 [sandbox:tokens=80]'));
    if (event.__typename === 'ReplyEnded') break;
    if (cuts < 2 && transcript.counts.ReplyDelta >= 5 * (cuts + 1)) {
      cuts++;
      cut();
    }
  }
  assert.equal(cuts, 2);
  assert.equal(sockets.length, 3);
  assertStored(transcript, await person.message(reply.id), 'COMPLETED');
  const { ChatSnapshot, MessageAdded, ReplyStarted, ReplyEnded } = transcript.counts;
  assert.deepEqual({ ChatSnapshot, MessageAdded, ReplyStarted, ReplyEnded }, { ChatSnapshot: 1, MessageAdded: 2, ReplyStarted: 1, ReplyEnded: 1 });
});

test('what happened while nobody was connected is told behind a cursor', options, async (t) => {
  const { person, client, chat } = await open(t);
  const first = new Transcript();
  const { reply } = await person.send(chat.id, 'Write. [sandbox:fast]');
  await followToEnd(client, chat.id, Object.assign(first, { cursor: chat.eventCursor }));

  const late = Object.assign(new Transcript(), { cursor: chat.eventCursor });
  await followToEnd(client, chat.id, late);
  const { MessageAdded, ReplyStarted, ReplyEnded } = late.counts;
  assert.deepEqual({ MessageAdded, ReplyStarted, ReplyEnded }, { MessageAdded: 2, ReplyStarted: 1, ReplyEnded: 1 });
  assert.equal(late.replies.get(reply.id).ended.length, (await person.message(reply.id)).text.length);
});

test('a stranger hears nothing of a chat', options, async (t) => {
  const { chat } = await open(t);
  const stranger = await signIn();
  const { client } = connect(stranger.token);
  t.after(() => client.dispose());
  await assert.rejects(followToEnd(client, chat.id, new Transcript()), (errors) => {
    assert.equal(errors[0].extensions.code, 'NOT_FOUND');
    return true;
  });
});

// open signs a new person in, makes a chat, and connects.
async function open(t) {
  const person = await signIn();
  const connection = connect(person.token);
  t.after(() => connection.client.dispose());
  return { person, chat: await person.createChat(), ...connection };
}
