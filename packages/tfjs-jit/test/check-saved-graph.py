"""Opens saved graphs elsewhere: python check-saved-graph.py MODEL.onnx ... (needs PyPI's onnx and onnxruntime).

Each model is checked by onnx.checker, external data included, and run once on random inputs by onnxruntime.
"""

import sys

import numpy
import onnx
import onnxruntime

TYPES = {"tensor(float)": numpy.float32, "tensor(int32)": numpy.int32, "tensor(bool)": numpy.bool_}

for path in sys.argv[1:]:
    onnx.checker.check_model(path, full_check=True)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    random = numpy.random.default_rng(0)
    feeds = {value.name: (random.random(value.shape) * 3).astype(TYPES[value.type]) for value in session.get_inputs()}
    outputs = session.run(None, feeds)
    print(path, "ok:", [(output.dtype.name, list(output.shape)) for output in outputs])
