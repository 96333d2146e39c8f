// What all tests share: the server's address, plain calls over HTTP, and the operations.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';

/** The server under test, such as http://127.0.0.1:8080. */
export const base = process.env.WEAV_URL;
assert(base, 'WEAV_URL is not set; npm test starts a server and sets it');

/** The address of the operator of the server under test. */
export const ADMIN = 'operator@example.com';

/** Where queries and mutations go. */
export const httpURL = `${base}/graphql`;

/** Where subscriptions go. */
export const socketURL = httpURL.replace(/^http/, 'ws');

/** How long a test may take before it counts as hung. */
export const TIMEOUT_MS = 60_000;

export const SIGN_IN = /* GraphQL */ `
  mutation SignIn($input: SignInInput!) {
    signIn(input: $input) {
      tokens { accessToken }
      userErrors { message path code }
    }
  }
`;

export const CREATE_CHAT = /* GraphQL */ `
  mutation CreateChat($input: CreateChatInput!) {
    createChat(input: $input) {
      chat { id eventCursor }
      userErrors { message path code }
    }
  }
`;

export const SEND_MESSAGE = /* GraphQL */ `
  mutation SendMessage($input: SendMessageInput!) {
    sendMessage(input: $input) {
      message { id text }
      reply { id status }
      userErrors { message path code }
    }
  }
`;

export const STOP_REPLY = /* GraphQL */ `
  mutation StopReply($input: StopReplyInput!) {
    stopReply(input: $input) {
      receipt {
        message { id }
        status
        text
        providerCancelled
        usage { inputTokens outputTokens source }
      }
      userErrors { message path code }
    }
  }
`;

export const MESSAGE = /* GraphQL */ `
  query Message($id: ID!) {
    node(id: $id) { ... on Message { id status text } }
  }
`;

export const CHAT_EVENTS = /* GraphQL */ `
  subscription ChatEvents($chatId: ID!, $after: EventCursor) {
    chatEvents(chatId: $chatId, after: $after) {
      __typename
      ... on Event { cursor }
      ... on MessageAdded { messageId }
      ... on ReplyStarted { messageId runId }
      ... on ReplyDelta { messageId runId offset text }
      ... on ReplyEnded { messageId runId status length }
    }
  }
`;

/** Input of createChat for one more chat. */
export const chatInput = () => ({ idempotencyKey: randomUUID() });

/** Input of sendMessage. */
export const messageInput = (chatId, text) => ({ chatId, text, idempotencyKey: randomUUID() });

/** Input of signIn. Without an address it is a person nobody else is. */
export const signInInput = (email = `${randomUUID()}@example.com`) => ({ identity: { dev: { email } } });

/** A signed-in person with one device, over plain HTTP. */
export async function signIn(email) {
  const { tokens } = await call(null, SIGN_IN, { input: signInInput(email) });
  const token = tokens.accessToken;
  return {
    token,
    createChat: async () => (await call(token, CREATE_CHAT, { input: chatInput() })).chat,
    send: (chatId, text) => call(token, SEND_MESSAGE, { input: messageInput(chatId, text) }),
    stop: async (messageId) => (await call(token, STOP_REPLY, { input: { messageId } })).receipt,
    message: (id) => call(token, MESSAGE, { id }),
  };
}

// call answers the value of the one root field, and takes any error as a failed test.
async function call(token, query, variables) {
  const response = await fetch(httpURL, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/graphql-response+json',
      ...(token && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ query, variables }),
  });
  return rootField(await response.json());
}

/** The value of a result's one root field; any error fails the test. */
export function rootField({ data, errors }) {
  assert.equal(errors, undefined, `errors: ${JSON.stringify(errors)}`);
  const [value] = Object.values(data);
  if (value?.userErrors) assert.deepEqual(value.userErrors, []);
  return value;
}
