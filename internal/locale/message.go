package locale

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// message is a parsed ICU message: texts and arguments in their order.
type message []node

// node is a part of a message.
type node struct {
	// literal is a text; the fields below belong to an argument.
	literal string
	// isHash is the number of the plural around it.
	isHash bool
	// arg is the index of the argument, -1 for none.
	arg int
	// kind is what the argument is rendered as: "", number, date, term, list, plural or select.
	kind string
	// style is the rest of a simple argument, such as long or or.
	style string
	// cases are those of a plural or select.
	cases map[string]message
}

// parser reads ICU MessageFormat (ICU 4.8 and later): numbered arguments, plural and select, and apostrophes
// that quote only before a brace or, in a plural, a hash. The kinds term and list are extensions.
type parser struct {
	src string
	pos int
	// plurals is the number of plurals around pos, in which # is syntax.
	plurals int
}

// errOpen is the fault of a message that ends within braces.
var errOpen = errors.New("a brace is not closed")

// parse reads a whole message.
func parse(src string) (message, error) {
	p := &parser{src: src}
	m, err := p.message()
	if err == nil && p.pos < len(p.src) {
		err = errors.New("a brace is closed that was not opened")
	}
	if err != nil {
		return nil, fmt.Errorf("at %d: %w", p.pos, err)
	}
	return m, nil
}

// message reads to the end or to a closing brace, which it does not consume.
func (p *parser) message() (message, error) {
	var m message
	var text strings.Builder
	flush := func() {
		if text.Len() > 0 {
			m = append(m, node{literal: text.String(), arg: -1})
			text.Reset()
		}
	}
	for p.pos < len(p.src) && p.src[p.pos] != '}' {
		switch c := p.src[p.pos]; {
		case c == '{':
			flush()
			n, err := p.argument()
			if err != nil {
				return nil, err
			}
			m = append(m, n)
		case c == '#' && p.plurals > 0:
			flush()
			m = append(m, node{isHash: true, arg: -1})
			p.pos++
		case c == '\'':
			p.quoted(&text)
		default:
			text.WriteByte(c)
			p.pos++
		}
	}
	flush()
	return m, nil
}

// quoted reads from an apostrophe: two are one, one before syntax quotes up to the next, and any other is
// literal.
func (p *parser) quoted(text *strings.Builder) {
	p.pos++
	if p.pos >= len(p.src) {
		text.WriteByte('\'')
		return
	}
	switch c := p.src[p.pos]; {
	case c == '\'':
		text.WriteByte('\'')
		p.pos++
	case c == '{' || c == '}' || (c == '#' && p.plurals > 0):
		end := strings.IndexByte(p.src[p.pos:], '\'')
		if end < 0 {
			end = len(p.src) - p.pos
		}
		text.WriteString(p.src[p.pos : p.pos+end])
		p.pos = min(p.pos+end+1, len(p.src))
	default:
		text.WriteByte('\'')
	}
}

// argument reads from an opening brace to its closing one.
func (p *parser) argument() (node, error) {
	p.pos++
	n := node{}
	number, err := strconv.Atoi(p.word(",}"))
	if err != nil || number < 0 {
		return n, errors.New("an argument is a number from 0")
	}
	n.arg = number
	if p.take('}') {
		return n, nil
	}
	if !p.take(',') {
		return n, errOpen
	}
	n.kind = p.word(",}")
	isComplex := n.kind == "plural" || n.kind == "select"
	if p.take(',') {
		if isComplex {
			n.cases, err = p.cases(n.kind)
		} else {
			n.style = p.word("}")
		}
	}
	switch {
	case err != nil:
		return n, err
	case !p.take('}'):
		return n, errOpen
	case isComplex && n.cases["other"] == nil:
		return n, fmt.Errorf("the %s has no case other", n.kind)
	case !isComplex && !simple[n.kind]:
		return n, fmt.Errorf("arguments have no kind %s", n.kind)
	}
	return n, nil
}

// simple are the kinds of arguments without cases.
var simple = map[string]bool{"number": true, "date": true, "term": true, "list": true}

// cases reads the cases of a plural or select up to the closing brace. Within a plural, # is its number.
func (p *parser) cases(kind string) (map[string]message, error) {
	if kind == "plural" {
		p.plurals++
		defer func() { p.plurals-- }()
	}
	out := map[string]message{}
	for {
		p.space()
		if p.pos < len(p.src) && p.src[p.pos] == '}' {
			return out, nil
		}
		name := p.word("{}")
		if name == "" || !p.take('{') {
			return nil, errors.New("a case is a word and a message in braces")
		}
		m, err := p.message()
		if err != nil {
			return nil, err
		}
		if !p.take('}') {
			return nil, errOpen
		}
		if out[name] != nil {
			return nil, fmt.Errorf("the case %s is there twice", name)
		}
		out[name] = append(message{}, m...)
	}
}

// word reads up to one of stops, without the space around it.
func (p *parser) word(stops string) string {
	rest := p.src[p.pos:]
	end := strings.IndexAny(rest, stops)
	if end < 0 {
		end = len(rest)
	}
	p.pos += end
	return strings.TrimSpace(rest[:end])
}

func (p *parser) space() {
	for p.pos < len(p.src) && strings.IndexByte(" \t\r\n", p.src[p.pos]) >= 0 {
		p.pos++
	}
}

// take consumes c after white space, if it is next.
func (p *parser) take(c byte) bool {
	p.space()
	if p.pos >= len(p.src) || p.src[p.pos] != c {
		return false
	}
	p.pos++
	return true
}

// arguments adds the indices of the arguments that a message uses.
func (m message) arguments(into map[int]bool) {
	for _, n := range m {
		if n.arg >= 0 {
			into[n.arg] = true
		}
		for _, c := range n.cases {
			c.arguments(into)
		}
	}
}
