"""Writes data/memory-agent-bench.parquet: two rows in the layout of MemoryAgentBench on the Hub (pyarrow, snappy)."""
from pathlib import Path
import pyarrow as pa
import pyarrow.parquet as pq

rows = [
    {"context": "long text é", "questions": ["q0", "q1"], "answers": [["a0", "a0b"], ["a1"]],
     "metadata": {"demo": None, "qa_pair_ids": ["p0", "p1"], "source": "ruler_qa1"}},
    {"context": "another", "questions": ["q2"], "answers": [["a2"]],
     "metadata": {"demo": None, "qa_pair_ids": None, "source": "eventqa"}},
]
strings = pa.list_(pa.string())
schema = pa.schema([
    ("context", pa.string()), ("questions", strings), ("answers", pa.list_(strings)),
    ("metadata", pa.struct([("demo", pa.string()), ("qa_pair_ids", strings), ("source", pa.string())])),
])
pq.write_table(pa.Table.from_pylist(rows, schema=schema), Path(__file__).parent / "data/memory-agent-bench.parquet", compression="snappy")
