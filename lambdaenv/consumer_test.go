package lambdaenv_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// consumer is a module of another author: a function without any library, and a
// test of it.
var consumer = map[string]string{
	"go.mod": `module example.org/consumer

go 1.26

require example.com/postinvoke v0.0.0

replace example.com/postinvoke => CHECKOUT
`,
	"bootstrap/main.go": `package main

import (
	"fmt"
	"log"
	"net/http"
	"os"
	"strings"
)

func main() {
	api := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/invocation/"
	for {
		event, err := http.Get(api + "next")
		if err != nil {
			log.Fatal(err)
		}
		event.Body.Close()
		id := event.Header.Get("Lambda-Runtime-Aws-Request-Id")
		res, err := http.Post(api+id+"/response", "application/json", strings.NewReader("\"hello\""))
		if err != nil {
			log.Fatal(err)
		}
		res.Body.Close()
		fmt.Println("after the response")
	}
}
`,
	"bootstrap_test.go": `package consumer_test

import (
	"testing"

	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/lambdaenv/lambdaenvtest"
)

func TestFunction(t *testing.T) {
	t.Parallel()
	env := lambdaenvtest.Start(t, lambdaenv.Config{Function: lambdaenvtest.Build(t, "./bootstrap")})
	if r := env.Invoke("{}"); string(r.Payload) != "\"hello\"" {
		t.Errorf("got %s", r.Payload)
	}
	env.AwaitLine("after the response")
	env.WaitIdle()
	env.Shutdown()
}
`,
}

func TestFromAnotherModule(t *testing.T) {
	t.Parallel()
	checkout, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, content := range consumer {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(strings.ReplaceAll(content, "CHECKOUT", checkout)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("go", "test", "-count=1", "-vet=off", "./...")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
