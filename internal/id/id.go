// Package id defines the identifiers of WEAV's objects.
//
// Every id is a UUIDv7: the database stores it as a uuid, so rows sort by the
// time they were made, and the API shows it as a TypeID (chat_01j…), so a
// reader can tell what it names and a client cannot pass one kind for another.
package id

import (
	"database/sql/driver"
	"fmt"
	"io"
	"strconv"

	"github.com/google/uuid"
	"go.jetify.com/typeid"
)

// Raw is the part all ids share: 16 bytes that database drivers can store.
type Raw struct{ uuid.UUID }

// Value implements driver.Valuer. The zero id is stored as NULL.
func (r Raw) Value() (driver.Value, error) {
	if r.IsZero() {
		return nil, nil
	}
	return r.UUID.String(), nil
}

// Scan implements sql.Scanner.
func (r *Raw) Scan(src any) error {
	if src == nil {
		r.UUID = uuid.Nil
		return nil
	}
	return r.UUID.Scan(src)
}

// IsZero reports whether the id names nothing.
func (r Raw) IsZero() bool { return r.UUID == uuid.Nil }

// Kinds of objects. The prefix of each is part of the public contract.
type (
	// User names a person (user_…).
	User struct{ Raw }
	// Session names one signed-in device, the family of its refresh tokens (sess_…).
	Session struct{ Raw }
	// Folder names a folder (folder_…).
	Folder struct{ Raw }
	// Chat names a chat (chat_…).
	Chat struct{ Raw }
	// Message names one turn in a chat's tree (msg_…).
	Message struct{ Raw }
	// Prompt names an entry of the prompt library (prompt_…).
	Prompt struct{ Raw }
	// Run names one attempt at a piece of work (run_…).
	Run struct{ Raw }
)

// Kind is the set of typed ids.
type Kind interface {
	User | Session | Folder | Chat | Message | Prompt | Run
	Prefix() string
}

// Prefix returns the TypeID prefix of users.
func (User) Prefix() string { return "user" }

// Prefix returns the TypeID prefix of sessions.
func (Session) Prefix() string { return "sess" }

// Prefix returns the TypeID prefix of folders.
func (Folder) Prefix() string { return "folder" }

// Prefix returns the TypeID prefix of chats.
func (Chat) Prefix() string { return "chat" }

// Prefix returns the TypeID prefix of messages.
func (Message) Prefix() string { return "msg" }

// Prefix returns the TypeID prefix of library prompts.
func (Prompt) Prefix() string { return "prompt" }

// Prefix returns the TypeID prefix of runs.
func (Run) Prefix() string { return "run" }

func (i User) String() string    { return i.text(i.Prefix()) }
func (i Session) String() string { return i.text(i.Prefix()) }
func (i Folder) String() string  { return i.text(i.Prefix()) }
func (i Chat) String() string    { return i.text(i.Prefix()) }
func (i Message) String() string { return i.text(i.Prefix()) }
func (i Prompt) String() string  { return i.text(i.Prefix()) }
func (i Run) String() string     { return i.text(i.Prefix()) }

// MarshalGQL writes the id as a GraphQL ID.
func (i User) MarshalGQL(w io.Writer) { writeQuoted(w, i.String()) }

// MarshalGQL writes the id as a GraphQL ID.
func (i Session) MarshalGQL(w io.Writer) { writeQuoted(w, i.String()) }

// MarshalGQL writes the id as a GraphQL ID.
func (i Folder) MarshalGQL(w io.Writer) { writeQuoted(w, i.String()) }

// MarshalGQL writes the id as a GraphQL ID.
func (i Chat) MarshalGQL(w io.Writer) { writeQuoted(w, i.String()) }

// MarshalGQL writes the id as a GraphQL ID.
func (i Message) MarshalGQL(w io.Writer) { writeQuoted(w, i.String()) }

// MarshalGQL writes the id as a GraphQL ID.
func (i Prompt) MarshalGQL(w io.Writer) { writeQuoted(w, i.String()) }

// MarshalGQL writes the id as a GraphQL ID.
func (i Run) MarshalGQL(w io.Writer) { writeQuoted(w, i.String()) }

// New returns a fresh id. Ids made later in one process sort after earlier ones.
func New[K Kind]() K {
	return K(struct{ Raw }{Raw{uuid.Must(uuid.NewV7())}})
}

// Parse reads an id as the API shows it. Whatever is not the id of a K,
// malformed or of another kind, is an error; callers answer NOT_FOUND for all.
func Parse[K Kind](s string) (K, error) {
	var zero K
	tid, err := typeid.FromString(s)
	if err != nil {
		return zero, fmt.Errorf("id: malformed %s id: %w", zero.Prefix(), err)
	}
	if tid.Prefix() != zero.Prefix() {
		return zero, fmt.Errorf("id: want prefix %s", zero.Prefix())
	}
	u, err := uuid.FromBytes(tid.UUIDBytes())
	if err != nil {
		return zero, fmt.Errorf("id: malformed %s id: %w", zero.Prefix(), err)
	}
	return K(struct{ Raw }{Raw{u}}), nil
}

// Prefix returns the kind a TypeID claims to name, or "" when it has none.
func Prefix(s string) string {
	tid, err := typeid.FromString(s)
	if err != nil {
		return ""
	}
	return tid.Prefix()
}

func (r Raw) text(prefix string) string {
	tid, err := typeid.FromUUIDWithPrefix(prefix, r.UUID.String())
	if err != nil {
		return "" // The prefix is a constant of this package and the uuid is 16 bytes: no input reaches this.
	}
	return tid.String()
}

func writeQuoted(w io.Writer, s string) {
	// A failed write shows again when the response is sent.
	_, _ = io.WriteString(w, strconv.Quote(s))
}
