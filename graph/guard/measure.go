package guard

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// saturated is where counting stops: far above every bound, far below an overflow.
const saturated = 1_000_000

// footprint is what one selection set comes to with its fragments expanded.
type footprint struct {
	roots              int // fields of the set itself
	nodes              int // fields of the set and of all below
	depth              int
	introspectionDepth int
	introspectionLists int
	aliases            int
	directives         int
}

// measurement adds up footprints. Each fragment is measured once, so the work is linear
// in the document however often its fragments are spread.
type measurement struct {
	total      footprint
	unreadable *ast.Value
	fragments  map[string]footprint
	open       map[string]bool
}

func measure(op *ast.OperationDefinition) *measurement {
	m := &measurement{fragments: map[string]footprint{}, open: map[string]bool{}}
	m.total = m.set(op.SelectionSet)
	m.addDirectives(&m.total, op.Directives)
	for _, variable := range op.VariableDefinitions {
		m.addDirectives(&m.total, variable.Directives)
	}
	return m
}

func (m *measurement) set(selections ast.SelectionSet) footprint {
	var sum footprint
	for _, selection := range selections {
		switch s := selection.(type) {
		case *ast.Field:
			sum.add(m.field(s))
		case *ast.InlineFragment:
			sum.add(m.set(s.SelectionSet))
			m.addDirectives(&sum, s.Directives)
		case *ast.FragmentSpread:
			sum.add(m.fragment(s.Definition))
			m.addDirectives(&sum, s.Directives)
		}
	}
	return sum
}

func (m *measurement) field(f *ast.Field) footprint {
	below := m.set(f.SelectionSet)
	here := footprint{
		roots: 1, nodes: 1 + below.nodes, depth: 1 + below.depth,
		introspectionDepth: below.introspectionDepth, introspectionLists: below.introspectionLists,
		aliases: below.aliases, directives: below.directives,
	}
	if isSchemaList(f) {
		here.introspectionLists = plus(here.introspectionLists, 1)
	}
	if f.Name == "__schema" || f.Name == "__type" {
		here.depth, here.introspectionDepth = 1, here.depth
	}
	if f.Alias != f.Name {
		here.aliases++
	}
	m.addDirectives(&here, f.Directives)
	m.checkArguments(f.Arguments)
	return here
}

// isSchemaList reports whether a field is a list of introspection: a type whose name begins with __ has no other list.
func isSchemaList(f *ast.Field) bool {
	return f.ObjectDefinition != nil && strings.HasPrefix(f.ObjectDefinition.Name, "__") &&
		f.Definition != nil && f.Definition.Type.Elem != nil
}

// fragment returns the footprint of a fragment. Validation refuses cycles; were one to
// come here all the same, it measures as endless.
func (m *measurement) fragment(def *ast.FragmentDefinition) footprint {
	if def == nil {
		return footprint{}
	}
	if known, ok := m.fragments[def.Name]; ok {
		return known
	}
	if m.open[def.Name] {
		return footprint{nodes: saturated}
	}
	m.open[def.Name] = true
	sum := m.set(def.SelectionSet)
	m.addDirectives(&sum, def.Directives)
	delete(m.open, def.Name)
	m.fragments[def.Name] = sum
	return sum
}

func (m *measurement) addDirectives(to *footprint, directives ast.DirectiveList) {
	to.directives = plus(to.directives, len(directives))
	for _, directive := range directives {
		m.checkArguments(directive.Arguments)
	}
}

// checkArguments looks for a literal that Go cannot hold. Validation lets numbers of any
// length stand for a custom scalar, and gqlparser panics when it reads them later.
func (m *measurement) checkArguments(arguments ast.ArgumentList) {
	for _, argument := range arguments {
		m.checkValue(argument.Value)
	}
}

func (m *measurement) checkValue(v *ast.Value) {
	if v == nil || m.unreadable != nil {
		return
	}
	switch v.Kind {
	case ast.IntValue, ast.FloatValue:
		if _, err := v.Value(nil); err != nil {
			m.unreadable = v
		}
	case ast.ListValue, ast.ObjectValue:
		for _, child := range v.Children {
			m.checkValue(child.Value)
		}
	default:
	}
}

// add joins the footprint of a sibling.
func (f *footprint) add(sibling footprint) {
	f.roots = plus(f.roots, sibling.roots)
	f.nodes = plus(f.nodes, sibling.nodes)
	f.introspectionLists = plus(f.introspectionLists, sibling.introspectionLists)
	f.aliases = plus(f.aliases, sibling.aliases)
	f.directives = plus(f.directives, sibling.directives)
	f.depth = max(f.depth, sibling.depth)
	f.introspectionDepth = max(f.introspectionDepth, sibling.introspectionDepth)
}

func plus(a, b int) int { return min(a+b, saturated) }
