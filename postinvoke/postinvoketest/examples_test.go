package postinvoketest_test

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"testing"
)

// The tests that the examples show. In files of their own, because go doc shows
// the whole file of an example only if there is no test in it.

func TestOrdersAreAudited(t *testing.T)        { testOrdersAreAudited(t) }
func TestHooksThatFailAndOverrun(t *testing.T) { testHooksThatFailAndOverrun(t) }
func TestThePoolIsClosedAtTheEnd(t *testing.T) { testThePoolIsClosedAtTheEnd(t) }

func TestExamplesShowTheirWholeFile(t *testing.T) {
	for _, file := range []string{"example_test.go", "example_overrun_test.go", "example_shutdown_test.go"} {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		examples := doc.Examples(parsed)
		if len(examples) != 1 {
			t.Fatalf("%s: got %d examples, want 1", file, len(examples))
		}
		if _, whole := examples[0].Code.(*ast.File); !whole {
			t.Errorf("%s: go doc does not show the whole file", file)
		}
	}
}
