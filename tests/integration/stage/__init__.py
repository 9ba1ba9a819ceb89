"""The real reconciler on the real API server, with everything around it acted: see ``stage.stage``.

``runtime`` is the process and its storage, ``kubelet`` the node, ``people`` those who write the spec,
``boundary`` what lies between the operator and the API server (it records, and it kills), ``watching`` the
news, and ``rules`` what must hold, as it is seen from the outside.
"""
