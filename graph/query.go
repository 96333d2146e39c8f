package graph

import (
	"context"
	"time"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
)

// maxNodes is the most ids `nodes` takes.
const maxNodes = 50

// Viewer is the user who makes the request; nil when there is none.
func (r *queryResolver) Viewer(ctx context.Context) (*ent.User, error) {
	if _, ok := auth.From(ctx); !ok {
		return nil, nil
	}
	return loadViewer(ctx)
}

// Node is any object of the viewer.
func (r *queryResolver) Node(ctx context.Context, id string) (Node, error) {
	return r.node(ctx, id)
}

// Nodes are several objects of the viewer, in the order asked.
func (r *queryResolver) Nodes(ctx context.Context, list []string) ([]Node, error) {
	if len(list) > maxNodes {
		return nil, errs.New(errs.BadUserInput, "`ids` takes at most %d ids.", maxNodes)
	}
	out := make([]Node, len(list))
	for i, id := range list {
		n, err := r.node(ctx, id)
		if err != nil {
			return nil, err
		}
		out[i] = n
	}
	return out, nil
}

// node returns nil for unknown, malformed and foreign ids alike, so that ids cannot be probed.
//
//nolint:gocyclo // One case for each kind of object.
func (r *Resolver) node(ctx context.Context, id string) (Node, error) {
	p, ok := auth.From(ctx)
	if !ok || p.Grant != nil && isPrivate(id) {
		return nil, nil
	}
	switch oid.Prefix(id) {
	case oid.User{}.Prefix():
		if id != p.User.String() {
			return nil, nil
		}
		return some(loadViewer(ctx))
	case oid.Session{}.Prefix():
		return r.sessionNode(ctx, p, id)
	case oid.Folder{}.Prefix():
		return loadNode(ctx, id, loadFolder)
	case oid.Chat{}.Prefix():
		return loadNode(ctx, id, loadChat)
	case oid.Message{}.Prefix():
		return loadNode(ctx, id, loadMessage)
	case oid.Prompt{}.Prefix():
		return loadNode(ctx, id, loadPrompt)
	case oid.Job{}.Prefix():
		return loadNode(ctx, id, loadJob)
	case oid.Artifact{}.Prefix():
		return loadNode(ctx, id, loadArtifact)
	case oid.File{}.Prefix():
		return loadNode(ctx, id, loadFile)
	case oid.Plan{}.Prefix():
		return loadNode(ctx, id, loadPlan)
	case oid.PlanStep{}.Prefix():
		return loadNode(ctx, id, loadPlanStep)
	case oid.APIKey{}.Prefix():
		return loadNode(ctx, id, loadAPIKey)
	case oid.Payment{}.Prefix():
		return loadNode(ctx, id, loadPayment)
	case oid.Share{}.Prefix():
		return loadNode(ctx, id, loadShareLink)
	default:
		return nil, nil
	}
}

// isPrivate reports whether an id is of a kind that API keys cannot read.
func isPrivate(id string) bool {
	prefix := oid.Prefix(id)
	return prefix == oid.Session{}.Prefix() || prefix == oid.APIKey{}.Prefix() || prefix == oid.Payment{}.Prefix()
}

func (r *Resolver) sessionNode(ctx context.Context, p auth.Principal, id string) (Node, error) {
	sessions, err := r.s.Accounts.Sessions(ctx, p.User)
	if err != nil {
		return nil, err
	}
	for _, s := range sessions {
		if s.ID.String() == id {
			return s, nil
		}
	}
	return nil, nil
}

// loadNode reads an object by the id the API shows.
func loadNode[K oid.Kind, V any, P interface {
	*V
	Node
}](ctx context.Context, id string, load func(context.Context, K) (P, error)) (Node, error) {
	key, err := oid.Parse[K](id)
	if err != nil {
		return nil, nil //nolint:nilerr // Malformed ids answer as unknown ones do.
	}
	return some(load(ctx, key))
}

// some returns a nil Node for a nil pointer, which would otherwise be a Node that is not nil.
func some[V any, P interface {
	*V
	Node
}](v P, err error) (Node, error) {
	if err != nil || v == nil {
		return nil, err
	}
	return v, nil
}

// ServerInfo is what this server is.
func (r *queryResolver) ServerInfo(context.Context) (*ServerInfo, error) {
	return &ServerInfo{
		Version:       r.info.Version,
		Time:          time.Now().UTC(),
		SignInMethods: r.info.SignInMethods,
		IsBillingOn:   r.s.Memberships.Billing(),
		QuotaTimeZone: r.info.QuotaTimeZone,
		Limits:        &r.info.Limits,
	}, nil
}
