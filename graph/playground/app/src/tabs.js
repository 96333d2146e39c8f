// Each first tab is a document and, where it takes any, its variables. A test checks them against schema.graphql.
const documents = import.meta.glob('./tabs/*.graphql', { query: '?raw', import: 'default', eager: true });
const variables = import.meta.glob('./tabs/*.json', { query: '?raw', import: 'default', eager: true });

/** The tabs of a first visit, in the order of their file names. */
export const defaultTabs = Object.keys(documents)
  .sort()
  .map((path) => ({
    query: documents[path].trimEnd(),
    variables: variables[path.replace(/graphql$/, 'json')]?.trimEnd() ?? '',
  }));
