// Package storage gives claims a directory on the node that the scheduler chose.
//
// All nodes of the cluster share one disk, so that one process can make and remove the directories of every
// node. The volumes are of type "local" and not "hostPath", because the kubelet applies a pod's fsGroup to the
// former only; and each is bound to its node, as a real local disk is.
package storage

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v13/controller"
)

// Name is what storage classes give as their provisioner.
const Name = "localkube.sluice.dev/directory"

const hostnameLabel = "kubernetes.io/hostname"

type directories struct {
	client kubernetes.Interface
	root   string
}

// Provision makes an empty directory, root-owned as a newly formatted disk is, and describes it as a volume.
func (d *directories) Provision(
	ctx context.Context, options controller.ProvisionOptions,
) (*v1.PersistentVolume, controller.ProvisioningState, error) {
	node, err := d.nodeFor(ctx, options)
	if err != nil {
		return nil, controller.ProvisioningFinished, err
	}
	path := filepath.Join(d.root, node, options.PVName)
	if err := os.MkdirAll(path, 0o755); err != nil {
		return nil, controller.ProvisioningFinished, err
	}
	volume := &v1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: options.PVName},
		Spec: v1.PersistentVolumeSpec{
			PersistentVolumeReclaimPolicy: *options.StorageClass.ReclaimPolicy,
			AccessModes:                   options.PVC.Spec.AccessModes,
			VolumeMode:                    options.PVC.Spec.VolumeMode,
			Capacity: v1.ResourceList{
				v1.ResourceStorage: options.PVC.Spec.Resources.Requests[v1.ResourceStorage],
			},
			PersistentVolumeSource: v1.PersistentVolumeSource{
				Local: &v1.LocalVolumeSource{Path: path},
			},
			NodeAffinity: onlyOn(node),
		},
	}
	return volume, controller.ProvisioningFinished, nil
}

// Delete removes the directory; that it is gone already is no error.
func (d *directories) Delete(_ context.Context, volume *v1.PersistentVolume) error {
	local := volume.Spec.Local
	if local == nil {
		return &controller.IgnoredError{Reason: "the volume is not a local directory"}
	}
	inside, err := filepath.Rel(d.root, local.Path)
	if err != nil || !filepath.IsLocal(inside) || filepath.Base(inside) != volume.Name {
		return fmt.Errorf("the volume %s names %s, which this provisioner did not make", volume.Name, local.Path)
	}
	return os.RemoveAll(local.Path)
}

// nodeFor is the scheduler's choice, or any node where the class binds at once.
func (d *directories) nodeFor(ctx context.Context, options controller.ProvisionOptions) (string, error) {
	if options.SelectedNodeName != "" {
		return options.SelectedNodeName, nil
	}
	nodes, err := d.client.CoreV1().Nodes().List(ctx, metav1.ListOptions{Limit: 1})
	if err != nil {
		return "", err
	}
	if len(nodes.Items) == 0 {
		return "", fmt.Errorf("there is no node for the volume %s yet", options.PVName)
	}
	return nodes.Items[0].Name, nil
}

func onlyOn(node string) *v1.VolumeNodeAffinity {
	term := v1.NodeSelectorTerm{MatchExpressions: []v1.NodeSelectorRequirement{
		{Key: hostnameLabel, Operator: v1.NodeSelectorOpIn, Values: []string{node}},
	}}
	return &v1.VolumeNodeAffinity{Required: &v1.NodeSelector{NodeSelectorTerms: []v1.NodeSelectorTerm{term}}}
}

// Main serves claims until it is told to end, and gives the exit code.
func Main() int {
	kubeconfig := flag.String("kubeconfig", "", "how to reach the API server")
	root := flag.String("root", "", "the directory that holds every node's volumes")
	flag.Parse()
	if *kubeconfig == "" || *root == "" {
		fmt.Fprintln(os.Stderr, "volume-provisioner: --kubeconfig and --root are needed")
		return 2
	}
	ctx, stop := signal.NotifyContext(klog.NewContext(context.Background(), klog.Background()),
		syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		fmt.Fprintln(os.Stderr, "volume-provisioner:", err)
		return 1
	}
	config.QPS, config.Burst = 200, 400
	client := kubernetes.NewForConfigOrDie(config)
	go expand(ctx, client)
	controller.NewProvisionController(ctx, client, Name, &directories{client: client, root: *root},
		controller.LeaderElection(false), controller.Threadiness(16), controller.MetricsPort(0)).Run(ctx)
	return 0
}
