"""The data sets whose annotations are read, by name."""

from collections.abc import Mapping

from motiondata.sources.annotations.annotated import AnnotationKind
from motiondata.sources.annotations.babel import BABEL
from motiondata.sources.annotations.kit_ml import KIT_ML
from motiondata.sources.annotations.unimocap import UNIMOCAP

ANNOTATIONS: Mapping[str, AnnotationKind] = {kind.name: kind for kind in (BABEL, KIT_ML, UNIMOCAP)}
