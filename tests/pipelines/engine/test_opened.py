"""The open product of a process: opened once, and again for another product."""

import pickle
from pathlib import Path

import pytest

from motiondata.errors import InputError
from pipelines.engine.opened import Opened
from pipelines.products.lidar.product import LidarProduct
from tests.support.archive import MadeArchive, make_archive


def test_the_product_of_all_jobs_is_opened_once(archive: MadeArchive) -> None:
    product, opened = LidarProduct.of(archive.options()), Opened()
    first = opened.get(product)
    assert opened.get(pickle.loads(pickle.dumps(product))) is first  # noqa: S301 (made here)
    assert opened.get(LidarProduct.of(archive.options())) is first


def test_another_product_is_opened_in_its_place(archive: MadeArchive) -> None:
    opened = Opened()
    near, far = (LidarProduct.of(archive.options(distance=meters)) for meters in (3.0, 9.0))
    first = opened.get(near)
    assert opened.get(far) is not first
    assert opened.get(far).options.distance == 9.0  # type: ignore[attr-defined]


def test_a_pickled_copy_is_empty(archive: MadeArchive) -> None:
    product, opened = LidarProduct.of(archive.options()), Opened()
    first = opened.get(product)
    assert pickle.loads(pickle.dumps(opened)).get(product) is not first  # noqa: S301 (made here)


def test_the_body_is_read_once_in_a_process_and_again_in_another(tmp_path: Path) -> None:
    archive = make_archive(tmp_path)
    product = LidarProduct.of(archive.options())
    (archive.root / "body.npz").unlink()
    assert product.open().assets.body_facts == product.bodies
    with pytest.raises(InputError, match=r"body\.npz: no such file"):
        pickle.loads(pickle.dumps(product)).open()  # noqa: S301 (made here)
