package ws_test

import (
	"strings"
	"testing"

	"github.com/weav-ai/weav/graph/ws"
)

// The rules of graphql-transport-ws, each as a script (see client.play) that begins on a
// fresh socket.
func TestProtocol(t *testing.T) {
	t.Parallel()
	for name, script := range map[string][]string{
		// Connection.
		"connection_init is acknowledged":             {"> " + hello, "< " + ack, "="},
		"init may carry a payload":                    {`> {"type":"connection_init","payload":{"token":"x"}}`, "< " + ack},
		"init may carry null":                         {`> {"type":"connection_init","payload":null}`, "< " + ack},
		"init with a list closes 4400":                {`> {"type":"connection_init","payload":[]}`, "x 4400"},
		"init with a string closes 4400":              {`> {"type":"connection_init","payload":"x"}`, "x 4400"},
		"a second init closes 4429":                   {"> " + hello, "< " + ack, "> " + hello, "x 4429 Too many initialisation requests"},
		"subscribe before init closes 4401":           {subscribe("1", "{ echo }"), "x 4401 Unauthorized"},
		"complete before init changes nothing":        {`> {"id":"1","type":"complete"}`, "> " + hello, "< " + ack},
		"ping before init is answered":                {`> {"type":"ping"}`, `< {"type":"pong"}`},
		"a malformed message before init closes 4400": {"> {", "x 4400"},

		// Form of messages.
		"text that is not JSON closes 4400":            after("> hello", "x 4400"),
		"an empty message closes 4400":                 after("> ", "x 4400"),
		"two values in one message close 4400":         after(`> {"type":"ping"}{"type":"ping"}`, "x 4400"),
		"a message that is a list closes 4400":         after("> []", "x 4400"),
		"a message that is null closes 4400":           after("> null", "x 4400"),
		"a message that is a string closes 4400":       after(`> "ping"`, "x 4400"),
		"a message without type closes 4400":           after(`> {"id":"1"}`, "x 4400"),
		"a type that is null closes 4400":              after(`> {"type":null}`, "x 4400"),
		"a type that is no string closes 4400":         after(`> {"type":1}`, "x 4400"),
		"an unknown type closes 4400":                  after(`> {"type":"start"}`, "x 4400"),
		"a type in the wrong case closes 4400":         after(`> {"type":"Ping"}`, "x 4400"),
		"an empty type closes 4400":                    after(`> {"type":""}`, "x 4400"),
		"the server's connection_ack closes 4400":      after("> "+ack, "x 4400"),
		"the server's next closes 4400":                after(`> {"id":"1","type":"next","payload":{}}`, "x 4400"),
		"the server's error closes 4400":               after(`> {"id":"1","type":"error","payload":[]}`, "x 4400"),
		"a binary message closes 4400":                 after(`b {"type":"ping"}`, "x 4400"),
		"a message that is not UTF-8 closes 1007":      after("> {\"type\":\"ping\",\"payload\":{\"a\":\"\xff\"}}", "x 1007"),
		"unknown entries of a message are ignored":     after(`> {"type":"ping","more":1}`, `< {"type":"pong"}`),
		"a close reason repeats nothing of the input":  after(`> {"type":"secret"}`, "x 4400 Message type is not one a client may send"),
		"white space around a message is ignored":      after(`> 	{ "type" : "ping" } `, `< {"type":"pong"}`),
		"complete without id closes 4400":              after(`> {"type":"complete"}`, "x 4400"),
		"complete with an id of another type too":      after(`> {"id":1,"type":"complete"}`, "x 4400"),
		"complete of an unknown id changes nothing":    after(`> {"id":"9","type":"complete"}`, "="),
		"complete with an empty id closes 4400":        after(`> {"id":"","type":"complete"}`, "x 4400"),
		"an id of more than 256 bytes closes 4400":     after(subscribe(strings.Repeat("i", 257), "{ echo }"), "x 4400"),
		"an id is any string":                          after(subscribe(`\"<글>\u0000`, "{ echo }"), `< {"id":"\"<글>\u0000","type":"next"}`, `< {"id":"\"<글>\u0000","type":"complete"}`),
		"subscribe without id closes 4400":             after(`> {"type":"subscribe","payload":{"query":"{ echo }"}}`, "x 4400"),
		"subscribe with an empty id closes 4400":       after(subscribe("", "{ echo }"), "x 4400"),
		"subscribe with a number as id closes 4400":    after(`> {"id":1,"type":"subscribe","payload":{"query":"{ echo }"}}`, "x 4400"),
		"subscribe without payload closes 4400":        after(`> {"id":"1","type":"subscribe"}`, "x 4400"),
		"subscribe with a null payload closes 4400":    after(`> {"id":"1","type":"subscribe","payload":null}`, "x 4400"),
		"subscribe with a list as payload closes 4400": after(`> {"id":"1","type":"subscribe","payload":[]}`, "x 4400"),
		"subscribe without query closes 4400":          after(payload(`{}`), "x 4400"),
		"a hash in place of the query is not found":    after(payload(`{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"ab"}}}`), refusedAs("PERSISTED_QUERY_NOT_FOUND"), "="),
		"an empty query beside a hash is not found":    after(payload(`{"query":"","extensions":{"persistedQuery":{"version":1,"sha256Hash":"ab"}}}`), refusedAs("PERSISTED_QUERY_NOT_FOUND"), "="),
		"a hash that is null closes 4400":              after(payload(`{"extensions":{"persistedQuery":null}}`), "x 4400"),
		"over-nested variables end the operation":      after(payload(`{"query":"{ echo }","variables":{"a":`+nested(150)+`}}`), refusedAs("BAD_USER_INPUT"), "="),
		"so do those beyond encoding/json":             after(payload(`{"query":"{ echo }","variables":{"a":`+nested(20_000)+`}}`), refusedAs("BAD_USER_INPUT"), "="),
		"and those in extensions":                      after(payload(`{"query":"{ echo }","extensions":{"a":`+nested(20_000)+`}}`), refusedAs("BAD_USER_INPUT"), "="),
		"nesting that is no JSON closes 4400":          after(payload(`{"query":"{ echo }","variables":{"a":`+strings.Repeat("[", 20_000)+`}}`), "x 4400"),
		"a query that is null closes 4400":             after(payload(`{"query":null}`), "x 4400"),
		"a query that is no string closes 4400":        after(payload(`{"query":{}}`), "x 4400"),
		"an operationName that is a number too":        after(payload(`{"query":"{ echo }","operationName":1}`), "x 4400"),
		"variables that are a list close 4400":         after(payload(`{"query":"{ echo }","variables":[]}`), "x 4400"),
		"variables that are a string close 4400":       after(payload(`{"query":"{ echo }","variables":"{}"}`), "x 4400"),
		"extensions that are a list close 4400":        after(payload(`{"query":"{ echo }","extensions":[]}`), "x 4400"),
		"null for what is optional is accepted": after(payload(`{"query":"{ echo }","operationName":null,"variables":null,"extensions":null}`),
			`< {"id":"1","type":"next"}`, `< {"id":"1","type":"complete"}`),

		// Ping and pong.
		"ping is answered by pong":        after(`> {"type":"ping"}`, `< {"type":"pong"}`),
		"pong returns the ping's payload": after(`> {"type":"ping","payload":{"n":[1,"}"]}}`, `< {"type":"pong","payload":{"n":[1,"}"]}}`),
		"ping with null is answered":      after(`> {"type":"ping","payload":null}`, `< {"type":"pong"}`),
		"ping with a list closes 4400":    after(`> {"type":"ping","payload":[1]}`, "x 4400"),
		"an unsolicited pong is fine":     after(`> {"type":"pong","payload":{}}`, "="),
		"pong with a string closes 4400":  after(`> {"type":"pong","payload":"x"}`, "x 4400"),

		// Operations.
		"a query answers next and complete": after(payload(`{"query":"{ echo(text: \"hi\") }"}`),
			`< {"id":"1","type":"next","payload":{"data":{"echo":"hi"},"errors":null}}`, `< {"id":"1","type":"complete","payload":null}`, "="),
		"variables and operationName are used": after(payload(`{"query":"query A { fails } query B($t: String) { echo(text: $t) }","operationName":"B","variables":{"t":"안녕"}}`),
			`< {"id":"1","type":"next","payload":{"data":{"echo":"안녕"}}}`, `< {"id":"1","type":"complete"}`),
		"a mutation answers next and complete": after(subscribe("1", "mutation { ran }"),
			`< {"id":"1","type":"next","payload":{"data":{"ran":true}}}`, `< {"id":"1","type":"complete"}`),
		"a subscription answers each event, then complete": after(subscribe("1", "subscription { count(to: 3) }"),
			`< {"id":"1","type":"next","payload":{"data":{"count":1}}}`, `< {"id":"1","type":"next","payload":{"data":{"count":2}}}`,
			`< {"id":"1","type":"next","payload":{"data":{"count":3}}}`, `< {"id":"1","type":"complete"}`, "="),
		"a subscription without events completes": after(subscribe("1", "subscription { count(to: 0) }"), `< {"id":"1","type":"complete"}`, "="),
		"an id is free again after complete": after(subscribe("1", "{ echo }"), `< {"id":"1","type":"next"}`, `< {"id":"1","type":"complete"}`,
			subscribe("1", "{ echo }"), `< {"id":"1","type":"next"}`, `< {"id":"1","type":"complete"}`),
		"an id is free again after error": after(subscribe("1", "{ no }"), `< {"id":"1","type":"error"}`,
			subscribe("1", "{ echo }"), `< {"id":"1","type":"next"}`, `< {"id":"1","type":"complete"}`),
		"an id is free again after the client's complete": after(subscribe("1", "subscription { silent }"), `> {"id":"1","type":"complete"}`,
			subscribe("1", "subscription { silent }"), `> {"id":"1","type":"complete"}`, "="),
		"an active id closes 4409": after(subscribe("1", "subscription { silent }"), subscribe("1", "{ echo }"),
			"x 4409 Subscriber for 1 already exists"),
		"an active id closes 4409 whatever the operation": after(subscribe("1", "{ waits }"), subscribe("1", "{ no }"),
			"x 4409 Subscriber for 1 already exists"),
		"a long id is cut in the reason": after(subscribe(strings.Repeat("글", 60), "subscription { silent }"), subscribe(strings.Repeat("글", 60), "{ echo }"),
			"x 4409 Subscriber for "+strings.Repeat("글", 31)+" already exists"),

		// Errors.
		"a syntax error is an error without complete": after(subscribe("1", "{"),
			`< {"id":"1","type":"error","payload":[{"extensions":{"code":"GRAPHQL_PARSE_FAILED"}}]}`, "="),
		"an invalid document is an error without complete": after(subscribe("1", "{ no }"),
			`< {"id":"1","type":"error","payload":[{"extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}}]}`, "="),
		"an empty query is an error": after(subscribe("1", ""), `< {"id":"1","type":"error","payload":[{"extensions":{"code":"BAD_USER_INPUT"}}]}`, "="),
		"half a surrogate pair is an error": after(payload(`{"query":"{ echo(text: \"\\ud800\") }"}`),
			`< {"id":"1","type":"error","payload":[{"extensions":{"code":"BAD_USER_INPUT"}}]}`, "="),
		"an unknown operationName is an error": after(payload(`{"query":"query A { echo }","operationName":"B"}`), `< {"id":"1","type":"error"}`, "="),
		"a query refused whole is an error": after(subscribe("1", "{ denied }"),
			`< {"id":"1","type":"error","payload":[{"message":"Not yours.","extensions":{"code":"FORBIDDEN"}}]}`, "="),
		"a subscription refused is an error": after(subscribe("1", "subscription { denied }"),
			`< {"id":"1","type":"error","payload":[{"extensions":{"code":"FORBIDDEN"}}]}`, "="),
		"an error beside data travels in next": after(subscribe("1", "{ fails }"),
			`< {"id":"1","type":"next","payload":{"data":{"fails":null},"errors":[{"extensions":{"code":"NOT_FOUND"}}]}}`, `< {"id":"1","type":"complete"}`, "="),
		"an error beside an event too": after(subscribe("1", "subscription { partial }"),
			`< {"id":"1","type":"next","payload":{"data":{"partial":null},"errors":[{"extensions":{"code":"NOT_FOUND"}}]}}`, `< {"id":"1","type":"complete"}`, "="),
		"an error after an event ends the subscription": after(subscribe("1", "subscription { revoked }"), `< {"id":"1","type":"next"}`,
			`< {"id":"1","type":"error","payload":[{"extensions":{"code":"FORBIDDEN"}}]}`, "="),
		"a panic ends its operation alone, and its cause is not sent": after(subscribe("1", "subscription { panics }"), `< {"id":"1","type":"next"}`,
			`< {"id":"1","type":"error","payload":[{"message":"Something went wrong on our side.","extensions":{"code":"INTERNAL"}}]}`,
			subscribe("2", "{ echo }"), `< {"id":"2","type":"next"}`, `< {"id":"2","type":"complete"}`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, &ws.Transport{})
			w.dial(t).play(script)
		})
	}
}

// after begins a script with an acknowledged connection.
func after(script ...string) []string {
	return append([]string{"> " + hello, "< " + ack}, script...)
}

// subscribe is the line that asks for a query without double quotes.
func subscribe(id, query string) string {
	return `> {"id":"` + id + `","type":"subscribe","payload":{"query":"` + query + `"}}`
}

// payload is the line that asks for an operation 1.
func payload(text string) string { return `> {"id":"1","type":"subscribe","payload":` + text + `}` }

// nested is a list in a list, so many deep.
func nested(depth int) string { return strings.Repeat("[", depth) + strings.Repeat("]", depth) }

// refusedAs is the error message of operation 1 with a code.
func refusedAs(code string) string {
	return `< {"id":"1","type":"error","payload":[{"extensions":{"code":"` + code + `"}}]}`
}
