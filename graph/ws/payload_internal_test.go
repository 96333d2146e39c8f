package ws

import (
	"bytes"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

func TestNextMessage(t *testing.T) {
	t.Parallel()
	list := gqlerror.List{{Message: "no"}}
	facts := map[string]any{"cost": 1}
	for name, tc := range map[string]struct {
		resp *graphql.Response
		want string
	}{
		"data":            {&graphql.Response{Data: []byte(`{"a":1}`)}, `{"data":{"a":1}}`},
		"nothing":         {&graphql.Response{}, `{"data":null}`},
		"data and errors": {&graphql.Response{Data: []byte(`null`), Errors: list}, `{"errors":[{"message":"no"}],"data":null}`},
		"data and extensions": {&graphql.Response{Data: []byte(`{}`), Extensions: facts},
			`{"data":{},"extensions":{"cost":1}}`},
		"all": {&graphql.Response{Data: []byte(`{}`), Errors: list, Extensions: facts},
			`{"errors":[{"message":"no"}],"data":{},"extensions":{"cost":1}}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			parts, err := nextMessage(leadOf("1"), tc.resp)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := string(bytes.Join(parts[:], nil)), `{"id":"1","type":"next","payload":`+tc.want+`}`; got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

func TestMessagesThatDoNotMarshal(t *testing.T) {
	t.Parallel()
	bad := map[string]any{"bad": make(chan int)}
	for name, resp := range map[string]*graphql.Response{
		"in an error": {Errors: gqlerror.List{{Extensions: bad}}},
		"beside data": {Extensions: bad},
	} {
		if _, err := nextMessage(nil, resp); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	text := string(bytes.Join(errorMessage(leadOf("1"), gqlerror.List{{Extensions: bad}}), nil))
	if want := `{"id":"1","type":"error","payload":[{"message":"Something went wrong on our side.","extensions":{"code":"INTERNAL"}}]}`; text != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
}
