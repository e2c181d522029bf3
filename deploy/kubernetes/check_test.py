"""Shows that check.py can fail: breaks a copy of the manifests in one way after another, and wants to hear of it in the right words."""

import copy
import sys

import check


class Copy:
    """The manifests, to be broken."""

    def __init__(self, documents):
        self.documents = copy.deepcopy(documents)

    def __getitem__(self, kind_and_name):
        kind, name = kind_and_name
        return next(one for _, one in self.documents if one["kind"] == kind and one.get("metadata", {}).get("name") in (name, None))

    def spec(self, kind, name="belfry"):
        return self[kind, name]["spec"]

    def pod(self, name="server"):
        return self.spec("Deployment", f"belfry-{name}")["template"]["spec"]

    def container(self, name="server"):
        return self.pod(name)["containers"][0]

    def port(self, port, name="server"):
        return next(one for one in self.container(name)["ports"] if one["name"] == port)

    def variable(self, variable, name="server"):
        return next(one for one in self.container(name)["env"] if one["name"] == variable)

    def settings(self):
        return self["ConfigMap", "belfry"]["data"]


# What is broken, how, and a word of what must be said of it.
BROKEN = [
    ("a field that does not exist", lambda all: all.pod().update(hostNetwrok=True), "hostNetwrok"),
    ("an API that does not exist", lambda all: all["Ingress", "belfry"].update(apiVersion="networking.k8s.io/v9"), "there is no Ingress"),
    ("an amount that is none", lambda all: all.container()["resources"]["requests"].update(cpu="lots"), "lots is no amount"),
    ("a limit that is none", lambda all: all.container("worker")["resources"]["limits"].update(memory="512 MB"), "512 MB is no amount"),
    ("readiness at a path that is not there", lambda all: all.container()["readinessProbe"]["httpGet"].update(path="/nope"), "/nope"),
    ("liveness that asks for the database", lambda all: all.container()["livenessProbe"]["httpGet"].update(path="/ready"), "livenessProbe asks for /ready"),
    ("a probe at the port of the people", lambda all: all.container()["startupProbe"]["httpGet"].update(port="http"), "startupProbe asks at http"),
    ("no readiness", lambda all: all.container("worker").pop("readinessProbe"), "readinessProbe asks"),
    ("METRICS_ADDR at another port", lambda all: all.settings().update(METRICS_ADDR="0.0.0.0:9101"), "the program listens at 9101"),
    ("a port of figures that nobody listens at", lambda all: all.port("metrics", "worker").update(containerPort=9200), "metrics is 9200"),
    ("a port that BIND_ADDR is not at", lambda all: all.port("http").update(containerPort=4000), "http is 4000"),
    ("BIND_ADDR at another port", lambda all: all.settings().update(BIND_ADDR="0.0.0.0:4000"), "the program listens at 4000"),
    ("a headless service at another port", lambda all: all.spec("Service", "belfry-metrics")["ports"][0].update(port=9101), "its port 9101"),
    ("a service that leads to no port", lambda all: all.spec("Service")["ports"][0].update(targetPort="htp"), "the port htp"),
    ("a service that selects nothing", lambda all: all.spec("Service")["selector"].update({"app.kubernetes.io/component": "sever"}), "selects no pod"),
    ("a misspelt key of the secret", lambda all: all.variable("JWT_SECRET")["valueFrom"]["secretKeyRef"].update(key="JWT_SECRTE"), "JWT_SECRTE"),
    ("another secret", lambda all: all.variable("REDIS_URL", "worker")["valueFrom"]["secretKeyRef"].update(name="belfrey"), "the secret belfrey"),
    ("a key that must be there and nobody makes", lambda all: all.variable("SERVER_API_KEY")["valueFrom"]["secretKeyRef"].pop("optional"), "does not make it"),
    ("a secret in the open", lambda all: all.variable("JWT_SECRET").update(value=all.variable("JWT_SECRET").pop("valueFrom") and "x"), "stands there as it is"),
    ("a variable that is no setting", lambda all: all.variable("JWT_SECRET").update(name="JWT_SECERT"), "JWT_SECERT is no setting"),
    ("a setting that is none", lambda all: all.settings().update(DRAIN_SECOND="5"), "DRAIN_SECOND"),
    ("a ConfigMap of another name", lambda all: all.container()["envFrom"][0]["configMapRef"].update(name="bell"), "no such ConfigMap"),
    ("too little time for an end", lambda all: all.pod().update(terminationGracePeriodSeconds=45), "would be killed before"),
    ("a longer drain", lambda all: all.settings().update(DRAIN_SECONDS="50"), "would be killed before"),
    ("an image that no container uses", lambda all: all["Kustomization", None]["images"][0].update(name="belfrey"), "containers use"),
    ("a tag beside the image", lambda all: all.container().update(image="belfry:latest"), "kustomization.yaml's to say"),
    ("a file that is not listed", lambda all: all["Kustomization", None]["resources"].remove("network.yaml"), "lists"),
    ("root", lambda all: all.pod()["securityContext"].update(runAsNonRoot=False), "may run as root"),
    ("a root that can be written", lambda all: all.container()["securityContext"].update(readOnlyRootFilesystem=False), "rights that it does not need"),
    ("scaling of nothing", lambda all: all.spec("HorizontalPodAutoscaler", "belfry-server")["scaleTargetRef"].update(name="belfry"), "scales what is not there"),
    ("a way in for nobody", lambda all: all.spec("NetworkPolicy", "belfry-worker")["ingress"][0]["ports"][0].update(port="http"), "no container has the port http"),
    ("a budget of nothing", lambda all: all.spec("PodDisruptionBudget", "belfry-worker")["selector"]["matchLabels"].update({"app.kubernetes.io/component": "x"}), "selects no pod"),
    ("an ingress that leads nowhere", lambda all: all.spec("Ingress")["rules"][0]["http"]["paths"][0]["backend"]["service"].update(name="bell"), "leads nowhere"),
    ("a host without certificate", lambda all: all.spec("Ingress")["rules"][0].update(host="talk.example.org"), "has no certificate"),
    ("a secret in the repository", lambda all: all.documents.append(("s.yaml", {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "belfry"}})), "no file of a repository"),
    ("a monitor of another API", lambda all: all["ServiceMonitor", "belfry"].update(apiVersion="monitoring.coreos.com/v2"), "not the operator's"),
    ("a monitor of another kind", lambda all: all["ServiceMonitor", "belfry"].update(kind="ServiceMoniter"), "there is no ServiceMoniter"),
    ("a monitor at a port that is not there", lambda all: all.spec("ServiceMonitor")["endpoints"][0].update(port="figures"), "the port figures"),
    ("a monitor of no service", lambda all: all.spec("ServiceMonitor")["selector"]["matchLabels"].update({"app.kubernetes.io/component": "x"}), "selects 0 services"),
    ("a job that no rule knows", lambda all: all.spec("ServiceMonitor")["endpoints"][0]["relabelings"][0].update(replacement="bell"), "the rules know"),
]


def main():
    documents = check.manifests()
    unheard = [f"as they are: {line}" for line in check.problems(documents)]
    for what, breaks, word in BROKEN:
        broken = Copy(documents)
        breaks(broken)
        # Schemas take their time, so those that are whole are not held to them again.
        touched = [one for one in broken.documents if one not in documents]
        said = check.not_of_schema(touched) or check.Together(broken.documents).check()
        if not any(word in line for line in said):
            unheard.append(f"{what}: nothing was said with “{word}” in it, but {said}")
    for line in unheard:
        print(f"kubernetes-check's own test: {line}", file=sys.stderr)
    if unheard:
        sys.exit(1)
    print(f"kubernetes-check's own test: {len(BROKEN)} broken copies, and each was found out.")


if __name__ == "__main__":
    main()
