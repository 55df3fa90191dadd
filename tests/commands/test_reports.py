"""Reports: with `--json` each command prints the values of its text as one JSON object."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile
from typing import Any

import numpy as np
import pytest
import trimesh
from click.testing import CliRunner, Result

from cli import main
from motiondata.counting import counted
from motiondata.recording import Recording
from motiondata.sources.amass.writer import write_amass
from motiondata.sources.imports.kind import Failure
from pipelines.datasets.statistics import stats
from pipelines.engine.reports import to_plain
from pipelines.engine.streams import Unfailing
from shards.format.dataset import Dataset
from shards.format.paths import DATASET
from tests.documents.blocks import ROOT
from tests.support.acclaim_files import amc_text, write_subject
from tests.support.archive import MadeArchive
from tests.support.bvh_files import walking, write_bvh
from tests.support.motion_clips import y_up_joints
from tests.support.motion_features import built_features
from tests.support.one_thread import one_thread as one_thread
from tests.support.pfnn_files import write_walk
from tests.support.ruled_pairs import make_ruled_pairs
from tests.support.token_clips import make_token_clips, write_tokenizer

Values = dict[str, Any]
"""The JSON object that a command prints."""


def run(*words: object) -> Result:
    """Run a command, which must not end in a traceback."""
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    return result


@dataclass(frozen=True)
class Case:
    """A command, and what its text says according to its JSON."""

    title: str
    """The title of the command in docs/reports.md."""
    words: str
    """The command line, with names in braces."""
    text: Callable[[Values], list[str]]
    """Parts of the text, made of the values of the JSON."""
    exit_code: int = 0


def of_build(values: Values) -> list[str]:
    drops = sum(values["drops"].values())
    words = f"{values['rows']} rows: {values['samples']} samples, {drops} drops"
    outcome = values["outcome"]
    failed = f"{outcome['failures']} of {outcome['rows']} rows that were to be built failed"
    named = [f"dropped {each['key']} ({each['reason']})" for each in values["failures"][:8]]
    return [words, failed, f"--max-failures {outcome['max_failures']}", *named]


def of_finished_build(values: Values) -> list[str]:
    size = f"{values['bytes'] / 1e6:,.1f} MB in {values['dataset']}"
    return [*of_build(values), f"{values['shards']} shards, {size}", *values["warnings"]]


def of_plan(values: Values) -> list[str]:
    shards = ", ".join(f"{split} {number}" for split, number in values["shards"].items())
    return [*of_build(values), f"({shards})", f"splits: {values['splits']}"]


def of_poses(values: Values) -> list[str]:
    return [f"{values['file']}: {values['poses']} poses of {values['frames']} frames"]


def of_verify(values: Values) -> list[str]:
    faults = [f"{each['where']}: {each['message']}" for each in values["faults"]]
    sound = f"{values['samples']} samples in {values['shards']} shards, every byte as built"
    return faults or [f"{values['dataset']} is sound: {sound}"]


def of_copy(values: Values) -> list[str]:
    copied = f"{values['files']} files, {values['bytes'] / 1e6:,.1f} MB, every byte hashed"
    assert values["present"] == 0
    return [f"{values['to']} is a copy of {values['dataset']}: {copied}"]


def of_info(values: Values) -> list[str]:
    splits = [
        f"{each['split']} {each['samples']} {each['frames']} {each['shards']}"
        for each in values["splits"]
    ]
    arrays = [f"{each['field']} {each['unit'] or 'none'}" for each in values["arrays"]]
    samples = values["samples"]
    captions = [
        f"captions: {each['captions']}; without captions: {each['samples_without']}"
        for each in [samples["captions"]]
    ]
    means = [f"{each['mean']:,.1f}" for each in samples["means"].values()]
    said = [*samples["lines"], *values["made_from"], *values["remarks"], values["command"]]
    drops = f"drops: {sum(values['drops'].values())}"
    return [values["content_hash"], *splits, *arrays, *captions, *means, *said, drops]


def of_statistics(values: Values) -> list[str]:
    names = ("mean", "std", "group_std", "min", "max") if values["rule"] else ("mean", "std")
    rows = [
        " ".join([str(number), *(f"{value:.6g}" for value in row)])
        for number, row in enumerate(zip(*(values[name] for name in names), strict=True))
    ]
    assert sum(values["histograms"]["lengths"]["counts"]) > 0
    return [f"{values['field']} of {values['split']}: {values['count']:,}", *rows, values["folder"]]


def of_import(values: Values) -> list[str]:
    failed = [f"failed {each['source']}: {each['message']}" for each in values["failures"]]
    return [*failed, f"{values['recordings']} recording, {values['frames']} frames"]


def of_bvh(values: Values) -> list[str]:
    found = [f"{each['files']} file: {each['text']}" for each in values["found"]]
    return [*found, f"{values['clips']} clip, {values['captions']} captions"]


def of_joints(values: Values) -> list[str]:
    (found,) = values["found"]
    return [f"{found['files']} file: {found['text']}", f"{values['recordings']} recording"]


def of_synthesis(values: Values) -> list[str]:
    recordings = f"{values['clips']} clips of {values['recordings']} synthetic recording"
    return [recordings, f"{values['bytes'] / 1e6:,.1f} MB in {values['folder']}"]


def of_query(values: Values) -> list[str]:
    return [" ".join(map(str, row)) for row in [values["columns"], *values["rows"]]]


def of_recipe(values: Values) -> list[str]:
    options = [f"{name} = {json.dumps(value)}" for name, value in values["options"].items()]
    return [f'command = "{values["command"]}"', *options, values["content_hash"]]


def of_doctor(values: Values) -> list[str]:
    packages = [
        f"{each['name']} {each['version']}" for each in values["packages"] if each["version"]
    ]
    return [values["software"], f"processors {values['cpus']}", *packages, *values["findings"]]


def of_edit(values: Values) -> list[str]:
    totals = f"{values['command']}: {values['samples']} of {values['source_samples']} samples"
    splits = [
        f"{each['split']} {each['samples']} {each['frames']} {each['shards']}"
        for each in values["splits"]
    ]
    return [*splits, totals, f"members: {', '.join(values['members'])}", *values["warnings"]]


def of_card(values: Values) -> list[str]:
    names = [f"license {each['terms']['name']}: {each['samples']:,}" for each in values["licenses"]]
    return [", ".join(values["files"]), *names, *values["refusals"]]


def of_publication(values: Values) -> list[str]:
    return [f"{values['copy']['files']} files", ", ".join(values["card"]["files"])]


def of_page(values: Values) -> list[str]:
    play = f"{len(values['playing'])} of {values['samples']} clips play in it"
    return [f"{values['report']} ({values['bytes'] / 1e6:,.1f} MB; {play})", *values["faults"]]


def of_training_page(values: Values) -> list[str]:
    found = f"{values['steps']} steps; {values['validations']} validations, {values['alarms']} "
    assert values["sampled"] > 0
    return [values["report"], *found.replace(";", ",").split(", "), *values["faults"]]


def of_film(values: Values) -> list[str]:
    size = f"{values['frames']} frames at {values['fps']:g} Hz, "
    size += f"{values['width']} x {values['height']} pixels"
    return [f"{values['film']}: {' and '.join(values['panels'])} of {values['key']}, {size}"]


def of_comparison(values: Values) -> list[str]:
    worst = values["bones"][0]
    return [
        f"A: {values['first']}, {values['first_seconds']:.2f} s; B: {values['second']}",
        f"distance: {values['distance_degrees']:.1f} degrees, the mean angle of 21 bones",
        f"over {len(values['path'])} pairs of frames",
        f"{worst['bone']} {worst['mean_degrees']:.1f} {worst['largest_degrees']:.1f}",
        *(f"up to {each['largest_degrees']:.0f} degrees; " for each in values["partings"]),
    ]


def of_export(values: Values) -> list[str]:
    splits = [
        f"{each['split']}: {each['frames']} frames of {each['clips']} clips, "
        f"listed in {each['list']}"
        for each in values["splits"]
    ]
    return [*values["remarks"], *splits]


def of_scan(values: Values) -> list[str]:
    totals = f"{values['frames']} frame of {values['clips']} clip, listed in {values['files']}"
    return [totals, f"{values['hits']:,} hits"]


def of_tokenizer(values: Values) -> list[str]:
    rows = [
        f"{split}, tokenizer {found['tokenizer']['clips']} {found['tokenizer']['mpjpe_mm']:.1f}"
        for split, found in values["measures"].items()
    ]
    counts = f"{values['codes']} codes, {values['frames_per_token']} frames per token"
    return [*rows, counts, f"the tokenizer is in {values['run']['checkpoint']}"]


def of_language(values: Values) -> list[str]:
    run, found = values["run"], values["validation"]
    losses = [f"{name.replace('_', ' ')} {loss:.3f}" for name, loss in found["losses"].items()]
    shuffled = f"another clip's motion {found['shuffled_loss']:.3f}"
    return [*losses, shuffled, f"the language model is in {run['checkpoint']}"]


def of_motions(values: Values) -> list[str]:
    (found,) = values["motions"]
    seconds = found["frames"] / found["fps"]
    return [f"{found['name']} {found['frames']} {seconds:.1f} {found['text']}", values["folder"]]


def of_sensors(values: Values) -> list[str]:
    return [f"{each['name']} {each['beams']} {each['columns']:,}" for each in values["sensors"]] + [
        f"{each['name']}: {each['source']}" for each in values["sensors"]
    ]


def of_recall(values: Values) -> list[str]:
    return [
        f"{split}, {way} {found[way]['recall']['1']:.1%} ({found[way]['chance']['1']:.1%})"
        for split, found in values["recall"].items()
        for way in ("motion to text", "text to motion")
    ]


def of_alignment(values: Values) -> list[str]:
    return [*of_recall(values), f"the encoder is in {values['run']['checkpoint']}"]


def of_matcher(values: Values) -> list[str]:
    return [*of_recall(values), f"the matcher is in {values['run']['checkpoint']}"]


def of_motion_evaluation(values: Values) -> list[str]:
    rows = [
        f"| {name} | {found['r_precision_1']['mean']:.3f} ±"
        for name, found in values["measures"].items()
    ]
    return [*rows, f"{values['clips']} clips of the split {values['split']}", values["matcher"]]


def of_pair_matcher(values: Values) -> list[str]:
    return [*of_recall(values), f"the pair matcher is in {values['run']['checkpoint']}"]


def of_pose_editor(values: Values) -> list[str]:
    rows = [
        f"{split}, {name} {each['joint_error_mm']:.1f} {each['said_exactly']:.1%}"
        for split, found in values["measures"].items()
        for name, each in found.items()
    ]
    return [*rows, f"the pose editor is in {values['run']['checkpoint']}"]


def of_edited_pose(values: Values) -> list[str]:
    moved = ", ".join(f"{each:.0f}" for each in values["moved_mm"])
    where = f"{values['file']}: frame 0 is the pose before, followed by {values['edits']} edits"
    return [f"frame {values['frame']} of {values['recording']}: joints moved by {moved} mm", where]


def of_edit_evaluation(values: Values) -> list[str]:
    rows = [
        f"| {name} | {found['measures']['joint_error_mm']:.1f} |"
        for name, found in values["rows"].items()
    ]
    about = f"{values['texts']} texts of {values['pairs']} pairs of the split {values['split']}"
    return [*rows, about, values["editor"], values["matcher"]]


def of_captioner(values: Values) -> list[str]:
    run, found = values["run"], values["validation"]
    different = counted(round(found["distinct"] * found["clips"]), "different caption")
    losses = f"loss {found['matched_loss']:.3f}, with another clip's features"
    return [
        f"{run['steps']} steps; the log is in {run['log']}",
        f"{different} of {found['clips']} clips; {losses} {found['shuffled_loss']:.3f}",
    ]


def of_captions(values: Values) -> list[str]:
    number = len(values["captions"])
    clips = [each["key"] for each in values["captions"]]
    references = [texts[0] for texts in values["references"].values()]
    return [
        *clips,
        *references,
        f"{counted(values['distinct'], 'different caption')} of {number} clips",
    ]


def of_evaluation(values: Values) -> list[str]:
    rows = [
        f"| {name} | {100 * scores['bleu_1']:.1f} |" for name, scores in values["scores"].items()
    ]
    loss = f"The model's loss is {values['loss']['matched']:.3f} nats"
    return [*rows, loss, *values["findings"], values["captions_by"]["blake3"], values["dataset"]]


def of_robustness(values: Values) -> list[str]:
    return [
        f"| {each['dataset']} | {each['points'] or 'all'} | {each['clips']} |"
        for each in values["rows"]
    ]


BUILDS = (
    "build-lidar, build-features, build-pose-pairs, build-pfnn, encode, tokenize, detokenize, and "
    "generate-split"
)
EXPORTS = "export and recover"
EDITS = "filter, select, split, merge, add-member, drop-member, rename-keys, and reshard"
BUILD = (
    "build-lidar {root}/index.csv --amass {root}/amass --body {root}/body.npz "
    "--sensor {root}/sensor.toml"
)
BUILD_FEATURES = (
    "build-features {root}/index.csv --amass {root}/amass --body {root}/body.npz "
    "--representation humanml3d-263"
)
PAIRS = (
    "build-pose-pairs {root}/index.csv --amass {root}/amass --poses 60 --least-similarity -0.9 "
    "--in-sequence-codes 0 --out-of-sequence-codes 0"
)
ALIGN = " --steps 1 --batch 2 --width 16 --layers 1 --points 8 --device cpu"
MATCH = " --steps 1 --batch 2 --width 8 --shared-width 8 --device cpu"
TRAIN = " --steps 2 --batch 2 --watch-every 1 --device cpu"
EDIT = " --steps 1 --batch 2 --width 8 --latent 2 --device cpu"
WRITTEN = "generate, predict, and inbetween"
LANGUAGE = " --pretraining-steps 1 --steps 1 --batch 2 --watch-every 1 --device cpu"
CASES = [
    Case("synthesize", "synthesize --clips 3 --out {tmp}/corpus", of_synthesis),
    Case(
        "import and import-cmu",
        "import-cmu {acclaim} --out {tmp}/imported",
        of_import,
        exit_code=3,
    ),
    Case("import and import-cmu", "import {walk} --from bvh --out {tmp}/bvh", of_bvh),
    Case("import and import-cmu", "import {joints} --from joints --out {tmp}/fitted", of_joints),
    Case(BUILDS, BUILD + " --out {tmp}/lidar", of_finished_build, exit_code=3),
    Case(BUILDS, BUILD_FEATURES + " --out {tmp}/motion", of_finished_build, exit_code=3),
    Case(BUILDS, PAIRS + " --out {tmp}/pairs", of_finished_build, exit_code=3),
    Case(
        BUILDS,
        "build-pfnn {walks} --mirror --shard-megabytes 1 --out {tmp}/rows",
        of_finished_build,
    ),
    Case("build-pose-pairs --write-poses", PAIRS + " --write-poses {tmp}/p.npz", of_poses),
    Case("build-lidar --dry-run", BUILD + " --out {tmp}/x --dry-run", of_plan),
    Case("verify", "verify {built}", of_verify),
    Case("verify", "verify {damaged}", of_verify, exit_code=1),
    Case("copy", "copy {built} {tmp}/copied", of_copy),
    Case("info", "info {built}", of_info),
    Case("info", "info {features}", of_info),
    Case("stats", "stats {built} --out {tmp}/stats", of_statistics),
    Case("stats", "stats {built} --group all=0:3 --weight clip --out {tmp}/s", of_statistics),
    Case("query", "query {built} select/**/subset/**/from/**/manifest", of_query),
    Case("doctor", "doctor", of_doctor),
    Case("recipe", "recipe {built}", of_recipe),
    Case("recipe of a training", "recipe {training}", of_recipe),
    Case(EDITS, "filter {built} --where frames>14 --out {tmp}/filtered", of_edit),
    Case(EDITS, "split {built} --part train=1 --part test=KIT --by subset --out {tmp}/s", of_edit),
    Case("card", "card {built} --out {tmp}/card --clips 0", of_card),
    Case("publish", "publish {built} {tmp}/p --clips 0 --permission granted", of_publication),
    Case("preview", "preview {built} --out {tmp}/a.png --clips 2", lambda v: [v["picture"]]),
    Case("report", "report {built} --out {tmp}/a.html", of_page),
    Case("report of a training", "report {training} --out {tmp}/a.html", of_training_page),
    Case("render", "render {built} 000002 --out {tmp}/a.png --width 240", of_film),
    Case("compare", "compare {built} {walk} --key 000002", of_comparison),
    Case(
        BUILDS,
        "encode {built} --checkpoint {encoder} --out {tmp}/features",
        of_finished_build,
    ),
    Case("align", "align {built} --out {tmp}/aligned" + ALIGN, of_alignment),
    Case("train-captioner", "train-captioner {features} --out {tmp}/run" + TRAIN, of_captioner),
    Case(
        "train-tokenizer",
        "train-tokenizer {motion} --out {tmp}/tokenizer --steps 2 --batch 2 --window 8 --width 8",
        of_tokenizer,
    ),
    Case(
        "train-matcher",
        "train-matcher {motion} --out {tmp}/matcher" + MATCH,
        of_matcher,
    ),
    Case(
        "evaluate-motion",
        "evaluate-motion {motion} --matcher {matcher} --out {tmp}/m --split train --group 4 "
        "--repeats 2",
        of_motion_evaluation,
    ),
    Case("train-pose-editor", "train-pose-editor {pairs} --out {tmp}/e" + EDIT, of_pose_editor),
    Case(
        "train-pair-matcher",
        "train-pair-matcher {pairs} --out {tmp}/pm" + MATCH,
        of_pair_matcher,
    ),
    Case(
        "edit-pose",
        "edit-pose {recording} --checkpoint {editor} --text Bend --draws 2 --out {tmp}/b.npz",
        of_edited_pose,
    ),
    Case(
        "evaluate-pose-editor",
        "evaluate-pose-editor {pairs} --checkpoint {editor} --matcher {pair_matcher} "
        "--out {tmp}/pe --group 2 --repeats 2",
        of_edit_evaluation,
    ),
    Case("train-language", "train-language {tokens} --out {tmp}/t5" + LANGUAGE, of_language),
    Case(WRITTEN, "generate walks --checkpoint {language} --seconds 1 --out {tmp}/g", of_motions),
    Case(WRITTEN, "predict {tokens} test0003 --checkpoint {language} --out {tmp}/p", of_motions),
    Case(WRITTEN, "inbetween {tokens} test0003 --checkpoint {language} --out {tmp}/i", of_motions),
    Case("caption", "caption {features} --checkpoint {captioner} --max-tokens 8", of_captions),
    Case("evaluate", "evaluate {features} --checkpoint {captioner} --out {tmp}/e", of_evaluation),
    Case(
        "robustness",
        "robustness {built} --checkpoint {captioner} --encoder-checkpoint {encoder} "
        "--scan again={built} --points 4 --out {tmp}/r",
        of_robustness,
    ),
    Case(EXPORTS, "export {built} --format npy-tree --out {tmp}/files", of_export),
    Case(EXPORTS, "export {built} --format amass --out {tmp}/poses", of_export),
    Case("scan", "scan {ball} --points 9 --out {tmp}/scans", of_scan),
    Case("sensors", "sensors --sensor {root}/sensor.toml", of_sensors),
    Case(EXPORTS, "recover {motion} --out {tmp}/recovered", of_export),
]


QUICK = {"info", "query", "recipe", "doctor", "compare", "edit-pose"}
"""Commands that look at tables, at two clips, at one pose, or at the machine: no dataset makes
people wait."""
PLAN = "--dry-run"
"""Builds plan before their progress is known."""

LIKE_ENCODE = ("tokenize", "detokenize", "generate-split")
LIKE_FILTER = ("select", "merge", "reshard", "drop-member", "add-member", "rename-keys")
"""Commands that run in the same engine as `encode` and `filter`, which shows their progress."""


@pytest.fixture(scope="session")
def acclaim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a subject of CMU's with one good motion and one that is damaged."""
    root = tmp_path_factory.mktemp("acclaim")
    motion = amc_text([{}] * 4, [(0, 20, 0, 0, 0, 0)] * 4)
    write_subject(root, "02", {"01": motion})
    (root / "02/02_02.amc").write_text("no motion\n")
    return root


@pytest.fixture(scope="session")
def trained(built: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train an encoder, encode the dataset, and train a captioner, each for a step or two."""
    root = tmp_path_factory.mktemp("trained")
    for words in (
        f"align {built.path} --out {root}/encoder{ALIGN}",
        f"encode {built.path} --checkpoint {root}/encoder/checkpoint.pt --out {root}/features",
        f"train-captioner {root}/features --out {root}/captioner{TRAIN}",
    ):
        assert run(*words.split()).exit_code == 0
    return root


@pytest.fixture(scope="session")
def motion(archive: MadeArchive, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Build motion features of the archive, with their statistics."""
    dataset = built_features(archive, tmp_path_factory.mktemp("motion") / "m", "humanml3d-263")
    stats(dataset.path, "train", "vectors")
    return dataset


@pytest.fixture(scope="session")
def matcher(motion: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train a matcher for a step."""
    out = tmp_path_factory.mktemp("matcher")
    assert run(*f"train-matcher {motion.path} --out {out}{MATCH}".split()).exit_code == 0
    return out / "checkpoint.pt"


@pytest.fixture(scope="session")
def walks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write two walks in the layout of PFNN's data."""
    folder = tmp_path_factory.mktemp("walks")
    for subject in (0, 1):
        write_walk(folder / f"walk{subject}.bvh", subject)
    return folder


@pytest.fixture
def names(
    archive: MadeArchive, built: Dataset, acclaim: Path, walks: Path, tmp_path: Path
) -> dict[str, Path]:
    """Return the paths that the command lines name."""
    walk = write_bvh(tmp_path / "dataset-1_walk_old_001.bvh", *walking())
    joints = tmp_path / "joints.npy"
    np.save(joints, y_up_joints(3, 40))
    ball = tmp_path / "ball.ply"
    trimesh.creation.icosphere().export(ball)
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    copyfile(built.path / DATASET, damaged / DATASET)
    return {
        "damaged": damaged,
        "root": archive.root,
        "built": built.path,
        "acclaim": acclaim,
        "tmp": tmp_path,
        "walk": walk,
        "walks": walks,
        "joints": joints,
        "ball": ball,
    }


@pytest.fixture
def trained_names(trained: Path) -> dict[str, Path]:
    """Return the paths that the command lines of trained models name."""
    return {
        "encoder": trained / "encoder/checkpoint.pt",
        "features": trained / "features",
        "captioner": trained / "captioner/checkpoint.pt",
        "training": trained / "captioner",
    }


@pytest.fixture(scope="session")
def language_names(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Make a dataset of tokens, and train a language model on it for two steps."""
    root = tmp_path_factory.mktemp("language")
    make_token_clips(root / "tokens", write_tokenizer(root / "tokenizer.pt"))
    words = f"train-language {root}/tokens --tokenizer {root}/tokenizer.pt --out {root}/t5"
    assert run(*f"{words}{LANGUAGE}".split()).exit_code == 0
    return {"tokens": root / "tokens", "language": root / "t5/checkpoint.pt"}


@pytest.fixture(scope="session")
def pair_names(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Make pose pairs and a recording, and train an editor and a matcher of pairs for a step."""
    root = tmp_path_factory.mktemp("pairs")
    make_ruled_pairs(root / "pairs", train=8, test=4)
    pose = np.zeros((2, 22, 3))
    recording = Recording(pose, np.zeros((2, 3)), 20.0, "neutral", np.zeros(16), "stand.npz")
    write_amass(root / "stand.npz", recording)
    for words in (
        f"train-pose-editor {root}/pairs --out {root}/editor{EDIT}",
        f"train-pair-matcher {root}/pairs --out {root}/matcher{MATCH}",
    ):
        assert run(*words.split()).exit_code == 0
    return {
        "pairs": root / "pairs",
        "recording": root / "stand.npz",
        "editor": root / "editor/checkpoint.pt",
        "pair_matcher": root / "matcher/checkpoint.pt",
    }


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.words.split(" {")[0])
def test_json_has_the_values_of_the_text(
    case: Case, names: dict[str, Path], request: pytest.FixtureRequest
) -> None:
    tmp = names["tmp"]
    if re.search("{(encoder|features|captioner|training)}", case.words):
        names |= request.getfixturevalue("trained_names")
    if re.search("{(tokens|language)}", case.words):
        names |= request.getfixturevalue("language_names")
    if re.search("{(pairs|editor)}", case.words):
        names |= request.getfixturevalue("pair_names")
    if "{motion}" in case.words:
        names |= {"motion": request.getfixturevalue("motion").path}
    if "{matcher}" in case.words:
        names |= {"matcher": request.getfixturevalue("matcher")}
    text = run(*case.words.format(**{**names, "tmp": tmp / "1"}).split(), "--verbose")
    printed = run(*case.words.format(**{**names, "tmp": tmp / "2"}).split(), "--json")
    assert (text.exit_code, printed.exit_code) == (case.exit_code, case.exit_code), text.output
    values = json.loads(printed.stdout, parse_constant=refuse_constant)
    assert values["exit_code"] == case.exit_code
    assert values.keys() == documented_keys()[case.title] | {"exit_code"}
    printed_text = " ".join(text.stdout.split())
    parts = case.text(values)
    assert parts
    for part in parts:
        words = part.replace(str(tmp / "2"), str(tmp / "1")).split()
        assert " ".join(words) in printed_text
    if case.words.split()[0] not in QUICK and PLAN not in case.words:
        rate = r"^\S+ [\w ]+ done in .* \w+/s$|^nothing was left to do$"
        assert re.search(rate, text.stderr, re.M)


def refuse_constant(name: str) -> None:
    raise AssertionError(f"{name} is not JSON")


def documented_keys() -> dict[str, set[str]]:
    """Return the keys that docs/reports.md lists, by the command."""
    page = (ROOT / "docs" / "reports.md").read_text()
    sections = [section.split("\n", 1) for section in re.split(r"^## ", page, flags=re.M)[1:]]
    return {
        title.replace("`", ""): {
            key
            for row in re.findall(r"^\| (`.*?) \|", body, re.M)
            for key in re.findall(r"`(\w+)`", row)
        }
        for title, body in sections
    }


def test_every_command_with_a_report_has_json_and_its_keys_are_documented() -> None:
    without = {
        name
        for name, command in main.commands.items()
        if "--json" not in {option for each in command.params for option in each.opts}
    }
    documented = {name for title in documented_keys() for name in re.findall(r"[\w-]+", title)}
    assert without == {"demo", "view"}
    assert main.commands.keys() - without <= documented


def test_the_progress_of_every_command_is_tested() -> None:
    tested = {case.words.split()[0] for case in CASES}
    assert main.commands.keys() - tested == {"demo", "view", *LIKE_ENCODE, *LIKE_FILTER}


@pytest.mark.parametrize("words", ["verify {tmp}/none", "export {tmp} --format pcd --out {tmp}/o"])
def test_an_error_leaves_standard_output_empty_or_whole(words: str, names: dict[str, Path]) -> None:
    result = run(*words.format(**names).split(), "--json")
    assert result.exit_code != 0
    if result.stdout:
        assert json.loads(result.stdout)["exit_code"] == result.exit_code
    else:
        assert result.stderr.startswith("motiondata: ")
        assert result.stderr.count("\n") == 1


def test_values_become_plain_json() -> None:
    values = {
        "path": Path("a/b"),
        "numbers": (1, 2.5, float("nan"), float("inf")),
        3: Failure("a.amc", "why"),
    }
    assert to_plain(values) == {
        "path": "a/b",
        "numbers": [1, 2.5, None, None],
        "3": {"source": "a.amc", "message": "why"},
    }


def test_a_value_that_is_not_plain_is_an_error() -> None:
    with pytest.raises(TypeError, match="Unfailing"):
        to_plain(Unfailing(None))
