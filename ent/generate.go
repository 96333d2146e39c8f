// Package ent holds the records: schema/ is written by hand, the rest is generated.
package ent

//go:generate go tool ent generate --feature sql/modifier,sql/execquery,sql/upsert,sql/lock ./schema
