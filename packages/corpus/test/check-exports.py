"""Reads exported documents with the libraries they are for: `check-exports.py verl.parquet trl.jsonl`, prints what it saw as JSON."""

import json
import sys

import pyarrow.parquet as parquet
from datasets import load_dataset
from trl import is_conversational

verl, trl = sys.argv[1:3]
table = parquet.read_table(verl)
row = table.slice(2, 1).to_pylist()[0]
dataset = load_dataset("json", data_files=trl, split="train")
print(
    json.dumps(
        {
            "columns": table.column_names,
            "rows": table.num_rows,
            "prompt": row["prompt"],
            "reward_model": row["reward_model"],
            "extra_info": row["extra_info"],
            "trl_rows": len(dataset),
            "conversational": is_conversational({"prompt": dataset[0]["prompt"]}),
            "answer": dataset[0]["answer"],
        }
    )
)
