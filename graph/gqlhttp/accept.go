package gqlhttp

import (
	"mime"
	"strconv"
	"strings"
)

// The media types a response may have.
const (
	typeJSON    = "application/json"
	typeGraphQL = "application/graphql-response+json"
)

// offers are in the order of preference where a client has none: clients from before
// the newer type send Accept: */* or none at all.
var offers = [...]string{typeJSON, typeGraphQL}

// rank says how well an Accept header likes one offer.
type rank struct {
	quality     float64
	specificity int // 2: type/subtype, 1: type/*, 0: */*
	index       int // where the range stands in the header
}

func (r rank) better(than rank) bool {
	if r.quality != than.quality {
		return r.quality > than.quality
	}
	if r.specificity != than.specificity {
		return r.specificity > than.specificity
	}
	return r.index < than.index
}

// negotiate returns the media type an Accept header likes best. Among equals the more
// specific range wins, then the one named first. It returns false when the header
// allows neither.
func negotiate(header []string) (string, bool) {
	accept := strings.TrimSpace(strings.Join(header, ","))
	if accept == "" {
		return typeJSON, true
	}
	best, chosen := rank{}, ""
	for _, offer := range offers {
		if r := rankOf(offer, accept); r.quality > 0 && (chosen == "" || r.better(best)) {
			best, chosen = r, offer
		}
	}
	return chosen, chosen != ""
}

// rankOf finds the most specific range for offer: text that cannot be read is skipped.
func rankOf(offer, accept string) rank {
	found := rank{specificity: -1}
	for index, part := range strings.Split(accept, ",") {
		mediaType, params, err := mime.ParseMediaType(strings.TrimSpace(part))
		if err != nil || !isUTF8(params["charset"]) {
			continue
		}
		specificity := specificityOf(mediaType, offer)
		quality, ok := qualityOf(params)
		if ok && specificity > found.specificity {
			found = rank{quality, specificity, index}
		}
	}
	return found
}

// specificityOf returns -1 when the range does not cover the offer.
func specificityOf(mediaRange, offer string) int {
	switch mediaRange {
	case offer:
		return 2
	case "application/*":
		return 1
	case "*/*":
		return 0
	default:
		return -1
	}
}

func qualityOf(params map[string]string) (float64, bool) {
	text, ok := params["q"]
	if !ok {
		return 1, true
	}
	q, err := strconv.ParseFloat(text, 64)
	return q, err == nil && q >= 0 && q <= 1
}

// isUTF8 reports whether a charset parameter leaves UTF-8 as the encoding.
func isUTF8(charset string) bool {
	return charset == "" || strings.EqualFold(charset, "utf-8") || strings.EqualFold(charset, "utf8")
}
