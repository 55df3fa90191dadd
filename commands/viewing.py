"""Commands that show a dataset to people.

Nothing heavy is imported before a command runs, so that help appears at once.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.choices import Choice
from commands.parameters import ANY, DATASET, FILE, SOURCE
from commands.printing import json_option, say, show
from pipelines.viewing.film.options import COLOR_POINTS, VIEWS, FilmOptions
from pipelines.viewing.live.options import HOST, PORT
from pipelines.viewing.report.options import CLIP_MEGABYTES

if TYPE_CHECKING:
    from shards.format.places import Place


@click.command()
@click.argument("dataset", type=DATASET)
@click.option("--out", type=FILE, help="HTML file to write [default: DATASET.html].")
@click.option(
    "--clip-megabytes",
    default=CLIP_MEGABYTES,
    show_default=True,
    help="Size of all clips that play in the file. The other clips are only in its table.",
)
@json_option
def report(dataset: "Place", out: Path | None, clip_megabytes: float, as_json: bool) -> None:
    """Write a report of DATASET, or of the folder of a training: one HTML file.

    The file needs no server and no network. It has totals, distributions, captions, flags, leaks,
    drops, a table of all clips, and clips that play. Of a damaged or unfinished dataset, the report
    shows the sound part. That of a training has its curves, alarms, and sample captions.
    """
    from pipelines.training.common.logs import find_training
    from pipelines.viewing.report.write_report import beside, write_report
    from pipelines.viewing.training.write_training_report import write_training_report

    page = out or beside(dataset)
    training = find_training(dataset)
    if training is not None:
        show(write_training_report(training, page, stream=sys.stderr), as_json)
    else:
        show(write_report(dataset, page, clip_megabytes, stream=sys.stderr), as_json)


@click.command()
@click.argument("source", metavar="SOURCE", type=SOURCE)
@click.argument("keys", metavar="[KEY]...", nargs=-1)
@click.option(
    "--overlay",
    type=SOURCE,
    help="Another dataset, or files, whose clips are drawn over those of the same key.",
)
@click.option(
    "--captions",
    type=ANY,
    help="Predicted captions to show with the clip's own: a file of caption --out, or the folder "
    "of evaluate --out.",
)
@click.option("--body", type=ANY, help="Body that is posed; by default the bundled body.")
@click.option(
    "--scale",
    type=float,
    help="Meters per unit of meshes [default: 1; meshes of more than 100 m are refused].",
)
@click.option(
    "--host", default=HOST, show_default=True, help="Address to serve on. 0.0.0.0: all networks."
)
@click.option("--port", default=PORT, show_default=True, help="Port. 0: any free port.")
def view(
    source: "Place",
    keys: tuple[str, ...],
    overlay: "Place | None",
    captions: Path | None,
    body: Path | None,
    scale: float | None,
    host: str,
    port: int,
) -> None:
    """Show all clips of SOURCE on a local web page, until Ctrl-C.

    SOURCE is a dataset, a file, or a folder of files: recordings and poses (.npz, .pkl), BVH
    (.bvh), joints and features (.npy), CMU's motions (.amc), meshes (.obj, .ply, .stl, .off, .glb).

    Every clip plays, and is read when it is opened. Links to the KEYs are printed. A link in the
    browser names clip and frame. By default, only this machine can open the page.
    """
    from pipelines.viewing.known_keys import expect_known
    from pipelines.viewing.live.server import ViewerServer
    from pipelines.viewing.live.viewer import Viewer, link_to

    viewer = Viewer.open(source, captions, overlay, body, scale)
    for key in keys:
        expect_known(key, viewer.shown.keys, source)
    with ViewerServer(viewer, host, port) as server:
        links = [link_to(server.address, key) for key in keys] or [server.address]
        say("\n".join(f"open {link}" for link in links))
        say("Ctrl-C ends the viewer")
        sys.stdout.flush()
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return


@click.command()
@click.argument("dataset", type=DATASET)
@click.argument("key")
@click.option("--out", type=FILE, required=True, help="File to write: .mp4, .gif, or .png.")
@click.option(
    "--view",
    type=Choice(VIEWS),
    default=FilmOptions.view,
    show_default=True,
    help="From where the person is seen, as it stands in the first frame.",
)
@click.option(
    "--color",
    type=Choice(COLOR_POINTS),
    default=FilmOptions.color,
    show_default=True,
    help="What the color of a point shows.",
)
@click.option("--width", default=FilmOptions.width, show_default=True, help="Pixels.")
@click.option("--seconds", type=float, help="Length to draw, from the start [default: all].")
@click.option(
    "--frames", default=FilmOptions.frames, show_default=True, help="Poses in a strip (.png)."
)
@click.option("--body", type=ANY, help="Body that is posed; by default the bundled body.")
@json_option
def render(
    dataset: "Place", key: str, out: Path, body: Path | None, as_json: bool, **drawn: Any
) -> None:
    """Render the clip KEY of DATASET into a video, an animation, or a picture.

    Its points are on the left, the posed body on the right, the caption below. A .png file is a
    strip of poses, points above the body. A clip without a pose is drawn as a skeleton. The frame
    rate is that of the clip. No display is needed.
    """
    from pipelines.viewing.film.render import render as render_clip

    options = FilmOptions(**drawn)
    show(render_clip(dataset, key, out, options, body, stream=sys.stderr), as_json)
