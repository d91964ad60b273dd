// The practice Vault: HashiCorp Vault's own server command with the engines that Glovebox meets in the field.
// Takes the flags of `vault server`.
package main

import (
	"os"

	"github.com/hashicorp/cli"
	openldap "github.com/hashicorp/vault-plugin-secrets-openldap"
	"github.com/hashicorp/vault/audit"
	credAws "github.com/hashicorp/vault/builtin/credential/aws"
	"github.com/hashicorp/vault/builtin/logical/database"
	"github.com/hashicorp/vault/command"
	"github.com/hashicorp/vault/physical/raft"
	"github.com/hashicorp/vault/sdk/logical"
	"github.com/hashicorp/vault/sdk/physical"
	"github.com/hashicorp/vault/sdk/physical/inmem"
)

func main() {
	ui := &cli.BasicUi{Reader: os.Stdin, Writer: os.Stdout, ErrorWriter: os.Stderr}
	server := &command.ServerCommand{
		BaseCommand:        &command.BaseCommand{UI: ui},
		AuditBackends:      map[string]audit.Factory{"file": audit.NewFileBackend, "socket": audit.NewSocketBackend},
		CredentialBackends: map[string]logical.Factory{"aws": credAws.Factory},
		LogicalBackends: map[string]logical.Factory{
			"openldap": openldap.Factory,
			"ldap":     openldap.Factory,
			"database": database.Factory,
		},
		PhysicalBackends: map[string]physical.Factory{
			"inmem":    inmem.NewInmem,
			"inmem_ha": inmem.NewInmemHA,
			"raft":     raft.NewRaftBackend,
		},
		ShutdownCh: command.MakeShutdownCh(),
		SighupCh:   command.MakeSighupCh(),
		SigUSR2Ch:  command.MakeSigUSR2Ch(),
	}
	os.Exit(server.Run(os.Args[1:]))
}
