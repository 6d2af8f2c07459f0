// Command layer builds the layer's zip files, and with -function the program of a
// function, for deployments without CDK:
//
//	go run ./deploy/layer                                       # both layers, their sums, and how to publish them
//	go run ./deploy/layer -function ./function                  # and the function, for Terraform or the AWS CLI
//	go run ./deploy/layer -function ./function -unpacked        # as folders, for SAM or a container image
//	go run ./deploy/layer -regions eu-west-1,us-east-1 -publish # publishes the layers
//
// The same source and the same Go version give the same bytes. In another module
// that requires this one, go run example.com/postinvoke/deploy/layer does the same:
// the extension is built from the version that the module requires. Outside of any
// module, go run example.com/postinvoke/deploy/layer@VERSION builds that version.
//
// Nothing is published without -publish.
package main

import (
	"context"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	switch err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "layer:", err)
		os.Exit(1)
	}
}

// options are those of the command line.
type options struct {
	out           string
	architectures []string
	function      string
	unpacked      bool
	name          string
	regions       []string
	public        bool
	publish       bool
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	source, err := findExtension(ctx)
	if err != nil {
		return err
	}
	if o.unpacked {
		return o.build(ctx, source, o.out)
	}
	files, err := o.pack(ctx, source)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "Made from %s %s with %s:\n\n", Module, source.version, source.goVersion)
	for _, f := range files {
		// Lambda's API returns the sum of a zip that it was given in base64.
		codeSha256 := base64.StdEncoding.EncodeToString(f.sum[:])
		fmt.Fprintf(stdout, "  %s\n    sha256      %x\n    CodeSha256  %s\n", f.path, f.sum, codeSha256)
	}
	fmt.Fprintf(stdout, "\nSums: %s\n", o.sumsPath())
	return o.publishLayers(ctx, source, files, stdout, stderr)
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	var archs, regions string
	flags := flag.NewFlagSet("layer", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.out, "o", "build/deploy", "write to the folder `DIR`")
	flags.StringVar(&archs, "arch", "arm64,x86_64", "build for these architectures, as Lambda `names` them")
	flags.StringVar(&o.function, "function", "", "also build the function whose main package is in the folder `DIR`")
	flags.BoolVar(&o.unpacked, "unpacked", false, "write folders, ARCH/layer and ARCH/function, instead of zip files")
	flags.StringVar(&o.name, "name", "postinvoke", "publish as layers called `NAME`-ARCH")
	flags.StringVar(&regions, "regions", "", "publish in these `regions`, separated by commas")
	flags.BoolVar(&o.public, "public", false, "let every AWS account use the published layers")
	flags.BoolVar(&o.publish, "publish", false, "run the commands that publish, instead of printing them")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q: everything is a flag, see -help", flags.Arg(0))
	}
	o.architectures, o.regions = list(archs), list(regions)
	for _, arch := range o.architectures {
		if architectures[arch] == "" {
			return o, fmt.Errorf("architecture %q is not one of Lambda's: use arm64 or x86_64", arch)
		}
	}
	switch {
	case len(o.architectures) == 0:
		return o, errors.New("-arch is empty: use arm64, x86_64, or both with a comma between")
	case o.publish && len(o.regions) == 0:
		return o, errors.New("-publish needs -regions: say where, as in -regions eu-west-1,us-east-1")
	case o.unpacked && len(o.regions) > 0:
		return o, errors.New("-unpacked makes no zip files, and only those can be published: " +
			"leave out -unpacked or -regions")
	}
	return o, nil
}

// list splits a list at its commas.
func list(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })
}
