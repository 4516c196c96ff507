"""What a fresh root must borrow from this machine to reach the same mirrors: sources, proxies, certificates, indexes.

The repository names no host; whatever this machine uses is read when a root is made.
"""

import os
import platform
import re
import subprocess
from pathlib import Path

APT_OPTIONS = re.compile(r"^Acquire::(https?|ftp|Check-Valid-Until|Check-Date|Retries)\b.* \".+\";$")
ENVIRONMENT = re.compile(
    r"^(PIP_\w+|(https?|no|all)_proxy|SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE)$", re.I
)
PIP_OPTIONS = {"index-url", "extra-index-url", "trusted-host", "proxy", "cert", "timeout", "default-timeout"}


def apt_sources(suite: str) -> str:
    """This machine's own Debian sources as sources.list lines, for another suite of the same mirror."""
    codename = platform.freedesktop_os_release()["VERSION_CODENAME"]
    folder = Path("/etc/apt")
    lines = []
    for path in [folder / "sources.list", *sorted((folder / "sources.list.d").glob("*.list"))]:
        if path.exists():
            lines += [line for line in path.read_text().splitlines() if line.startswith("deb ")]
    for path in sorted((folder / "sources.list.d").glob("*.sources")):
        for stanza in re.split(r"\n\s*\n", path.read_text()):
            lines += one_line_sources(stanza)
    of_debian = [line for line in lines if re.search(rf"\s{codename}(-\S+)?\s", line)]
    return "\n".join(re.sub(rf"\s{codename}\b", f" {suite}", line) for line in of_debian) + "\n"


def one_line_sources(stanza: str) -> list[str]:
    """A deb822 stanza as lines of the older format, which every suite's tools read."""
    fields = dict(re.findall(r"^([\w-]+):[ \t]*(.*)$", stanza, re.M))
    if "deb" not in fields.get("Types", "").split() or fields.get("Enabled", "yes") == "no":
        return []
    options = [f"signed-by={fields['Signed-By']}"] if fields.get("Signed-By", "").startswith("/") else []
    options += ["trusted=yes"] if fields.get("Trusted") == "yes" else []
    prefix = f"deb [{' '.join(options)}]" if options else "deb"
    components = fields.get("Components", "")
    return [
        f"{prefix} {uri} {suite} {components}" for uri in fields["URIs"].split() for suite in fields["Suites"].split()
    ]


def apt_options() -> str:
    """Proxies and the like as lines of apt.conf."""
    dump = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=True).stdout
    return "".join(f"{line}\n" for line in dump.splitlines() if APT_OPTIONS.match(line))


def lend_files(root: Path) -> None:
    """Name resolution, the machine's own certificate authorities and pip's index, copied into `root`."""
    for name in ["etc/resolv.conf", "etc/hosts"]:
        if (Path("/") / name).exists():
            (root / name).write_bytes((Path("/") / name).read_bytes())
    with (root / "etc/hosts").open("a") as hosts:
        hosts.write("127.0.0.1 localhost fresh\n")
    authorities = sorted(Path("/usr/local/share/ca-certificates").rglob("*.crt"))
    for path in authorities:
        (root / "usr/local/share/ca-certificates" / path.name).write_bytes(path.read_bytes())
    if authorities:
        subprocess.run(["chroot", root, "update-ca-certificates"], check=True, capture_output=True)
    (root / "etc/pip.conf").write_text("[global]\n" + "".join(f"{line}\n" for line in pip_options(root)))


def pip_options(root: Path) -> list[str]:
    listing = subprocess.run(
        ["python3", "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    ).stdout
    found = re.findall(r"^(?:global|install)\.([\w-]+)='(.*)'$", listing, re.M)
    pairs = ((name, " ".join(word for word in value.split() if is_there(word, root))) for name, value in found)
    return [f"{name} = {value}" for name, value in pairs if name in PIP_OPTIONS and value]


def environment(root: Path) -> dict[str, str]:
    """Settings of this shell that matter to pip and TLS; those that point to files `root` does not have stay behind."""
    return {name: value for name, value in os.environ.items() if ENVIRONMENT.match(name) and is_there(value, root)}


def is_there(value: str, root: Path) -> bool:
    path = value.removeprefix("file://")
    return not path.startswith("/") or (root / path[1:]).exists()
