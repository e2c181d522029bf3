"""Checks manifests against the schemas of Kubernetes, and what no schema sees: that names, ports and times which belong together fit."""

import pathlib
import re
import sys

import kubernetes_validate
import yaml

HERE = pathlib.Path(__file__).parent
ROOT = HERE / "../.."
# The oldest that has what is used (preStop sleep), and one of now.
VERSIONS = ["1.30", "1.37"]
# Of other projects: their schemas are not among those of Kubernetes.
WITHOUT_SCHEMA = {"Kustomization", "ServiceMonitor"}
QUANTITY = re.compile(r"(\d+\.?\d*|\.\d+)(?:(m|u|n|k|[KMGTPE]i?)|[eE][+-]?\d+)?")
# What the program answers at METRICS_ADDR, and which of it is whose: liveness must not ask for the database.
PROBES = {"startupProbe": "/health", "readinessProbe": "/ready", "livenessProbe": "/health"}
# With everything behind it dead, an end takes that much longer than its drain (docs/operations.md).
SLOW_END = 20


def load(path):
    with open(path, encoding="utf-8") as file:
        return [(path.name, document) for document in yaml.safe_load_all(file) if document]


def manifests():
    """All there are: what is applied, and what is optional."""
    return [one for path in [*sorted(HERE.glob("*.yaml")), *sorted(HERE.glob("optional/*.yaml"))] for one in load(path)]


def read(path):
    return (ROOT / path).read_text(encoding="utf-8")


def not_of_schema(documents):
    """What Kubernetes itself would refuse."""
    wrong = []
    for name, document in documents:
        if document.get("kind") in WITHOUT_SCHEMA:
            continue
        for version in VERSIONS:
            try:
                kubernetes_validate.validate(document, version, strict=True)
            except kubernetes_validate.ValidationError as error:
                at = ".".join(map(str, error.path))
                wrong.append(f"{name}: {document['kind']} {at}: {error.message} (Kubernetes {version})")
                break
            except (kubernetes_validate.SchemaNotFoundError, kubernetes_validate.InvalidSchemaError):
                wrong.append(f"{name}: there is no {document.get('kind')} of {document.get('apiVersion')} (Kubernetes {version})")
                break
    return wrong


def port_of(address):
    return int(address.rsplit(":", 1)[1])


class Together:
    """What the manifests say of each other, of the settings, and of the image."""

    def __init__(self, documents):
        self.documents = documents
        self.wrong = []
        self.named = {}
        for _, one in documents:
            self.named.setdefault(one["kind"], {})[one.get("metadata", {}).get("name")] = one
        self.pods = [(name, one["spec"]["template"]) for name, one in self.of_kind("Deployment").items()]
        # The one with a space is no option of the command line, but may be set all the same.
        self.settings = set(re.findall(r"^# ?([A-Z_]+)=", read(".env.example"), re.M))
        self.values = self.of_kind("ConfigMap").get("belfry", {}).get("data", {})
        image = re.search(r"\bBIND_ADDR=(\S+)", read("Dockerfile"))
        self.listens = {"metrics": port_of(self.values.get("METRICS_ADDR", ":0")), "http": port_of(self.values.get("BIND_ADDR", image[1] if image else ":0"))}

    def of_kind(self, kind):
        return self.named.get(kind, {})

    def expect(self, true, what):
        if not true:
            self.wrong.append(what)

    def containers(self):
        return [(f"Deployment {name}", pod["spec"], container) for name, pod in self.pods for container in pod["spec"]["containers"]]

    def selected(self, labels):
        return [pod for _, pod in self.pods if labels.items() <= pod["metadata"]["labels"].items()]

    def ports(self, pods):
        return {port["name"]: port["containerPort"] for pod in pods for container in pod["spec"]["containers"] for port in container.get("ports", [])}

    def check(self):
        for name, one in self.documents:
            check = getattr(self, one["kind"].lower(), None)
            if check:
                check(f"{name}: {one['kind']} {one.get('metadata', {}).get('name', '')}", one, one.get("spec", {}))
        self.expect(self.values, "there is no ConfigMap belfry with settings")
        for where, spec, container in self.containers():
            self.pod(where, spec)
            self.container(where, container)
            self.probes(where, container)
            self.variables(where, container)
            self.resources(where, container)
            sleep = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
            needs = sleep + int(self.values.get("DRAIN_SECONDS", 5)) + SLOW_END
            self.expect(spec.get("terminationGracePeriodSeconds", 30) > needs, f"{where}: may need {needs} s for its end, and would be killed before")
        return self.wrong

    def secret(self, where, _one, _spec):
        self.expect(False, f"{where}: a secret is no file of a repository")

    def service(self, where, _one, spec):
        pods = self.selected(spec["selector"])
        self.expect(pods, f"{where} selects no pod")
        ports = self.ports(pods)
        for port in spec["ports"]:
            self.expect(port["targetPort"] in ports, f"{where}: no container has the port {port['targetPort']}")
            # Nothing translates ports there.
            if spec.get("clusterIP") == "None":
                self.expect(port["port"] == ports.get(port["targetPort"]), f"{where}: its port {port['port']} is not that of the container")

    def poddisruptionbudget(self, where, _one, spec):
        self.expect(self.selected(spec["selector"]["matchLabels"]), f"{where} selects no pod")

    def networkpolicy(self, where, _one, spec):
        pods = self.selected(spec["podSelector"]["matchLabels"])
        self.expect(pods, f"{where} selects no pod")
        for port in (port for rule in spec.get("ingress", []) for port in rule["ports"]):
            self.expect(port["port"] in self.ports(pods), f"{where}: no container has the port {port['port']}")

    def horizontalpodautoscaler(self, where, _one, spec):
        self.expect(spec["scaleTargetRef"]["name"] in self.of_kind("Deployment"), f"{where} scales what is not there")

    def ingress(self, where, _one, spec):
        hosts = {host for tls in spec.get("tls", []) for host in tls["hosts"]}
        for rule in spec["rules"]:
            self.expect(rule.get("host") in hosts, f"{where}: {rule.get('host')} has no certificate")
            for path in rule["http"]["paths"]:
                service = self.of_kind("Service").get(path["backend"]["service"]["name"])
                port = path["backend"]["service"]["port"].get("name")
                self.expect(service and any(one["name"] == port for one in service["spec"]["ports"]), f"{where} leads nowhere")

    def configmap(self, where, one, _spec):
        unknown = set(one.get("data", {})) - self.settings
        self.expect(not unknown, f"{where}: {unknown} is no setting")

    def kustomization(self, where, one, _spec):
        files = {path.name for path in HERE.glob("*.yaml")} - {"kustomization.yaml"}
        self.expect(set(one["resources"]) == files, f"{where}: lists {sorted(one['resources'])}, there are {sorted(files)}")
        used = {container["image"] for _, _, container in self.containers()}
        given = {image["name"] for image in one.get("images", [])}
        self.expect(given == used, f"{where}: gives {sorted(given)} a tag, containers use {sorted(used)}")

    def servicemonitor(self, where, one, spec):
        self.expect(one.get("apiVersion") == "monitoring.coreos.com/v1", f"{where}: {one.get('apiVersion')} is not the operator's")
        labels = spec.get("selector", {}).get("matchLabels", {})
        found = [service for service in self.of_kind("Service").values() if labels and labels.items() <= service["metadata"]["labels"].items()]
        self.expect(len(found) == 1, f"{where} selects {len(found)} services")
        there = {port["name"] for service in found for port in service["spec"]["ports"]}
        self.expect(spec.get("endpoints"), f"{where} scrapes nothing")
        parts = {pod["metadata"]["labels"]["app.kubernetes.io/component"] for _, pod in self.pods}
        known = set(re.findall(r'job=~"([^"]+)"', read("deploy/prometheus/alerts.yml")))
        for endpoint in spec.get("endpoints", []):
            self.expect(endpoint.get("port") in there, f"{where}: no service has the port {endpoint.get('port')}")
            rules = [rule for rule in endpoint.get("relabelings", []) if rule.get("targetLabel") == "job"]
            self.expect({rule.get("regex") for rule in rules} == parts, f"{where}: not each of {sorted(parts)} gets the name of its job")
            jobs = {rule.get("replacement") for rule in rules}
            self.expect(all(jobs == set(one.split("|")) for one in known), f"{where}: the rules know the jobs {known}, not {jobs}")

    def pod(self, where, spec):
        self.expect(spec.get("serviceAccountName") in self.of_kind("ServiceAccount"), f"{where}: no such service account")
        self.expect(spec.get("securityContext", {}).get("runAsNonRoot") is True, f"{where} may run as root")

    def container(self, where, container):
        rights = container.get("securityContext", {})
        bare = rights.get("readOnlyRootFilesystem") and rights.get("allowPrivilegeEscalation") is False and rights.get("capabilities", {}).get("drop") == ["ALL"]
        self.expect(bare, f"{where} has rights that it does not need")
        self.expect(":" not in container["image"], f"{where}: the tag of the image is kustomization.yaml's to say")
        for port in container.get("ports", []):
            listens = self.listens.get(port["name"])
            self.expect(port["containerPort"] == listens, f"{where}: its port {port['name']} is {port['containerPort']}, the program listens at {listens}")

    def probes(self, where, container):
        for probe, path in PROBES.items():
            asks = container.get(probe, {}).get("httpGet", {})
            self.expect(asks.get("port") == "metrics" and "metrics" in [one["name"] for one in container.get("ports", [])], f"{where}: {probe} asks at {asks.get('port')}, not at its port metrics")
            self.expect(asks.get("path") == path, f"{where}: {probe} asks for {asks.get('path')}, not for {path}")

    def variables(self, where, container):
        for source in container.get("envFrom", []):
            self.expect(source.get("configMapRef", {}).get("name") in self.of_kind("ConfigMap"), f"{where}: no such ConfigMap")
        made = set(re.findall(r"--from-literal=([A-Z_]+)=", read("docs/deploy.md")))
        for variable in container.get("env", []):
            name, source = variable["name"], variable.get("valueFrom", {}).get("secretKeyRef")
            self.expect(name in self.settings, f"{where}: {name} is no setting")
            if source is None:
                self.expect(False, f"{where}: {name} stands there as it is")
                continue
            self.expect(source["key"] == name, f"{where}: {name} is read from the key {source['key']}")
            self.expect(source["name"] == "belfry", f"{where}: {name} is read from the secret {source['name']}, which nobody is told to make")
            self.expect(source.get("optional") or name in made, f"{where}: {name} must be there, and docs/deploy.md does not make it")

    def resources(self, where, container):
        given = container.get("resources", {})
        for kind in ("requests", "limits"):
            for what, amount in given.get(kind, {}).items():
                self.expect(QUANTITY.fullmatch(str(amount)), f"{where}: {kind} of {what}: {amount} is no amount")


def problems(documents):
    """What is wrong, a line each; what no schema sees only where the schemas are content."""
    return not_of_schema(documents) or Together(documents).check()


def main():
    given = [pathlib.Path(name) for name in sys.argv[1:]]
    documents = [one for path in given for one in load(path)] or manifests()
    wrong = not_of_schema(documents) if given else problems(documents)
    for line in wrong:
        print(f"kubernetes-check: {line}", file=sys.stderr)
    if wrong:
        sys.exit(1)
    print(f"kubernetes-check: {len(documents)} manifests fit Kubernetes {' and '.join(VERSIONS)}{'' if given else ', and each other'}.")


if __name__ == "__main__":
    main()
