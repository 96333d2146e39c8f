// Package graph serves GraphQL over the domain. Its resolvers translate and decide nothing.
//
// The files stand in three layers, and none uses one above it (graph/structure checks that): the ground has what many
// subjects share (loader.go, mutate.go, input.go, output.go …), then comes one file per subject with its resolvers, and
// handler.go puts all together.
package graph

//go:generate go tool gqlgen generate
//go:generate go run ./strictenum generated.go
