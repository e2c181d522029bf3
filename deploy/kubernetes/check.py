"""Checks manifests against the schemas of Kubernetes, and what no schema sees: that names which belong together are the same."""

import pathlib
import re
import sys

import kubernetes_validate
import yaml

HERE = pathlib.Path(__file__).parent
# The oldest that has what is used (preStop sleep), and one of now.
VERSIONS = ["1.30", "1.37"]
# Of other projects: their schemas are not among those of Kubernetes.
WITHOUT_SCHEMA = {"Kustomization"}
wrong = []


def load(path):
    with open(path, encoding="utf-8") as file:
        return [(path.name, document) for document in yaml.safe_load_all(file) if document]


def validate(documents):
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


def of_kind(documents, kind):
    return [(name, document) for name, document in documents if document.get("kind") == kind]


def expect(true, what):
    if not true:
        wrong.append(what)


def belong_together(documents):
    settings = set(re.findall(r"^#([A-Z_]+)=", (HERE / "../../.env.example").read_text(encoding="utf-8"), re.M))
    named = {kind: {one["metadata"]["name"]: one for _, one in of_kind(documents, kind)} for kind in ("Deployment", "ConfigMap", "ServiceAccount", "Service")}
    pods = [(one["metadata"]["name"], one["spec"]["template"]) for one in named["Deployment"].values()]
    ports = {port["name"] for _, pod in pods for container in pod["spec"]["containers"] for port in container["ports"]}

    def selects(labels):
        return any(labels.items() <= pod["metadata"]["labels"].items() for _, pod in pods)

    for name, one in documents:
        spec, where = one.get("spec", {}), f"{name}: {one['kind']} {one['metadata'].get('name', '') if 'metadata' in one else ''}"
        if one["kind"] == "Secret":
            expect(False, f"{where}: a secret is no file of a repository")
        if one["kind"] in ("Service", "PodDisruptionBudget", "NetworkPolicy"):
            selector = spec.get("podSelector", spec.get("selector"))
            expect(selects(selector.get("matchLabels", selector)), f"{where} selects no pod")
        if one["kind"] == "Service":
            for port in spec["ports"]:
                expect(port["targetPort"] in ports, f"{where}: no container has the port {port['targetPort']}")
        if one["kind"] == "NetworkPolicy":
            for port in (port for rule in spec.get("ingress", []) for port in rule["ports"]):
                expect(port["port"] in ports, f"{where}: no container has the port {port['port']}")
        if one["kind"] == "HorizontalPodAutoscaler":
            expect(spec["scaleTargetRef"]["name"] in named["Deployment"], f"{where} scales what is not there")
        if one["kind"] == "Ingress":
            for path in (path for rule in spec["rules"] for path in rule["http"]["paths"]):
                service = named["Service"].get(path["backend"]["service"]["name"])
                port = path["backend"]["service"]["port"]["name"]
                expect(service and any(one["name"] == port for one in service["spec"]["ports"]), f"{where} leads nowhere")
        if one["kind"] == "ConfigMap":
            expect(set(one.get("data", {})) <= settings, f"{where}: {set(one.get('data', {})) - settings} is no setting")
        if one["kind"] == "Kustomization":
            files = {path.name for path in HERE.glob("*.yaml")} - {"kustomization.yaml"}
            expect(set(spec_files := one["resources"]) == files, f"{name}: lists {sorted(spec_files)}, there are {sorted(files)}")

    for name, pod in pods:
        spec = pod["spec"]
        where = f"Deployment {name}"
        expect(spec["serviceAccountName"] in named["ServiceAccount"], f"{where}: no such service account")
        expect(spec["securityContext"].get("runAsNonRoot") is True, f"{where} may run as root")
        for container in spec["containers"]:
            rights = container["securityContext"]
            expect(rights.get("readOnlyRootFilesystem") and rights.get("allowPrivilegeEscalation") is False and rights["capabilities"]["drop"] == ["ALL"], f"{where} has rights that it does not need")
            expect(":" not in container["image"], f"{where}: the tag of the image is kustomization.yaml's to say")
            for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
                port = container.get(probe, {}).get("httpGet", {}).get("port")
                expect(port in [one["name"] for one in container["ports"]], f"{where}: {probe} asks at no port of its own")
            for source in container["envFrom"]:
                expect(source["configMapRef"]["name"] in named["ConfigMap"], f"{where}: no such ConfigMap")
            for variable in container["env"]:
                expect(variable["name"] in settings, f"{where}: {variable['name']} is no setting")
                expect("secretKeyRef" in variable.get("valueFrom", {}), f"{where}: {variable['name']} stands there as it is")
            drain = int(named["ConfigMap"]["belfry"]["data"]["DRAIN_SECONDS"])
            sleep = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
            expect(spec["terminationGracePeriodSeconds"] > sleep + drain + 6, f"{where}: would be killed while it drains")


given = [pathlib.Path(name) for name in sys.argv[1:]]
documents = [one for path in given or sorted(HERE.glob("*.yaml")) for one in load(path)]
validate(documents)
if not given:
    belong_together(documents)
for line in wrong:
    print(f"kubernetes-check: {line}", file=sys.stderr)
if wrong:
    sys.exit(1)
print(f"kubernetes-check: {len(documents)} manifests fit Kubernetes {' and '.join(VERSIONS)}, and each other.")
