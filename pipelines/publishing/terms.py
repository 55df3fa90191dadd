"""What the licenses of recordings allow to publish, as we read them. This is not legal advice.

A recording's note on its license, which imports store, is matched against this table. Recordings
without a note that are in a subset of AMASS are AMASS's. What is not known here may not be
published without the user's word.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from motiondata.sources.amass.subsets import HUMANML3D_NAMES, humanml3d_subset

HITS, TEXT, FEATURES = "hits.npy", "txt", "features.npy"
NO_MOTION = (HITS, TEXT, FEATURES)
"""The members that have no motion in them: counts, captions, and features of a learned encoder.
Points, poses, joints, motion features and tokens show the motion, and `json` has the shape."""


@dataclass(frozen=True)
class Terms:
    """The terms of a license."""

    name: str
    hub: str
    """The identifier of Hugging Face's cards."""
    url: str
    """Where the text is."""
    clause: str
    """What the text says about publishing, in short or paraphrased."""
    publishable: tuple[str, ...] | None = None
    """The members that may be published, by suffix; None for all."""
    note: str | None = None
    """A pattern of the note that recordings store."""

    def forbids(self, suffixes: Iterable[str]) -> tuple[str, ...]:
        """Return the members that may not be published."""
        if self.publishable is None:
            return ()
        return tuple(suffix for suffix in suffixes if suffix not in self.publishable)


CREATIVE_COMMONS = "https://creativecommons.org/licenses"
AMASS = Terms(
    "AMASS",
    "other",
    "https://amass.is.tue.mpg.de/license.html",
    "No Distribution: the dataset may not be shared or distributed, in whole or in part",
    NO_MOTION,
)
NOT_STATED = Terms(
    "not stated",
    "unknown",
    "",
    "the recordings say nothing of their license; import them again with --license",
    NO_MOTION,
)
NOTED: tuple[Terms, ...] = (
    Terms(
        "CMU Graphics Lab Motion Capture Database",
        "other",
        "http://mocap.cs.cmu.edu",
        "free to use and to share; may not be resold, even in converted form",
        note=r"mocap\.cs\.cmu\.edu",
    ),
    Terms(
        "Apache-2.0",
        "apache-2.0",
        "https://www.apache.org/licenses/LICENSE-2.0",
        "section 4: copies may be shared with the license and its notices",
        note=r"\bApache[- ](?:License[, ]*)?(?:Version )?2",
    ),
    Terms(
        "MIT", "mit", "https://opensource.org/license/mit", "copies may be shared", note=r"\bMIT\b"
    ),
    Terms(
        "CC0 1.0",
        "cc0-1.0",
        "https://creativecommons.org/publicdomain/zero/1.0/",
        "all rights are waived",
        note=r"\bCC[- ]?0\b",
    ),
    Terms(
        "CC BY-NC-ND 4.0",
        "cc-by-nc-nd-4.0",
        f"{CREATIVE_COMMONS}/by-nc-nd/4.0/",
        "section 2(a)(1)(B): adapted material may be made but not shared",
        NO_MOTION,
        note=r"\bCC[- ]BY[- ]NC[- ]ND\b",
    ),
    Terms(
        "CC BY-ND 4.0",
        "cc-by-nd-4.0",
        f"{CREATIVE_COMMONS}/by-nd/4.0/",
        "section 2(a)(1)(B): adapted material may be made but not shared",
        NO_MOTION,
        note=r"\bCC[- ]BY[- ]ND\b",
    ),
    Terms(
        "CC BY-NC-SA 4.0",
        "cc-by-nc-sa-4.0",
        f"{CREATIVE_COMMONS}/by-nc-sa/4.0/",
        "sections 2 and 3: shared with attribution, under the same license, not for profit",
        note=r"\bCC[- ]BY[- ]NC[- ]SA\b",
    ),
    Terms(
        "CC BY-NC 4.0",
        "cc-by-nc-4.0",
        f"{CREATIVE_COMMONS}/by-nc/4.0/",
        "sections 2 and 3: shared with attribution, not for profit",
        note=r"\bCC[- ]BY[- ]NC\b",
    ),
    Terms(
        "CC BY-SA 4.0",
        "cc-by-sa-4.0",
        f"{CREATIVE_COMMONS}/by-sa/4.0/",
        "sections 2 and 3: shared with attribution, under the same license",
        note=r"\bCC[- ]BY[- ]SA\b",
    ),
    Terms(
        "CC BY 4.0",
        "cc-by-4.0",
        f"{CREATIVE_COMMONS}/by/4.0/",
        "sections 2 and 3: shared with attribution",
        note=r"\bCC[- ]BY\b",
    ),
)
"""The licenses that are known by their note; the first whose pattern is found is taken."""


def terms_of(note: str, subset: str) -> Terms:
    """Return the terms of a recording, given its note on the license and its subset."""
    for terms in NOTED:
        if terms.note is not None and re.search(terms.note, note, re.IGNORECASE):
            return terms
    if note.strip():
        clause = f"this program does not know these terms: {' '.join(note.split())}"
        return Terms("stated by the source", "other", "", clause, NO_MOTION)
    return AMASS if humanml3d_subset(subset) in HUMANML3D_NAMES else NOT_STATED
