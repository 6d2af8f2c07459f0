variable "name" {
  description = "Name of the function, and what the names of everything else begin with."
  type        = string
}

variable "function_zip" {
  description = "Path of a zip file with the program of the function, bootstrap."
  type        = string
}

variable "layer_zip" {
  description = "Path of a zip file with the extension, to make a layer of. Null for layer_arn, or for no layer."
  type        = string
  default     = null
}

variable "layer_arn" {
  description = "ARN of a version of the layer that is published already. Null for layer_zip."
  type        = string
  default     = null

  validation {
    condition     = var.layer_arn == null || var.layer_zip == null
    error_message = "Set layer_zip or layer_arn, not both."
  }
}

variable "architecture" {
  description = "What the zip files were built for: arm64 or x86_64. With another one the function does not start."
  type        = string
  default     = "arm64"

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "Lambda's architectures are arm64 and x86_64."
  }
}

variable "timeout" {
  description = "Seconds for the handler and its hooks together."
  type        = number
  default     = 30
}

variable "memory_size" {
  description = "MB of memory."
  type        = number
  default     = 512
}

variable "environment" {
  description = "Environment variables of the function."
  type        = map(string)
  default     = {}
}

variable "application_log_level" {
  description = "DEBUG logs every hook. With WARN the tables of the dashboard stay empty."
  type        = string
  default     = "INFO"
}

variable "log_retention_days" {
  description = "Days for which the log is kept."
  type        = number
  default     = 7
}

variable "dashboard" {
  description = "Whether to make a dashboard. Beyond three in an account they cost."
  type        = bool
  default     = true
}
