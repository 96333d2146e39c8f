import assert from 'node:assert/strict';

/**
 * What a client knows of one chat from its events, kept by the rules of the contract. It fails when text is
 * missing before a delta, and when an event of the feed comes twice.
 */
export class Transcript {
  /** Where to go on after a lost connection. */
  cursor = null;
  /** How often each kind of event came. */
  counts = {};
  /** Every reply: its text, its run, and its ReplyEnded once that came. */
  replies = new Map();

  #seen = new Set();

  /** Takes an event and answers it. */
  apply(event) {
    const { __typename: type, cursor } = event;
    this.counts[type] = (this.counts[type] ?? 0) + 1;
    this.cursor = cursor;
    if (type === 'ReplyDelta') this.#append(event);
    else if (type !== 'ChatSnapshot') this.#once(type, cursor);
    if (type === 'ReplyEnded') this.#end(event);
    return event;
  }

  /** The text of a reply so far. */
  text(messageId) {
    return this.replies.get(messageId)?.text ?? '';
  }

  #append({ messageId, runId, offset, text }) {
    const reply = this.replies.get(messageId);
    assert.equal(reply?.ended, undefined, 'a delta came behind the end of its reply');
    const before = reply?.runId === runId ? reply.text : '';
    assert(offset <= before.length, `text is missing: a delta at ${offset}, and ${before.length} is known`);
    this.replies.set(messageId, { runId, text: before.slice(0, offset) + text });
  }

  #once(type, cursor) {
    const name = `${type} ${cursor}`;
    assert(!this.#seen.has(name), `${type} came twice`);
    this.#seen.add(name);
  }

  #end(event) {
    const reply = this.replies.get(event.messageId) ?? { runId: event.runId, text: '' };
    assert.equal(reply.ended, undefined, 'a reply ended twice');
    this.replies.set(event.messageId, { ...reply, ended: event });
  }
}

/** Fails unless the transcript holds the very bytes of the stored message, under the status wanted. */
export function assertStored(transcript, stored, status) {
  const { text, ended } = transcript.replies.get(stored.id);
  assert.equal(stored.status, status);
  assert.equal(ended.status, status);
  assert.equal(ended.length, text.length, 'the length that ReplyEnded tells');
  assert.deepEqual(Buffer.from(text), Buffer.from(stored.text));
  assert.notEqual(text, '');
}
