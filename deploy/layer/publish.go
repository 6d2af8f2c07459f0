package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
)

// publishLayers prints the AWS CLI's commands that publish the layers, or runs
// them and prints the ARNs.
func (o options) publishLayers(ctx context.Context, s source, files []zipFile, stdout, stderr io.Writer) error {
	if !o.publish {
		regions := o.regions
		if len(regions) == 0 {
			regions = []string{"REGION"}
		}
		fmt.Fprintf(stdout, "\nThese commands publish the layers; -regions sets the regions, and -publish runs them:\n\n")
		for _, region := range regions {
			for _, f := range layers(files) {
				o.printCommands(stdout, region, s, f)
			}
		}
		return nil
	}
	fmt.Fprintln(stdout, "\nPublished:")
	for _, region := range o.regions {
		for _, f := range layers(files) {
			arn, err := o.publishLayer(ctx, region, s, f, stderr)
			if err != nil {
				return fmt.Errorf("publish %s in %s: %w", f.path, region, err)
			}
			fmt.Fprintln(stdout, " ", arn)
		}
	}
	return nil
}

func layers(files []zipFile) []zipFile {
	return slices.DeleteFunc(slices.Clone(files), func(f zipFile) bool { return f.layer == nil })
}

func (o options) layerName(f zipFile) string { return o.name + "-" + f.layer.name }

// publishCommand is a command that publishes a layer and prints the ARN of the version.
func (o options) publishCommand(region string, s source, f zipFile) []string {
	// A rebuild needs both versions, see docs/security.md.
	description := fmt.Sprintf("postinvoke extension for %s, %s, %s", f.layer.name, s.version, s.goVersion)
	return []string{"aws", "lambda", "publish-layer-version", "--region", region, "--layer-name", o.layerName(f),
		"--zip-file", "fileb://" + f.path, "--description", description, "--license-info", "MIT",
		"--compatible-runtimes", "provided.al2023", "--compatible-architectures", f.layer.name,
		"--query", "LayerVersionArn", "--output", "text"}
}

// permitCommand is a command that lets every account use a version of a layer.
func (o options) permitCommand(region, version string, f zipFile) []string {
	return []string{"aws", "lambda", "add-layer-version-permission", "--region", region, "--layer-name", o.layerName(f),
		"--version-number", version, "--statement-id", "public", "--principal", "*", "--action", "lambda:GetLayerVersion",
		"--query", "RevisionId", "--output", "text"}
}

func (o options) printCommands(w io.Writer, region string, s source, f zipFile) {
	if !o.public {
		fmt.Fprintln(w, shell(o.publishCommand(region, s, f)))
		return
	}
	const version = "VERSION" // the last part of the ARN, which only the shell will know
	fmt.Fprintf(w, "arn=$(%s) && echo \"$arn\" &&\n", shell(o.publishCommand(region, s, f)))
	fmt.Fprintf(w, "    %s\n", strings.Replace(shell(o.permitCommand(region, version, f)), version, `"${arn##*:}"`, 1))
}

// publishLayer publishes a layer and returns the ARN of the version.
func (o options) publishLayer(
	ctx context.Context, region string, s source, f zipFile, stderr io.Writer,
) (arn string, err error) {
	out, err := command(ctx, o.publishCommand(region, s, f), stderr)
	if err != nil {
		return "", err
	}
	arn = strings.TrimSpace(out)
	if !strings.HasPrefix(arn, "arn:") {
		return "", fmt.Errorf("the aws command printed %q instead of the ARN of a layer version", out)
	}
	if o.public {
		version := arn[strings.LastIndex(arn, ":")+1:]
		if _, err := command(ctx, o.permitCommand(region, version, f), stderr); err != nil {
			return "", fmt.Errorf("%s is published, but could not be made public: %w", arn, err)
		}
	}
	return arn, nil
}

func command(ctx context.Context, args []string, stderr io.Writer) (string, error) {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Stderr = stderr
	out, err := cmd.Output()
	if errors.Is(err, exec.ErrNotFound) {
		return "", errors.New("the aws command was not found: install the AWS CLI, or run what is printed without -publish")
	}
	return string(out), err
}

// shell writes a command as one that a shell reads as the same arguments.
func shell(args []string) string {
	quoted := make([]string, len(args))
	for i, arg := range args {
		quoted[i] = arg
		if arg == "" || strings.ContainsAny(arg, " \t\n'\"\\$`*?[]()<>|&;#!~{}") {
			quoted[i] = "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
		}
	}
	return strings.Join(quoted, " ")
}
