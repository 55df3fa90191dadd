"""The bodies that a selection of clips is posed with: one for each gender."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from motiondata.bodies.body import Body
from motiondata.bodies.bundled import bundled_body
from motiondata.bodies.loading import load_bodies
from motiondata.errors import InputError
from motiondata.recording import GENDERS
from pipelines.engine.fingerprint import digest_json
from pipelines.engine.opened import Loaded


@dataclass(frozen=True)
class BodyFacts:
    """What a dataset records of its bodies. It is small, unlike the bodies."""

    hash: str
    """One hash that covers the bodies of all genders."""
    provenance: tuple[dict[str, Any], ...]
    """The id, the name, and the shape space of each different body."""


def load_bodies_by_gender(path: Path | None) -> Mapping[str, Body]:
    """Load the bodies of a file or folder, or the bundled body for every gender if there is none.

    Raises `InputError` if a body is invalid.
    """
    return load_bodies(path) if path else dict.fromkeys(GENDERS, bundled_body())


def facts_of(bodies: Mapping[str, Body]) -> BodyFacts:
    """Return what a dataset records of the bodies of all genders."""
    different = {body.id: body for body in bodies.values()}.values()
    return BodyFacts(
        digest_json({gender: bodies[gender].id for gender in GENDERS}),
        tuple(
            {"id": body.id, "name": body.name, "shape_space": body.shape_space}
            for body in different
        ),
    )


def reload_bodies(
    path: Path | None, loaded: Loaded[Mapping[str, Body]], expected: BodyFacts
) -> Mapping[str, Body]:
    """Return the bodies that this process has loaded, or load them.

    Raises `InputError` if they are other bodies than those of which `expected` was recorded.
    """
    bodies = loaded.value or load_bodies_by_gender(path)
    if facts_of(bodies).hash != expected.hash:
        raise InputError(f"the body ({path or 'bundled'}) was replaced; start again")
    return bodies
