package oid

import (
	"errors"
	"io"
	"strconv"
)

// The kinds of objects. The prefix of each is part of the public contract. The generator of
// the GraphQL server looks for the methods on each type, so they cannot be promoted from Raw.
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

// Prefix is "user".
func (User) Prefix() string { return "user" }

// String is the id as the API shows it.
func (i User) String() string { return i.text(i.Prefix()) }

// MarshalGQL writes the id as a GraphQL ID.
func (i User) MarshalGQL(w io.Writer) { write(w, i.String()) }

// UnmarshalGQL refuses, see errInput.
func (*User) UnmarshalGQL(any) error { return errInput }

// Prefix is "sess".
func (Session) Prefix() string { return "sess" }

// String is the id as the API shows it.
func (i Session) String() string { return i.text(i.Prefix()) }

// MarshalGQL writes the id as a GraphQL ID.
func (i Session) MarshalGQL(w io.Writer) { write(w, i.String()) }

// UnmarshalGQL refuses, see errInput.
func (*Session) UnmarshalGQL(any) error { return errInput }

// Prefix is "folder".
func (Folder) Prefix() string { return "folder" }

// String is the id as the API shows it.
func (i Folder) String() string { return i.text(i.Prefix()) }

// MarshalGQL writes the id as a GraphQL ID.
func (i Folder) MarshalGQL(w io.Writer) { write(w, i.String()) }

// UnmarshalGQL refuses, see errInput.
func (*Folder) UnmarshalGQL(any) error { return errInput }

// Prefix is "chat".
func (Chat) Prefix() string { return "chat" }

// String is the id as the API shows it.
func (i Chat) String() string { return i.text(i.Prefix()) }

// MarshalGQL writes the id as a GraphQL ID.
func (i Chat) MarshalGQL(w io.Writer) { write(w, i.String()) }

// UnmarshalGQL refuses, see errInput.
func (*Chat) UnmarshalGQL(any) error { return errInput }

// Prefix is "msg".
func (Message) Prefix() string { return "msg" }

// String is the id as the API shows it.
func (i Message) String() string { return i.text(i.Prefix()) }

// MarshalGQL writes the id as a GraphQL ID.
func (i Message) MarshalGQL(w io.Writer) { write(w, i.String()) }

// UnmarshalGQL refuses, see errInput.
func (*Message) UnmarshalGQL(any) error { return errInput }

// Prefix is "prompt".
func (Prompt) Prefix() string { return "prompt" }

// String is the id as the API shows it.
func (i Prompt) String() string { return i.text(i.Prefix()) }

// MarshalGQL writes the id as a GraphQL ID.
func (i Prompt) MarshalGQL(w io.Writer) { write(w, i.String()) }

// UnmarshalGQL refuses, see errInput.
func (*Prompt) UnmarshalGQL(any) error { return errInput }

// Prefix is "run".
func (Run) Prefix() string { return "run" }

// String is the id as the API shows it.
func (i Run) String() string { return i.text(i.Prefix()) }

// MarshalGQL writes the id as a GraphQL ID.
func (i Run) MarshalGQL(w io.Writer) { write(w, i.String()) }

// UnmarshalGQL refuses, see errInput.
func (*Run) UnmarshalGQL(any) error { return errInput }

// errInput refuses typed ids as input: ids of the API are read with Parse, whose failure is NOT_FOUND.
var errInput = errors.New("oid: ids are read with Parse")

func write(w io.Writer, s string) {
	// A failed write shows again when the response is sent.
	_, _ = io.WriteString(w, strconv.Quote(s))
}
