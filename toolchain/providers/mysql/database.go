package mysql

import (
	"context"
	"database/sql"

	"github.com/pulumi/pulumi-go-provider/infer"
)

// Database is mysql.Database: a schema in the server.
type Database struct{}

// DatabaseArgs are the arguments of mysql.Database. Without a character set or collation the server's own holds.
type DatabaseArgs struct {
	Name                string  `pulumi:"name,optional" provider:"replaceOnChanges"`
	DefaultCharacterSet *string `pulumi:"defaultCharacterSet,optional"`
	DefaultCollation    *string `pulumi:"defaultCollation,optional"`
}

func (*Database) Annotate(a infer.Annotator) {
	a.SetToken("index/database", "Database")
}

// Check names a database without a name after its resource.
func (*Database) Check(ctx context.Context, req infer.CheckRequest) (infer.CheckResponse[DatabaseArgs], error) {
	args, failures, err := infer.DefaultCheck[DatabaseArgs](ctx, req.NewInputs)
	if _, given := req.NewInputs.GetOk("name"); !given {
		args.Name = req.Name
	}
	return infer.CheckResponse[DatabaseArgs]{Inputs: args, Failures: failures}, err
}

func (*Database) Create(
	ctx context.Context, req infer.CreateRequest[DatabaseArgs],
) (infer.CreateResponse[DatabaseArgs], error) {
	created := infer.CreateResponse[DatabaseArgs]{ID: req.Inputs.Name, Output: req.Inputs}
	if req.DryRun {
		return created, nil
	}
	return created, serverOf(ctx).run(ctx, createDatabase(req.Inputs))
}

// Read reports the character set and collation as they are, where they were asked for.
func (*Database) Read(
	ctx context.Context, req infer.ReadRequest[DatabaseArgs, DatabaseArgs],
) (infer.ReadResponse[DatabaseArgs, DatabaseArgs], error) {
	server, imported := serverOf(ctx), req.State.Name == ""
	if silence := server.silence(ctx); silence != nil && !imported {
		return keep(ctx, req, silence)
	}
	var found *DatabaseArgs
	err := server.query(ctx, statement{
		query: "SELECT DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME" +
			" FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ?",
		values: []any{req.ID},
		what:   "look up database " + req.ID,
	}, func(rows *sql.Rows) error {
		found = &DatabaseArgs{Name: req.ID}
		return rows.Scan(&found.DefaultCharacterSet, &found.DefaultCollation)
	})
	if err != nil || found == nil {
		return infer.ReadResponse[DatabaseArgs, DatabaseArgs]{}, err
	}
	inputs := *found
	if !imported {
		inputs = req.Inputs
		inputs.DefaultCharacterSet = asFound(inputs.DefaultCharacterSet, found.DefaultCharacterSet)
		inputs.DefaultCollation = asFound(inputs.DefaultCollation, found.DefaultCollation)
	}
	return infer.ReadResponse[DatabaseArgs, DatabaseArgs]{ID: req.ID, Inputs: inputs, State: inputs}, nil
}

// asFound is the value found in the server, of a property that was asked for.
func asFound(asked, found *string) *string {
	if asked == nil {
		return nil
	}
	return found
}

func (*Database) Update(
	ctx context.Context, req infer.UpdateRequest[DatabaseArgs, DatabaseArgs],
) (infer.UpdateResponse[DatabaseArgs], error) {
	updated := infer.UpdateResponse[DatabaseArgs]{Output: req.Inputs}
	nothingToSay := req.Inputs.DefaultCharacterSet == nil && req.Inputs.DefaultCollation == nil
	if req.DryRun || nothingToSay {
		return updated, nil
	}
	return updated, serverOf(ctx).run(ctx, alterDatabase(req.Inputs))
}

func (*Database) Delete(
	ctx context.Context, req infer.DeleteRequest[DatabaseArgs],
) (infer.DeleteResponse, error) {
	return infer.DeleteResponse{}, serverOf(ctx).run(ctx, dropDatabase(req.ID))
}
