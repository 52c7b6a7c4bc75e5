"""The yardstick of `counting`: pyarrow and the Python package `tokenizers`.

    count_tokens.py batch|rows FILE.parquet tokenizer.json MEGABYTES

Counts the messages of conversations, `encode_batch` over a thousand rows at a time or `encode` row
by row, until so many megabytes of text are done. Prints one JSON object.
"""

import json
import sys
import time

import pyarrow.parquet as parquet
from tokenizers import Tokenizer

mode, file, tokenizer, limit = sys.argv[1:]
limit = float(limit) * 1e6
tokenizer = Tokenizer.from_file(tokenizer)
start = time.perf_counter()
done, requests, isl, osl = 0, 0, 0, 0
for batch in parquet.ParquetFile(file).iter_batches(1000, columns=["conversation"]):
    talks = batch.column("conversation").to_pylist()
    texts = [message["content"] for talk in talks for message in talk]
    if mode == "batch":
        lengths = [len(e.ids) for e in tokenizer.encode_batch(texts, add_special_tokens=False)]
    else:
        lengths = [len(tokenizer.encode(text, add_special_tokens=False).ids) for text in texts]
    lengths = iter(lengths)
    for talk in talks:
        history = 0
        for message in talk:
            length = next(lengths)
            if message["role"] == "assistant":
                requests, isl, osl = requests + 1, isl + history, osl + length
            history += length
    done += sum(len(text.encode()) for text in texts)
    if done >= limit:
        break
seconds = time.perf_counter() - start
print(json.dumps({"seconds": seconds, "bytes": done, "requests": requests,
                  "isl_mean": isl / requests, "osl_mean": osl / requests}))
