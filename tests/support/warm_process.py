"""Load everything that a build needs into this process, for the processes forked from it."""

import tempfile
from pathlib import Path

from pipelines.engine.jobs import ShardJob
from pipelines.engine.opened import Opened
from pipelines.engine.output_folder import OutputFolder
from pipelines.engine.shard import ShardBuilder
from pipelines.products.lidar.product import LidarProduct
from tests.support.archive import make_archive


class Unwatched:
    """A watcher that takes no interest."""

    def row_started(self, row: int) -> None:
        pass

    def row_finished(self, frames: int) -> None:
        pass


with tempfile.TemporaryDirectory() as folder:
    options, out = make_archive(Path(folder)).options(limit=1), Path(folder) / "lidar"
    product = LidarProduct.of(options)
    with OutputFolder(out).locked() as run:
        for shard in product.plan_around({}).plan.shards:
            ShardBuilder(Opened())(ShardJob(shard, product, run, ""), Unwatched())
