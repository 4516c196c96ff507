"""Kivy reads its environment at its first import: no files of its own, no arguments, no console."""

import os
import tempfile

os.environ.update(
    KIVY_HOME=tempfile.mkdtemp(prefix="pokladna-kivy-"),
    KIVY_NO_ARGS="1",
    KIVY_NO_FILELOG="1",
    KIVY_NO_CONSOLELOG="1",
    KIVY_LOG_MODE="MIXED",
)
