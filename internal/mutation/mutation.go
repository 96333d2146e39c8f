// Package mutation carries the name of the API's mutation that a call serves. The scope of an idempotency key is a user and
// this name. The door that resolves the field sets it, so that it cannot differ from the schema's.
package mutation

import "context"

type key struct{}

// In returns a context for the work of the mutation: the field's name in the schema, not an alias of a request.
func In(ctx context.Context, name string) context.Context {
	return context.WithValue(ctx, key{}, name)
}

// Of is the mutation that the call serves; "" outside of mutations.
func Of(ctx context.Context) string {
	name, _ := ctx.Value(key{}).(string)
	return name
}
