package chat

import (
	"context"
	"errors"
	"fmt"

	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/oid"
)

// answer puts the reply to the requested model and, when that fails before anything was shown and the fault is not
// the request's, to one other (see fallback). The calls that ai.Retrying repeats are within each of the two.
func (w *writer) answer(ctx context.Context) (*ai.TextResult, error) {
	model, ok := w.s.catalog.Get(*w.msg.RequestedModel)
	var final *ai.TextResult
	var err error = &ai.Error{Kind: ai.ModelGone, Provider: "catalog"}
	if ok {
		final, err = w.askModel(ctx, model)
	}
	if err == nil || !w.MayCallAgain() || !mayFallBack(err) {
		return final, err
	}
	next, found, readErr := w.fallback(ctx, model)
	if readErr != nil || !found {
		return nil, errors.Join(err, readErr)
	}
	w.s.log.WarnContext(ctx, "a reply is put to another model", "run", w.Run.String(),
		"model", *w.msg.RequestedModel, "fallback", next.ID, "kind", string(ai.KindOf(err)), "error", err)
	w.s.meter.ReplyFellBack(*w.msg.RequestedModel, next.ID)
	return w.askModel(ctx, next)
}

func mayFallBack(err error) bool {
	var failed *ai.Error
	return errors.As(err, &failed) && failed.MayFallBack()
}

// fallback is the model to ask when first has failed: the one that the request names, else the catalogue's. One
// that is retired or not configured, or that cannot take the message, is none. A fallback has no fallback
// of its own, so there is no circle.
func (w *writer) fallback(ctx context.Context, first catalog.Model) (catalog.Model, bool, error) {
	id := first.Fallback
	if w.msg.FallbackModel != nil {
		id = *w.msg.FallbackModel
	}
	m, err := w.s.catalog.Usable(catalog.Text, id)
	if err != nil || m.ID == *w.msg.RequestedModel {
		return catalog.Model{}, false, nil //nolint:nilerr // A model that cannot be used is no fallback.
	}
	if _, err := w.s.router.Text(m.Provider); err != nil {
		return catalog.Model{}, false, nil //nolint:nilerr // The same.
	}
	asked, err := w.s.store.Client().Message.Get(ctx, *w.msg.ParentID)
	if err != nil {
		return catalog.Model{}, false, fmt.Errorf("chat: fallback: %w", err)
	}
	carried, err := w.s.files.Attachments(ctx, []oid.Message{asked.ID})
	if err != nil {
		return catalog.Model{}, false, err
	}
	return m, measureMessage(asked.Text, carried[asked.ID]).fits(m), nil
}

// askModel has one model write the reply. A conversation that the model finds too long all the same is put once more in
// half the room, where that leaves something out: the count of tokens is an estimate, and the refusal cost nothing.
func (w *writer) askModel(ctx context.Context, model catalog.Model) (*ai.TextResult, error) {
	router, err := w.s.router.For(ctx, w.msg.UserID, model.Provider, w.msg.IsOwnKey)
	if err != nil {
		return nil, err
	}
	streamer, err := router.Text(model.Provider)
	if err != nil {
		return nil, err
	}
	whole, err := w.read(ctx, model, 1)
	if err != nil {
		return nil, err
	}
	final, err := w.call(ctx, streamer, model, whole)
	if ai.KindOf(err) != ai.ContextLength || !w.MayCallAgain() {
		return final, err
	}
	half, readErr := w.read(ctx, model, 2)
	if readErr != nil || half.omitted <= whole.omitted {
		return nil, errors.Join(err, readErr)
	}
	w.s.log.InfoContext(ctx, "a conversation was too long for its model and is shortened", "run", w.Run.String(), "model", model.ID)
	return w.call(ctx, streamer, model, half)
}
