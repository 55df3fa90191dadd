"""What a process has loaded: the open product, and the assets that a product opens with."""

from typing import Generic, TypeVar

from pipelines.engine.product import OpenProduct, Product

T = TypeVar("T")


class Loaded(Generic[T]):
    """A value that its process has loaded, and that a product need not load again to open.

    A pickled copy is empty, so that jobs stay small: another machine loads the value itself.
    """

    def __init__(self, value: T | None = None) -> None:
        self.value = value

    def __reduce__(self) -> tuple[type["Loaded[T]"], tuple[()]]:
        return Loaded, ()


class Opened:
    """Keeps the product that was opened last.

    A forked process inherits it. A pickled copy is empty: another machine opens the product itself.
    """

    def __init__(self) -> None:
        self._product: Product | None = None
        self._open: OpenProduct | None = None

    def get(self, product: Product) -> OpenProduct:
        """Return the open product. Open it at first, and whenever another product is asked for.

        Raises the errors of `Product.open`.
        """
        if self._open is None or self._product != product:
            self._product = self._open = None  # free the memory of the other one first
            self._product, self._open = product, product.open()
        return self._open

    def __reduce__(self) -> tuple[type["Opened"], tuple[()]]:
        return Opened, ()
