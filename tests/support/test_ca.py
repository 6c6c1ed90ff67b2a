"""A certificate authority of the tests' own and what it has signed, by the openssl command."""

import functools
import subprocess
import tempfile
from pathlib import Path

NAMES = "DNS:localhost,DNS:site.test,IP:127.0.0.1"


class Authority:
    """`ca`, `certificate` and `key` are PEM files; the certificate is good for NAMES."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.ca = self.folder / "ca.pem"
        self._ca_key = self.folder / "ca.key"
        self._run("req", "-x509", "-new", *new_key(self._ca_key), "-out", self.ca, "-days", "30",
                  "-subj", "/CN=CA of the tests", "-addext", "keyUsage=keyCertSign")
        self.certificate, self.key = self.sign("server", NAMES)

    def sign(self, name, names, days=30):
        """Makes NAME.pem and NAME.key; names: as in a subjectAltName. Returns both paths"""
        certificate, key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        request, extensions = self.folder / f"{name}.csr", self.folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName={names}\n")
        self._run("req", "-new", *new_key(key), "-out", request, "-subj", f"/CN={name}")
        self._run("x509", "-req", "-in", request, "-CA", self.ca, "-CAkey", self._ca_key,
                  "-CAcreateserial", "-out", certificate, "-days", str(days),
                  "-extfile", extensions)
        return certificate, key

    @staticmethod
    def _run(*arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


def new_key(path):
    return "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", path


@functools.cache
def authority():
    """The one of this run, which ends with it."""
    folder = tempfile.TemporaryDirectory(prefix="holdfast-ca-")
    made = Authority(folder.name)
    made.keep = folder
    return made
