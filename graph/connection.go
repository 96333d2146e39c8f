package graph

import (
	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/internal/chat"
	"github.com/weav-ai/weav/internal/page"
)

// Connection is a page of a list by the Relay specification.
type Connection[T any] struct {
	Edges    []*Edge[T]
	Nodes    []T
	PageInfo *PageInfo
}

// Edge is an entry of a Connection and its place.
type Edge[T any] struct {
	Cursor string
	Node   T
}

// The connections of the schema and their edges. gqlgen binds a type of the schema to a Go type of the same name.
type (
	PromptConnection         = Connection[*ent.Prompt]
	PromptEdge               = Edge[*ent.Prompt]
	FolderConnection         = Connection[*ent.Folder]
	FolderEdge               = Edge[*ent.Folder]
	ChatConnection           = Connection[*ent.Chat]
	ChatEdge                 = Edge[*ent.Chat]
	MessageConnection        = Connection[*ent.Message]
	MessageEdge              = Edge[*ent.Message]
	JobConnection            = Connection[*ent.Job]
	JobEdge                  = Edge[*ent.Job]
	ArtifactConnection       = Connection[*ent.Artifact]
	ArtifactEdge             = Edge[*ent.Artifact]
	FileConnection           = Connection[*ent.File]
	FileEdge                 = Edge[*ent.File]
	PlanConnection           = Connection[*ent.Plan]
	PlanEdge                 = Edge[*ent.Plan]
	PaymentConnection        = Connection[*ent.Payment]
	PaymentEdge              = Edge[*ent.Payment]
	AccountConnection        = Connection[*ent.User]
	AccountEdge              = Edge[*ent.User]
	AccountPaymentConnection = Connection[*AccountPayment]
	AccountPaymentEdge       = Edge[*AccountPayment]
	AccountJobConnection     = Connection[*ent.Job]
	AccountJobEdge           = Edge[*ent.Job]
	AuditEntryConnection     = Connection[*ent.AuditEntry]
	AuditEntryEdge           = Edge[*ent.AuditEntry]
	SearchHitConnection      = Connection[*chat.SearchHit]
	SearchHitEdge            = Edge[*chat.SearchHit]
)

// connect makes a connection of a page; cursor returns the place of an entry.
func connect[T any](r *page.Result[T], cursor func(T) string) *Connection[T] {
	c := &Connection[T]{
		Edges:    make([]*Edge[T], len(r.Items)),
		Nodes:    append(make([]T, 0, len(r.Items)), r.Items...),
		PageInfo: &PageInfo{HasNextPage: r.HasNext, HasPreviousPage: r.HasPrevious},
	}
	for i, item := range r.Items {
		c.Edges[i] = &Edge[T]{Cursor: cursor(item), Node: item}
	}
	if n := len(c.Edges); n > 0 {
		c.PageInfo.StartCursor, c.PageInfo.EndCursor = &c.Edges[0].Cursor, &c.Edges[n-1].Cursor
	}
	return c
}
