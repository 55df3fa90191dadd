"""The names of the Python interface are there, and documented."""

import motiondata
from tests.documents.blocks import ROOT


def test_every_name_is_listed_and_has_a_docstring() -> None:
    for name in motiondata.__all__:
        function = getattr(motiondata, name)
        assert name in dir(motiondata)
        assert function.__name__ == name
        assert function.__doc__


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    assert not hasattr(motiondata, "scan_everything")


def test_the_document_has_every_name() -> None:
    text = (ROOT / "docs" / "api.md").read_text()
    for name in (*motiondata.__all__, "open_dataset", ".manifest", ".drops", ".webdataset("):
        assert name in text, name
