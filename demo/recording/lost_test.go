package recording_test

import (
	"fmt"
	"testing"

	"example.com/postinvoke/demo/recording"
	"example.com/postinvoke/lambdaenv"
)

func TestShortHook(t *testing.T) {
	for hook, want := range map[string]string{
		"main.handle.func2 (/src/main.go:35)":              "handle.func2 | main.go:35",
		"main.handle.func2 (example.com/fn/main.go:35)":    "handle.func2 | main.go:35",
		"example.com/x/y.(*T).flush":                       "y.(*T).flush | ",
		"example.com/x/y.f[...].func1 (/a (b)/c d/t.go:1)": "y.f[...].func1 | t.go:1",
		"flush orders/eu (v1.2)":                           "flush orders/eu (v1.2) | ",
		"orders/flush":                                     "orders/flush | ",
		"":                                                 " | ",
	} {
		name, place := recording.ShortHook(hook)
		if got := name + " | " + place; got != want {
			t.Errorf("%q: got %q, want %q", hook, got, want)
		}
	}
}

// A name that was given to a hook may have a comma in it.
func TestNamesOfLostHooks(t *testing.T) {
	for fields, want := range map[string]string{
		`running=1 hook="main.a (a.go:1)"`:             "[main.a (a.go:1)] []",
		`running=1 hook="flush, then close"`:           "[flush, then close] []",
		`running=2 hook="flush, then close, audit"`:    "[] []",
		`running=0 notStarted=3 waiting="a, b"`:        "[] [a b]",
		`running=-1 notStarted=NaN waiting="a" hook=b`: "[] []",
	} {
		l := recording.LostIn(lambdaenv.Entry{Source: lambdaenv.Extension, Kind: lambdaenv.Line,
			Text: `message="postinvoke: hooks lost" ` + fields})
		if got := fmt.Sprint(l.Ran, l.Waited); got != want {
			t.Errorf("%s: got %s, want %s", fields, got, want)
		}
	}
	e := lambdaenv.Entry{Source: lambdaenv.Function, Kind: lambdaenv.Line,
		Text: `message="postinvoke: hooks lost" running=1`}
	if l := recording.LostIn(e); l != nil {
		t.Errorf("got %v of a line of the function, which cannot know", l)
	}
}
