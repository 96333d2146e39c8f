import { createStore } from './store.js';

// The response pane shows the newest event alone; this list keeps the ones before it.
const KEPT = 500;

/** The events of the subscription that ran last, the oldest first. */
export const events = createStore([]);

let count = 0;

/** Forgets the events of the subscription before. */
export function clearEvents() {
  events.set([]);
}

/** Adds one result of the running subscription. */
export function logEvent(result) {
  const event = { key: ++count, at: new Date(), ...summarize(result), result };
  events.set([...events.get(), event].slice(-KEPT));
}

// A subscription has one root field, whatever its alias.
function summarize({ data, errors }) {
  if (!data) return { name: 'error', note: errors?.[0]?.message ?? '' };
  const [value] = Object.values(data);
  if (value?.__typename === 'ReplyDelta') return { name: 'ReplyDelta', note: `@${value.offset} ${value.text}` };
  if (value?.__typename === 'JobProgressed') return { name: 'JobProgressed', note: `${Math.round((value.progress ?? 0) * 100)} % ${value.phase}` };
  return { name: value?.__typename ?? 'event', note: value?.status ?? '' };
}
