package auth

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"
)

// compiled returns a pattern as a regular expression that the whole text must match.
func compiled(pattern string) *regexp.Regexp {
	text := regexp.QuoteMeta(pattern)
	text = strings.NewReplacer(`\*`, `.*`, `\?`, `.`).Replace(text)
	return regexp.MustCompile(`(?s)^` + text + `$`)
}

// Patterns in one index match what each matches alone.
func TestAgentPatternsMatchAsEachDoesAlone(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	text := func(alphabet string, longest int) string {
		b := make([]byte, random.IntN(longest+1))
		for i := range b {
			b[i] = alphabet[random.IntN(len(alphabet))]
		}
		return string(b)
	}
	fits := 0
	for range 3000 {
		patterns := make([]string, 1+random.IntN(8))
		for i := range patterns {
			patterns[i] = text("abc*?", 9)
		}
		together := newAgentPatterns(patterns)
		for range 10 {
			agent, want := text("abcd", 12), false
			for _, pattern := range patterns {
				want = want || compiled(pattern).MatchString(agent)
			}
			if got := together.match(agent); got != want {
				t.Fatalf("%q, patterns %q: %v, want %v", agent, patterns, got, want)
			}
			if want {
				fits++
			}
		}
	}
	if fits < 1000 {
		t.Errorf("only %d of the agents fit", fits)
	}
}

func TestAgentPatterns(t *testing.T) {
	p := newAgentPatterns([]string{"*BadBot*", "*badbot*", "???", "É*", "*a*a*a*b", "Mozilla/5.0 (compatible; Evil*)"})
	for agent, want := range map[string]bool{
		"xBADBOTx": true, "abc": true, "abcd": false, "Émile": true, "émile": true, "": false,
		strings.Repeat("a", 20000): false, strings.Repeat("a", 20000) + "b": true,
		"Mozilla/5.0 (compatible; Evil 1.0)": true, "Mozilla/5.0 (compatible; Good 1.0)": false,
	} {
		if got := p.match(agent); got != want {
			t.Errorf("%.40q: %v", agent, got)
		}
	}
	if newAgentPatterns(nil).match("") {
		t.Error("no patterns fit something")
	}
	if !newAgentPatterns([]string{"*"}).match("") {
		t.Error(`"*" does not fit nothing`)
	}
}

// With a thousand patterns a lookup costs a small part of a thousand comparisons.
func TestManyAgentPatternsAreNotComparedOneByOne(t *testing.T) {
	patterns := make([]string, 1000)
	for i := range patterns {
		patterns[i] = fmt.Sprintf("*compatible; Bot%05d/*", i)
	}
	together, agent := newAgentPatterns(patterns), strings.Repeat("Mozilla/5.0 compat ", 800)
	fastest := func(lookup func()) time.Duration {
		best := time.Hour
		for range 5 {
			began := time.Now()
			lookup()
			best = min(best, time.Since(began))
		}
		return best
	}
	oneByOne := fastest(func() { fitsAny(strings.ToLower(agent), patterns) })
	if took := fastest(func() { together.match(agent) }); took*4 > oneByOne {
		t.Errorf("a lookup takes %v, and comparing one by one %v", took, oneByOne)
	}
}

// BenchmarkDeniedAgents looks up an agent that matches none of the patterns. "one by one"
// is the cost of a lookup without an index.
func BenchmarkDeniedAgents(b *testing.B) {
	agent := "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36 "
	for _, size := range []int{100, 512, 15800} {
		text := strings.Repeat(agent, size/len(agent)+1)[:size]
		for _, count := range []int{1, 1000, 100_000} {
			patterns := make([]string, count)
			for i := range patterns {
				patterns[i] = fmt.Sprintf("*compatible; Bot%05d/*", i)
			}
			together := newAgentPatterns(patterns)
			b.Run(fmt.Sprintf("%d bytes/%d patterns", size, count), func(b *testing.B) {
				for b.Loop() {
					together.match(text)
				}
			})
			if count > 1000 {
				continue
			}
			b.Run(fmt.Sprintf("%d bytes/%d one by one", size, count), func(b *testing.B) {
				for b.Loop() {
					fitsAny(strings.ToLower(text), patterns)
				}
			})
		}
	}
}
