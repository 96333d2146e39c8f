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
// the request's, to one other (see standIn). The calls that ai.Retrying repeats are within each of the two.
func (w *writer) answer(ctx, work context.Context) (*ai.TextResult, error) {
	model, ok := w.s.catalog.Get(*w.msg.RequestedModel)
	var final *ai.TextResult
	var err error = &ai.Error{Kind: ai.ModelGone, Provider: "catalog"}
	if ok {
		final, err = w.ask(ctx, work, model)
	}
	if err == nil || !w.goesOn(ctx) || !mayFallBack(err) {
		return final, err
	}
	next, found, lookErr := w.standIn(work, model)
	if lookErr != nil || !found {
		return nil, errors.Join(err, lookErr)
	}
	w.s.log.WarnContext(work, "a reply is put to another model", "run", w.topic,
		"model", *w.msg.RequestedModel, "fallback", next.ID, "kind", string(ai.KindOf(err)), "error", err)
	w.s.meter.ReplyFellBack(*w.msg.RequestedModel, next.ID)
	return w.ask(ctx, work, next)
}

func mayFallBack(err error) bool {
	var failed *ai.Error
	return errors.As(err, &failed) && failed.MayFallBack()
}

// goesOn says whether another call may be made: nothing was shown, and nobody has asked for the end meanwhile.
func (w *writer) goesOn(ctx context.Context) bool {
	if w.started {
		return false
	}
	select {
	case <-w.stop:
		w.stopped = true
	default:
	}
	w.leaving = w.leaving || ctx.Err() != nil
	return !w.stopped && !w.leaving
}

// standIn is the model to ask when first has failed: the one that the request names, else the catalogue's. One
// that is retired or not configured, or that cannot take the message, is none. A stand-in has no stand-in
// of its own, so there is no circle.
func (w *writer) standIn(ctx context.Context, first catalog.Model) (catalog.Model, bool, error) {
	id := first.Fallback
	if w.msg.FallbackModel != nil {
		id = *w.msg.FallbackModel
	}
	m, err := w.s.catalog.Usable(catalog.Text, id)
	if err != nil || m.ID == *w.msg.RequestedModel {
		return catalog.Model{}, false, nil //nolint:nilerr // A model that cannot be used is no stand-in.
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
	return m, burdenOf(asked.Text, carried[asked.ID]).fits(m), nil
}

// ask has one model write the reply. A conversation that the model finds too long all the same is put once more in
// half the room, where that leaves something out: the count of tokens is an estimate, and the refusal cost nothing.
func (w *writer) ask(ctx, work context.Context, model catalog.Model) (*ai.TextResult, error) {
	router, err := w.s.router.For(work, w.msg.UserID, model.Provider, w.msg.IsOwnKey)
	if err != nil {
		return nil, err
	}
	streamer, err := router.Text(model.Provider)
	if err != nil {
		return nil, err
	}
	whole, err := w.read(work, model, 1)
	if err != nil {
		return nil, err
	}
	final, err := w.call(ctx, work, streamer, model, whole)
	if ai.KindOf(err) != ai.ContextLength || !w.goesOn(ctx) {
		return final, err
	}
	half, readErr := w.read(work, model, 2)
	if readErr != nil || half.omitted <= whole.omitted {
		return nil, errors.Join(err, readErr)
	}
	w.s.log.InfoContext(work, "a conversation was too long for its model and is shortened", "run", w.topic, "model", model.ID)
	return w.call(ctx, work, streamer, model, half)
}
