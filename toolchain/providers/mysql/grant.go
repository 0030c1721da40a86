package mysql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
)

// Grant is mysql.Grant: the privileges of one account on one scope. Roles are left to the official plugin.
type Grant struct{}

// GrantArgs are the arguments of mysql.Grant.
type GrantArgs struct {
	User string  `pulumi:"user" provider:"replaceOnChanges"`
	Host *string `pulumi:"host,optional" provider:"replaceOnChanges"`
	// Database is a name, not a pattern, or * for all.
	Database   string   `pulumi:"database" provider:"replaceOnChanges"`
	Table      *string  `pulumi:"table,optional" provider:"replaceOnChanges"`
	Privileges []string `pulumi:"privileges"`
	// Grant lets the account hand its privileges on.
	Grant *bool `pulumi:"grant,optional"`
}

// GrantState is what is known of a grant.
type GrantState struct {
	GrantArgs
	// Granted are the privileges one by one: what of the account's privileges on the scope is this resource's.
	Granted []string `pulumi:"granted"`
}

func (args GrantArgs) account() account {
	return account{user: args.User, host: orElse(args.Host, defaultHost)}
}

func (args GrantArgs) scope() scope {
	return scope{database: args.Database, table: orElse(args.Table, everything)}
}

func (args GrantArgs) wanted() privileges {
	wanted := privileges(args.Privileges)
	if orElse(args.Grant, false) {
		wanted = append(wanted.sorted(), grantOption)
	}
	return wanted.sorted()
}

func (args *GrantArgs) Annotate(a infer.Annotator) {
	a.SetDefault(&args.Host, defaultHost)
	a.SetDefault(&args.Table, everything)
}

func (*Grant) Annotate(a infer.Annotator) {
	a.SetToken("index/grant", "Grant")
}

// Check spells the privileges as MySQL does, so that only a real difference is one.
func (*Grant) Check(ctx context.Context, req infer.CheckRequest) (infer.CheckResponse[GrantArgs], error) {
	args, failures, err := infer.DefaultCheck[GrantArgs](ctx, req.NewInputs)
	if err != nil || len(failures) > 0 {
		return infer.CheckResponse[GrantArgs]{Inputs: args, Failures: failures}, err
	}
	if !req.NewInputs.Get("privileges").HasComputed() {
		parsed, parseErr := parsePrivileges(args.Privileges)
		if parseErr == nil && len(parsed) == 0 {
			parseErr = errors.New("must name at least one privilege, like SELECT")
		}
		if parseErr != nil {
			failures = append(failures, p.CheckFailure{Property: "privileges", Reason: parseErr.Error()})
		}
		args.Privileges = parsed
	}
	if args.Database == everything && orElse(args.Table, everything) != everything {
		failures = append(failures, p.CheckFailure{Property: "table", Reason: "needs a database: * means all of them"})
	}
	return infer.CheckResponse[GrantArgs]{Inputs: args, Failures: failures}, nil
}

func (*Grant) Create(
	ctx context.Context, req infer.CreateRequest[GrantArgs],
) (infer.CreateResponse[GrantState], error) {
	id := fmt.Sprintf("%s:%s", req.Inputs.account(), req.Inputs.scope())
	if req.DryRun {
		return infer.CreateResponse[GrantState]{ID: id, Output: GrantState{GrantArgs: req.Inputs}}, nil
	}
	granted, err := serverOf(ctx).apply(ctx, req.Inputs, nil)
	return infer.CreateResponse[GrantState]{ID: id, Output: GrantState{GrantArgs: req.Inputs, Granted: granted}}, err
}

// Read reports privileges that are missing or were added.
func (*Grant) Read(
	ctx context.Context, req infer.ReadRequest[GrantArgs, GrantState],
) (infer.ReadResponse[GrantArgs, GrantState], error) {
	none := infer.ReadResponse[GrantArgs, GrantState]{}
	if imported := req.State.Database == ""; imported {
		return none, errors.New("a grant cannot be imported: declare it, granting again changes nothing")
	}
	server := serverOf(ctx)
	if silence := server.silence(ctx); silence != nil {
		return keep(ctx, req, silence)
	}
	actual, err := server.privileges(ctx, req.State.account(), req.State.scope())
	if err != nil || len(actual) == 0 {
		return none, err
	}
	inputs, state := req.Inputs, req.State
	if fmt.Sprint(actual) != fmt.Sprint(privileges(state.Granted).sorted()) {
		inputs.Privileges = actual.without(grantOption)
		if mayGrant := actual.has(grantOption); mayGrant != orElse(inputs.Grant, false) {
			inputs.Grant = &mayGrant
		}
		state = GrantState{GrantArgs: inputs, Granted: actual}
	}
	return infer.ReadResponse[GrantArgs, GrantState]{ID: req.ID, Inputs: inputs, State: state}, nil
}

func (*Grant) Update(
	ctx context.Context, req infer.UpdateRequest[GrantArgs, GrantState],
) (infer.UpdateResponse[GrantState], error) {
	if req.DryRun {
		return infer.UpdateResponse[GrantState]{Output: GrantState{GrantArgs: req.Inputs, Granted: req.State.Granted}}, nil
	}
	granted, err := serverOf(ctx).apply(ctx, req.Inputs, req.State.Granted)
	return infer.UpdateResponse[GrantState]{Output: GrantState{GrantArgs: req.Inputs, Granted: granted}}, err
}

func (*Grant) Delete(ctx context.Context, req infer.DeleteRequest[GrantState]) (infer.DeleteResponse, error) {
	server, who, on := serverOf(ctx), req.State.account(), req.State.scope()
	actual, err := server.privileges(ctx, who, on)
	if err != nil {
		return infer.DeleteResponse{}, err
	}
	left := privileges(req.State.Granted).and(actual)
	if len(left) == 0 { // the account, its database or the grant is gone
		return infer.DeleteResponse{}, nil
	}
	return infer.DeleteResponse{}, server.run(ctx, revokeStatement(who, on, left))
}

// apply makes the account have what args ask for, and returns the privileges one by one. It grants before it revokes.
func (s *server) apply(ctx context.Context, args GrantArgs, granted privileges) (privileges, error) {
	who, on := args.account(), args.scope()
	actual, err := s.privileges(ctx, who, on)
	if err != nil {
		return nil, err
	}
	grant, revoke := changes(granted, args.wanted(), actual)
	var statements []statement
	if len(grant) > 0 {
		statements = append(statements, grantStatement(who, on, grant))
	}
	if len(revoke) > 0 {
		statements = append(statements, revokeStatement(who, on, revoke))
	}
	if err := s.run(ctx, statements...); err != nil {
		return nil, err
	}
	actual, err = s.privileges(ctx, who, on)
	return expected(args.wanted(), actual), err
}

// privileges are the account's on exactly this scope; none if there is no such account.
func (s *server) privileges(ctx context.Context, who account, on scope) (privileges, error) {
	var found privileges
	err := s.query(ctx, lookup(who, on), func(rows *sql.Rows) error {
		var name string
		var grantable bool
		if err := rows.Scan(&name, &grantable); err != nil {
			return err
		}
		if name != noPrivilege {
			found = append(found, name)
		}
		if grantable {
			found = append(found, grantOption)
		}
		return nil
	})
	return found.sorted(), err
}
