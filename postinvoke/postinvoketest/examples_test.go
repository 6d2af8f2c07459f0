package postinvoketest_test

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"path/filepath"
	"testing"
)

// The tests that the examples show. They are in another file, because go doc
// shows the whole file of an example only if there is no test in it.

func TestOrdersAreAudited(t *testing.T)               { testOrdersAreAudited(t) }
func TestAFlushThatFailsIsReported(t *testing.T)      { testAFlushThatFailsIsReported(t) }
func TestTheLedgerIsUnlockedAfterAPanic(t *testing.T) { testTheLedgerIsUnlockedAfterAPanic(t) }
func TestHooksThatTakeTooLongAreStopped(t *testing.T) { testHooksThatTakeTooLongAreStopped(t) }
func TestThePoolIsClosedAtTheEnd(t *testing.T)        { testThePoolIsClosedAtTheEnd(t) }
func TestHooksAreCounted(t *testing.T)                { testHooksAreCounted(t) }

func TestExamplesShowTheirWholeFile(t *testing.T) {
	files, err := filepath.Glob("example_*test.go")
	if err != nil || len(files) != 6 {
		t.Fatalf("got %q, %v, want 6 examples", files, err)
	}
	for _, file := range files {
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
