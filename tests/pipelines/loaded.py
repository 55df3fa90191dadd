"""Everything that a build needs, loaded by one build in this process: what is forked has it."""

import tempfile
from pathlib import Path

from pipelines.building import build_shard
from pipelines.jobs import ShardJob
from pipelines.lidar import LidarProduct
from pipelines.occupation import occupying
from tests.pipelines.made_archive import make_archive


class Unwatched:
    """A watcher that takes no interest."""

    def take_up(self, row: int) -> None:
        pass

    def put_down(self, frames: int) -> None:
        pass


with tempfile.TemporaryDirectory() as folder:
    options, out = make_archive(Path(folder)).options(limit=1), Path(folder) / "lidar"
    product = LidarProduct.of(options)
    with occupying(out) as run:
        for shard in product.plan_around({}).plan.shards:
            build_shard(ShardJob(shard, product, out, "", run), Unwatched())
