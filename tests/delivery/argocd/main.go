// Command argocd is those parts of Argo CD that the tests run: its application controller, its repository server, and
// its judgement by Lua scripts without either.
//
// Which of them runs is told by the name that the binary is called under.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	controller "github.com/argoproj/argo-cd/v3/cmd/argocd-application-controller/commands"
	gitaskpass "github.com/argoproj/argo-cd/v3/cmd/argocd-git-ask-pass/commands"
	reposerver "github.com/argoproj/argo-cd/v3/cmd/argocd-repo-server/commands"
	"github.com/argoproj/argo-cd/v3/util/lua"
	"github.com/argoproj/argo-cd/v3/util/settings"
	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/client-go/kubernetes/fake"
)

const namespace = "argocd"

var partOfArgo = map[string]string{"app.kubernetes.io/part-of": "argocd"}

var programs = map[string]func() *cobra.Command{
	"argocd-application-controller": controller.NewCommand,
	"argocd-repo-server":            reposerver.NewCommand,
	"argocd-git-ask-pass":           gitaskpass.NewCommand,
}

func main() {
	var err error
	if program, known := programs[filepath.Base(os.Args[0])]; known {
		err = program().Execute()
	} else {
		err = judge()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// question is what to judge: the data of argocd-cm, and objects, each perhaps with an action to run.
type question struct {
	Settings map[string]string
	Cases    []struct {
		Object json.RawMessage
		Action string
	}
}

// answer is the health of an object, the names of its actions that are enabled, and what its action made of it.
type answer struct {
	Status  string
	Message string
	Actions []string
	Result  map[string]any
}

func judge() error {
	var asked question
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil {
		return err
	}
	vm, err := read(asked.Settings)
	if err != nil {
		return err
	}
	answers := make([]answer, 0, len(asked.Cases))
	for _, each := range asked.Cases {
		// Kubernetes' own reader: whole numbers stay whole.
		object := map[string]any{}
		if err := utiljson.Unmarshal(each.Object, &object); err != nil {
			return err
		}
		said, err := ask(vm, &unstructured.Unstructured{Object: object}, each.Action)
		if err != nil {
			return fmt.Errorf("%v: %w", object["metadata"], err)
		}
		answers = append(answers, said)
	}
	return json.NewEncoder(os.Stdout).Encode(answers)
}

// read takes the settings through Argo CD's own reader, so that a key it would not understand is none.
func read(data map[string]string) (lua.VM, error) {
	meta := metav1.ObjectMeta{Name: "argocd-cm", Namespace: namespace, Labels: partOfArgo}
	secret := metav1.ObjectMeta{Name: "argocd-secret", Namespace: namespace, Labels: partOfArgo}
	client := fake.NewClientset(&corev1.ConfigMap{ObjectMeta: meta, Data: data}, &corev1.Secret{ObjectMeta: secret})
	overrides, err := settings.NewSettingsManager(context.Background(), client, namespace).GetResourceOverrides()
	return lua.VM{ResourceOverrides: overrides}, err
}

func ask(vm lua.VM, object *unstructured.Unstructured, action string) (answer, error) {
	var said answer
	script, _, err := vm.GetHealthScript(object)
	if err != nil {
		return said, err
	}
	if script != "" {
		health, err := vm.ExecuteHealthLua(object, script)
		if err != nil {
			return said, err
		}
		said.Status, said.Message = string(health.Status), health.Message
	}
	discovery, err := vm.GetResourceActionDiscovery(object)
	if err != nil {
		return said, err
	}
	if len(discovery) > 0 {
		found, err := vm.ExecuteResourceActionDiscovery(object, discovery)
		if err != nil {
			return said, err
		}
		for _, each := range found {
			if !each.Disabled {
				said.Actions = append(said.Actions, each.Name)
			}
		}
	}
	if action == "" {
		return said, nil
	}
	definition, err := vm.GetResourceAction(object, action)
	if err != nil {
		return said, err
	}
	impacted, err := vm.ExecuteResourceAction(object, definition.ActionLua, nil)
	if err != nil {
		return said, err
	}
	said.Result = impacted[0].UnstructuredObj.Object
	return said, nil
}
