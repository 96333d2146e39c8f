package oid

import (
	"database/sql/driver"
	"errors"
	"io"
	"strconv"

	"github.com/google/uuid"
)

// The kinds of objects. The prefix of each is part of the public contract. They are arrays with
// methods of their own, not structs around a common one: ent scans lists of ids only into types
// that are no structs, and gqlgen does not see promoted methods.
type (
	// User names a person (user_…).
	User [16]byte
	// Session names one signed-in device, the family of its refresh tokens (sess_…).
	Session [16]byte
	// Folder names a folder (folder_…).
	Folder [16]byte
	// Chat names a chat (chat_…).
	Chat [16]byte
	// Message names one turn in a chat's tree (msg_…).
	Message [16]byte
	// Prompt names an entry of the prompt library (prompt_…).
	Prompt [16]byte
	// Run names one attempt at a piece of work (run_…).
	Run [16]byte
	// Job names a job (job_…).
	Job [16]byte
	// Artifact names a product of a job (art_…).
	Artifact [16]byte
	// File names an uploaded file (file_…).
	File [16]byte
	// Share names a link to one artifact (share_…).
	Share [16]byte
	// Plan names a plan (plan_…).
	Plan [16]byte
	// PlanStep names a step of a plan (step_…).
	PlanStep [16]byte
	// Payment names a payment (pay_…).
	Payment [16]byte
	// APIKey names a key of an integration (key_…).
	APIKey [16]byte
	// Audit names an entry of the audit log (audit_…).
	Audit [16]byte
	// Row names a row that nobody is shown (row_…).
	Row [16]byte
)

// Kind is the set of typed ids.
type Kind interface {
	User | Session | Folder | Chat | Message | Prompt | Run | Job | Artifact | File | Share | Plan | PlanStep | Payment | APIKey | Audit | Row
	Prefix() string
}

// errInput refuses typed ids as input: ids of the API are read with Parse, whose failure is NOT_FOUND.
var errInput = errors.New("oid: ids are read with Parse")

func write(w io.Writer, s string) {
	// A failed write shows again when the response is sent.
	_, _ = io.WriteString(w, strconv.Quote(s))
}

// Prefix is "user".
func (User) Prefix() string { return "user" }

// String is the id as the API shows it.
func (i User) String() string { return text(i.Prefix(), i.UUID()) }

// UUID is the id as the database and the queue hold it.
func (i User) UUID() uuid.UUID { return uuid.UUID(i) }

// IsZero reports whether the id names nothing.
func (i User) IsZero() bool { return i == User{} }

// Value implements driver.Valuer.
func (i User) Value() (driver.Value, error) { return value(i.UUID()) }

// Scan implements sql.Scanner.
func (i *User) Scan(src any) error { return scan((*uuid.UUID)(i), src) }

// MarshalText writes the id as a plain uuid, for JSON of our own.
func (i User) MarshalText() ([]byte, error) { return i.UUID().MarshalText() }

// UnmarshalText reads a plain uuid.
func (i *User) UnmarshalText(b []byte) error { return (*uuid.UUID)(i).UnmarshalText(b) }

// MarshalGQL writes the id as a GraphQL ID.
func (i User) MarshalGQL(w io.Writer) { write(w, i.String()) }

// UnmarshalGQL refuses, see errInput.
func (*User) UnmarshalGQL(any) error { return errInput }

// Prefix is "sess".
func (Session) Prefix() string { return "sess" }

// String is the id as the API shows it.
func (i Session) String() string { return text(i.Prefix(), i.UUID()) }

// UUID is the id as the database and the queue hold it.
func (i Session) UUID() uuid.UUID { return uuid.UUID(i) }

// IsZero reports whether the id names nothing.
func (i Session) IsZero() bool { return i == Session{} }

// Value implements driver.Valuer.
func (i Session) Value() (driver.Value, error) { return value(i.UUID()) }

// Scan implements sql.Scanner.
func (i *Session) Scan(src any) error { return scan((*uuid.UUID)(i), src) }

// MarshalText writes the id as a plain uuid, for JSON of our own.
func (i Session) MarshalText() ([]byte, error) { return i.UUID().MarshalText() }

// UnmarshalText reads a plain uuid.
func (i *Session) UnmarshalText(b []byte) error { return (*uuid.UUID)(i).UnmarshalText(b) }

// MarshalGQL writes the id as a GraphQL ID.
func (i Session) MarshalGQL(w io.Writer) { write(w, i.String()) }

// UnmarshalGQL refuses, see errInput.
func (*Session) UnmarshalGQL(any) error { return errInput }

// Prefix is "folder".
func (Folder) Prefix() string { return "folder" }

// String is the id as the API shows it.
func (i Folder) String() string { return text(i.Prefix(), i.UUID()) }

// UUID is the id as the database and the queue hold it.
func (i Folder) UUID() uuid.UUID { return uuid.UUID(i) }

// IsZero reports whether the id names nothing.
func (i Folder) IsZero() bool { return i == Folder{} }

// Value implements driver.Valuer.
func (i Folder) Value() (driver.Value, error) { return value(i.UUID()) }

// Scan implements sql.Scanner.
func (i *Folder) Scan(src any) error { return scan((*uuid.UUID)(i), src) }

// MarshalText writes the id as a plain uuid, for JSON of our own.
func (i Folder) MarshalText() ([]byte, error) { return i.UUID().MarshalText() }

// UnmarshalText reads a plain uuid.
func (i *Folder) UnmarshalText(b []byte) error { return (*uuid.UUID)(i).UnmarshalText(b) }

// MarshalGQL writes the id as a GraphQL ID.
func (i Folder) MarshalGQL(w io.Writer) { write(w, i.String()) }

// UnmarshalGQL refuses, see errInput.
func (*Folder) UnmarshalGQL(any) error { return errInput }

// Prefix is "chat".
func (Chat) Prefix() string { return "chat" }

// String is the id as the API shows it.
func (i Chat) String() string { return text(i.Prefix(), i.UUID()) }

// UUID is the id as the database and the queue hold it.
func (i Chat) UUID() uuid.UUID { return uuid.UUID(i) }

// IsZero reports whether the id names nothing.
func (i Chat) IsZero() bool { return i == Chat{} }

// Value implements driver.Valuer.
func (i Chat) Value() (driver.Value, error) { return value(i.UUID()) }

// Scan implements sql.Scanner.
func (i *Chat) Scan(src any) error { return scan((*uuid.UUID)(i), src) }

// MarshalText writes the id as a plain uuid, for JSON of our own.
func (i Chat) MarshalText() ([]byte, error) { return i.UUID().MarshalText() }

// UnmarshalText reads a plain uuid.
func (i *Chat) UnmarshalText(b []byte) error { return (*uuid.UUID)(i).UnmarshalText(b) }

// MarshalGQL writes the id as a GraphQL ID.
func (i Chat) MarshalGQL(w io.Writer) { write(w, i.String()) }

// UnmarshalGQL refuses, see errInput.
func (*Chat) UnmarshalGQL(any) error { return errInput }

// Prefix is "msg".
func (Message) Prefix() string { return "msg" }

// String is the id as the API shows it.
func (i Message) String() string { return text(i.Prefix(), i.UUID()) }

// UUID is the id as the database and the queue hold it.
func (i Message) UUID() uuid.UUID { return uuid.UUID(i) }

// IsZero reports whether the id names nothing.
func (i Message) IsZero() bool { return i == Message{} }

// Value implements driver.Valuer.
func (i Message) Value() (driver.Value, error) { return value(i.UUID()) }

// Scan implements sql.Scanner.
func (i *Message) Scan(src any) error { return scan((*uuid.UUID)(i), src) }

// MarshalText writes the id as a plain uuid, for JSON of our own.
func (i Message) MarshalText() ([]byte, error) { return i.UUID().MarshalText() }

// UnmarshalText reads a plain uuid.
func (i *Message) UnmarshalText(b []byte) error { return (*uuid.UUID)(i).UnmarshalText(b) }

// MarshalGQL writes the id as a GraphQL ID.
func (i Message) MarshalGQL(w io.Writer) { write(w, i.String()) }

// UnmarshalGQL refuses, see errInput.
func (*Message) UnmarshalGQL(any) error { return errInput }

// Prefix is "prompt".
func (Prompt) Prefix() string { return "prompt" }

// String is the id as the API shows it.
func (i Prompt) String() string { return text(i.Prefix(), i.UUID()) }

// UUID is the id as the database and the queue hold it.
func (i Prompt) UUID() uuid.UUID { return uuid.UUID(i) }

// IsZero reports whether the id names nothing.
func (i Prompt) IsZero() bool { return i == Prompt{} }

// Value implements driver.Valuer.
func (i Prompt) Value() (driver.Value, error) { return value(i.UUID()) }

// Scan implements sql.Scanner.
func (i *Prompt) Scan(src any) error { return scan((*uuid.UUID)(i), src) }

// MarshalText writes the id as a plain uuid, for JSON of our own.
func (i Prompt) MarshalText() ([]byte, error) { return i.UUID().MarshalText() }

// UnmarshalText reads a plain uuid.
func (i *Prompt) UnmarshalText(b []byte) error { return (*uuid.UUID)(i).UnmarshalText(b) }

// MarshalGQL writes the id as a GraphQL ID.
func (i Prompt) MarshalGQL(w io.Writer) { write(w, i.String()) }

// UnmarshalGQL refuses, see errInput.
func (*Prompt) UnmarshalGQL(any) error { return errInput }

// Prefix is "run".
func (Run) Prefix() string { return "run" }

// String is the id as the API shows it.
func (i Run) String() string { return text(i.Prefix(), i.UUID()) }

// UUID is the id as the database and the queue hold it.
func (i Run) UUID() uuid.UUID { return uuid.UUID(i) }

// IsZero reports whether the id names nothing.
func (i Run) IsZero() bool { return i == Run{} }

// Value implements driver.Valuer.
func (i Run) Value() (driver.Value, error) { return value(i.UUID()) }

// Scan implements sql.Scanner.
func (i *Run) Scan(src any) error { return scan((*uuid.UUID)(i), src) }

// MarshalText writes the id as a plain uuid, for JSON of our own.
func (i Run) MarshalText() ([]byte, error) { return i.UUID().MarshalText() }

// UnmarshalText reads a plain uuid.
func (i *Run) UnmarshalText(b []byte) error { return (*uuid.UUID)(i).UnmarshalText(b) }

// MarshalGQL writes the id as a GraphQL ID.
func (i Run) MarshalGQL(w io.Writer) { write(w, i.String()) }

// UnmarshalGQL refuses, see errInput.
func (*Run) UnmarshalGQL(any) error { return errInput }

// Prefix is "job".
func (Job) Prefix() string { return "job" }

// String is the id as the API shows it.
func (i Job) String() string { return text(i.Prefix(), i.UUID()) }

// UUID is the id as the database and the queue hold it.
func (i Job) UUID() uuid.UUID { return uuid.UUID(i) }

// IsZero reports whether the id names nothing.
func (i Job) IsZero() bool { return i == Job{} }

// Value implements driver.Valuer.
func (i Job) Value() (driver.Value, error) { return value(i.UUID()) }

// Scan implements sql.Scanner.
func (i *Job) Scan(src any) error { return scan((*uuid.UUID)(i), src) }

// MarshalText writes the id as a plain uuid, for JSON of our own.
func (i Job) MarshalText() ([]byte, error) { return i.UUID().MarshalText() }

// UnmarshalText reads a plain uuid.
func (i *Job) UnmarshalText(b []byte) error { return (*uuid.UUID)(i).UnmarshalText(b) }

// MarshalGQL writes the id as a GraphQL ID.
func (i Job) MarshalGQL(w io.Writer) { write(w, i.String()) }

// UnmarshalGQL refuses, see errInput.
func (*Job) UnmarshalGQL(any) error { return errInput }

// Prefix is "art".
func (Artifact) Prefix() string { return "art" }

// String is the id as the API shows it.
func (i Artifact) String() string { return text(i.Prefix(), i.UUID()) }

// UUID is the id as the database and the queue hold it.
func (i Artifact) UUID() uuid.UUID { return uuid.UUID(i) }

// IsZero reports whether the id names nothing.
func (i Artifact) IsZero() bool { return i == Artifact{} }

// Value implements driver.Valuer.
func (i Artifact) Value() (driver.Value, error) { return value(i.UUID()) }

// Scan implements sql.Scanner.
func (i *Artifact) Scan(src any) error { return scan((*uuid.UUID)(i), src) }

// MarshalText writes the id as a plain uuid, for JSON of our own.
func (i Artifact) MarshalText() ([]byte, error) { return i.UUID().MarshalText() }

// UnmarshalText reads a plain uuid.
func (i *Artifact) UnmarshalText(b []byte) error { return (*uuid.UUID)(i).UnmarshalText(b) }

// MarshalGQL writes the id as a GraphQL ID.
func (i Artifact) MarshalGQL(w io.Writer) { write(w, i.String()) }

// UnmarshalGQL refuses, see errInput.
func (*Artifact) UnmarshalGQL(any) error { return errInput }

// Prefix is "file".
func (File) Prefix() string { return "file" }

// String is the id as the API shows it.
func (i File) String() string { return text(i.Prefix(), i.UUID()) }

// UUID is the id as the database and the queue hold it.
func (i File) UUID() uuid.UUID { return uuid.UUID(i) }

// IsZero reports whether the id names nothing.
func (i File) IsZero() bool { return i == File{} }

// Value implements driver.Valuer.
func (i File) Value() (driver.Value, error) { return value(i.UUID()) }

// Scan implements sql.Scanner.
func (i *File) Scan(src any) error { return scan((*uuid.UUID)(i), src) }

// MarshalText writes the id as a plain uuid, for JSON of our own.
func (i File) MarshalText() ([]byte, error) { return i.UUID().MarshalText() }

// UnmarshalText reads a plain uuid.
func (i *File) UnmarshalText(b []byte) error { return (*uuid.UUID)(i).UnmarshalText(b) }

// MarshalGQL writes the id as a GraphQL ID.
func (i File) MarshalGQL(w io.Writer) { write(w, i.String()) }

// UnmarshalGQL refuses, see errInput.
func (*File) UnmarshalGQL(any) error { return errInput }

// Prefix is "pay".
func (Payment) Prefix() string { return "pay" }

// String is the id as the API shows it.
func (i Payment) String() string { return text(i.Prefix(), i.UUID()) }

// UUID is the id as the database and the queue hold it.
func (i Payment) UUID() uuid.UUID { return uuid.UUID(i) }

// IsZero reports whether the id names nothing.
func (i Payment) IsZero() bool { return i == Payment{} }

// Value implements driver.Valuer.
func (i Payment) Value() (driver.Value, error) { return value(i.UUID()) }

// Scan implements sql.Scanner.
func (i *Payment) Scan(src any) error { return scan((*uuid.UUID)(i), src) }

// MarshalText writes the id as a plain uuid, for JSON of our own.
func (i Payment) MarshalText() ([]byte, error) { return i.UUID().MarshalText() }

// UnmarshalText reads a plain uuid.
func (i *Payment) UnmarshalText(b []byte) error { return (*uuid.UUID)(i).UnmarshalText(b) }

// MarshalGQL writes the id as a GraphQL ID.
func (i Payment) MarshalGQL(w io.Writer) { write(w, i.String()) }

// UnmarshalGQL refuses, see errInput.
func (*Payment) UnmarshalGQL(any) error { return errInput }

// Prefix is "key".
func (APIKey) Prefix() string { return "key" }

// String is the id as the API shows it.
func (i APIKey) String() string { return text(i.Prefix(), i.UUID()) }

// UUID is the id as the database and the queue hold it.
func (i APIKey) UUID() uuid.UUID { return uuid.UUID(i) }

// IsZero reports whether the id names nothing.
func (i APIKey) IsZero() bool { return i == APIKey{} }

// Value implements driver.Valuer.
func (i APIKey) Value() (driver.Value, error) { return value(i.UUID()) }

// Scan implements sql.Scanner.
func (i *APIKey) Scan(src any) error { return scan((*uuid.UUID)(i), src) }

// MarshalText writes the id as a plain uuid, for JSON of our own.
func (i APIKey) MarshalText() ([]byte, error) { return i.UUID().MarshalText() }

// UnmarshalText reads a plain uuid.
func (i *APIKey) UnmarshalText(b []byte) error { return (*uuid.UUID)(i).UnmarshalText(b) }

// MarshalGQL writes the id as a GraphQL ID.
func (i APIKey) MarshalGQL(w io.Writer) { write(w, i.String()) }

// UnmarshalGQL refuses, see errInput.
func (*APIKey) UnmarshalGQL(any) error { return errInput }

// Prefix is "audit".
func (Audit) Prefix() string { return "audit" }

// String is the id as the API shows it.
func (i Audit) String() string { return text(i.Prefix(), i.UUID()) }

// UUID is the id as the database and the queue hold it.
func (i Audit) UUID() uuid.UUID { return uuid.UUID(i) }

// IsZero reports whether the id names nothing.
func (i Audit) IsZero() bool { return i == Audit{} }

// Value implements driver.Valuer.
func (i Audit) Value() (driver.Value, error) { return value(i.UUID()) }

// Scan implements sql.Scanner.
func (i *Audit) Scan(src any) error { return scan((*uuid.UUID)(i), src) }

// MarshalText writes the id as a plain uuid, for JSON of our own.
func (i Audit) MarshalText() ([]byte, error) { return i.UUID().MarshalText() }

// UnmarshalText reads a plain uuid.
func (i *Audit) UnmarshalText(b []byte) error { return (*uuid.UUID)(i).UnmarshalText(b) }

// MarshalGQL writes the id as a GraphQL ID.
func (i Audit) MarshalGQL(w io.Writer) { write(w, i.String()) }

// UnmarshalGQL refuses, see errInput.
func (*Audit) UnmarshalGQL(any) error { return errInput }

// Prefix is "share".
func (Share) Prefix() string { return "share" }

// String is the id as the API shows it.
func (i Share) String() string { return text(i.Prefix(), i.UUID()) }

// UUID is the id as the database and the queue hold it.
func (i Share) UUID() uuid.UUID { return uuid.UUID(i) }

// IsZero reports whether the id names nothing.
func (i Share) IsZero() bool { return i == Share{} }

// Value implements driver.Valuer.
func (i Share) Value() (driver.Value, error) { return value(i.UUID()) }

// Scan implements sql.Scanner.
func (i *Share) Scan(src any) error { return scan((*uuid.UUID)(i), src) }

// MarshalText writes the id as a plain uuid, for JSON of our own.
func (i Share) MarshalText() ([]byte, error) { return i.UUID().MarshalText() }

// UnmarshalText reads a plain uuid.
func (i *Share) UnmarshalText(b []byte) error { return (*uuid.UUID)(i).UnmarshalText(b) }

// MarshalGQL writes the id as a GraphQL ID.
func (i Share) MarshalGQL(w io.Writer) { write(w, i.String()) }

// UnmarshalGQL refuses, see errInput.
func (*Share) UnmarshalGQL(any) error { return errInput }

// Prefix is "plan".
func (Plan) Prefix() string { return "plan" }

// String is the id as the API shows it.
func (i Plan) String() string { return text(i.Prefix(), i.UUID()) }

// UUID is the id as the database and the queue hold it.
func (i Plan) UUID() uuid.UUID { return uuid.UUID(i) }

// IsZero reports whether the id names nothing.
func (i Plan) IsZero() bool { return i == Plan{} }

// Value implements driver.Valuer.
func (i Plan) Value() (driver.Value, error) { return value(i.UUID()) }

// Scan implements sql.Scanner.
func (i *Plan) Scan(src any) error { return scan((*uuid.UUID)(i), src) }

// MarshalText writes the id as a plain uuid, for JSON of our own.
func (i Plan) MarshalText() ([]byte, error) { return i.UUID().MarshalText() }

// UnmarshalText reads a plain uuid.
func (i *Plan) UnmarshalText(b []byte) error { return (*uuid.UUID)(i).UnmarshalText(b) }

// MarshalGQL writes the id as a GraphQL ID.
func (i Plan) MarshalGQL(w io.Writer) { write(w, i.String()) }

// UnmarshalGQL refuses, see errInput.
func (*Plan) UnmarshalGQL(any) error { return errInput }

// Prefix is "step".
func (PlanStep) Prefix() string { return "step" }

// String is the id as the API shows it.
func (i PlanStep) String() string { return text(i.Prefix(), i.UUID()) }

// UUID is the id as the database and the queue hold it.
func (i PlanStep) UUID() uuid.UUID { return uuid.UUID(i) }

// IsZero reports whether the id names nothing.
func (i PlanStep) IsZero() bool { return i == PlanStep{} }

// Value implements driver.Valuer.
func (i PlanStep) Value() (driver.Value, error) { return value(i.UUID()) }

// Scan implements sql.Scanner.
func (i *PlanStep) Scan(src any) error { return scan((*uuid.UUID)(i), src) }

// MarshalText writes the id as a plain uuid, for JSON of our own.
func (i PlanStep) MarshalText() ([]byte, error) { return i.UUID().MarshalText() }

// UnmarshalText reads a plain uuid.
func (i *PlanStep) UnmarshalText(b []byte) error { return (*uuid.UUID)(i).UnmarshalText(b) }

// MarshalGQL writes the id as a GraphQL ID.
func (i PlanStep) MarshalGQL(w io.Writer) { write(w, i.String()) }

// UnmarshalGQL refuses, see errInput.
func (*PlanStep) UnmarshalGQL(any) error { return errInput }

// Prefix is "row".
func (Row) Prefix() string { return "row" }

// String is the id as the API shows it.
func (i Row) String() string { return text(i.Prefix(), i.UUID()) }

// UUID is the id as the database and the queue hold it.
func (i Row) UUID() uuid.UUID { return uuid.UUID(i) }

// IsZero reports whether the id names nothing.
func (i Row) IsZero() bool { return i == Row{} }

// Value implements driver.Valuer.
func (i Row) Value() (driver.Value, error) { return value(i.UUID()) }

// Scan implements sql.Scanner.
func (i *Row) Scan(src any) error { return scan((*uuid.UUID)(i), src) }

// MarshalText writes the id as a plain uuid, for JSON of our own.
func (i Row) MarshalText() ([]byte, error) { return i.UUID().MarshalText() }

// UnmarshalText reads a plain uuid.
func (i *Row) UnmarshalText(b []byte) error { return (*uuid.UUID)(i).UnmarshalText(b) }

// MarshalGQL writes the id as a GraphQL ID.
func (i Row) MarshalGQL(w io.Writer) { write(w, i.String()) }

// UnmarshalGQL refuses, see errInput.
func (*Row) UnmarshalGQL(any) error { return errInput }
