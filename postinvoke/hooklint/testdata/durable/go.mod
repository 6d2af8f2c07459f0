module github.com/aws/aws-durable-execution-sdk-go

go 1.24.0
