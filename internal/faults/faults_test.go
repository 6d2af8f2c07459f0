package faults_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"example.com/postinvoke/lambdaenv/lambdaenvtest"
)

func TestMain(m *testing.M) {
	// Scripts mostly wait for timeouts, so that many can run at once on few
	// processors. A -parallel of the command line wins, because it is read later.
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

func TestWithTheLayer(t *testing.T)    { runScripts(t, true) }
func TestWithoutTheLayer(t *testing.T) { runScripts(t, false) }

// runScripts runs all scripts, one way.
func runScripts(t *testing.T, layer bool) {
	t.Parallel()
	lambdaenvtest.Build(t, "./testdata/function") // once, before the scripts compete for the processors
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			begin(env, layer)
			return nil
		},
		Condition: func(name string) (bool, error) {
			switch name {
			case "layer":
				return layer, nil
			case "mount":
				if !mayMount() && os.Getenv("CI") == "true" {
					return false, errors.New("no script is left out in CI: mounting a file system needs root on Linux")
				}
				return mayMount(), nil
			}
			return false, fmt.Errorf("unknown condition %q", name)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"start":       command((*scenario).start),
			"invoke":      negatable((*scenario).invoke),
			"call":        command((*scenario).call),
			"response":    negatable((*scenario).response),
			"idle":        command((*scenario).idle),
			"stay-frozen": command((*scenario).stayFrozen),
			"await":       command((*scenario).await),
			"logged":      negatable((*scenario).logged),
			"order":       command((*scenario).order),
			"signal":      command((*scenario).signal),
			"lost":        command((*scenario).lost),
			"works":       command((*scenario).works),
			"shutdown":    negatable((*scenario).shutdown),
		},
	})
}

// command makes a method of the scenario a command of scripts.
func command(do func(s *scenario, args []string)) func(*testscript.TestScript, bool, []string) {
	return negatable(func(s *scenario, neg bool, args []string) {
		if neg {
			s.Fatalf("this command has no opposite; take the ! away")
		}
		do(s, args)
	})
}

// negatable is command for a method whose argument neg is true if a ! stands in
// front of the command.
func negatable(do func(s *scenario, neg bool, args []string)) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		s := ts.Value(scenarioKey{}).(*scenario)
		s.ts = ts
		do(s, neg, args)
	}
}
