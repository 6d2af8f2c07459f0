package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"strings"
)

// publishLayers prints the AWS CLI's commands that publish the layers, or runs them.
func (o options) publishLayers(ctx context.Context, s source, files []zipFile, stdout, stderr io.Writer) error {
	regions := o.regions
	if len(regions) == 0 {
		regions = []string{"REGION"}
	}
	if !o.publish {
		fmt.Fprintf(stdout, "\nThese commands publish the layers; -regions sets the regions, and -publish runs them:\n\n")
	} else if _, err := exec.LookPath("aws"); err != nil {
		return errors.New("the aws command was not found: install the AWS CLI, or run what is printed without -publish")
	} else {
		fmt.Fprintln(stdout, "\nPublished:")
	}
	for _, region := range regions {
		for _, f := range files {
			if !f.layer {
				continue
			}
			commands := o.publishCommands(region, s, f)
			if !o.publish {
				fmt.Fprintln(stdout, commands)
				continue
			}
			sh := exec.CommandContext(ctx, "/bin/sh", "-c", commands)
			sh.Stdout, sh.Stderr = stdout, stderr
			if err := sh.Run(); err != nil {
				return fmt.Errorf("publish %s in %s: %w", f.path, region, err)
			}
		}
	}
	return nil
}

// publishCommands are shell commands that publish a layer, print the ARN of the
// version and, with -public, let every account use it.
func (o options) publishCommands(region string, s source, f zipFile) string {
	layer := []string{"--region", region, "--layer-name", o.name + "-" + f.arch}
	// A rebuild needs both versions, see docs/security.md.
	description := fmt.Sprintf("postinvoke extension for %s, %s, %s", f.arch, s.version, s.goVersion)
	publish := "aws lambda publish-layer-version " + quoted(append(layer,
		"--zip-file", "fileb://"+f.path, "--description", description, "--license-info", "MIT",
		"--compatible-runtimes", "provided.al2023", "--compatible-architectures", f.arch,
		"--query", "LayerVersionArn", "--output", "text"))
	if !o.public {
		return publish
	}
	// The number of the version is the last part of the ARN.
	return "arn=$(" + publish + `) && echo "$arn" &&
    aws lambda add-layer-version-permission ` + quoted(layer) + ` --version-number "${arn##*:}" ` +
		`--statement-id public --principal '*' --action lambda:GetLayerVersion >/dev/null`
}

var plain = regexp.MustCompile(`^[\w@%+=:,./-]+$`)

// quoted joins arguments so that a shell reads the same ones.
func quoted(args []string) string {
	words := make([]string, len(args))
	for i, arg := range args {
		words[i] = arg
		if !plain.MatchString(arg) {
			words[i] = "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
		}
	}
	return strings.Join(words, " ")
}
