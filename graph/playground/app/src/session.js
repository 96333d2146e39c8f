import { post } from './post.js';
import refreshMutation from './session/refresh.graphql?raw';
import signInMutation from './session/sign-in.graphql?raw';
import signOutMutation from './session/sign-out.graphql?raw';
import { createStore } from './store.js';

// The tokens live in this variable alone: a reload signs out, and no other page can read them.
const session = createStore(null);

/** The session as a store: null, or who is signed in. */
export { session };

// A token this close to its end is refreshed before it is used.
const MARGIN_MS = 30_000;

let refreshing = null;

/** Opens a session for an e-mail address, without proof. Throws what the server says against it. */
export async function signIn(email) {
  const input = { identity: { dev: { email } }, deviceName: 'Playground' };
  const { viewer, tokens } = await call(signInMutation, { input }, 'signIn');
  session.set({ email: viewer.email, ...tokens });
}

/** Ends the session, here in any case and on the server if it can be reached. */
export async function signOut() {
  const token = await accessToken();
  session.set(null);
  if (token) await post({ query: signOutMutation }, bearer(token));
}

/** A token good for now, or null when signed out. */
export async function accessToken() {
  const now = session.get();
  if (!now) return null;
  if (Date.parse(now.accessTokenExpiresAt) - Date.now() > MARGIN_MS) return now.accessToken;
  // A refresh token works once, so everybody who waits shares one call.
  refreshing ??= refresh(now).finally(() => (refreshing = null));
  return refreshing;
}

/** The header that carries a token. */
export function bearer(token) {
  return { Authorization: `Bearer ${token}` };
}

async function refresh(old) {
  try {
    const { tokens } = await call(refreshMutation, { input: { refreshToken: old.refreshToken } }, 'refreshSession');
    session.set({ ...old, ...tokens });
    return tokens.accessToken;
  } catch {
    session.set(null);
    return null;
  }
}

async function call(query, variables, field) {
  const { data, errors } = await post({ query, variables });
  const payload = data?.[field];
  const refused = errors?.[0] ?? payload?.userErrors[0];
  if (refused) throw new Error(refused.message);
  return payload;
}
