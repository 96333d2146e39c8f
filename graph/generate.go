// Package graph is the first door: GraphQL over the domain. Its resolvers translate, and decide nothing.
package graph

//go:generate go tool gqlgen generate
//go:generate go run ./strictenum generated.go
