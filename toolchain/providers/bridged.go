package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/IBM/sarama"
	"github.com/Mongey/terraform-provider-kafka/kafka"
	tfdiag "github.com/hashicorp/terraform-plugin-sdk/v2/diag"
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/info"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/tokens"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfgen"
	shimv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	docker "github.com/terraform-providers/terraform-provider-docker/shim"
)

func serveDocker(name, version string) error {
	provider := bridge(name, version, docker.Provider(version))
	// Where npm's names do not follow from Terraform's.
	provider.Config = map[string]*info.Schema{"registry_auth": {Name: "registryAuth"}}
	provider.Resources = map[string]*info.Resource{
		"docker_config": {Tok: "docker:index/serviceConfig:ServiceConfig"},
		"docker_image":  {Tok: "docker:index/remoteImage:RemoteImage"},
		"docker_container": {
			Tok:                 "docker:index/container:Container",
			DeleteBeforeReplace: true,
			Fields: map[string]*info.Schema{
				"command":           {Name: "command"},
				"networks_advanced": {Name: "networksAdvanced"},
			},
		},
	}
	provider.DataSources = map[string]*info.DataSource{
		"docker_image": {Tok: "docker:index/getRemoteImage:getRemoteImage"},
	}
	return serve(provider)
}

func serveKafka(name, version string) error {
	terraform := kafka.Provider()
	keepWhileSilent(terraform.ResourcesMap["kafka_topic"])
	provider := bridge(name, version, terraform)
	provider.Resources = map[string]*info.Resource{
		"kafka_acl": {Fields: map[string]*info.Schema{
			"resource_name": {Name: "aclResourceName"},
			"resource_type": {Name: "aclResourceType"},
		}},
	}
	return serve(provider)
}

// keepWhileSilent makes a refresh leave the resource as it was, where no broker answers: the update that brings the
// broker back would not begin if the refresh before it failed.
func keepWhileSilent(resource *schema.Resource) {
	read := resource.ReadContext
	resource.ReadContext = func(ctx context.Context, data *schema.ResourceData, meta any) tfdiag.Diagnostics {
		found := read(ctx, data, meta)
		imported := data.Get("partitions") == 0
		for i, problem := range found {
			if strings.Contains(problem.Summary, sarama.ErrOutOfBrokers.Error()) && !imported {
				found[i].Severity = tfdiag.Warning
				found[i].Summary = "taken to be as it was: " + problem.Summary
			}
		}
		return found
	}
}

// bridge makes a Pulumi provider of a Terraform provider.
func bridge(name, version string, provider *schema.Provider) tfbridge.ProviderInfo {
	return tfbridge.ProviderInfo{
		P:            shimv2.NewProvider(provider),
		Name:         name,
		Version:      version,
		MetadataInfo: tfbridge.NewProviderMetadata([]byte("{}")),
	}
}

// serve gives every resource that has no token yet the one that npm's packages use, makes the schema (0.1 s; the
// official plugins have it made when they are built) and answers the engine until it is done.
func serve(provider tfbridge.ProviderInfo) error {
	npmNames := tokens.SingleModule(provider.Name+"_", "index", tokens.MakeStandard(provider.Name))
	if err := provider.ComputeTokens(npmNames); err != nil {
		return fmt.Errorf("naming the resources of %s: %w", provider.Name, err)
	}
	provider.SetAutonaming(255, "-")
	silent := diag.DefaultSink(io.Discard, io.Discard, diag.FormatOptions{Color: "never"})
	generated, err := tfgen.GenerateSchemaWithOptions(tfgen.GenerateSchemaOptions{
		ProviderInfo:    provider,
		DiagnosticsSink: silent,
		XInMemoryDocs:   true,
	})
	if err != nil {
		return fmt.Errorf("making the schema of %s: %w", provider.Name, err)
	}
	encoded, err := json.Marshal(generated.PackageSpec)
	if err != nil {
		return fmt.Errorf("encoding the schema of %s: %w", provider.Name, err)
	}
	return tfbridge.Serve(provider.Name, provider.Version, provider, encoded)
}
