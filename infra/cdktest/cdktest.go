// Package cdktest is shared by the tests of the CDK app and of its constructs.
package cdktest

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"example.com/postinvoke/internal/ci"
)

// assemblies is a folder for the output of synth, removed after the tests.
var assemblies string

// Main runs the tests of a package in the folder root, where cdk would run the
// app, and returns the exit status.
func Main(m *testing.M, root string) int {
	if err := os.Chdir(root); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	dir, err := os.MkdirTemp("", "postinvoke-cdktest-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	assemblies = dir
	// The tests do not depend on the version of Node.js.
	os.Setenv("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "20")
	defer jsii.Close()
	return m.Run()
}

// NeedNode skips a test that runs the CDK library, which is JavaScript inside.
func NeedNode(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("node"); err != nil {
		ci.Skip(t, "needs Node.js, which the CDK library runs on")
	}
}

// NewApp is an app with this context. CloudFormation Validate looks at its templates
// if validate is set: it takes 4 s to start.
func NewApp(t *testing.T, context map[string]any, validate bool) awscdk.App {
	t.Helper()
	NeedNode(t)
	out, err := os.MkdirTemp(assemblies, "cdk.out-")
	if err != nil {
		t.Fatal(err)
	}
	return awscdk.NewApp(&awscdk.AppProps{
		Context: &context, Outdir: &out, AnalyticsReporting: jsii.Bool(false),
		BuiltinCloudFormationValidation: &validate,
	})
}

// Attempt makes a panic of a construct an error: it would end the test binary.
func Attempt(f func()) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	f()
	return nil
}

// Synth writes the cloud assembly of app, once.
func Synth(t *testing.T, app awscdk.App) Assembly {
	t.Helper()
	if err := Attempt(func() { app.Synth(nil) }); err != nil {
		t.Fatal(err)
	}
	return Assembly(*app.Outdir())
}

// An Assembly is the folder of a cloud assembly: what cdk would deploy.
type Assembly string

// Template returns the template of a stack.
func (a Assembly) Template(t *testing.T, stack string) Template {
	t.Helper()
	var parsed Template
	a.Read(t, stack+".template.json", &parsed)
	return parsed
}

// Text returns a file of the assembly.
func (a Assembly) Text(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(string(a), name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Read decodes a JSON file of the assembly.
func (a Assembly) Read(t *testing.T, name string, into any) {
	t.Helper()
	if err := json.Unmarshal(a.Text(t, name), into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// Asset returns the staged folder that a template refers to with this S3 key.
func (a Assembly) Asset(s3Key string) string {
	hash := s3Key[:len(s3Key)-len(filepath.Ext(s3Key))]
	return filepath.Join(string(a), "asset."+hash)
}

// A Template is a CloudFormation template.
type Template struct {
	Resources map[string]Resource
	Outputs   map[string]struct{ Value any }
}

// A Resource is one of a template.
type Resource struct {
	Type                string
	Properties          map[string]any
	DeletionPolicy      string
	UpdateReplacePolicy string
	DependsOn           []string
}

// S3Key is where the code of a function or the content of a layer is.
func (r Resource) S3Key() string {
	for _, property := range []string{"Code", "Content"} {
		code, _ := r.Properties[property].(map[string]any)
		if key, ok := code["S3Key"].(string); ok {
			return key
		}
	}
	return ""
}

// OfType returns the resources of a type, sorted by their logical ids.
func (tp Template) OfType(kind string) []Resource {
	var found []Resource
	for _, id := range slices.Sorted(maps.Keys(tp.Resources)) {
		if tp.Resources[id].Type == kind {
			found = append(found, tp.Resources[id])
		}
	}
	return found
}
