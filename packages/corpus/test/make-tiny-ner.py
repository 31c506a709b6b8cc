"""A token-classification model of a few hundred bytes for tests: python make-tiny-ner.py (needs onnx and numpy).

Logits are a table of label scores by token id: "Ada" B-PER, "Love" I-PER (and its piece "##lace" nothing: the first piece of a word
decides), "Paris" B-LOC, everything else O.
"""
import json
import os

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data", "tiny-ner")
os.makedirs(folder, exist_ok=True)
vocabulary = ["[UNK]", "[CLS]", "[SEP]", "Ada", "Love", "##lace", "Paris", "saw", "."]
labels = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]
scores = numpy.zeros((len(vocabulary), len(labels)), dtype=numpy.float32)
scores[:, 0] = 1
for word, label in (("Ada", "B-PER"), ("Love", "I-PER"), ("Paris", "B-LOC")):
    scores[vocabulary.index(word), labels.index(label)] = 2
graph = helper.make_graph(
    [helper.make_node("Gather", ["scores", "input_ids"], ["logits"])],
    "tiny-ner",
    [helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"]) for name in ("input_ids", "attention_mask")],
    [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", "tokens", len(labels)])],
    [numpy_helper.from_array(scores, "scores")],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8, producer_name="make-tiny-ner")
onnx.checker.check_model(model)
onnx.save(model, os.path.join(folder, "model.onnx"))
json.dump({"id2label": {str(i): label for i, label in enumerate(labels)}, "max_position_embeddings": 8}, open(os.path.join(folder, "config.json"), "w"))
tokenizer = {
    "normalizer": {"type": "BertNormalizer", "lowercase": False, "strip_accents": None},
    "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "vocab": {word: i for i, word in enumerate(vocabulary)}},
}
json.dump(tokenizer, open(os.path.join(folder, "tokenizer.json"), "w"))
