// Package coerce reads the values that clients send by the rules of the GraphQL specification (October 2021, sections 3.5 to 3.12 and
// 6.1.2), before anything of an operation runs and whichever transport brought it.
//
// gqlparser's own check of variables is laxer: it compares the names of enums without regard to case, takes texts for numbers, and does
// not look at custom scalars and @oneOf. gqlgen reads what passes into zero values. So a value that reaches a resolver must have been
// through here. Literals of a document go through the rules that [Literals] adds to the validation.
package coerce

import (
	"context"
	"errors"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/weav-ai/weav/internal/errs"
)

// Scalars are the readers of custom scalars by their names in the schema. A reader returns an *errs.Error for a value that the scalar
// cannot represent. What it makes of a good one is not used: gqlgen reads the value again.
type Scalars map[string]func(value any) error

// Variables reads the variables of each operation. It is a gqlgen extension and must be used behind what refuses requests unread, since
// it parses documents that are not in the cache.
type Variables struct {
	// Documents are the parsed documents that the executor keeps.
	Documents graphql.Cache[*ast.QueryDocument]
	// Tokens is the executor's limit of lexical tokens in a document.
	Tokens int
	// Scalars must have every custom scalar of the schema.
	Scalars Scalars
	// Suggests lets errors name what the schema has.
	Suggests bool

	schema *ast.Schema
}

var _ interface {
	graphql.HandlerExtension
	graphql.OperationParameterMutator
} = (*Variables)(nil)

// ExtensionName implements graphql.HandlerExtension.
func (*Variables) ExtensionName() string { return "Variables" }

// Validate implements graphql.HandlerExtension: a custom scalar without a reader is an error.
func (v *Variables) Validate(schema graphql.ExecutableSchema) error {
	if v.Documents == nil {
		return errors.New("coerce: Variables.Documents is missing")
	}
	v.schema = schema.Schema()
	for name, def := range v.schema.Types {
		if def.Kind == ast.Scalar && !isBuiltIn(name) && v.Scalars[name] == nil {
			return errors.New("coerce: no reader for the scalar " + name)
		}
	}
	return nil
}

// MutateOperationParameters replaces the variables by what they are read as. A document that cannot be parsed or has no such operation is
// left to the executor, which refuses it in its own words.
func (v *Variables) MutateOperationParameters(ctx context.Context, params *graphql.RawParams) *gqlerror.Error {
	doc, ok := v.Documents.Get(ctx, params.Query)
	if !ok {
		var err error
		if doc, err = parser.ParseQueryWithTokenLimit(&ast.Source{Input: params.Query}, v.Tokens); err != nil {
			return nil //nolint:nilerr // The executor parses it again, and says what is wrong.
		}
	}
	op := doc.Operations.ForName(params.OperationName)
	if op == nil {
		return nil
	}
	read, fault := v.variables(op.VariableDefinitions, params.Variables)
	if fault != nil {
		return gqlerror.Wrap(fault)
	}
	params.Variables = read
	return nil
}

// variables reads those that an operation defines. Others are dropped: the specification has them ignored.
func (v *Variables) variables(defined ast.VariableDefinitionList, sent map[string]any) (map[string]any, *errs.Error) {
	read := make(map[string]any, len(defined))
	for _, def := range defined {
		value, given := sent[def.Variable]
		if named := v.schema.Types[def.Type.Name()]; named == nil || !named.IsInputType() {
			continue // The validation refuses the document.
		}
		if !given {
			if def.Type.NonNull && def.DefaultValue == nil {
				return nil, missing(path(def.Variable), def.Type)
			}
			continue
		}
		coerced, fault := v.value(path(def.Variable), def.Type, value)
		if fault != nil {
			return nil, fault
		}
		read[def.Variable] = coerced
	}
	return read, nil
}
