package postinvoke_test

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/lambdaenv/lambdaenvtest"
	"example.com/postinvoke/internal/link"
	"example.com/postinvoke/record"
)

// wantMode checks the record that says what keeps the environment awake.
func wantMode(t *testing.T, env *lambdaenvtest.Env, level, mode, reason string) {
	t.Helper()
	ready := oneRecord(t, env, record.Ready)
	ready.want(t, map[string]any{"level": level, record.Mode: mode})
	if got, _ := ready[record.Reason].(string); !strings.Contains(got, reason) {
		t.Errorf("got reason %q, want one with %q", got, reason)
	}
}

func TestWithTheLayerTheExtensionKeepsTheEnvironmentAwake(t *testing.T) {
	env := startScenarios(t, lambdaenv.Config{
		LogFormat:  lambdaenv.JSON,
		Extensions: []string{lambdaenvtest.Build(t, "extension")},
	})
	wantMode(t, env, "INFO", record.ModeExtension, "connected to the extension on 127.0.0.1:")
	res := env.Invoke(do("order"))
	env.WaitIdle()
	summaryOf(t, env, res.RequestID).want(t, map[string]any{record.Mode: record.ModeExtension})
}

func TestWithoutTheLayerTheLibraryDoesSoItself(t *testing.T) {
	env := startScenarios(t, lambdaenv.Config{LogFormat: lambdaenv.JSON})
	wantMode(t, env, "INFO", record.ModeInternal, "the function has no postinvoke layer")
	res := env.Invoke(do("order"))
	env.WaitIdle()
	summaryOf(t, env, res.RequestID).want(t, map[string]any{record.Mode: record.ModeInternal})
}

// So it looks to a process that was frozen while it connected again: the time
// for greetings is over when it is thawed.
func TestALinkThatIsLostAndThenSilentIsMadeAgain(t *testing.T) {
	connections := 0
	port := serveLoopback(t, func(c net.Conn) {
		connections++
		switch connections {
		case 1:
			fmt.Fprintln(c, link.Hello)
			c.Close()
		case 3:
			fmt.Fprintln(c, link.Hello)
		}
	})
	env := startScenarios(t, lambdaenv.Config{
		LogFormat:      lambdaenv.JSON,
		Env:            []string{link.PortVariable + "=" + port},
		MaxConcurrency: 1, // so it is not frozen, though nobody keeps it awake
	})
	env.AwaitLine(record.LinkLost)
	lost := oneRecord(t, env, record.LinkLost)
	lost.want(t, map[string]any{"level": "WARN"})
	if reason, _ := lost[record.Error].(string); !strings.Contains(reason, "connected again") {
		t.Errorf("got %q, want it connected again", reason)
	}
}

func TestAPortThatIsNoneIsReported(t *testing.T) {
	env := startScenarios(t, lambdaenv.Config{
		LogFormat: lambdaenv.JSON,
		Env:       []string{link.PortVariable + "=http"},
	})
	wantMode(t, env, "WARN", record.ModeInternal, `POSTINVOKE_PORT="http" is not a port number`)
}

// What many invocations at a time do is in internal/soak.
func TestOnManagedInstancesNobodyIsHeld(t *testing.T) {
	bothWays(t, func(t *testing.T, cfg lambdaenv.Config) {
		cfg.MaxConcurrency = 8
		env := startScenarios(t, cfg)
		mode := record.ModeInternal
		if len(cfg.Extensions) > 0 {
			mode = record.ModeExtension
		}
		wantMode(t, env, "INFO", mode, "Lambda Managed Instances are not frozen")
		res := env.Invoke(do("order"))
		env.AwaitLine(record.Hooks)
		summaryOf(t, env, res.RequestID).want(t, map[string]any{record.HookCount: 3.0, record.Failures: 0.0, record.Abandoned: 0.0})
	})
}

// Lambda waits for every extension that asked for INVOKE events. One that gets
// none must not stay.
func TestALibraryThatIsRefusedEventsEndsTheProcess(t *testing.T) {
	env, err := lambdaenvtest.TryStart(t, lambdaenv.Config{
		Function:  lambdaenvtest.Build(t, "postinvoke/testdata/scenarios"),
		LogFormat: lambdaenv.JSON,
		Refuse:    map[string]int{"next": 500},
	})
	problems := records(t, env, record.ExtensionProblem)
	for err == nil && len(problems) == 0 { // it was frozen before the process could end
		env.Invoke(do("nothing"))
		problems = records(t, env, record.ExtensionProblem) // more than one if it was started again
	}
	if reason, _ := problems[0][record.Reason].(string); !strings.Contains(reason, "ask for the next event: unexpected status 500") {
		t.Errorf("got reason %q, want it to say what came back", reason)
	}
	problems[0].want(t, map[string]any{record.Mode: record.ModeInternal})
}

// serveLoopback accepts connections on a port of its own until the test ends.
func serveLoopback(t *testing.T, serve func(net.Conn)) (port string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { conn.Close() })
			serve(conn)
		}
	}()
	_, port, _ = net.SplitHostPort(listener.Addr().String())
	return port
}
