// Package ws carries GraphQL operations over WebSockets by the protocol
// graphql-transport-ws, as a graphql.Transport for gqlgen's handler.
//
// gqlgen parses, validates and executes; this package owns the socket. Queries and
// mutations answer one next and a complete, subscriptions as many as they have. An error
// message ends its operation and no complete follows it: it stands for a request that
// brought no data, while errors beside data travel in next.
//
// # How a socket ends
//
// The codes are the protocol's where it has one, else those of RFC 6455 that clients
// come back on:
//
//	1002, 1007  not a WebSocket frame, not UTF-8
//	1009        message larger than MaxMessageBytes
//	1012        Shutdown: the client connects again, to another server
//	1013        the client stopped reading for WriteTimeout, or Init was unavailable
//	4400        not a message of the protocol
//	4401        subscribe before connection_ack
//	4403        Init refused, or the session's rights have ended: fetch a new token
//	4406        the client did not offer graphql-transport-ws
//	4408        no connection_init within InitTimeout
//	4409        an active operation has this id already
//	4429        a second connection_init, or more than MaxSockets of one person
//
// 1000 only ever answers a client's own: on it clients connect again at once, and a
// deploy would be a stampede. A message too large ends in 1009 and not in 4400 because
// clients give up on both, and 1009 says why.
//
// # Slow readers
//
// A response is pulled from its operation only while little is queued for the socket, so
// a domain that merges what waits does so until the client can take it. One goroutine
// writes; what is queued leaves in one system call. A publisher never waits for a client.
package ws
