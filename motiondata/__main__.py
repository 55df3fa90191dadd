"""The program's door: `motiondata` and `python -m motiondata` begin here, isolated."""

from motiondata.isolation import isolate


def main() -> None:
    """Run the command line."""
    isolate()
    from cli import main as run

    run()


if __name__ == "__main__":
    main()
