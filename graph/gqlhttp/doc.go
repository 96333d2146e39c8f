// Package gqlhttp carries GraphQL over HTTP: the POST and GET transports for gqlgen's
// handler, and the middleware around them.
//
// The transports follow the GraphQL-over-HTTP specification to the letter of the audits
// of npm graphql-http, which gqlgen's own do not: a body of application/json answers
// 200 once the request is well formed, one of application/graphql-response+json answers
// the status of the error when there is no data, and a request error has no data entry.
//
// # Cross-site requests
//
// A page of another site can make a browser send GET requests and simple POST bodies
// (text, forms) without asking first. Neither does harm here: POST takes nothing but
// application/json, which browsers ask for with a preflight request that CORS answers
// for listed origins only; GET runs queries alone; and the session is named by the
// Authorization header, never by a cookie that a browser would add by itself.
// So no request needs a special header such as apollo-require-preflight, though it may
// carry one.
package gqlhttp
