"""Impressie: from the recording of a Dutch webinar to an article whose every quote can be heard."""

import os

__version__ = "0.1.0"

# No telemetry, of others neither. They are read when these libraries are loaded, so they stand before any import.
# onnxruntime from 1.29 on makes an id for the computer and sends events home as soon as it is imported.
for _name in ("ORT_DISABLE_TELEMETRY", "ORT_TELEMETRY_DISABLED", "HF_HUB_DISABLE_TELEMETRY", "DO_NOT_TRACK"):
    os.environ[_name] = "1"
