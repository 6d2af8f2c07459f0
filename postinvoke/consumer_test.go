package postinvoke_test

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/lambdaenv/lambdaenvtest"
)

// consumer is a module that uses the library as its users do.
const consumer = "testdata/consumer"

func TestAConsumerUsesEveryExportedName(t *testing.T) {
	fset := token.NewFileSet()
	var files []*ast.File
	paths, err := filepath.Glob(consumer + "/*.go")
	if err != nil || len(paths) == 0 {
		t.Fatalf("%s has no Go files: %v", consumer, err)
	}
	for _, path := range paths {
		file, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	imported := importer.ForCompiler(fset, "gc", exportData(t))
	used := map[types.Object]bool{}
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}, Selections: map[*ast.SelectorExpr]*types.Selection{}}
	if _, err := (&types.Config{Importer: imported}).Check("consumer", fset, files, info); err != nil {
		t.Fatal(err)
	}
	for _, object := range info.Uses {
		used[origin(object)] = true
	}
	for _, selection := range info.Selections {
		used[origin(selection.Obj())] = true
	}
	const library = "example.com/postinvoke/postinvoke"
	for _, path := range []string{library, library + "/postinvoketest"} {
		pkg, err := imported.Import(path)
		if err != nil {
			t.Fatal(err)
		}
		for object, name := range exported(pkg) {
			if !used[object] {
				t.Errorf("%s does not use %s", consumer, name)
			}
		}
	}
}

// origin returns the field or method of the generic type, for one of an instance.
func origin(object types.Object) types.Object {
	switch object := object.(type) {
	case *types.Var:
		return object.Origin()
	case *types.Func:
		return object.Origin()
	}
	return object
}

// exportData finds what the compiler has exported of the consumer's dependencies.
func exportData(t *testing.T) importer.Lookup {
	t.Helper()
	cmd := exec.Command("go", "list", "-export", "-deps", "-test", "-json=ImportPath,Export", ".")
	cmd.Dir = consumer
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v", cmd, err)
	}
	exports := map[string]string{}
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var pkg struct{ ImportPath, Export string }
		if err := decoder.Decode(&pkg); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		exports[pkg.ImportPath] = pkg.Export
	}
	return func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) }
}

// exported returns what a package exports, fields and methods included, with names.
func exported(pkg *types.Package) map[types.Object]string {
	names := map[types.Object]string{}
	add := func(object types.Object, owner string) {
		if object.Exported() {
			names[object] = owner + "." + object.Name()
		}
	}
	for _, name := range pkg.Scope().Names() {
		object := pkg.Scope().Lookup(name)
		add(object, pkg.Name())
		named, ok := object.Type().(*types.Named)
		if _, isType := object.(*types.TypeName); !ok || !isType || !object.Exported() {
			continue
		}
		for method := range named.Methods() {
			add(method, names[object])
		}
		if fields, ok := named.Underlying().(*types.Struct); ok {
			for field := range fields.Fields() {
				add(field, names[object])
			}
		}
	}
	return names
}

func TestAConsumerRuns(t *testing.T) {
	test := exec.Command("go", "test", "-count=1", ".")
	test.Dir = consumer
	if out, err := test.CombinedOutput(); err != nil {
		t.Errorf("%v: %v\n%s", test, err, out)
	}
	function := lambdaenvtest.Build(t, "./"+consumer)
	extension := lambdaenvtest.Build(t, "extension")
	for _, start := range []string{"Start", "Wrap", "WrapHandler"} {
		t.Run(start, func(t *testing.T) {
			env := lambdaenvtest.Start(t, lambdaenv.Config{
				Function: function, Extensions: []string{extension}, Env: []string{"START=" + start},
			})
			response := env.Invoke(`"a book"`)
			env.WaitIdle()
			env.Shutdown()
			if got := string(response.Payload); got != `"ordered a book"` {
				t.Errorf("got response %s", got)
			}
			for _, want := range []string{
				"hook refresh: ok (<nil>)",
				"hook pack: abandoned after 10ms (given up): it did not return within its timeout of 10ms",
				"hook print: panic (out of ink, with a stack: true, same error: true)",
				"hook flush: error (slow)",
				"audited a book",
				"hook audit: ok (<nil>)",
				"invocation ok, complete: true: 5 hooks, 2 failures, 1 abandoned, cold start: true, same id: true",
				"spans flushed within a limit: true",
				"pool closed",
				"shutdown: 2 functions, 0 failures, 0 abandoned, of 500ms",
			} {
				if !slices.Contains(env.Lines(), want) {
					t.Errorf("got no line %q in\n%s", want, strings.Join(env.Lines(), "\n"))
				}
			}
		})
	}
}
