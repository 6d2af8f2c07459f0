package main

import (
	"bytes"
	"debug/elf"
	"debug/macho"
	"os"
	"runtime"
)

// The architectures of executables, as GOARCH has them and as Linux names its
// emulators.
var (
	elfArch     = map[elf.Machine]string{elf.EM_X86_64: "amd64", elf.EM_AARCH64: "arm64"}
	emulatorOf  = map[string]string{"amd64": "qemu-x86_64", "arm64": "qemu-aarch64"}
	binfmtFiles = "/proc/sys/fs/binfmt_misc/"
)

// checkMachine refuses an executable that this machine cannot run. What is
// neither ELF nor Mach-O, such as a script, is left to the kernel.
func checkMachine(path string) error {
	system, arch := "", ""
	if f, err := elf.Open(path); err == nil {
		f.Close()
		system, arch = "linux", elfArch[f.Machine]
	} else if f, err := macho.Open(path); err == nil {
		f.Close()
		system, arch = "darwin", runtime.GOARCH // macOS runs the other one, too
	}
	switch {
	case system == "", system == runtime.GOOS && (arch == runtime.GOARCH || isEmulated(arch)):
		return nil
	case arch == "":
		arch = "another architecture"
	}
	return usagef("-function %s: an executable for %s/%s, and this machine is %s/%s: build it with GOOS=%[4]s GOARCH=%[5]s, "+
		"or give the folder of its main package", path, system, arch, runtime.GOOS, runtime.GOARCH)
}

// isEmulated reports whether Linux starts executables of this architecture with
// an emulator. https://docs.kernel.org/admin-guide/binfmt-misc.html
func isEmulated(arch string) bool {
	emulator, known := emulatorOf[arch]
	if !known {
		return false
	}
	status, err := os.ReadFile(binfmtFiles + emulator)
	return err == nil && bytes.HasPrefix(status, []byte("enabled"))
}
