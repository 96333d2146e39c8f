package ai

import (
	"context"
	"time"
)

// ModelLister lists the models of a provider. Not every provider can.
type ModelLister interface {
	// ListModels returns all models of the account. It is free; a failure is an *Error.
	ListModels(ctx context.Context) ([]ListedModel, error)
}

// ListedModel is a model as its provider lists it.
type ListedModel struct {
	// ID is the provider's own name, as TextRequest.Model takes it.
	ID string
	// ShutdownAt is when the provider ends it; zero when it does not say.
	ShutdownAt time.Time
}
