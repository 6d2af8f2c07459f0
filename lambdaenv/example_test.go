package lambdaenv_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"

	"example.com/postinvoke/lambdaenv"
)

// Compiles a function, invokes it once, and shows what happened in which order.
// The function prints something while it works, and something more when it has
// sent its response, before it requests the next event.
func Example() {
	dir, err := os.MkdirTemp("", "example-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	bootstrap := filepath.Join(dir, "bootstrap")
	if out, err := exec.Command("go", "build", "-o", bootstrap, "./testdata/function").CombinedOutput(); err != nil {
		log.Fatalf("%v\n%s", err, out)
	}

	ctx := context.Background()
	env, err := lambdaenv.Start(ctx, lambdaenv.Config{Function: bootstrap})
	if err != nil {
		log.Fatal(err) // names the process that failed, and has what it printed
	}
	defer env.Close()
	response, err := env.Invoke(ctx, []byte(`{"Print": ["working"], "After": {"Print": ["after the response"]}}`))
	if err != nil {
		log.Fatal(err) // a function that fails is a response, and no error
	}
	report, err := env.WaitIdle(ctx)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := env.Shutdown(ctx, "spindown"); err != nil {
		log.Fatal(err)
	}

	fmt.Println(report.Status, report.RequestID == response.RequestID)
	for _, e := range env.Entries() {
		switch {
		case e.Source == lambdaenv.Function && e.Kind == lambdaenv.Line:
			fmt.Println("the function prints:", e.Text)
		case e.Kind != lambdaenv.Line:
			fmt.Println(e.Kind)
		}
	}
	// Output:
	// success true
	// init-started
	// init-done
	// frozen
	// thawed
	// invoked
	// the function prints: working
	// responded
	// the function prints: after the response
	// runtime-done
	// idle
	// frozen
	// shutdown-began
	// signaled
	// exited
	// shutdown-done
}
