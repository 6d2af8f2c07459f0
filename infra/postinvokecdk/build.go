package postinvokecdk

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"example.com/postinvoke/infra/gobuild"
)

// BuildFolder is where binaries are built, below the folder in which the app
// runs, which is that of cdk.json. It has a .gitignore of its own. It stays, so
// that cdk's --no-staging finds the assets.
const BuildFolder = "build/postinvoke"

// source is what an asset is built from.
type source struct {
	name  string                 // for people: the folder's
	id    string                 // no other source has it
	build func(dir string) error // into the folder that becomes the asset
}

// asset returns the code that is built, now, from the source that find names.
// For a command that needs no assets nothing is searched or built, and the code
// is a stand-in.
func asset(scope constructs.Construct, find func() (source, error)) awslambda.AssetCode {
	folder, err := buildFolder()
	if err != nil {
		panic(err)
	}
	if !*awscdk.Stack_Of(scope).BundlingRequired() {
		nothing := filepath.Join(folder, "nothing")
		if err := os.MkdirAll(nothing, 0o755); err != nil {
			panic(err)
		}
		return awslambda.Code_FromAsset(&nothing, nil)
	}
	from, err := find()
	if err != nil {
		panic(err)
	}
	dir, err := from.buildBelow(folder)
	if err != nil {
		panic(err)
	}
	return awslambda.Code_FromAsset(jsii.String(dir), nil)
}

// built remembers what this process has built: several stacks, or a test's
// many, share it.
var built = struct {
	sync.Mutex
	folders map[string]bool
}{folders: map[string]bool{}}

// buildBelow builds the source and returns the folder that is the asset.
func (s source) buildBelow(root string) (string, error) {
	built.Lock()
	defer built.Unlock()
	// Named after the source, so that it is replaced by the next build of it
	// and by nothing else. The asset hash knows only what is in the folder.
	id := sha256.Sum256([]byte(s.id))
	dir := filepath.Join(root, fmt.Sprintf("%s-%x", s.name, id[:4]))
	if built.folders[dir] {
		return dir, nil
	}
	if err := s.build(dir); err != nil {
		return "", err
	}
	built.folders[dir] = true
	return dir, nil
}

// programSource is the program p, under the name bootstrap, which Lambda runs.
func programSource(p gobuild.Program, arch architecture) source {
	p.Arch = arch.goarch
	return source{
		name: filepath.Base(p.Dir) + "-" + arch.name,
		id:   fmt.Sprintf("%#v", p), // maps are printed in order
		build: func(dir string) error {
			return gobuild.Build(context.Background(), p, dir, "bootstrap")
		},
	}
}

// extensionSource is the extension, where Lambda looks for it in a layer.
func extensionSource(d *gobuild.Dependency, arch architecture) source {
	p := gobuild.Program{Arch: arch.goarch}
	return source{
		name: "extension-" + arch.name,
		id:   d.Dir + " " + arch.name,
		build: func(dir string) error {
			return d.Build(context.Background(), p, dir, "extensions/postinvoke")
		},
	}
}

// buildFolder creates BuildFolder and returns its absolute path.
func buildFolder() (string, error) {
	folder, err := filepath.Abs(BuildFolder)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", err
	}
	return folder, os.WriteFile(filepath.Join(folder, ".gitignore"), []byte("*\n"), 0o644)
}
