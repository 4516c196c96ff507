"""The entry point: `pokladna`, or `python -m appliance`."""

from appliance.cli.app import app


def main() -> None:
    app()


if __name__ == "__main__":
    main()
