"""A server on the loopback interface that speaks the requests of the Hugging Face Hub we make.

It has repositories of datasets with one branch: lists of files, ranges of them, uploads of large
files, and commits of several files at once. The requests are those that huggingface_hub 2.4 sends.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any, NamedTuple, Self
from unittest.mock import patch
from urllib.parse import parse_qs, unquote, urlsplit

from tests.support.local_server import LocalServer

BRANCH = "main"
LARGE = (".tar", ".parquet")
"""The ends of names of files that are uploaded before their commit."""
NO_COMMIT = "0" * 40
REPOSITORY = r"(?P<repository>[^/]+/[^/]+)"


class Answer(NamedTuple):
    """What the server answers."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = {}  # noqa: RUF012  a tuple's default, never changed


class HubServer(LocalServer):
    """Serves repositories. `commits` has the names that each commit wrote, in order."""

    def __init__(self) -> None:
        self.repositories: dict[str, dict[str, bytes]] = {}
        self.uploaded: dict[str, bytes] = {}
        """Large files by their SHA-256, whether they are of a commit or not."""
        self.commits: list[list[str]] = []
        self.requests: list[str] = []
        self.refusing: set[str] = set()
        """Parts of the paths of requests that are answered by the status 403."""
        self.overtaken: list[int] = []
        """Statuses that the next commits are answered by, one each."""
        self.ignored: set[str] = set()
        """Ends of names of files that the repositories' `.gitignore` names."""
        self.token: str | None = None
        """The token that requests must have; without one, all may read and write."""
        super().__init__(type("Handler", (_Handler,), {"hub": self}))

    @contextmanager
    def running(self) -> Iterator[Self]:
        """Serve during the block; URLs of `hf://` are of this server in it."""
        import fsspec
        from huggingface_hub import constants

        settings = {"HF_ENDPOINT": self.url, "HF_HUB_DISABLE_XET": "1", "HF_TOKEN": "testing"}
        with ExitStack() as stack:
            stack.enter_context(super().running())
            stack.enter_context(patch.dict("os.environ", settings))  # of started processes
            stack.enter_context(patch.dict(fsspec.config.conf, {"hf": {"endpoint": self.url}}))
            stack.enter_context(patch.object(constants, "HF_HUB_DISABLE_XET", new=True))
            yield self


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    hub: HubServer

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with self.hub.lock:
            self.hub.requests.append(f"{self.command} {self.path}")
            answer = self._checked(body)
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def _checked(self, body: bytes) -> Answer:
        path = unquote(urlsplit(self.path).path)
        if any(part in path for part in self.hub.refusing):
            return Answer(403)
        sent = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if self.hub.token is not None and sent != self.hub.token and "/upload/" not in path:
            return Answer(401, headers={"X-Error-Code": "RepoNotFound"})
        for method, pattern, act in ROUTES:
            found = re.fullmatch(pattern, path)
            if found is not None and method == self.command.replace("HEAD", "GET"):
                names = found.groupdict()
                repository = names.get("repository")
                if repository is not None and repository not in self.hub.repositories:
                    return Answer(404, headers={"X-Error-Code": "RepoNotFound"})
                answer: Answer = act(self, body, **names)
                return answer
        return Answer(404)

    def info(self, _: bytes, repository: str) -> Answer:
        head = hashlib.sha1(str(len(self.hub.commits)).encode()).hexdigest()  # noqa: S324
        return _json({"id": repository, "sha": head, "siblings": [], "private": False})

    def tree(self, _: bytes, repository: str, folder: str | None) -> Answer:
        files, start = self.hub.repositories[repository], f"{folder}/" if folder else ""
        recursive = "true" in str(parse_qs(urlsplit(self.path).query).get("recursive")).lower()
        below = [name for name in files if name.startswith(start)]
        if start and not below:
            return Answer(404, headers={"X-Error-Code": "EntryNotFound"})
        folders = {
            start + "/".join(name.removeprefix(start).split("/")[:depth])
            for name in below
            for depth in range(1, name.removeprefix(start).count("/") + 1)
        }
        direct = [name for name in below if recursive or "/" not in name.removeprefix(start)]
        shown = [each for each in folders if recursive or "/" not in each.removeprefix(start)]
        return _json(
            [_folder(name) for name in sorted(shown)] + [_file(n, files[n]) for n in sorted(direct)]
        )

    def states(self, body: bytes, repository: str) -> Answer:
        files, names = self.hub.repositories[repository], parse_qs(body.decode())["paths"]
        return _json([_file(name, files[name]) for name in names if name in files])

    def file(self, _: bytes, repository: str, name: str) -> Answer:
        data = self.hub.repositories[repository].get(name)
        if data is None:
            return Answer(404, headers={"X-Error-Code": "EntryNotFound"})
        wanted = self.headers.get("Range")
        if wanted is None:
            return Answer(200, data)
        first, last = wanted.removeprefix("bytes=").split("-")
        return Answer(206, data[int(first) : int(last) + 1])

    def modes(self, body: bytes, repository: str) -> Answer:  # noqa: ARG002
        files = json.loads(body)["files"]
        return _json(
            {
                "files": [
                    {
                        "path": file["path"],
                        "uploadMode": "lfs" if file["path"].endswith(LARGE) else "regular",
                        "shouldIgnore": file["path"].endswith((*self.hub.ignored,)),
                    }
                    for file in files
                ]
            }
        )

    def batch(self, body: bytes, repository: str) -> Answer:  # noqa: ARG002
        objects = json.loads(body)["objects"]
        missing = {each["oid"] for each in objects} - {*self.hub.uploaded}
        links = {oid: {"upload": {"href": f"{self.hub.url}/upload/{oid}"}} for oid in missing}
        answered = [
            {**each, **({"actions": links[each["oid"]]} if each["oid"] in missing else {})}
            for each in objects
        ]
        return _json({"transfer": "basic", "objects": answered})

    def upload(self, body: bytes, digest: str) -> Answer:
        if hashlib.sha256(body).hexdigest() != digest:
            return Answer(400)
        self.hub.uploaded[digest] = body
        return Answer(200)

    def card(self, body: bytes) -> Answer:
        head = json.loads(body)["content"].split("---")
        is_card = len(head) > 2
        return _json({"errors": [] if is_card else [{"message": "no head"}], "warnings": []})

    def commit(self, body: bytes, repository: str) -> Answer:
        if self.hub.overtaken:
            return Answer(self.hub.overtaken.pop())
        lines = [json.loads(line) for line in body.splitlines()]
        written: dict[str, bytes | None] = {}
        for line in lines:
            value = line["value"]
            if line["key"] == "file":
                written[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                written[value["path"]] = self.hub.uploaded[value["oid"]]
            elif line["key"] == "deletedFile":
                written[value["path"]] = None
        merged = self.hub.repositories[repository] | written
        kept = {name: data for name, data in merged.items() if data is not None}
        self.hub.repositories[repository] = kept
        self.hub.commits.append([*written])
        return _json(
            {
                "commitUrl": f"{self.hub.url}/datasets/{repository}/commit/{'0' * 40}",
                "commitOid": "0" * 40,
            }
        )


ROUTES: list[tuple[str, str, Any]] = [
    ("GET", rf"/api/datasets/{REPOSITORY}(?:/revision/{BRANCH})?", _Handler.info),
    ("GET", rf"/api/datasets/{REPOSITORY}/tree/{BRANCH}(?:/(?P<folder>.*))?", _Handler.tree),
    ("POST", rf"/api/datasets/{REPOSITORY}/paths-info/{BRANCH}", _Handler.states),
    ("GET", rf"/datasets/{REPOSITORY}/resolve/{BRANCH}/(?P<name>.*)", _Handler.file),
    ("POST", rf"/api/datasets/{REPOSITORY}/preupload/{BRANCH}", _Handler.modes),
    ("POST", rf"/datasets/{REPOSITORY}\.git/info/lfs/objects/batch", _Handler.batch),
    ("PUT", r"/upload/(?P<digest>\w+)", _Handler.upload),
    ("POST", r"/api/validate-yaml", _Handler.card),
    ("POST", rf"/api/datasets/{REPOSITORY}/commit/{BRANCH}", _Handler.commit),
]
"""The requests that are answered: method, path, and what answers them."""


def _file(name: str, data: bytes) -> dict[str, Any]:
    digest = hashlib.sha1(data).hexdigest()  # noqa: S324  as Git names content
    return {"type": "file", "path": name, "size": len(data), "oid": digest}


def _folder(name: str) -> dict[str, Any]:
    return {"type": "directory", "path": name, "oid": NO_COMMIT}


def _json(value: Any) -> Answer:
    return Answer(200, json.dumps(value).encode(), {"Content-Type": "application/json"})
