package guard

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/core"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// quiet are the rules of gqlparser that name what the schema has, and those that do not. gqlgen's own switch swaps two more.
var quiet = map[string]core.Rule{
	rules.KnownArgumentNamesRule.Name:  rules.KnownArgumentNamesRuleWithoutSuggestions,
	rules.KnownTypeNamesRule.Name:      rules.KnownTypeNamesRuleWithoutSuggestions,
	rules.ValuesOfCorrectTypeRule.Name: rules.ValuesOfCorrectTypeRuleWithoutSuggestions,
}

// validation returns what a document is checked by: gqlparser's rules, with those of limits in place of theirs.
func validation(limits Limits) func() *rules.Rules {
	return func() *rules.Rules {
		r := rules.NewDefaultRules()
		r.ReplaceRule(rules.SingleFieldSubscriptionsRule.Name, singleRootField)
		if limits.HideSchema {
			for name, rule := range quiet {
				r.ReplaceRule(name, rule.RuleFunc)
			}
			r.AddRule("NoIntrospection", noIntrospection)
		}
		for _, rule := range limits.Rules {
			r.AddRule(rule.Name, rule.RuleFunc)
		}
		return r
	}
}

// singleRootField has a subscription select one root field (specification, 5.2.3.1). gqlparser's rule compares the names of fields where
// the names of the answers count, so one field under two aliases passes it. @skip and @include could leave none.
func singleRootField(observers *core.Events, addError core.AddErrFunc) {
	observers.OnOperation(func(_ *core.Walker, op *ast.OperationDefinition) {
		if op.Operation != ast.Subscription {
			return
		}
		roots := rootSelection{seen: map[string]bool{}}
		roots.add(op.SelectionSet)
		switch {
		case len(roots.conditions) > 0:
			addError(core.Message("A subscription cannot use @skip or @include on its root field."), core.At(roots.conditions[0].Position))
		case len(roots.fields) > 1:
			addError(core.Message("A subscription must select exactly one root field."), core.At(roots.fields[1].Position))
		case len(roots.fields) == 1 && len(roots.fields[0].Name) > 1 && roots.fields[0].Name[:2] == "__":
			addError(core.Message("A subscription must select a field that is no introspection."), core.At(roots.fields[0].Position))
		}
	})
}

// rootSelection gathers the root fields of an operation, one for each name in the answer, and the conditions on them.
type rootSelection struct {
	fields     []*ast.Field
	conditions []*ast.Directive
	seen       map[string]bool
}

func (r *rootSelection) add(set ast.SelectionSet) {
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			r.condition(s.Directives)
			if !slices.ContainsFunc(r.fields, func(f *ast.Field) bool { return f.Alias == s.Alias }) {
				r.fields = append(r.fields, s)
			}
		case *ast.InlineFragment:
			r.condition(s.Directives)
			r.add(s.SelectionSet)
		case *ast.FragmentSpread:
			r.condition(s.Directives)
			if s.Definition != nil && !r.seen[s.Name] {
				r.seen[s.Name] = true
				r.add(s.Definition.SelectionSet)
			}
		}
	}
}

func (r *rootSelection) condition(list ast.DirectiveList) {
	for _, name := range []string{"skip", "include"} {
		if d := list.ForName(name); d != nil {
			r.conditions = append(r.conditions, d)
		}
	}
}

// noIntrospection refuses to describe the schema.
func noIntrospection(observers *core.Events, addError core.AddErrFunc) {
	observers.OnField(func(_ *core.Walker, field *ast.Field) {
		if field.Name == "__schema" || field.Name == "__type" {
			addError(core.Message("Introspection is switched off on this server: `%s` cannot be asked. Ask its operator for the schema.", field.Name),
				core.At(field.Position))
		}
	})
}
