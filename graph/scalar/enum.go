package scalar

// UnmarshalEnum reads the name of an enum's value by the table that gqlgen generates. A name that the enum does not have, also one in
// another case, is refused: it must never become a zero value, which the domain would take for an answer.
func UnmarshalEnum[T any](values map[string]T, v any) (T, error) {
	name, isName := v.(string)
	value, known := values[name]
	if !isName || !known {
		var none T
		return none, badInput("This is no value of the enum. Their case counts.")
	}
	return value, nil
}
