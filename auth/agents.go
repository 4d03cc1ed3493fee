package auth

import "strings"

// gramBytes is the length of the piece of text that a pattern is filed under.
const gramBytes = 4

// agentPatterns are patterns of denied User-Agents, indexed for lookups. Each pattern is
// filed under a piece of its literal text, and an agent is compared only with patterns
// whose piece it contains: a lookup takes about as long with thousands of patterns as with
// one. It is never changed.
type agentPatterns struct {
	count   int
	filed   map[gram][]string // by a piece that the agent must have
	unfiled []string          // patterns without literal text, such as "???"
	lengths []int             // of the pieces in filed
}

// A gram is a piece of text of up to gramBytes bytes.
type gram struct {
	text   [gramBytes]byte
	length uint8
}

func gramOf(text string) (g gram) {
	g.length = uint8(copy(g.text[:], text))
	return g
}

// newAgentPatterns indexes patterns. It ignores case.
func newAgentPatterns(patterns []string) *agentPatterns {
	p := &agentPatterns{filed: map[gram][]string{}}
	known := make(map[string]struct{}, len(patterns))
	common := map[gram]int{} // the number of patterns with a piece
	for _, pattern := range patterns {
		pattern = strings.ToLower(pattern)
		if _, twice := known[pattern]; twice {
			continue
		}
		known[pattern] = struct{}{}
		for _, g := range grams(pattern) {
			common[g]++
		}
	}
	p.count = len(known)
	var lengths [gramBytes + 1]bool
	for pattern := range known {
		pieces := grams(pattern)
		if len(pieces) == 0 {
			p.unfiled = append(p.unfiled, pattern)
			continue
		}
		rarest := pieces[0]
		for _, g := range pieces[1:] {
			if common[g] < common[rarest] {
				rarest = g
			}
		}
		p.filed[rarest] = append(p.filed[rarest], pattern)
		lengths[rarest.length] = true
	}
	for length, used := range lengths {
		if used {
			p.lengths = append(p.lengths, length)
		}
	}
	return p
}

// grams returns the pieces of the literal text of a pattern, each as long as possible.
func grams(pattern string) (pieces []gram) {
	longest := 0
	literals := strings.FieldsFunc(pattern, func(c rune) bool { return c == '*' || c == '?' })
	for _, literal := range literals {
		longest = max(longest, min(len(literal), gramBytes))
	}
	seen := map[gram]struct{}{}
	for _, literal := range literals {
		for at := 0; at+longest <= len(literal); at++ {
			g := gramOf(literal[at : at+longest])
			if _, twice := seen[g]; !twice {
				seen[g] = struct{}{}
				pieces = append(pieces, g)
			}
		}
	}
	return pieces
}

// match reports whether an agent matches one of the patterns.
func (p *agentPatterns) match(agent string) bool {
	if p.count == 0 {
		return false
	}
	agent = strings.ToLower(agent)
	if fitsAny(agent, p.unfiled) {
		return true
	}
	var compared map[gram]struct{}
	for _, length := range p.lengths {
		for at := 0; at+length <= len(agent); at++ {
			g := gramOf(agent[at : at+length])
			candidates := p.filed[g]
			if candidates == nil {
				continue
			}
			if _, twice := compared[g]; twice {
				continue
			}
			if fitsAny(agent, candidates) {
				return true
			}
			if compared == nil {
				compared = map[gram]struct{}{}
			}
			compared[g] = struct{}{}
		}
	}
	return false
}

func fitsAny(text string, patterns []string) bool {
	for _, pattern := range patterns {
		if fitsPattern(text, pattern) {
			return true
		}
	}
	return false
}

// fitsPattern reports whether a whole text matches a pattern, in which "*" stands for any
// bytes and "?" for any one, as in icecast-kh's lists. It takes no more steps than the
// product of both lengths.
func fitsPattern(text, pattern string) bool {
	star, retry := -1, 0 // the place after the last "*", and the byte of text that it takes next
	p := 0
	for t := 0; t < len(text); {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			p++
			star, retry = p, t
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p++
			t++
		case star >= 0:
			retry++
			p, t = star, retry
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
