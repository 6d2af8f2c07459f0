package main

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"example.com/postinvoke/demo/demotest"
	"example.com/postinvoke/demo/local"
)

// keptBuilds names the folder with what the commands of these tests have built.
const keptBuilds = "POSTINVOKE_TEST_BUILDS"

func TestMain(m *testing.M) {
	if dir, isSet := os.LookupEnv(keptBuilds); isSet {
		if dir != "" {
			build = kept(dir).build
		}
		demotest.Main(m, main)
	}
	dir, err := os.MkdirTemp("", "demo-builds-")
	if err != nil {
		panic(err)
	}
	os.Setenv(keptBuilds, dir)
	status := demotest.Main(m, main)
	os.RemoveAll(dir)
	os.Exit(status)
}

// kept is a folder with what was built of the functions of this module.
type kept string

// build builds what is not there yet.
func (dir kept) build(
	f *local.Function, ctx context.Context, tmp string, step func(string),
) (p local.Programs, err error) {
	ours := f.Path == "" || strings.HasPrefix(f.Path, "testdata/functions/")
	if !ours || len(f.Extensions) > 0 {
		return f.Build(ctx, tmp, step)
	}
	to := filepath.Join(string(dir), strings.ReplaceAll(strings.Join([]string{
		f.Path, strconv.FormatBool(f.GoroutineOnly), strconv.FormatBool(f.WithoutLayer)}, "-"), "/", "-"))
	if err := os.MkdirAll(to, 0o777); err != nil {
		return p, err
	}
	lock, err := os.Create(filepath.Join(to, "lock"))
	if err != nil {
		return p, err
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return p, err
	}
	list := filepath.Join(to, "programs.json")
	b, err := os.ReadFile(list)
	if err != nil {
		built, err := f.Build(ctx, to, step)
		if err != nil {
			return p, err
		}
		b, _ = json.Marshal(built)
		if err := os.WriteFile(list, b, 0o666); err != nil {
			return p, err
		}
	}
	if err := json.Unmarshal(b, &p); err != nil {
		return p, err
	}
	return p, link(&p, tmp)
}

// link has the programs be in the folder of this run, as without tests.
func link(p *local.Programs, dir string) error {
	paths := []*string{&p.Function}
	for i := range p.Extensions {
		paths = append(paths, &p.Extensions[i])
	}
	for _, path := range paths {
		to := filepath.Join(dir, filepath.Base(*path))
		if err := os.Link(*path, to); err != nil {
			return err
		}
		*path = to
	}
	return nil
}

// with changes a command: it runs in the folder dir, or where the test runs, with
// further variables.
func with(cmd *exec.Cmd, dir string, env ...string) *exec.Cmd {
	cmd.Dir, cmd.Env = dir, append(cmd.Env, env...)
	return cmd
}

// What differs from run to run.
var varying = []struct {
	pattern *regexp.Regexp
	instead string
}{
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`), "TIME"},
	{regexp.MustCompile(`\d{4}/\d\d/\d\d \d\d:\d\d:\d\d`), "TIME"},
	{regexp.MustCompile(`\(\S+/demo/(\S+\.go):\d+\)`), "(demo/$1:N)"},
	{regexp.MustCompile(`(?m)^\d\d:\d\d:\d\d\.\d{3} +\d+\.\d{3}s`), "TIME SINCE"},
	{regexp.MustCompile(`the function in \S+/demo/testdata/`), "the function in DIR/demo/testdata/"},
	{regexp.MustCompile(`127\.0\.0\.1:\d+`), "127.0.0.1:PORT"},
	{regexp.MustCompile(`\b\d+(\.\d+)? ms\b`), "N ms"},
	{regexp.MustCompile(`(Ms=|Ms":)\d+(\.\d+)?`), "${1}N"},
	{regexp.MustCompile(`(Used: |UsedMB":)\d+`), "${1}N"},
	{regexp.MustCompile(`(shut down|after) [\d.]+ ?m?s\b`), "${1} N"},
	{regexp.MustCompile(` {3,}`), "  "}, // of columns
}

// places are those in the functions of the tests.
var places = regexp.MustCompile(`\(main\.go:\d+\)`)

var requestID = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}`)

// normal replaces what differs from run to run.
func normal(s string) string {
	for _, v := range varying {
		s = v.pattern.ReplaceAllString(s, v.instead)
	}
	known := map[string]string{}
	return requestID.ReplaceAllStringFunc(s, func(id string) string {
		if known[id] == "" {
			known[id] = "REQUEST-" + strconv.Itoa(len(known)+1)
		}
		return known[id]
	})
}

// A command that is compiled for everybody downloads what it does not use: the
// AWS SDK is for demo/aws, and the DevTools protocol for the tests of pages.
func TestImports(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, module := range []string{"github.com/aws/aws-sdk-go-v2", "github.com/aws/smithy-go",
		"github.com/aws/aws-cdk-go", "github.com/chromedp"} {
		if strings.Contains(string(out), module) {
			t.Errorf("the command imports packages of %s", module)
		}
	}
}
