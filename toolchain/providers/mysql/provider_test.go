package mysql

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"

	p "github.com/pulumi/pulumi-go-provider"
)

// nobody is a server at a port that nothing listens on.
func nobody(t *testing.T) *server {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	config := Config{Endpoint: listener.Addr().String(), Username: "root", Password: text("s3cret")}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	if err := config.Configure(context.Background()); err != nil {
		t.Fatal(err)
	}
	return config.server
}

func TestAServerThatIsNotThereIsNamed(t *testing.T) {
	server := nobody(t)
	err := server.wait(context.Background(), 0)
	if !errors.As(err, &noAnswer{}) || !strings.Contains(err.Error(), server.address) || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("got %v", err)
	}
}

func TestARefreshThatHasWaitedOnceKeepsWhatItKnows(t *testing.T) {
	server := nobody(t)
	server.silent.Store(true)
	if server.silence(context.Background()) == nil {
		t.Error("nobody answered")
	}
}

func TestWithoutAnAddressNothingIsTried(t *testing.T) {
	config := Config{}
	if err := config.Configure(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := config.server.wait(context.Background(), startTime); err == nil || errors.As(err, &noAnswer{}) {
		t.Errorf("got %v", err)
	}
}

func TestAPathIsASocket(t *testing.T) {
	equal(t, (&Config{Endpoint: "/run/mysqld/mysqld.sock"}).driverConfig().Net, "unix")
	equal(t, (&Config{Endpoint: "127.0.0.1:3306"}).driverConfig().Net, "tcp")
}

func TestAnotherAddressChangesTheProviderAndReplacesNothing(t *testing.T) {
	diff := updatesOnly(func(context.Context, p.DiffRequest) (p.DiffResponse, error) {
		return p.DiffResponse{HasChanges: true, DetailedDiff: map[string]p.PropertyDiff{
			"endpoint": {Kind: p.UpdateReplace}, "tls": {Kind: p.AddReplace}, "password": {Kind: p.Update},
		}}, nil
	})
	response, err := diff(context.Background(), p.DiffRequest{})
	if err != nil || !response.HasChanges {
		t.Errorf("got %v, %v", response, err)
	}
	for property, want := range map[string]p.DiffKind{"endpoint": p.Update, "tls": p.Add, "password": p.Update} {
		if got := response.DetailedDiff[property].Kind; got != want {
			t.Errorf("%s: got %s", property, got)
		}
	}
}
