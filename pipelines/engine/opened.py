"""The open product of a process: it is opened once, and used for many jobs."""

from pipelines.engine.product import OpenProduct, Product


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
