package logging

import (
	"cmp"
	"fmt"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/go/callgraph"
	"golang.org/x/tools/go/callgraph/cha"
	"golang.org/x/tools/go/callgraph/vta"
	"golang.org/x/tools/go/packages"
	"golang.org/x/tools/go/ssa"
	"golang.org/x/tools/go/ssa/ssautil"
)

// No package logs, or writes to standard output or standard error, while it holds a
// lock, neither directly nor in a function it calls. A line produced under a lock waits
// in a Held until the lock is released.
func TestNoLineUnderALock(t *testing.T) {
	for _, found := range linesUnderLocks(t, "relay/...") {
		t.Error(found)
	}
}

// The check finds each line of the examples with a comment "// found", and no other.
func TestLinesUnderLocksAreFound(t *testing.T) {
	const examples = "./testdata/underlock"
	want := map[string]bool{}
	pkgs := load(t, examples)
	for _, file := range pkgs[0].Syntax {
		for _, group := range file.Comments {
			for _, c := range group.List {
				if strings.HasPrefix(c.Text, "// found") {
					p := pkgs[0].Fset.Position(c.Pos())
					want[fmt.Sprintf("line %d", p.Line)] = true
				}
			}
		}
	}
	if len(want) < 10 {
		t.Fatalf("only %d examples", len(want))
	}
	got := map[string]bool{}
	for _, f := range linesUnderLocks(t, examples) {
		line := fmt.Sprintf("line %d", f.at.Line)
		got[line] = true
		if !want[line] {
			t.Errorf("found by mistake: %v", f)
		}
	}
	for line := range want {
		if !got[line] {
			t.Errorf("%s is not found", line)
		}
	}
}

// finding is a place where a line is logged under a lock.
type finding struct {
	at   token.Position
	what string
}

func (f finding) String() string { return fmt.Sprintf("%v: %s", f.at, f.what) }

func load(t *testing.T, patterns ...string) []*packages.Package {
	t.Helper()
	pkgs, err := packages.Load(&packages.Config{
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedImports |
			packages.NeedTypes | packages.NeedTypesSizes | packages.NeedSyntax | packages.NeedTypesInfo |
			packages.NeedExportFile,
	}, patterns...)
	if err != nil {
		t.Fatal(err)
	}
	if packages.PrintErrors(pkgs) > 0 {
		t.Fatal("the packages have errors")
	}
	return pkgs
}

// linesUnderLocks checks the packages that match the patterns. It follows calls, also
// through interfaces and function values, as far as those packages contain the source;
// code of other modules is assumed to call every function passed to it.
func linesUnderLocks(t *testing.T, patterns ...string) (all []finding) {
	t.Helper()
	program, _ := ssautil.Packages(load(t, patterns...), ssa.InstantiateGenerics)
	program.Build()
	functions := ssautil.AllFunctions(program)
	c := &lockCheck{graph: vta.CallGraph(functions, cha.CallGraph(program)), says: map[*ssa.Function]string{}}
	for again := true; again; {
		again = false
		for f := range functions {
			if c.says[f] == "" {
				c.says[f] = c.whatIsSaid(f)
				again = again || c.says[f] != ""
			}
		}
	}
	seen := map[finding]bool{}
	for f := range functions {
		if o := f.Object(); o != nil && o.Pkg() != nil && o.Pkg().Path() == "sync" {
			continue // the locks themselves
		}
		c.look(f, func(at token.Pos, what string) {
			seen[finding{program.Fset.Position(at), what}] = true
		})
	}
	return slices.SortedFunc(maps.Keys(seen), func(a, b finding) int {
		return cmp.Or(strings.Compare(a.at.Filename, b.at.Filename), a.at.Line-b.at.Line, strings.Compare(a.what, b.what))
	})
}

// lockCheck records for each function the call that logs, preceded by the calls that
// lead to it; empty if the function does not log.
type lockCheck struct {
	graph *callgraph.Graph
	says  map[*ssa.Function]string
}

// whatIsSaid returns how a function logs, itself or in a function that it calls and
// waits for.
func (c *lockCheck) whatIsSaid(f *ssa.Function) string {
	for _, b := range f.Blocks {
		for _, i := range b.Instrs {
			if call, ok := i.(ssa.CallInstruction); ok {
				if said := c.saidBy(call); said != "" {
					return said
				}
			}
		}
	}
	return ""
}

// saidBy returns how a call logs before it returns.
func (c *lockCheck) saidBy(i ssa.CallInstruction) string {
	if _, ok := i.(*ssa.Go); ok {
		return ""
	}
	call := i.Common()
	if name := nameOf(call); logs(name) || writesOutput(call) {
		return name
	}
	callees := c.calleesOf(i)
	for _, f := range callees {
		if said := c.says[f]; said != "" {
			return f.Name() + " > " + said
		}
	}
	if !isForeign(call, callees) || startsGoroutine[nameOf(call)] {
		return ""
	}
	for _, arg := range call.Args {
		for _, f := range functionsIn(arg) {
			if said := c.says[f]; said != "" {
				return nameOf(call) + " > " + f.Name() + " > " + said
			}
		}
	}
	return ""
}

func (c *lockCheck) calleesOf(i ssa.CallInstruction) (callees []*ssa.Function) {
	if f := i.Common().StaticCallee(); f != nil {
		return []*ssa.Function{f}
	}
	if node := c.graph.Nodes[i.Parent()]; node != nil {
		for _, edge := range node.Out {
			if edge.Site == i {
				callees = append(callees, edge.Callee.Func)
			}
		}
	}
	return callees
}

// isForeign reports whether a call leads to code whose source is not checked.
func isForeign(call *ssa.CallCommon, callees []*ssa.Function) bool {
	if _, ok := call.Value.(*ssa.Builtin); ok {
		return false
	}
	return len(callees) == 0 || slices.ContainsFunc(callees, func(f *ssa.Function) bool { return f.Blocks == nil })
}

// startsGoroutine lists functions that do not wait for the functions passed to them.
var startsGoroutine = map[string]bool{
	"(*sync.WaitGroup).Go": true, "time.AfterFunc": true, "context.AfterFunc": true,
}

// functionsIn returns the function that a value is, if that is known.
func functionsIn(v ssa.Value) []*ssa.Function {
	switch v := v.(type) {
	case *ssa.Function:
		return []*ssa.Function{v}
	case *ssa.MakeClosure:
		return []*ssa.Function{v.Fn.(*ssa.Function)}
	case *ssa.ChangeType:
		return functionsIn(v.X)
	}
	return nil
}

// nameOf returns the full name of the called function, such as "(*sync.Mutex).Lock".
func nameOf(call *ssa.CallCommon) string {
	if call.IsInvoke() {
		return call.Method.FullName()
	}
	if f := call.StaticCallee(); f != nil {
		if f.Origin() != nil {
			f = f.Origin()
		}
		return f.RelString(nil)
	}
	return "a function value"
}

// logs reports whether a function, given by its full name, writes to a log or to
// standard output.
func logs(name string) bool {
	if strings.HasPrefix(name, "fmt.Print") {
		return true
	}
	for _, of := range []string{
		"(*go.uber.org/zap.Logger).", "(*go.uber.org/zap.SugaredLogger).", "(*go.uber.org/zap/zapcore.CheckedEntry).", "(*log.Logger).", "log.",
	} {
		method, ok := strings.CutPrefix(name, of)
		for _, verb := range []string{"Debug", "Info", "Warn", "Error", "DPanic", "Panic", "Fatal", "Log", "Write", "Print", "Output"} {
			if ok && strings.HasPrefix(method, verb) {
				return true
			}
		}
	}
	return false
}

// writesOutput reports whether a call has standard output or standard error as an
// argument.
func writesOutput(call *ssa.CallCommon) bool {
	return slices.ContainsFunc(call.Args, func(v ssa.Value) bool {
		if made, ok := v.(*ssa.MakeInterface); ok {
			v = made.X
		}
		load, ok := v.(*ssa.UnOp)
		if !ok {
			return false
		}
		global, ok := load.X.(*ssa.Global)
		return ok && (global.RelString(nil) == "os.Stdout" || global.RelString(nil) == "os.Stderr")
	})
}

// locks are the locks that may be held, by the path to each in its function.
type locks map[string]bool

// look follows a function along all its paths and reports log lines while a lock may be
// held, and locks that are still held at the end.
func (c *lockCheck) look(f *ssa.Function, tell func(token.Pos, string)) {
	if len(f.Blocks) == 0 {
		return
	}
	var deferred []*ssa.Defer
	for _, b := range f.Blocks {
		for _, i := range b.Instrs {
			if d, ok := i.(*ssa.Defer); ok {
				deferred = append(deferred, d)
			}
		}
	}
	before, ofCaller := make([]locks, len(f.Blocks)), locks{}
	before[0] = locks{}
	for work := []*ssa.BasicBlock{f.Blocks[0]}; len(work) > 0; {
		b := work[0]
		work = work[1:]
		held := maps.Clone(before[b.Index])
		for _, i := range b.Instrs {
			switch i := i.(type) {
			case *ssa.Call:
				c.step(i, held, ofCaller, tell)
			case *ssa.RunDefers:
				for _, d := range slices.Backward(deferred) {
					c.step(d, held, ofCaller, tell)
				}
			case *ssa.Return:
				for _, lock := range slices.Sorted(maps.Keys(held)) {
					if ofCaller[lock] {
						continue // it is held again
					}
					tell(f.Pos(), fmt.Sprintf("%s returns with %s held, which cannot be followed", f.Name(), lock))
				}
			}
		}
		for _, next := range b.Succs {
			known := before[next.Index]
			if known == nil {
				known = locks{}
				before[next.Index] = known
				work = append(work, next)
			}
			for lock := range held {
				if !known[lock] {
					known[lock] = true
					work = append(work, next)
				}
			}
		}
	}
}

// step follows one call. Releasing a lock that is not held releases the caller's.
func (c *lockCheck) step(i ssa.CallInstruction, held, ofCaller locks, tell func(token.Pos, string)) {
	call := i.Common()
	switch method := call.Value.Name(); {
	case isLock(call, "Lock", "RLock", "TryLock", "TryRLock"):
		held[pathOf(receiverOf(call))] = true
	case isLock(call, "Unlock", "RUnlock"):
		lock := pathOf(receiverOf(call))
		if !held[lock] {
			ofCaller[lock] = true
		}
		delete(held, lock)
	default:
		if said := c.saidBy(i); said != "" && len(held) > 0 {
			tell(i.Pos(), fmt.Sprintf("%s is held while %s is called (%s)", strings.Join(slices.Sorted(maps.Keys(held)), ", "), said, method))
		}
	}
}

// isLock reports whether a call is one of these methods of sync's locks.
func isLock(call *ssa.CallCommon, methods ...string) bool {
	name := nameOf(call)
	return slices.ContainsFunc(methods, func(m string) bool {
		return name == "(*sync.Mutex)."+m || name == "(*sync.RWMutex)."+m || name == "(sync.Locker)."+m
	})
}

func receiverOf(call *ssa.CallCommon) ssa.Value {
	if call.IsInvoke() {
		return call.Value
	}
	return call.Args[0]
}

// pathOf names the place of a value, so that two ways to reach it give the same name.
func pathOf(v ssa.Value) string {
	switch v := v.(type) {
	case *ssa.FieldAddr:
		return pathOf(v.X) + "." + fieldOf(v.X.Type(), v.Field)
	case *ssa.Field:
		return pathOf(v.X) + "." + fieldOf(v.X.Type(), v.Field)
	case *ssa.UnOp:
		return pathOf(v.X)
	case *ssa.Alloc:
		return cmp.Or(v.Comment, v.Name())
	case *ssa.IndexAddr:
		return pathOf(v.X) + "[" + pathOf(v.Index) + "]"
	}
	return v.Name()
}

func fieldOf(t types.Type, n int) string {
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = p.Elem()
	}
	return t.Underlying().(*types.Struct).Field(n).Name()
}
