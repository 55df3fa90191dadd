"""The words of texts: for each style, templates of what can be said. The wording is our own.

A template has slots in braces. `{parts}` is a list of parts of the body, `{is}` agrees with it,
`{det}` is a determiner, `{other}` a part that is compared with, and `{directions}` a list of
directions. `write_text` fills templates, and `read_text` makes patterns of the same templates.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from motiondata.pose_pairs.pose_codes import SUPER_CODES
from motiondata.pose_pairs.statements import CHANGE, POSTURE, REACH, STATE

Key = tuple[str, str, int]
"""Kind, quantity and value of a statement."""
Templates = Mapping[Key, tuple[str, ...]]

PLURALS = {"foot": "feet"}
"""The plurals of parts that do not add an s."""
DIRECTED = ("left", "up", "front")
"""The quantities of changes that are said as directions."""


@dataclass(frozen=True, eq=False)
class Style:
    """A way to write texts."""

    name: str
    openings: tuple[str, ...]
    """Words before the first statement."""
    links: tuple[str, ...]
    """Words between statements."""
    determiners: tuple[str, ...]
    """Words before a part, of which a text uses one."""
    templates: Templates
    moves: tuple[str, ...]
    """Templates of changes of place, with `{directions}`."""
    directions: Mapping[tuple[str, int], str]
    """The words of each quantity in `DIRECTED` and level."""
    direction_link: str
    end: str
    """The end of the text."""


ADJECTIVES: Mapping[tuple[str, int], tuple[str, ...]] = {
    ("bend", 0): ("completely bent", "fully bent"),
    ("bend", 1): ("strongly bent",),
    ("bend", 2): ("bent at a right angle", "bent at about 90 degrees"),
    ("bend", 3): ("moderately bent",),
    ("bend", 4): ("slightly bent", "almost straight"),
    ("bend", 5): ("straight", "fully extended"),
    ("spread", 0): ("close to each other", "next to each other"),
    ("spread", 1): ("shoulder width apart",),
    ("spread", 2): ("spread apart", "well apart"),
    ("spread", 3): ("wide apart",),
    ("near", 0): ("near {other}", "close to {other}"),
    ("left", 0): ("to the right of {other}",),
    ("left", 4): ("to the left of {other}",),
    ("up", 0): ("below {other}", "lower than {other}"),
    ("up", 4): ("above {other}", "higher than {other}"),
    ("front", 0): ("behind {other}",),
    ("front", 4): ("in front of {other}",),
    ("tilt", 0): ("vertical", "upright"),
    ("tilt", 2): ("horizontal", "level"),
    ("ground", 0): ("on the ground", "on the floor"),
}
"""The words of states, by quantity and category of a pose code."""

POSTURES = {
    "kneeling": ("kneel", "on both knees"),
    "kneeling_left": ("kneel", "on the left knee only"),
    "kneeling_right": ("kneel", "on the right knee only"),
    "squatting": ("squat", "down"),
    "on_left_leg": ("stand", "on the left leg only"),
    "on_right_leg": ("stand", "on the right leg only"),
    "lying": ("lie", "down"),
    "arms_out": ("hold", "both arms straight out"),
    "arms_up": ("hold", "both arms straight up"),
    "all_fours": ("go", "down on all fours"),
}
"""Verb and rest of the phrase of each super-code."""
THIRD_PERSON = {"kneel": "kneels", "squat": "squats", "stand": "stands", "lie": "lies",
                "hold": "holds", "go": "goes"}  # fmt: skip

SIGNS = {-1: ("right", "backward", "down"), 1: ("left", "forward", "up")}


def _states(frames: tuple[str, ...]) -> Iterator[tuple[Key, tuple[str, ...]]]:
    """Yield the templates of states: each adjective in each frame."""
    for (quantity, category), adjectives in ADJECTIVES.items():
        filled = [frame.replace("{adjective}", each) for frame, each in product(frames, adjectives)]
        yield (STATE, quantity, category), tuple(filled)


def _leveled(kind: str, quantity: str, templates: dict[int, tuple[str, ...]]) -> Templates:
    return {(kind, quantity, level): texts for level, texts in templates.items()}


INSTRUCTIONS = Style(
    name="instructions",
    openings=("", "", "", "From this pose, ", "To correct the pose, "),
    links=(". ", ". ", ", then ", ", and ", "; "),
    determiners=("your ", "your ", "the "),
    templates={
        **_leveled(CHANGE, "angle", {
            -3: ("bend {parts} much more", "bend {parts} a lot"),
            -2: ("bend {parts} more", "bend {parts} further"),
            -1: ("bend {parts} slightly", "bend {parts} a little"),
            1: ("extend {parts} slightly", "extend {parts} a little"),
            2: ("extend {parts} more", "extend {parts} further"),
            3: ("extend {parts} much more", "extend {parts} a lot"),
        }),
        (REACH, "straighten", 1): ("straighten {parts}", "straighten {parts} completely"),
        **_leveled(CHANGE, "apart", {
            -2: ("bring {parts} much closer together",),
            -1: ("bring {parts} closer together", "move {parts} closer to each other"),
            1: ("move {parts} farther apart", "move {parts} away from each other"),
            2: ("move {parts} much farther apart",),
        }),
        (REACH, "join", 1): ("bring {parts} together",),
        (REACH, "part", 1): ("spread {parts} wide",),
        **_leveled(CHANGE, "torso", {
            -2: ("bring {parts} much closer to {det} torso",),
            -1: ("bring {parts} closer to {det} torso", "pull {parts} toward {det} torso"),
            1: ("move {parts} away from {det} torso", "take {parts} away from {det} torso"),
            2: ("move {parts} far away from {det} torso",),
        }),
        **{
            key: texts
            for sign, (side, way, height) in SIGNS.items()
            for key, texts in {
                (CHANGE, "lean_front", sign): (f"lean {way}", f"lean farther {way}"),
                (CHANGE, "lean_front", 2 * sign): (f"lean much farther {way}",),
                (CHANGE, "lean_left", sign): (f"lean to the {side}", f"lean more to the {side}"),
                (CHANGE, "lean_left", 2 * sign): (f"lean much more to the {side}",),
                (CHANGE, "twist", sign): (f"twist {{det}} upper body to the {side}",),
                (CHANGE, "twist", 2 * sign): (f"twist {{det}} upper body far to the {side}",),
                (CHANGE, "nod", sign): (f"tilt {{det}} head {height}", f"look {height} more"),
                (CHANGE, "turn", sign): (f"turn {{det}} head to the {side}",),
                (CHANGE, "turn", 2 * sign): (f"turn {{det}} head far to the {side}",),
                (CHANGE, "heading", sign): (f"turn slightly to the {side}",),
                (CHANGE, "heading", 2 * sign): (f"make a quarter turn to the {side}",),
                (CHANGE, "heading", 3 * sign): (f"turn far to the {side}",),
                (CHANGE, "heading", 4 * sign): (f"make a half turn to the {side}",),
            }.items()
        },
        **dict(_states(("{parts} should be {adjective}", "make sure {parts} {is} {adjective}"))),
        **{
            (POSTURE, name, 1): (" ".join(POSTURES[name]),) for name in SUPER_CODES
        },
    },
    moves=("move {parts} {directions}",),
    directions={
        (quantity, level): f"{'far ' if abs(level) == 2 else ''}{words}"
        for quantity, pair in (
            ("left", ("to the right", "to the left")),
            ("up", ("down", "up")),
            ("front", ("backward", "forward")),
        )
        for level in (-2, -1, 1, 2)
        for words in (pair[level > 0],)
    },
    direction_link=" and ",
    end=".",
)  # fmt: skip
"""What to do, as a trainer says it."""

DESCRIPTION = Style(
    name="description",
    openings=("", "", "In the second pose, ", "Compared with the first pose, "),
    links=(". ", ". ", ", while ", ", and ", ", "),
    determiners=("the ", "the ", "their "),
    templates={
        **_leveled(CHANGE, "angle", {
            -3: ("{parts} {is} much more bent", "{parts} {is} bent much more"),
            -2: ("{parts} {is} more bent", "{parts} {is} bent more"),
            -1: ("{parts} {is} slightly more bent", "{parts} {is} bent slightly more"),
            1: ("{parts} {is} slightly less bent", "{parts} {is} bent slightly less"),
            2: ("{parts} {is} less bent", "{parts} {is} bent less"),
            3: ("{parts} {is} much less bent", "{parts} {is} bent much less"),
        }),
        (REACH, "straighten", 1): ("{parts} {is} straightened", "{parts} {is} now straight"),
        **_leveled(CHANGE, "apart", {
            -2: ("{parts} {is} much closer together",),
            -1: ("{parts} {is} closer together",),
            1: ("{parts} {is} farther apart",),
            2: ("{parts} {is} much farther apart",),
        }),
        (REACH, "join", 1): ("{parts} {is} brought together",),
        (REACH, "part", 1): ("{parts} {is} spread wide",),
        **_leveled(CHANGE, "torso", {
            -2: ("{parts} {is} much closer to {det} torso",),
            -1: ("{parts} {is} closer to {det} torso",),
            1: ("{parts} {is} farther away from {det} torso",),
            2: ("{parts} {is} much farther away from {det} torso",),
        }),
        **{
            key: texts
            for sign, (side, way, height) in SIGNS.items()
            for key, texts in {
                (CHANGE, "lean_front", sign): (f"{{det}} body leans farther {way}",),
                (CHANGE, "lean_front", 2 * sign): (f"{{det}} body leans much farther {way}",),
                (CHANGE, "lean_left", sign): (f"{{det}} body leans more to the {side}",),
                (CHANGE, "lean_left", 2 * sign): (f"{{det}} body leans much more to the {side}",),
                (CHANGE, "twist", sign): (f"{{det}} upper body is twisted more to the {side}",),
                (CHANGE, "twist", 2 * sign): (
                    f"{{det}} upper body is twisted much more to the {side}",
                ),
                (CHANGE, "nod", sign): (f"{{det}} head is tilted farther {height}",),
                (CHANGE, "turn", sign): (f"{{det}} head is turned more to the {side}",),
                (CHANGE, "turn", 2 * sign): (f"{{det}} head is turned much more to the {side}",),
                (CHANGE, "heading", sign): (f"the person has turned slightly to the {side}",),
                (CHANGE, "heading", 2 * sign): (
                    f"the person has made a quarter turn to the {side}",
                ),
                (CHANGE, "heading", 3 * sign): (f"the person has turned far to the {side}",),
                (CHANGE, "heading", 4 * sign): (f"the person has made a half turn to the {side}",),
            }.items()
        },
        **dict(_states(("{parts} {is} {adjective}",))),
        **{
            (POSTURE, name, 1): (
                f"the person {THIRD_PERSON[POSTURES[name][0]]} {POSTURES[name][1]}",
            )
            for name in SUPER_CODES
        },
    },
    moves=("{parts} {is} {directions}",),
    directions={
        (quantity, level): f"{'much ' if abs(level) == 2 else ''}{words}"
        for quantity, pair in (
            ("left", ("farther to the right", "farther to the left")),
            ("up", ("lower", "higher")),
            ("front", ("farther back", "farther forward")),
        )
        for level in (-2, -1, 1, 2)
        for words in (pair[level > 0],)
    },
    direction_link=" and ",
    end=".",
)  # fmt: skip
"""How the second pose differs from the first."""

NOTES = Style(
    name="notes",
    openings=("",),
    links=("; ",),
    determiners=("",),
    templates={
        **_leveled(CHANGE, "angle", {
            -3: ("bend {parts} a lot",),
            -2: ("bend {parts}",),
            -1: ("bend {parts} a bit",),
            1: ("unbend {parts} a bit",),
            2: ("unbend {parts}",),
            3: ("unbend {parts} a lot",),
        }),
        (REACH, "straighten", 1): ("{parts} straight", "straighten {parts}"),
        **_leveled(CHANGE, "apart", {
            -2: ("{parts} much closer",),
            -1: ("{parts} closer",),
            1: ("{parts} farther apart",),
            2: ("{parts} much farther apart",),
        }),
        (REACH, "join", 1): ("{parts} together",),
        (REACH, "part", 1): ("{parts} wide",),
        **_leveled(CHANGE, "torso", {
            -2: ("{parts} much nearer to torso",),
            -1: ("{parts} nearer to torso",),
            1: ("{parts} farther from torso",),
            2: ("{parts} much farther from torso",),
        }),
        **{
            key: texts
            for sign, (side, way, height) in SIGNS.items()
            for key, texts in {
                (CHANGE, "lean_front", sign): (f"lean {way}",),
                (CHANGE, "lean_front", 2 * sign): (f"lean far {way}",),
                (CHANGE, "lean_left", sign): (f"lean {side}",),
                (CHANGE, "lean_left", 2 * sign): (f"lean far {side}",),
                (CHANGE, "twist", sign): (f"twist {side}",),
                (CHANGE, "twist", 2 * sign): (f"twist far {side}",),
                (CHANGE, "nod", sign): (f"head {height}",),
                (CHANGE, "turn", sign): (f"head {side}",),
                (CHANGE, "turn", 2 * sign): (f"head far {side}",),
                (CHANGE, "heading", sign): (f"turn slightly {side}",),
                (CHANGE, "heading", 2 * sign): (f"quarter turn {side}",),
                (CHANGE, "heading", 3 * sign): (f"turn far {side}",),
                (CHANGE, "heading", 4 * sign): (f"half turn {side}",),
            }.items()
        },
        **dict(_states(("result: {parts} {adjective}",))),
        **{
            (POSTURE, name, 1): ("result: " + " ".join(POSTURES[name]),) for name in SUPER_CODES
        },
    },
    moves=("{parts} {directions}",),
    directions={
        (quantity, level): f"{'far ' if abs(level) == 2 else ''}{words}"
        for quantity, pair in (
            ("left", ("right", "left")),
            ("up", ("down", "up")),
            ("front", ("back", "forward")),
        )
        for level in (-2, -1, 1, 2)
        for words in (pair[level > 0],)
    },
    direction_link=" + ",
    end="",
)  # fmt: skip
"""Brief notes, as a trainer jots them down."""

STYLES = (INSTRUCTIONS, DESCRIPTION, NOTES)
"""All styles, in the order in which the texts of a pair use them."""


def words_of(part: str, plural: bool = False) -> str:
    """Return a part in words: `left_upper_arm` is left upper arm; the plural has no side."""
    words = part.replace("_", " ")
    if not plural:
        return words
    name = words.split(" ", 1)[1]
    return PLURALS.get(name, f"{name}s")
