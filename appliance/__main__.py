"""The entry point: `pokladna`, or `python -m appliance`."""

import os

from appliance.cli.app import app

GROUP_UMASK = 0o007  # the till's processes share their files through one group, nobody else reads them


def main() -> None:
    os.umask(GROUP_UMASK)
    app()


if __name__ == "__main__":
    main()
