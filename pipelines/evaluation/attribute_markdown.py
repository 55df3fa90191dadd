"""The tables of attributes that captions name, as Markdown."""

from collections.abc import Iterator, Sequence

from motiondata.counting import counted
from pipelines.engine.text_tables import markdown_table
from pipelines.evaluation.attribute_rows import AttributeReport
from pipelines.evaluation.options import MODEL
from pipelines.evaluation.pair_markdown import share_cell

CONFUSIONS_SHOWN = 15
"""Number of confusions of the model that a report shows; `report.json` has all of them."""

RULES = (
    "An attribute is right if the caption has a text of its value, and of no other value. The "
    "longest texts are read first. An empty text counts if no other text of the attribute is there "
    "and the other words are those around the attributes in a caption of the labels. By chance: "
    "values drawn as often as training clips have them."
)


def attributes_section(report: AttributeReport | None) -> Sequence[str]:
    """Return the tables of attributes; nothing without labels of them."""
    if report is None:
        return []
    names = [*report.chance.right]
    rows = [
        (row, *(share_cell(found.right[name], found.clips) for name in names),
         share_cell(found.all_right, found.clips))
        for row, found in report.rows.items()
    ]  # fmt: skip
    shares = (*report.chance.right.values(), report.chance.all_right)
    rows.append(("by chance", *(f"{share:.1%}" for share in shares)))
    titles = ("", *(f"{name} right" for name in names), "all right")
    return [
        "## Attributes that captions name",
        "",
        *markdown_table(titles, rows),
        "",
        *_confusions(report),
        *_about(report),
        "",
        RULES,
    ]


def _confusions(report: AttributeReport) -> list[str]:
    """Return the table of what the model names instead, if it names anything wrong."""
    found = [(each.clips, name, each.value, each.named)
             for name, confusions in report.rows[MODEL].confusions.items()
             for each in confusions]  # fmt: skip
    if not found:
        return []
    shown = sorted(found, key=lambda each: (-each[0], *each[1:]))[:CONFUSIONS_SHOWN]
    rows = [(name, value, named, str(clips)) for clips, name, value, named in shown]
    about = (
        f"What the model names instead; the most frequent of {counted(len(found), 'confusion')}:"
    )
    return [about, "", *markdown_table(("", "of the clip", "named", "clips"), rows), ""]


def _about(report: AttributeReport) -> Iterator[str]:
    new = {**report.new.values, "combination of them": report.new.combinations}
    parts = (f"{name} of {clips}" for name, clips in new.items())
    every = report.rows[MODEL].clips
    yield f"What no training clip has, of {counted(every, 'clip')}: the {', the '.join(parts)}."
    strengths = [f"{choice.strength:g} for {name}" for name, choice in report.probe.items()]
    clips = report.validation_clips
    by = f", chosen by the loss on {counted(clips, 'clip')} of val"
    chosen = by if clips else "; there is no clip of val"
    yield (
        "Linear probe: logistic regression with an L2 penalty of strength "
        f"{', '.join(strengths)}{chosen}."
    )
