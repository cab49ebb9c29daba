"""Keeps secrets and addresses of people out of logs, wherever they were written."""

import logging
import re

from tracking.scrubbing import scrubbed_text

# Not this machine's own.
ADDRESS = re.compile(r"\b(?!127\.|0\.)[0-9]{1,3}(?:\.[0-9]{1,3}){3}\b")


class WithoutSecrets(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return ADDRESS.sub("[ip]", scrubbed_text(super().format(record)))
