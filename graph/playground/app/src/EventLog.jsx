import { clearEvents, events } from './events.js';
import { useStore } from './store.js';

function Content() {
  const list = useStore(events);
  return (
    <section className="weav-pane" aria-label="Events">
      <h2>Events</h2>
      <p>
        What the last subscription brought, the newest first. Chats are followed from the “ChatEvents” tab,
        jobs from “JobEvents”.
      </p>
      <button type="button" className="graphiql-button" onClick={clearEvents} disabled={list.length === 0}>
        Clear
      </button>
      <ol className="weav-events" reversed>
        {list.toReversed().map((event) => (
          <Event key={event.key} {...event} />
        ))}
      </ol>
    </section>
  );
}

function Event({ at, name, note, result }) {
  return (
    <li>
      <details>
        <summary>
          <time dateTime={at.toISOString()}>{at.toISOString().slice(11, 23)}</time> <b>{name}</b> <span>{note}</span>
        </summary>
        <pre>{JSON.stringify(result, null, 2)}</pre>
      </details>
    </li>
  );
}

function Icon() {
  return (
    <svg viewBox="0 0 20 20" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round">
      <path d="M3 5h2M8 5h9M3 10h2M8 10h9M3 15h2M8 15h9" />
    </svg>
  );
}

/** GraphiQL's pane with every event of the running subscription. */
export const eventLogPlugin = { title: 'Events', icon: Icon, content: Content };
