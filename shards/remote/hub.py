"""A repository of the Hugging Face Hub: files are uploaded one by one, and committed together.

The Hub limits the commits of an hour, and a commit is whole or absent. Content that was uploaded
before is not uploaded again, whether it was committed or not.
"""

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from shards.remote.connection import Limits, tried
from shards.remote.failures import RemoteError
from shards.remote.file_systems import HUB, file_system
from shards.remote.quiet_uploads import quietly
from shards.remote.urls import without_secrets

BUCKETS = f"{HUB}://buckets/"
"""The start of a URL of a bucket of the Hub, which has no commits."""
LARGE = "lfs"
"""How the Hub wants a file that is uploaded before its commit."""
ASKED_AT_ONCE = 256
"""Files that the Hub is asked about in one request, at most, as by its library."""


def is_repository(url: str) -> bool:
    """Tell whether a URL is of a repository of the Hub."""
    return url.startswith(f"{HUB}://") and not url.startswith(BUCKETS)


class HubRepository:
    """A folder in a repository. Threads may share it.

    Raises `RemoteError` if there is no such repository, or if the Hub refuses.
    """

    def __init__(self, url: str, limits: Limits) -> None:
        files, root = file_system(url)
        from huggingface_hub import HfApi

        self._shown, self._tries = without_secrets(url), limits.tries
        try:
            found = tried(lambda: files.resolve_path(root), self._shown, self._tries)
        except FileNotFoundError:
            raise RemoteError(
                f"{self._shown}: found no repository that may be read; create it first, and sign in"
            ) from None
        self._folder = found.path_in_repo
        self._where = {
            "repo_id": found.repo_id,
            "repo_type": found.repo_type,
            "revision": found.revision,
        }
        self._api = HfApi(endpoint=files.endpoint, token=files.token)
        self._question = (
            f"{files.endpoint}/api/{found.repo_type}s/{found.repo_id}/preupload/"
            f"{quote(found.revision, safe='')}"
        )
        self._additions: dict[str, Any] = {}

    @property
    def has_additions(self) -> bool:
        """Whether files were uploaded for the next commit."""
        return bool(self._additions)

    def upload(self, name: str, path: Path) -> None:
        """Upload a file for the next commit; the local file is not needed afterwards.

        Raises `RemoteError` if the repository ignores files of this name.
        """
        from huggingface_hub import CommitOperationAdd

        addition = CommitOperationAdd(self._path(name), path)
        if self._ask([addition]):
            self._upload(addition, name)
        if addition.path_or_fileobj != b"":
            # The Hub takes the content of a small file with the commit.
            addition = CommitOperationAdd(self._path(name), path.read_bytes())
        self._additions[name] = addition

    def commit(self, message: str, files: dict[str, bytes]) -> None:
        """Commit what was uploaded, with small files, in one commit.

        Raises `RemoteError` if the repository ignores files of these names.
        """
        from huggingface_hub import CommitOperationAdd

        small = {name: CommitOperationAdd(self._path(name), data) for name, data in files.items()}
        self._ask([*small.values()])
        operations = [*(self._additions | small).values()]

        def send() -> None:
            self._api.create_commit(operations=operations, commit_message=message, **self._where)

        self._tried(send, "")
        self._additions.clear()

    def _upload(self, addition: Any, name: str) -> None:
        """Upload the content of a large file."""
        self._tried(
            lambda: self._api.preupload_lfs_files(additions=[addition], **self._where), name
        )

    def _ask(self, additions: Sequence[Any]) -> list[str]:
        """Return the paths of the files that are uploaded before a commit, which are large.

        Raises `RemoteError` for a file that the repository ignores: the library leaves files that
        `.gitignore` names out of a commit without a word.
        """
        parts = [
            additions[start : start + ASKED_AT_ONCE]
            for start in range(0, len(additions), ASKED_AT_ONCE)
        ]
        answers = [
            each for part in parts for each in self._tried(lambda of=part: self._about(of), "")
        ]
        for answer in answers:
            if answer["shouldIgnore"]:
                raise RemoteError(
                    f"{self._shown}: the file .gitignore of the repository ignores "
                    f"{answer['path']}; change it, and copy again"
                )
        return [answer["path"] for answer in answers if answer["uploadMode"] == LARGE]

    def _about(self, additions: Sequence[Any]) -> list[dict[str, Any]]:
        """Return what the Hub answers about files: `path`, `uploadMode` and `shouldIgnore`.

        The request is that of the Hub's interface, whose answer the library keeps to itself.
        """
        from huggingface_hub import get_session, hf_raise_for_status
        from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

        files = [
            {
                "path": each.path_in_repo,
                "size": each.upload_info.size,
                "sample": base64.b64encode(each.upload_info.sample).decode("ascii"),
            }
            for each in additions
        ]
        headers = build_hf_headers(token=self._api.token)
        answer = get_session().post(self._question, json={"files": files}, headers=headers)
        hf_raise_for_status(answer)
        found: list[dict[str, Any]] = answer.json()["files"]
        return found

    def _path(self, name: str) -> str:
        return f"{self._folder}/{name}" if self._folder else name

    def _tried(self, call: Any, name: str) -> Any:
        try:
            with quietly():
                return tried(call, f"{self._shown}/{name}".rstrip("/"), self._tries)
        except FileNotFoundError:
            raise RemoteError(
                f"{self._shown}: there is no such repository or branch, or it may not be written"
            ) from None
