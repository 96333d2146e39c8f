package gqlhttp

// MaxNesting is how deep lists and objects of a request may stand in each other. Nothing in a schema nests as deep.
const MaxNesting = 100

// Prune returns a JSON text with null in place of each list and object that stands deeper than limit, and whether there was one. A text
// that is no JSON stays none.
func Prune(text []byte, limit int) (pruned []byte, deep bool) {
	var out []byte
	depth, kept := 0, 0 // kept is where the part begins that is not copied yet.
	for at := 0; at < len(text); at++ {
		switch text[at] {
		case '"':
			at = stringEnd(text, at)
		case '[', '{':
			depth++
			if depth == limit+1 {
				out, deep = append(out, text[kept:at]...), true
			}
		case ']', '}':
			if depth == limit+1 {
				out, kept = append(out, "null"...), at+1
			}
			depth--
		}
	}
	if !deep {
		return text, false
	}
	if depth <= limit {
		out = append(out, text[kept:]...)
	}
	return out, true
}

// stringEnd returns where a JSON string ends that begins at start.
func stringEnd(text []byte, start int) int {
	for at := start + 1; at < len(text); at++ {
		switch text[at] {
		case '\\':
			at++
		case '"':
			return at
		}
	}
	return len(text)
}

func checkNesting(text []byte) error {
	if _, deep := Prune(text, MaxNesting); deep {
		return badRequest("Lists and objects of a request nest at most %d deep.", MaxNesting).With("limit", MaxNesting)
	}
	return nil
}
