package mysql

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"strings"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
)

// User is mysql.User: an account, with its password or authentication plugin.
type User struct{}

// UserArgs are the arguments of mysql.User.
type UserArgs struct {
	User              string  `pulumi:"user" provider:"replaceOnChanges"`
	Host              *string `pulumi:"host,optional" provider:"replaceOnChanges"`
	PlaintextPassword *string `pulumi:"plaintextPassword,optional" provider:"secret"`
	// Password is npm's deprecated name of PlaintextPassword.
	Password   *string `pulumi:"password,optional" provider:"secret"`
	AuthPlugin *string `pulumi:"authPlugin,optional"`
	TLSOption  *string `pulumi:"tlsOption,optional"`
}

// UserState is what is known of an account.
type UserState struct {
	UserArgs
	// Credential is a hash of the salted hash that the server keeps of the password: another one means that somebody
	// else changed the password.
	Credential string `pulumi:"credential,optional" provider:"secret"`
}

const defaultHost = "localhost"

func (args UserArgs) account() account {
	return account{user: args.User, host: orElse(args.Host, defaultHost)}
}

func (args UserArgs) password() string {
	return orElse(args.PlaintextPassword, orElse(args.Password, ""))
}

func (args *UserArgs) Annotate(a infer.Annotator) {
	a.SetDefault(&args.Host, defaultHost)
}

func (*User) Annotate(a infer.Annotator) {
	a.SetToken("index/user", "User")
}

// Check refuses what would end up as SQL: of the TLS options only the fixed words are taken.
func (*User) Check(ctx context.Context, req infer.CheckRequest) (infer.CheckResponse[UserArgs], error) {
	args, failures, err := infer.DefaultCheck[UserArgs](ctx, req.NewInputs)
	switch strings.ToUpper(orElse(args.TLSOption, "")) {
	case "", "NONE", "SSL", "X509":
	default:
		failures = append(failures, p.CheckFailure{Property: "tlsOption", Reason: "must be NONE, SSL or X509"})
	}
	if args.AuthPlugin != nil && args.password() != "" {
		failures = append(failures, p.CheckFailure{
			Property: "authPlugin", Reason: "stands in place of a password: give one of the two",
		})
	}
	return infer.CheckResponse[UserArgs]{Inputs: args, Failures: failures}, err
}

func (*User) Create(
	ctx context.Context, req infer.CreateRequest[UserArgs],
) (infer.CreateResponse[UserState], error) {
	who := req.Inputs.account()
	created := infer.CreateResponse[UserState]{ID: who.String(), Output: UserState{UserArgs: req.Inputs}}
	if req.DryRun {
		return created, nil
	}
	server := serverOf(ctx)
	if err := server.run(ctx, createUser(req.Inputs)); err != nil {
		return created, err
	}
	found, err := server.user(ctx, who)
	if err != nil {
		return created, err
	}
	created.Output.Credential = found.credential
	return created, nil
}

// Read reports another TLS option as it is, and a password that somebody else changed as gone, so that the next
// update sets it again.
func (*User) Read(
	ctx context.Context, req infer.ReadRequest[UserArgs, UserState],
) (infer.ReadResponse[UserArgs, UserState], error) {
	none := infer.ReadResponse[UserArgs, UserState]{}
	server, imported := serverOf(ctx), req.State.User == ""
	if silence := server.silence(ctx); silence != nil && !imported {
		return keep(ctx, req, silence)
	}
	who, err := parseAccount(req.ID)
	if err != nil {
		return none, err
	}
	found, err := server.user(ctx, who)
	if err != nil || found == nil {
		return none, err
	}
	inputs := req.Inputs
	if imported {
		inputs = UserArgs{User: who.user, Host: &who.host}
	} else if found.credential != req.State.Credential {
		inputs.PlaintextPassword, inputs.Password = nil, nil
	}
	if tls := strings.ToUpper(orElse(inputs.TLSOption, "NONE")); tls != found.tlsOption {
		inputs.TLSOption = &found.tlsOption
	}
	state := UserState{UserArgs: inputs, Credential: found.credential}
	return infer.ReadResponse[UserArgs, UserState]{ID: req.ID, Inputs: inputs, State: state}, nil
}

func (*User) Update(
	ctx context.Context, req infer.UpdateRequest[UserArgs, UserState],
) (infer.UpdateResponse[UserState], error) {
	updated := infer.UpdateResponse[UserState]{Output: UserState{UserArgs: req.Inputs}}
	if req.DryRun {
		return updated, nil
	}
	server := serverOf(ctx)
	if err := server.run(ctx, alterUser(req.Inputs)); err != nil {
		return updated, err
	}
	found, err := server.user(ctx, req.Inputs.account())
	if err != nil {
		return updated, err
	}
	updated.Output.Credential = found.credential
	return updated, nil
}

func (*User) Delete(ctx context.Context, req infer.DeleteRequest[UserState]) (infer.DeleteResponse, error) {
	return infer.DeleteResponse{}, serverOf(ctx).run(ctx, dropUser(req.State.account()))
}

// foundUser is an account as the server has it.
type foundUser struct {
	credential, tlsOption string
}

// user is the account in the server, or nil.
func (s *server) user(ctx context.Context, who account) (*foundUser, error) {
	var found *foundUser
	err := s.query(ctx, statement{
		query:  "SELECT plugin, COALESCE(authentication_string, ''), ssl_type FROM mysql.user WHERE User = ? AND Host = ?",
		values: []any{who.user, who.host},
		what:   "look up user " + who.String(),
	}, func(rows *sql.Rows) error {
		var plugin, authentication, sslType string
		if err := rows.Scan(&plugin, &authentication, &sslType); err != nil {
			return err
		}
		hash := sha256.Sum256([]byte(plugin + "\n" + authentication))
		found = &foundUser{credential: hex.EncodeToString(hash[:]), tlsOption: tlsOptionOf(sslType)}
		return nil
	})
	return found, err
}

// tlsOptionOf is the REQUIRE clause that a value of mysql.user.ssl_type stands for.
func tlsOptionOf(sslType string) string {
	switch sslType {
	case "":
		return "NONE"
	case "ANY":
		return "SSL"
	default:
		return sslType
	}
}
