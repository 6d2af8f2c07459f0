module example.com/lint

go 1.26.0

require (
	example.com/postinvoke v0.0.0
	github.com/aws/aws-durable-execution-sdk-go v0.0.0
	github.com/aws/aws-lambda-go v1.55.1
	go.opentelemetry.io/otel/trace v1.47.0
	golang.org/x/sync v0.24.0
)

require (
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	go.opentelemetry.io/otel v1.47.0 // indirect
)

replace (
	example.com/postinvoke => ../../..
	github.com/aws/aws-durable-execution-sdk-go => ./durable
)
