module example.com/mutants

go 1.26.0

require example.com/postinvoke v0.0.0

require github.com/aws/aws-lambda-go v1.55.1 // indirect

replace example.com/postinvoke => ../../../..
