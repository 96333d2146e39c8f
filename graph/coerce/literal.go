package coerce

import (
	"errors"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator/core"

	"github.com/weav-ai/weav/internal/errs"
)

// Literals is the rule of validation for what gqlparser's own rules let pass as a literal: whole numbers beyond 32 bits, objects for what
// is none, and custom scalars, whose values have the code of their reader.
func (s Scalars) Literals() core.Rule {
	return core.Rule{Name: "Literals", RuleFunc: func(observers *core.Events, addError core.AddErrFunc) {
		observers.OnValue(func(_ *core.Walker, value *ast.Value) {
			if fault := s.literal(value); fault != nil {
				addError(typed(fault), core.At(value.Position))
			}
		})
	}}
}

// typed gives an error of validation the code and the message of e.
func typed(e *errs.Error) core.ErrorOption {
	return func(err *gqlerror.Error) { err.Err, err.Message = e, e.Message }
}

func (s Scalars) literal(value *ast.Value) *errs.Error {
	def := value.Definition
	if def == nil || value.ExpectedType == nil || isOpen(value) {
		return nil
	}
	isObject, wantsObject := value.Kind == ast.ObjectValue, def.Kind == ast.InputObject
	switch {
	case isObject && !wantsObject:
		return errs.New(errs.ValidationFailed, "%s cannot be an object.", def.Name)
	case wantsObject && !isObject:
		return errs.New(errs.ValidationFailed, "%s is an object, not %s.", def.Name, literalShown(value))
	case def.Kind != ast.Scalar:
		return nil
	case !isBuiltIn(def.Name):
		return s.customLiteral(def.Name, value)
	case def.Name == "Int" && !fitsInt(value):
		return errs.New(errs.ValidationFailed, "An Int is a whole number from -2147483648 to 2147483647, not %s.", short(value.Raw))
	}
	return nil
}

// isOpen reports whether a value is checked elsewhere: variables, null and the entries of a list are.
func isOpen(value *ast.Value) bool {
	return value.Kind == ast.Variable || value.Kind == ast.NullValue || value.Kind == ast.ListValue && value.ExpectedType.Elem != nil
}

// fitsInt reports whether a whole number has at most 32 bits. gqlparser's own rule refuses what is not a whole number.
func fitsInt(value *ast.Value) bool {
	if value.Kind != ast.IntValue {
		return true
	}
	n, err := value.Value(nil)
	whole, ok := n.(int64)
	return err == nil && ok && int64(int32(whole)) == whole //nolint:gosec // The comparison is what the conversion is for.
}

func (s Scalars) customLiteral(name string, value *ast.Value) *errs.Error {
	read, ok := s[name]
	if !ok || hasVariable(value) {
		return nil
	}
	raw, err := value.Value(nil)
	if err != nil || value.Kind == ast.EnumValue {
		return errs.New(errs.ValidationFailed, "%s cannot be %s.", name, literalShown(value))
	}
	var refused *errs.Error
	if err := read(raw); errors.As(err, &refused) {
		return errs.Wrap(err, refused.Code, "%s cannot be %s. %s", name, literalShown(value), refused.Message)
	}
	return nil
}

// hasVariable: what a literal of a custom scalar is with variables in it is known at run time alone.
func hasVariable(value *ast.Value) bool {
	if value.Kind == ast.Variable {
		return true
	}
	for _, child := range value.Children {
		if hasVariable(child.Value) {
			return true
		}
	}
	return false
}

func literalShown(value *ast.Value) string {
	switch value.Kind {
	case ast.StringValue, ast.BlockValue:
		return shown(value.Raw)
	case ast.ListValue:
		return "[…]"
	case ast.ObjectValue:
		return "{…}"
	default:
		return short(value.Raw)
	}
}
