package faults_test

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"example.com/postinvoke/lambdaenv/lambdaenvtest"
)

func TestMain(m *testing.M) {
	// Scripts mostly wait for timeouts, so that more of them can run at once
	// than there are processors. A -parallel of the command line wins: it is
	// read later.
	if err := flag.Set("test.parallel", "4"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

func TestWithTheLayer(t *testing.T)    { tell(t, true) }
func TestWithoutTheLayer(t *testing.T) { tell(t, false) }

// tell runs all scripts, one way.
func tell(t *testing.T, layer bool) {
	t.Parallel()
	lambdaenvtest.Build(t, "./testdata/function") // once, before the scripts compete for the processors
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			begin(env, layer)
			return nil
		},
		Condition: func(name string) (bool, error) {
			if name == "layer" {
				return layer, nil
			}
			return false, fmt.Errorf("unknown condition %q", name)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"start":    command((*story).start),
			"invoke":   orElse((*story).invoke),
			"call":     command((*story).call),
			"response": orElse((*story).response),
			"idle":     command((*story).idle),
			"rest":     command((*story).rest),
			"await":    command((*story).await),
			"logged":   orElse((*story).logged),
			"order":    command((*story).order),
			"signal":   command((*story).signal),
			"stranger": command((*story).stranger),
			"works":    command((*story).works),
			"shutdown": orElse((*story).shutdown),
		},
	})
}

// command makes a method of the story a command of the script.
func command(do func(s *story, args []string)) func(*testscript.TestScript, bool, []string) {
	return orElse(func(s *story, neg bool, args []string) {
		if neg {
			s.Fatalf("this command has no opposite; take the ! away")
		}
		do(s, args)
	})
}

// orElse is command for a method that is told whether there is a ! before it.
func orElse(do func(s *story, neg bool, args []string)) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		s := ts.Value(storyKey{}).(*story)
		s.ts = ts
		do(s, neg, args)
	}
}
