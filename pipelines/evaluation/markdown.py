"""The report of an evaluation as Markdown, for people."""

from collections.abc import Iterator, Mapping, Sequence

from motiondata.counting import counted, counted_units
from pipelines.engine.text_tables import markdown_table
from pipelines.evaluation.acts.labels import ALL_KINDS, ActTotals, ClipCount, KindCount
from pipelines.evaluation.attribute_markdown import attributes_section
from pipelines.evaluation.baselines import describe_distance
from pipelines.evaluation.decoding_choice import DecodingChoice, TriedDecoding
from pipelines.evaluation.options import LEMMATIZED, MODEL, RAW
from pipelines.evaluation.pair_markdown import matches_section, share_cell, statements_section
from pipelines.evaluation.report import SCORERS, Evaluation, Example
from pipelines.training.common.decoding import NO_CONSENSUS
from pipelines.training.common.normalize_caption import NORMALIZER

PAIRS_SHOWN = 10
"""Number of pairs of acts in the table of those that are named least."""

COLUMNS = {
    "bleu_1": "BLEU@1",
    "bleu_2": "BLEU@2",
    "bleu_3": "BLEU@3",
    "bleu_4": "BLEU@4",
    "rouge_l": "ROUGE-L",
    "cider_d": "CIDEr-D",
    "bert_score": "BERTScore",
    "distinct": "distinct",
}
"""The columns of the table of scores."""

READING = (
    "Higher scores are better. Distinct is the share of different captions: it is low for a model "
    "that gives many clips the same caption."
)

RULES = (
    "An act is named if the caption names its kind. A side or direction is scored if the "
    "synthesizer always names it, or if the caption names it. The order of acts, and counts, paces "
    "and sizes are not scored. Also named: acts that are named but are not in the clip. A clip is "
    "right if all its acts are right and no other act is named. All acts are named if the "
    "caption names the kind of each."
)


def evaluation_to_markdown(report: Evaluation) -> str:
    """Return the report as Markdown."""
    sections = (
        ["# Evaluation of captions"],
        [f"- {finding}" for finding in report.findings],
        _scores(report),
        _loss(report),
        _acts(report),
        attributes_section(report.attributes),
        statements_section(report.corrections),
        matches_section(report.matches),
        _about(report),
        _examples(report.examples),
    )
    return "\n\n".join("\n".join(section) for section in sections if section) + "\n"


def _scores(report: Evaluation) -> Sequence[str]:
    shown = {name: title for name, title in COLUMNS.items() if _has(report, name)}
    rows = [
        (name, *(f"{100 * getattr(scores, column):.1f}" for column in shown))
        for name, scores in report.scores.items()
    ]
    return ["## Scores, times 100", "", *markdown_table(("", *shown.values()), rows), "", READING]


def _has(report: Evaluation, column: str) -> bool:
    return all(getattr(scores, column) is not None for scores in report.scores.values())


def _loss(report: Evaluation) -> Sequence[str]:
    if report.loss is None:
        return []
    return [
        f"The model's loss is {report.loss.matched:.3f} nats per token with the clips' own "
        f"features, {report.loss.shuffled:.3f} with those of other clips."
    ]


def _acts(report: Evaluation) -> Sequence[str]:
    if report.telling is None:
        return []
    whole = [_whole_row(name, totals) for name, totals in report.telling.items()]
    kinds = [_kind_row(kind, count) for kind, count in report.telling[MODEL].kinds.items()]
    right = ("named", "right side", "right direction", "all right")
    return [
        "## Acts that captions name",
        "",
        *markdown_table(("", "clips right", "all acts named", *right, "also named"), whole),
        "",
        "All acts named, by the number of acts of a clip:",
        "",
        *_by_number(report.telling),
        "",
        *_by_pair(report.telling[MODEL]),
        "By kind of motion, the model:",
        "",
        *markdown_table(("", "acts", *right, "also named"), kinds),
        "",
        RULES,
    ]


def _by_number(telling: Mapping[str, ActTotals]) -> list[str]:
    numbers = [*telling[MODEL].numbers]
    rows = [
        (name, *(_clip_share(totals.numbers[number]) for number in numbers))
        for name, totals in telling.items()
    ]
    return markdown_table(("", *(counted(number, "act") for number in numbers)), rows)


def _by_pair(totals: ActTotals) -> list[str]:
    """Return the pairs of acts that the model names least, if there are clips of two acts."""
    if not totals.pairs:
        return []
    least = sorted(totals.pairs.items(), key=lambda pair: (pair[1].named / pair[1].clips, pair))
    rows = [(pair.replace("_", " "), _clip_share(count)) for pair, count in least[:PAIRS_SHOWN]]
    about = f"Of {counted_units(len(least), 'pairs of acts')}, those that the model names least:"
    return [about, "", *markdown_table(("two acts", "both named"), rows), ""]


def _clip_share(count: ClipCount) -> str:
    return share_cell(count.named, count.clips)


def _whole_row(name: str, totals: ActTotals) -> tuple[str, ...]:
    shares = (share_cell(part, totals.clips) for part in (totals.clips_right, totals.clips_named))
    return (name, *shares, *_cells(totals.kinds[ALL_KINDS]))


def _kind_row(kind: str, count: KindCount) -> tuple[str, ...]:
    return (kind.replace("_", " "), str(count.acts), *_cells(count))


def _cells(count: KindCount) -> tuple[str, ...]:
    return (
        share_cell(count.named, count.acts),
        share_cell(count.sides_right, count.sides),
        share_cell(count.directions_right, count.directions),
        share_cell(count.right, count.acts),
        str(count.besides),
    )


def _about(report: Evaluation) -> Sequence[str]:
    return ["## What was compared", "", *(f"- {line}" for line in _lines_about(report))]


def _lines_about(report: Evaluation) -> Iterator[str]:
    yield (
        f"{counted(report.clips, 'clip')} of the split {report.split} with "
        f"{counted(report.references, 'reference')}; left out, because they have no caption of the "
        f"whole clip: {report.silent:,}"
    )
    yield f"dataset {report.dataset}"
    for row, made_by in {MODEL: report.captions_by, **report.compared}.items():
        yield f"captions of {row}: {made_by.kind} {made_by.name}, blake3 {made_by.blake3}"
    if report.decoding is not None:
        yield _decoding_line(report.decoding)
    yield f"references: {report.wording}; do not compare with {_other(report)} references"
    yield f"normalizer, for captions and references: {NORMALIZER}"
    yield (
        f"constant caption: `{report.constant_caption}`, the most central one of "
        f"{report.training_clips:,} training clips"
    )
    distance = describe_distance(report.nearest_by, report.corrections is not None)
    yield f"nearest training clip: by {distance}"
    if report.matcher is not None:
        yield f"matcher of pairs {report.matcher}"
    yield "; ".join(text for name, text in SCORERS.items() if _has(report, name))
    if report.bert_model is not None:
        yield f"BERTScore by `{report.bert_model.name}`, layer {report.bert_model.layer}"


def _decoding_line(chosen: DecodingChoice) -> str:
    """Return how captions were decoded, and the scores that the choice was made by."""
    seed = f", seed {chosen.seed}" if chosen.consensus != NO_CONSENSUS else ""
    tried = ", ".join(f"{_decoded(each)}: {100 * each.cider_d:.1f}" for each in chosen.tried)
    return f"decoding: {_decoded(chosen)}{seed}" + (
        f"; chosen by CIDEr-D on val, of {tried}" if tried else ""
    )


def _decoded(how: DecodingChoice | TriedDecoding) -> str:
    if how.consensus != NO_CONSENSUS:
        return f"consensus of {how.consensus} drawn captions"
    return f"beams {how.beams}, length penalty {how.length_penalty:g}"


def _other(report: Evaluation) -> str:
    return LEMMATIZED if report.wording == RAW else RAW


def _examples(examples: Sequence[Example]) -> Sequence[str]:
    titles = ("clip", *examples[0].captions, "a reference")
    rows = [
        (example.key, *example.captions.values(), example.references[0]) for example in examples
    ]
    return ["## Some clips", "", *markdown_table(titles, rows)]
