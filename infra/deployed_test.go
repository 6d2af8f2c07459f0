package main

import (
	"debug/elf"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"example.com/postinvoke/internal/ci"
	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/lambdaenv/lambdaenvtest"
	"example.com/postinvoke/record"
)

// machines are the processors of the two architectures, and what runs their
// programs on another one.
var machines = map[string]struct {
	goarch string
	elf    elf.Machine
	qemu   string
}{
	"arm64":  {"arm64", elf.EM_AARCH64, "qemu-aarch64"},
	"x86_64": {"amd64", elf.EM_X86_64, "qemu-x86_64"},
}

// What is deployed is what runs: the very files and settings that the template
// names, in the local environment.
func TestDeployedFunctionsRun(t *testing.T) {
	for i, arch := range []string{"arm64", "x86_64"} {
		t.Run(arch, func(t *testing.T) {
			env := lambdaenvtest.Start(t, deployed(t, i))

			const event = `{"sleepMs": 1}`
			response := env.Invoke(event)
			if got := strings.ReplaceAll(string(response.Payload), " ", ""); got != strings.ReplaceAll(event, " ", "") {
				t.Errorf("response: got %s, want the event, %s", got, event)
			}
			env.WaitIdle()
			env.Shutdown()

			records := recordsOf(env)
			hooks := records.with(t, record.Hooks)
			if hooks[record.HookCount] != 2.0 || hooks[record.Failures] != 0.0 {
				t.Errorf("hooks: got %v, want 2 of them, none failed", hooks)
			}
			if got := records.with(t, record.ShutdownHooks); got[record.HookCount] != 1.0 {
				t.Errorf("shutdown hooks: got %v, want 1", got)
			}
			if got := records.with(t, record.Environment); got[record.Invocations] != 1.0 || got[record.Reason] != "spindown" {
				t.Errorf("environment: got %v, want 1 invocation and spindown", got)
			}
			order := strings.Join(env.Lines(), "\n")
			for _, line := range []string{"second on complete", "first on stack", "bye y'all!"} {
				_, after, found := strings.Cut(order, line)
				if !found {
					t.Errorf("%q was not printed, or not in its place", line)
				}
				order = after
			}
		})
	}
}

// deployed is the i-th function of the demo stack, as Lambda would run it.
func deployed(t *testing.T, i int) lambdaenv.Config {
	t.Helper()
	a := demo(t)
	tp := a.Template(t, "PostInvokeDemo")
	function := tp.OfType("AWS::Lambda::Function")[i]
	fn := function.Properties
	arch := at(fn, "Architectures", 0).(string)
	layer := tp.Resources[at(fn, "Layers", 0, "Ref").(string)]

	bootstrap := executable(t, arch, a.Asset(function.S3Key()), fn["Handler"].(string))
	extension := executable(t, arch, a.Asset(layer.S3Key()), "extensions/postinvoke")

	var env []string
	variables, _ := at(fn, "Environment", "Variables").(map[string]any)
	for name, value := range variables {
		env = append(env, fmt.Sprintf("%s=%v", name, value))
	}
	return lambdaenv.Config{
		Function: bootstrap, Extensions: []string{extension}, Env: env,
		Timeout:             time.Duration(fn["Timeout"].(float64)) * time.Second,
		MemoryMB:            int(fn["MemorySize"].(float64)),
		LogFormat:           lambdaenv.LogFormat(at(fn, "LoggingConfig", "LogFormat").(string)),
		ApplicationLogLevel: at(fn, "LoggingConfig", "ApplicationLogLevel").(string),
		SystemLogLevel:      at(fn, "LoggingConfig", "SystemLogLevel").(string),
	}
}

// executable returns the program in an asset, or a script of the same name that
// runs it under qemu where this machine cannot.
func executable(t *testing.T, arch, asset, name string) string {
	t.Helper()
	path := filepath.Join(asset, name)
	if machines[arch].goarch == runtime.GOARCH {
		return path
	}
	qemu, err := exec.LookPath(machines[arch].qemu)
	if err != nil {
		ci.Skip(t, "needs "+machines[arch].qemu+" to run "+arch+" programs: apt-get install qemu-user")
	}
	script := filepath.Join(t.TempDir(), filepath.Base(name))
	if err := os.WriteFile(script, fmt.Appendf(nil, "#!/bin/sh\nexec '%s' '%s' \"$@\"\n", qemu, path), 0o755); err != nil {
		t.Fatal(err)
	}
	return script
}

// Always, with qemu or without: each asset holds one program, of the right
// architecture, that everybody may execute. Lambda runs it as another user.
func TestAssets(t *testing.T) {
	a := demo(t)
	tp := a.Template(t, "PostInvokeDemo")
	for _, r := range append(tp.OfType("AWS::Lambda::Function"), tp.OfType("AWS::Lambda::LayerVersion")...) {
		kind, want, architectures := "function", "bootstrap", "Architectures"
		if r.Type == "AWS::Lambda::LayerVersion" {
			kind, want, architectures = "layer", "extensions/postinvoke", "CompatibleArchitectures"
		}
		arch := at(r.Properties, architectures, 0)
		dir := a.Asset(r.S3Key())
		var files []string
		err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			info, err := entry.Info()
			if err != nil {
				return err
			}
			if got := info.Mode().Perm(); got&0o555 != 0o555 {
				t.Errorf("%s for %s: %s: got mode %o, want everybody to read and execute it", kind, arch, entry.Name(), got)
			}
			if !entry.IsDir() {
				name, _ := filepath.Rel(dir, path)
				files = append(files, filepath.ToSlash(name))
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(files) != 1 || files[0] != want {
			t.Fatalf("%s for %s: got %q, want only %s", kind, arch, files, want)
		}
		program, err := elf.Open(filepath.Join(dir, want))
		if err != nil {
			t.Fatal(err)
		}
		defer program.Close()
		if got := program.Machine; got != machines[arch.(string)].elf {
			t.Errorf("%s for %s: got a program for %v", kind, arch, got)
		}
	}
}
