// Package shim hands on the Docker provider, which its module keeps under internal/: only a package whose import
// path lies below that module's may import it.
package shim

import (
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"

	"github.com/terraform-providers/terraform-provider-docker/internal/provider"
)

// Provider is the Docker provider of the given version.
func Provider(version string) *schema.Provider {
	return provider.New(version)()
}
