"""What PyPI's tensorboard reads from the committed event file, which this project's writer made: the tests hold both against a reader of
their own. Needs tensorboard.

    python check-tensorboard.py            (writes data/tensorboard-reference.json)
    python check-tensorboard.py EVENTFILE  (prints what it holds)
"""

import json
import sys
from pathlib import Path

import tensorboard
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
from tensorboard.util import tensor_util

data = Path(__file__).parent / "data"
path = Path(sys.argv[1]) if len(sys.argv) > 1 else data / "tensorboard-reference.tfevents"

version = ""
scalars = []
for event in EventFileLoader(str(path)).Load():  # Stops at a record whose CRC does not fit.
    version = event.file_version or version
    for value in event.summary.value:
        # The loader turns simple_value into a scalar tensor.
        number = tensor_util.make_ndarray(value.tensor).item() if value.HasField("tensor") else value.simple_value
        scalars.append({"step": event.step, "tag": value.tag, "value": number, "wallTime": event.wall_time})

result = {"tensorboard": tensorboard.__version__, "version": version, "scalars": scalars}
text = json.dumps(result, indent=1, ensure_ascii=False) + "\n"
if len(sys.argv) > 1:
    print(text)
else:
    (data / "tensorboard-reference.json").write_text(text)
    print(f"{len(scalars)} scalars read from {path.name} by tensorboard {tensorboard.__version__}")
