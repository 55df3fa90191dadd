"""Entry point of `motiondata` and `python -m motiondata`; isolates imports before it starts."""

from motiondata.isolation import isolate


def main() -> None:
    """Run the command line."""
    isolate()
    from cli import main as run

    run()


if __name__ == "__main__":
    main()
