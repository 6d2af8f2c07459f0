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

// program is a main package and its place within the asset.
type program struct {
	dir  string // of the main package, absolute
	arch architecture
	file string // within the asset
}

// asset returns the code of the program that find names, built now. For a
// command that needs no assets nothing is searched or built, and the code is a
// stand-in.
func asset(scope constructs.Construct, find func() program) awslambda.AssetCode {
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
	p := find()
	dir, err := p.build(folder)
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

// build compiles p and returns the folder that is the asset.
func (p program) build(root string) (string, error) {
	built.Lock()
	defer built.Unlock()
	// Named after the source, so that it is replaced by the next build of it
	// and by nothing else. The asset hash knows only what is in the folder.
	id := sha256.Sum256([]byte(p.dir))
	dir := filepath.Join(root, fmt.Sprintf("%s-%s-%x", filepath.Base(p.dir), p.arch.name, id[:4]))
	if built.folders[dir] {
		return dir, nil
	}
	if err := gobuild.Build(context.Background(), gobuild.Program{Dir: p.dir, Arch: p.arch.goarch}, dir, p.file); err != nil {
		return "", err
	}
	built.folders[dir] = true
	return dir, nil
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
