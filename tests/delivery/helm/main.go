// Command helm is Helm, and what judges objects as Helm, Flux and others do: kstatus.
//
// Which of the two runs is told by the name that the binary is called under.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	helm "helm.sh/helm/v4/pkg/cmd"
	"helm.sh/helm/v4/pkg/kube"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utiljson "k8s.io/apimachinery/pkg/util/json"
)

func main() {
	var err error
	if filepath.Base(os.Args[0]) == "kstatus" {
		err = judge()
	} else {
		err = runHelm()
	}
	if err == nil {
		return
	}
	var command helm.CommandError
	if errors.As(err, &command) {
		os.Exit(command.ExitCode)
	}
	os.Exit(1)
}

func runHelm() error {
	kube.ManagedFieldsManager = "helm"
	command, err := helm.NewRootCmd(os.Stdout, os.Args[1:], helm.SetupLogging)
	if err != nil {
		slog.Warn("command failed", slog.Any("error", err))
		return err
	}
	return command.Execute()
}

// judge reads a JSON list of objects and writes the list of their states, in the same order.
func judge() error {
	// Kubernetes' own reader: whole numbers stay whole.
	var objects []any
	given, err := io.ReadAll(os.Stdin)
	if err == nil {
		err = utiljson.Unmarshal(given, &objects)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return err
	}
	states := make([]string, 0, len(objects))
	for _, object := range objects {
		result, err := status.Compute(&unstructured.Unstructured{Object: object.(map[string]any)})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return err
		}
		states = append(states, result.Status.String())
	}
	return json.NewEncoder(os.Stdout).Encode(states)
}
