package postinvokecdk

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"example.com/postinvoke/infra/gobuild"
)

// BundlingOptions are settings of the build of a function's Entry: build tags,
// flags for the linker, variables for the go command such as GOEXPERIMENT, and
// further files of the asset, whose paths are relative to the folder in which
// the app runs. The build ignores all other settings of the go command, such as
// exported variables, so that the asset is the same on every machine.
type BundlingOptions = gobuild.Options

// FunctionProps are the properties of a function made by [NewFunction].
type FunctionProps struct {
	// Entry is the folder of the function's main package, relative to the
	// folder in which the app runs, "." being that folder itself. Set either
	// Entry or Code.
	//
	// The program is what go build makes in that folder, with its go.mod, its
	// vendor folder or its go.work file. cgo is refused.
	Entry string

	// Bundling has further settings of the build of Entry, and further files
	// beside it. Nil means none. It is refused where Code is set.
	Bundling *BundlingOptions

	// FunctionProps are those of any Lambda function. What is nil or empty in
	// them has this default:
	//
	//	Architecture            arm64
	//	Code                    the program in Entry
	//	Handler, Runtime        bootstrap, on provided.al2023
	//	Layers                  none beside the postinvoke layer, which is always added
	//	LogGroup                one that keeps logs for a week, is removed with the stack, and
	//	                        has a field index for the dashboard
	//	LoggingFormat           JSON, which the dashboard needs
	//	ApplicationLogLevelV2   INFO
	//	SystemLogLevelV2        INFO: platform.start and platform.report
	//	MemorySize              512
	//	Role                    one that may write to the log group and, with Vpc, be in it;
	//	                        a given Role is allowed to write to the default LogGroup
	//	Timeout                 30 s, for the response and everything after it
	//
	// All others are as in [awslambda.NewFunction]. LogRetention and LogFormat,
	// both deprecated, are refused: LogGroup and LoggingFormat take their place.
	awslambda.FunctionProps
}

// NewFunction adds a Go function with the postinvoke layer, and its own log group
// and role.
func NewFunction(scope constructs.Construct, id *string, props *FunctionProps) awslambda.Function {
	if props == nil {
		props = &FunctionProps{}
	}
	parent := constructs.NewConstruct(scope, id)
	p := props.FunctionProps
	arch := architectureOf(parent, p.Architecture)
	p.Architecture = arch.lambda()
	switch path := *parent.Node().Path(); {
	case props.Entry != "" && p.Code != nil:
		addError(parent, fmt.Errorf("function %s has two programs: set FunctionProps.Entry or Code, not both", path))
	case props.Bundling != nil && p.Code != nil:
		addError(parent, fmt.Errorf("function %s has Code, which is not built: leave out FunctionProps.Bundling", path))
	case p.Code == nil:
		p.Code = asset(parent, func() (source, error) { return functionSource(path, props, arch) })
	}
	if p.Handler == nil {
		p.Handler = jsii.String("bootstrap")
	}
	if p.Runtime == nil {
		p.Runtime = awslambda.Runtime_PROVIDED_AL2023()
	}
	if p.MemorySize == nil {
		p.MemorySize = jsii.Number(512)
	}
	if p.Timeout == nil {
		p.Timeout = awscdk.Duration_Seconds(jsii.Number(30))
	}
	logging(parent, &p)

	layer := NewLayer(parent, jsii.String("Layer"), &LayerProps{Architecture: p.Architecture})
	layers := []awslambda.ILayerVersion{layer.Version}
	if p.Layers != nil {
		for _, other := range *p.Layers {
			if !same(awscdk.Stack_Of(parent), other.LayerVersionArn(), layer.Version.LayerVersionArn()) {
				layers = append(layers, other)
			}
		}
	}
	p.Layers = &layers
	return awslambda.NewFunction(parent, jsii.String("Function"), &p)
}

// logging gives p a log group and the permission to write to it, unless it has
// them.
func logging(scope constructs.Construct, p *awslambda.FunctionProps) {
	if p.LoggingFormat == "" {
		p.LoggingFormat = awslambda.LoggingFormat_JSON
	}
	if p.LoggingFormat == awslambda.LoggingFormat_JSON {
		if p.ApplicationLogLevelV2 == "" {
			p.ApplicationLogLevelV2 = awslambda.ApplicationLogLevel_INFO
		}
		if p.SystemLogLevelV2 == "" {
			p.SystemLogLevelV2 = awslambda.SystemLogLevel_INFO
		}
	}
	if p.LogGroup != nil {
		return // the CDK, or the caller, grants the permission
	}
	group := awslogs.NewLogGroup(scope, jsii.String("Logs"), &awslogs.LogGroupProps{
		// The dashboard's queries on these fields then read only what matches.
		FieldIndexPolicies: &[]awslogs.FieldIndexPolicy{awslogs.NewFieldIndexPolicy(&awslogs.FieldIndexPolicyProps{
			Fields: jsii.Strings(indexedFields...),
		})},
		Retention:     awslogs.RetentionDays_ONE_WEEK,
		RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
	})
	p.LogGroup = group
	if p.Role != nil {
		group.GrantWrite(p.Role)
		return
	}
	role := awsiam.NewRole(scope, jsii.String("Role"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil),
	})
	group.GrantWrite(role)
	if p.Vpc != nil {
		const policy = "service-role/AWSLambdaVPCAccessExecutionRole"
		role.AddManagedPolicy(awsiam.ManagedPolicy_FromAwsManagedPolicyName(jsii.String(policy)))
	}
	p.Role = role
}

// functionSource is the program in the folder Entry.
func functionSource(path string, props *FunctionProps, arch architecture) (source, error) {
	if props.Entry == "" {
		return source{}, fmt.Errorf("function %s has no program: "+
			"set FunctionProps.Entry to the folder of the function's main package", path)
	}
	dir, err := filepath.Abs(props.Entry)
	if err != nil {
		return source{}, err
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return source{}, fmt.Errorf("there is no folder %s to build a function from: "+
			"set FunctionProps.Entry to the folder of its main package", dir)
	}
	p := gobuild.Program{Dir: dir}
	if props.Bundling != nil {
		p.Options = *props.Bundling
	}
	if err := fitsExtension(p); err != nil {
		return source{}, err
	}
	return programSource(p, arch), nil
}
