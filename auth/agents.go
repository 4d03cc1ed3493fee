package auth

import "strings"

// gramBytes is the length of the piece by which a pattern is found.
const gramBytes = 4

// agentPatterns are the User-Agents that are kept out, made ready for lookups. Each
// pattern is filed under a piece of its literal text, and only patterns whose piece
// is in an agent are compared with it: a lookup takes about as long with thousands
// of patterns as with one. It is never changed.
type agentPatterns struct {
	count   int
	filed   map[gram][]string // by a piece that the agent must have
	unfiled []string          // patterns without literal text, such as "???"
	lengths []int             // of the pieces there are
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

// newAgentPatterns makes patterns ready. Upper and lower case are the same.
func newAgentPatterns(patterns []string) *agentPatterns {
	p := &agentPatterns{filed: map[gram][]string{}}
	known := make(map[string]struct{}, len(patterns))
	common := map[gram]int{} // in how many patterns a piece is
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

// grams returns the pieces of the literal text of a pattern, each as long as can be.
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

// match reports whether an agent fits one of the patterns.
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

// fitsPattern reports whether a whole text fits a pattern, in which "*" stands for
// any bytes and "?" for any one, as in icecast-kh's lists. It takes no more steps
// than the lengths of both multiplied.
func fitsPattern(text, pattern string) bool {
	star, retry := -1, 0 // behind the last "*", and what it may take next
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
