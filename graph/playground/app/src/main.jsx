import 'graphiql/setup-workers/vite';
import 'graphiql/style.css';
import './style.css';

import { GraphiQL, HISTORY_PLUGIN } from 'graphiql';
import { createRoot } from 'react-dom/client';
import { eventLogPlugin } from './EventLog.jsx';
import { fetcher } from './fetcher.js';
import { signInPlugin } from './SignIn.jsx';
import { defaultTabs } from './tabs.js';

const plugins = [signInPlugin, eventLogPlugin, HISTORY_PLUGIN];

createRoot(document.getElementById('playground')).render(
  <GraphiQL
    fetcher={fetcher}
    plugins={plugins}
    visiblePlugin={signInPlugin}
    defaultTabs={defaultTabs}
    defaultEditorToolsVisibility
    shouldPersistHeaders={false}
    showPersistHeadersSettings={false}
    inputValueDeprecation
    schemaDescription
  >
    <GraphiQL.Logo>WEAV</GraphiQL.Logo>
  </GraphiQL>,
);
