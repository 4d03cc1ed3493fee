package conf

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// Secrets are compared by Secret.Matches, hmac.Equal or package subtle, in constant
// time. Two secrets, in particular results of Reveal, are never compared by "==".
func TestSecretsAreComparedInConstantTime(t *testing.T) {
	files := 0
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, nil, 0)
		if err != nil {
			return err
		}
		files++
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BinaryExpr:
				if (n.Op == token.EQL || n.Op == token.NEQ) && isSecret(n.X) && isSecret(n.Y) {
					t.Errorf("%v: two secrets are compared by %v", set.Position(n.Pos()), n.Op)
				}
			case *ast.CallExpr:
				called, ok := n.Fun.(*ast.SelectorExpr)
				if ok && (called.Sel.Name == "EqualFold" || called.Sel.Name == "Equal" && !isNamed(called.X, "hmac")) {
					for _, argument := range n.Args {
						if isSecret(argument) {
							t.Errorf("%v: a secret is compared by %s", set.Position(n.Pos()), called.Sel.Name)
						}
					}
				}
			}
			return true
		})
		return nil
	})
	if err != nil || files < 100 {
		t.Errorf("%d files were read: %v", files, err)
	}
}

// isSecret reports whether an expression has the name of a secret. A literal does not:
// whether a password is empty is no secret.
func isSecret(e ast.Expr) bool {
	name := ""
	switch e := e.(type) {
	case *ast.Ident:
		name = e.Name
	case *ast.SelectorExpr:
		name = e.Sel.Name
	case *ast.CallExpr:
		if called, ok := e.Fun.(*ast.SelectorExpr); ok && called.Sel.Name == "Reveal" {
			return true
		}
	}
	name = strings.ToLower(name)
	for _, word := range []string{"password", "secret", "signature", "csrf", "digest"} {
		if strings.Contains(name, word) && !strings.Contains(name, "given") {
			return true
		}
	}
	return false
}

func isNamed(e ast.Expr, name string) bool {
	ident, ok := e.(*ast.Ident)
	return ok && ident.Name == name
}
