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

// The connections of the schema, and their edges.
type (
	// PromptConnection is a page of them.
	PromptConnection = Connection[*ent.Prompt]
	// PromptEdge is an entry of the page.
	PromptEdge = Edge[*ent.Prompt]
	// FolderConnection is a page of them.
	FolderConnection = Connection[*ent.Folder]
	// FolderEdge is an entry of the page.
	FolderEdge = Edge[*ent.Folder]
	// ChatConnection is a page of them.
	ChatConnection = Connection[*ent.Chat]
	// ChatEdge is an entry of the page.
	ChatEdge = Edge[*ent.Chat]
	// MessageConnection is a page of them.
	MessageConnection = Connection[*ent.Message]
	// MessageEdge is an entry of the page.
	MessageEdge = Edge[*ent.Message]
	// JobConnection is a page of them.
	JobConnection = Connection[*ent.Job]
	// JobEdge is an entry of the page.
	JobEdge = Edge[*ent.Job]
	// ArtifactConnection is a page of them.
	ArtifactConnection = Connection[*ent.Artifact]
	// ArtifactEdge is an entry of the page.
	ArtifactEdge = Edge[*ent.Artifact]
	// FileConnection is a page of them.
	FileConnection = Connection[*ent.File]
	// FileEdge is an entry of the page.
	FileEdge = Edge[*ent.File]
	// PlanConnection is a page of them.
	PlanConnection = Connection[*ent.Plan]
	// PlanEdge is an entry of the page.
	PlanEdge = Edge[*ent.Plan]
	// PaymentConnection is a page of them.
	PaymentConnection = Connection[*ent.Payment]
	// PaymentEdge is an entry of the page.
	PaymentEdge = Edge[*ent.Payment]
	// AccountConnection is a page of them.
	AccountConnection = Connection[*ent.User]
	// AccountEdge is an entry of the page.
	AccountEdge = Edge[*ent.User]
	// AccountPaymentConnection is a page of them.
	AccountPaymentConnection = Connection[*AccountPayment]
	// AccountPaymentEdge is an entry of the page.
	AccountPaymentEdge = Edge[*AccountPayment]
	// AccountJobConnection is a page of them.
	AccountJobConnection = Connection[*ent.Job]
	// AccountJobEdge is an entry of the page.
	AccountJobEdge = Edge[*ent.Job]
	// AuditEntryConnection is a page of them.
	AuditEntryConnection = Connection[*ent.AuditEntry]
	// AuditEntryEdge is an entry of the page.
	AuditEntryEdge = Edge[*ent.AuditEntry]
	// SearchHitConnection is a page of them.
	SearchHitConnection = Connection[*chat.SearchHit]
	// SearchHitEdge is an entry of the page.
	SearchHitEdge = Edge[*chat.SearchHit]
)

// connect makes a connection of a page; cursor tells an entry's place.
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
