import { useActionState } from 'react';
import { session, signIn, signOut } from './session.js';
import { useStore } from './store.js';

function Content() {
  const who = useStore(session);
  return (
    <section className="weav-pane" aria-label="Sign in">
      <h2>Sign in (dev)</h2>
      {who ? <SignedIn email={who.email} /> : <SignedOut />}
      <p>
        The session speaks for every tab and for subscriptions. An <code>Authorization</code> in a tab’s headers goes
        before it. Tokens are kept in this page alone: reloading it signs out.
      </p>
    </section>
  );
}

function SignedIn({ email }) {
  return (
    <form action={signOut}>
      <p>
        Signed in as <b>{email}</b>.
      </p>
      <button type="submit" className="graphiql-button">
        Sign out
      </button>
    </form>
  );
}

function SignedOut() {
  const [failure, submit, isPending] = useActionState(attempt, null);
  return (
    <form action={submit}>
      <label htmlFor="weav-email">E-mail: any, without proof. It works on servers that offer DEV.</label>
      <input id="weav-email" name="email" type="email" required defaultValue="ada@example.com" />
      <button type="submit" className="graphiql-button" disabled={isPending}>
        Sign in
      </button>
      {failure && <p role="alert">{failure}</p>}
    </form>
  );
}

async function attempt(_, form) {
  try {
    await signIn(form.get('email'));
    return null;
  } catch (error) {
    return error.message;
  }
}

function Icon() {
  return (
    <svg viewBox="0 0 20 20" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round">
      <circle cx="10" cy="6.5" r="3.5" />
      <path d="M3 18c0-4 3-6 7-6s7 2 7 6" />
    </svg>
  );
}

/** GraphiQL's pane for opening and ending a session. */
export const signInPlugin = { title: 'Sign in', icon: Icon, content: Content };
