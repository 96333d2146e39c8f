package graph

import "fmt"

// Node is anything with a global id. The records are bound as they are, so the interface asks
// for no more than they all have; which of them are nodes is the schema's to say.
type Node interface{ fmt.Stringer }

// Attachment is what a message can carry.
type Attachment interface{ fmt.Stringer }
