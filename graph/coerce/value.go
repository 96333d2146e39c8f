package coerce

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weav-ai/weav/internal/errs"
)

// path leads to a value: "input", "input.work.text", "ids.3".
type path string

func (p path) field(name string) path { return p + "." + path(name) }
func (p path) index(i int) path       { return p + "." + path(strconv.Itoa(i)) }

// value reads one value as typ.
func (v *Variables) value(at path, typ *ast.Type, value any) (any, *errs.Error) {
	if value == nil {
		if typ.NonNull {
			return nil, invalid(at, "Variable $%s: %s cannot be null.", at, typ)
		}
		return nil, nil
	}
	if typ.Elem != nil {
		return v.list(at, typ.Elem, value)
	}
	def := v.schema.Types[typ.NamedType]
	switch def.Kind {
	case ast.InputObject:
		return v.object(at, def, value)
	case ast.Enum:
		return v.enum(at, def, value)
	default:
		return v.scalar(at, def.Name, value)
	}
}

// list reads a list. A single value is a list of one, as the specification has it.
func (v *Variables) list(at path, elem *ast.Type, value any) (any, *errs.Error) {
	items, ok := value.([]any)
	if !ok {
		one, fault := v.value(at, elem, value)
		return []any{one}, fault
	}
	read := make([]any, len(items))
	for i, item := range items {
		var fault *errs.Error
		if read[i], fault = v.value(at.index(i), elem, item); fault != nil {
			return nil, fault
		}
	}
	return read, nil
}

// object reads an input object. It leaves defaults of fields to gqlgen, which knows which fields were sent.
func (v *Variables) object(at path, def *ast.Definition, value any) (any, *errs.Error) {
	fields, ok := value.(map[string]any)
	if !ok {
		return nil, invalid(at, "Variable $%s: %s is an object, not %s.", at, def.Name, shown(value))
	}
	// In their order, so that the same input gets the same error.
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if def.Fields.ForName(name) == nil {
			return nil, v.unknownField(at.field(short(name)), def, name)
		}
	}
	if fault := oneOf(at, def, fields); fault != nil {
		return nil, fault
	}
	read := make(map[string]any, len(fields))
	for _, field := range def.Fields {
		value, given := fields[field.Name]
		if !given {
			if field.Type.NonNull && field.DefaultValue == nil {
				return nil, missing(at.field(field.Name), field.Type)
			}
			continue
		}
		var fault *errs.Error
		if read[field.Name], fault = v.value(at.field(field.Name), field.Type, value); fault != nil {
			return nil, fault
		}
	}
	return read, nil
}

func oneOf(at path, def *ast.Definition, fields map[string]any) *errs.Error {
	if def.Directives.ForName("oneOf") == nil {
		return nil
	}
	if len(fields) != 1 {
		return invalid(at, "Variable $%s: %s takes exactly one field, not %d.", at, def.Name, len(fields))
	}
	for name, value := range fields {
		if value == nil {
			return invalid(at.field(name), "Variable $%s: the one field of %s cannot be null.", at.field(name), def.Name)
		}
	}
	return nil
}

// enum reads the name of a value, whose case counts.
func (v *Variables) enum(at path, def *ast.Definition, value any) (any, *errs.Error) {
	name, ok := value.(string)
	if ok && def.EnumValues.ForName(name) != nil {
		return name, nil
	}
	if ok && v.Suggests {
		for _, known := range def.EnumValues {
			if strings.EqualFold(known.Name, name) {
				return nil, invalid(at, "Variable $%s: %s has no value %s. Did you mean \"%s\"?", at, def.Name, shown(value), known.Name)
			}
		}
	}
	return nil, invalid(at, "Variable $%s: %s has no value %s.", at, def.Name, shown(value))
}

func (v *Variables) unknownField(at path, def *ast.Definition, name string) *errs.Error {
	if v.Suggests {
		for _, field := range def.Fields {
			if strings.EqualFold(field.Name, name) {
				return invalid(at, "Variable $%s: %s has no such field. Did you mean \"%s\"?", at, def.Name, field.Name)
			}
		}
	}
	return invalid(at, "Variable $%s: %s has no such field.", at, def.Name)
}

func missing(at path, typ *ast.Type) *errs.Error {
	return invalid(at, "Variable $%s: %s must be given.", at, typ)
}

// invalid refuses the variable, or the place in it, at a path.
func invalid(at path, format string, args ...any) *errs.Error {
	return placed(at, errs.New(errs.ValidationFailed, format, args...))
}

func placed(at path, e *errs.Error) *errs.Error { return e.With("variable", string(at)) }
