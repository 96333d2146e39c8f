package gqlhttp

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/weav-ai/weav/internal/errs"
)

// persistedQuery is the extension in which a client sends the hash of a document in place of its text.
const persistedQuery = "persistedQuery"

// PersistedQueries answers a request that has the hash of a document alone with PERSISTED_QUERY_NOT_FOUND, upon which clients send the
// text: no documents are kept by their hash. It is a gqlgen extension, so it holds over every transport.
type PersistedQueries struct{}

var _ interface {
	graphql.HandlerExtension
	graphql.OperationParameterMutator
} = PersistedQueries{}

// ExtensionName implements graphql.HandlerExtension.
func (PersistedQueries) ExtensionName() string { return "PersistedQueries" }

// Validate implements graphql.HandlerExtension.
func (PersistedQueries) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationParameters implements graphql.OperationParameterMutator.
func (PersistedQueries) MutateOperationParameters(_ context.Context, params *graphql.RawParams) *gqlerror.Error {
	if params.Query != "" || params.Extensions[persistedQuery] == nil {
		return nil
	}
	// Clients of Apollo and urql compare this message: it must stay as it is.
	return gqlerror.Wrap(errs.NewText(errs.PersistedQueryNotFound, errs.Verbatim("PersistedQueryNotFound")))
}
