package lambdaenv_test

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
)

// TestMain fails if a goroutine of the package is left when all tests have closed
// their environments. Tests wait for processes most of the time, so more of them than
// there are processors run at once.
func TestMain(m *testing.M) {
	flag.Parse()
	parallel := true
	flag.Visit(func(f *flag.Flag) { parallel = parallel && f.Name != "test.parallel" })
	if parallel {
		flag.Set("test.parallel", fmt.Sprint(4*runtime.GOMAXPROCS(0)))
	}
	code := m.Run()
	if left := goroutines(); code == 0 && left != "" {
		fmt.Fprintf(os.Stderr, "goroutines are left:\n%s\n", left)
		code = 1
	}
	os.Exit(code)
}

// goroutines returns the stacks of the goroutines that run the package's code.
func goroutines() string {
	var left string
	for range 1000 { // those that have been waited for may not be gone yet
		stacks := make([]byte, 1<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		left = ""
		for stack := range strings.SplitSeq(string(stacks), "\n\n") {
			stack, _, _ = strings.Cut(stack, "created by")
			if strings.Contains(stack, "/lambdaenv.") {
				left += stack + "\n"
			}
		}
		if left == "" {
			break
		}
		runtime.Gosched()
	}
	return left
}
