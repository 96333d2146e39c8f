// The API stands beside the page: /playground/ and /graphql share a parent, whatever a proxy puts before it.
const graphql = new URL('../graphql', document.baseURI);

/** Where queries and mutations go. */
export const httpURL = graphql.href;

/** Where subscriptions go: the same path, as a WebSocket. */
export const socketURL = graphql.href.replace(/^http/, 'ws');
