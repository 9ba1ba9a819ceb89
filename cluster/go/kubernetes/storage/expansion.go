package storage

import (
	"context"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/klog/v2"
)

// provisionedBy is the volume annotation by which the provisioning library marks what it made.
const provisionedBy = "pv.kubernetes.io/provisioned-by"

// expand grows volumes whose claims ask for more. A directory has no size of its own: growing it is only
// bookkeeping, in the order that every resizer keeps (the volume first, then the claim's status).
func expand(ctx context.Context, client kubernetes.Interface) {
	factory := informers.NewSharedInformerFactory(client, 0)
	_, err := factory.Core().V1().PersistentVolumeClaims().Informer().AddEventHandler(
		cache.ResourceEventHandlerFuncs{
			AddFunc:    func(object any) { growIfAsked(ctx, client, object) },
			UpdateFunc: func(_, object any) { growIfAsked(ctx, client, object) },
		})
	if err != nil {
		klog.FromContext(ctx).Error(err, "claims are not watched, so that none can grow")
		return
	}
	factory.Start(ctx.Done())
}

func growIfAsked(ctx context.Context, client kubernetes.Interface, object any) {
	claim, ok := object.(*v1.PersistentVolumeClaim)
	if !ok || claim.Status.Phase != v1.ClaimBound {
		return
	}
	asked, has := claim.Spec.Resources.Requests[v1.ResourceStorage], claim.Status.Capacity[v1.ResourceStorage]
	if asked.Cmp(has) <= 0 {
		return
	}
	if err := grow(ctx, client, claim); err != nil && !apierrors.IsConflict(err) && !apierrors.IsNotFound(err) {
		klog.FromContext(ctx).Error(err, "a claim could not grow", "claim", klog.KObj(claim))
	}
}

func grow(ctx context.Context, client kubernetes.Interface, claim *v1.PersistentVolumeClaim) error {
	volumes := client.CoreV1().PersistentVolumes()
	volume, err := volumes.Get(ctx, claim.Spec.VolumeName, metav1.GetOptions{})
	if err != nil || volume.Annotations[provisionedBy] != Name {
		return err
	}
	asked := claim.Spec.Resources.Requests[v1.ResourceStorage]
	if has := volume.Spec.Capacity[v1.ResourceStorage]; asked.Cmp(has) > 0 {
		volume.Spec.Capacity[v1.ResourceStorage] = asked
		if _, err := volumes.Update(ctx, volume, metav1.UpdateOptions{}); err != nil {
			return err
		}
	}
	grown := claim.DeepCopy()
	grown.Status.Capacity[v1.ResourceStorage] = asked
	grown.Status.Conditions = nil
	_, err = client.CoreV1().PersistentVolumeClaims(claim.Namespace).UpdateStatus(ctx, grown, metav1.UpdateOptions{})
	return err
}
