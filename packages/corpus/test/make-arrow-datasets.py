"""Writes test/data/arrow: small datasets as Hugging Face's `datasets` and pyarrow leave them on disk.

    HF_HUB_OFFLINE=1 python packages/corpus/test/make-arrow-datasets.py

Made with datasets 5.2.0 and pyarrow 26.0.1.
"""

import shutil
from pathlib import Path

import pyarrow as pa
from datasets import Dataset, DatasetDict, disable_progress_bars
from pyarrow import ipc

here = Path(__file__).parent / "data" / "arrow"
shutil.rmtree(here, ignore_errors=True)
here.mkdir(parents=True)
disable_progress_bars()


def rows(first: int, count: int) -> list[dict]:
    return [{"id": i, "title": f"Título {i}", "text": f"Text {i} – with a dash."} for i in range(first, first + count)]


# A dataset of two shards: its second row has no text, its third an empty one. Beside it a cache, as map() leaves it.
one = rows(0, 7)
one[1]["text"] = None
one[2]["text"] = " "
dataset = Dataset.from_list(one)
dataset.save_to_disk(here / "one", num_shards=2)
shutil.copy(here / "one" / "data-00000-of-00002.arrow", here / "one" / "cache-0123456789abcdef.arrow")

# Splits in an order that is not that of their names.
DatasetDict({"validation": Dataset.from_list(rows(20, 1)), "train": Dataset.from_list(rows(10, 2))}).save_to_disk(here / "splits")

# The file format, several batches, long strings, string views, dictionaries that grow, nested columns.
schema = pa.schema(
    [
        ("id", pa.int64()),
        ("title", pa.dictionary(pa.int32(), pa.string())),
        ("text", pa.large_string()),
        ("licence", pa.string_view()),
        ("tags", pa.list_(pa.string())),
    ]
)


def batch(first: int, count: int, names: list[str]) -> pa.RecordBatch:
    own = rows(first, count)
    return pa.record_batch(
        [
            pa.array([row["id"] for row in own], pa.int64()),
            pa.DictionaryArray.from_arrays(pa.array([i % len(names) for i in range(count)], pa.int32()), pa.array(names)),
            pa.array([row["text"] for row in own], pa.large_string()),
            pa.array(["CC0", "a licence with a name of more than twelve bytes"] * count, pa.string_view())[:count],
            pa.array([["a", "b"]] * count, pa.list_(pa.string())),
        ],
        schema=schema,
    )


batches = [batch(30, 2, ["A", "B"]), batch(32, 3, ["A", "B", "C"]), batch(35, 1, ["A", "B", "C"])]
deltas = ipc.IpcWriteOptions(emit_dictionary_deltas=True)
for name, writer in [
    ("file.arrow", lambda path: ipc.new_file(path, schema, options=deltas)),
    ("replaced.arrow", lambda path: ipc.new_stream(path, schema)),
]:
    with writer(str(here / name)) as out:
        for own in batches:
            out.write_batch(own)

for codec in ["lz4", "zstd"]:
    with ipc.new_stream(str(here / f"{codec}.arrow"), schema, options=ipc.IpcWriteOptions(compression=codec)) as out:
        out.write_batch(batches[0])
