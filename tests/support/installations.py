"""Environments that see some installed distributions only, as after `pip install` of an extra.

Their packages are links to those of the tests, so that nothing is downloaded.
"""

import sys
import venv
from collections.abc import Iterable
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement


def needed_by(requirements: Iterable[str]) -> dict[str, Distribution]:
    """Return the distributions that requirements need, by name, as they are installed here."""
    found: dict[str, Distribution] = {}
    left = [Requirement(each) for each in requirements]
    while left:
        requirement = left.pop()
        if _applies(requirement, "") and requirement.name not in found:
            try:
                here = distribution(requirement.name)
            except PackageNotFoundError:  # for another system
                continue
            found[requirement.name] = here
            needs = map(Requirement, here.requires or ())
            extras = requirement.extras or {""}
            left += [need for need in needs if any(_applies(need, extra) for extra in extras)]
    return found


def _applies(requirement: Requirement, extra: str) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": extra})


def link_packages(distributions: Iterable[Distribution], packages: Path) -> None:
    """Link the modules of distributions into a folder of packages."""
    for each in distributions:
        for name in {file.parts[0] for file in each.files or () if file.parts[0] != ".."}:
            source = Path(str(each.locate_file(name)))
            if source.exists() and name != "__pycache__" and not (packages / name).exists():
                (packages / name).symlink_to(source)


def make_environment(folder: Path, unpacked_wheel: Path, requirements: Iterable[str]) -> Path:
    """Make an environment with an unpacked wheel and requirements, and return its Python."""
    venv.create(folder, with_pip=False)
    packages = folder / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"
    link_packages(needed_by(requirements).values(), packages)
    (packages / "wheel.pth").write_text(f"{unpacked_wheel}\n")
    return folder / "bin" / "python"
