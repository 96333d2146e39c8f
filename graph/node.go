package graph

import "fmt"

// Node is an object with a global id. The records are bound as they are, so the interface requires only what all of them
// have. The schema decides which of them are nodes.
type Node interface{ fmt.Stringer }

// Attachment is what a message can carry.
type Attachment interface{ fmt.Stringer }
