# SPDX-License-Identifier: Apache-2.0
"""Files written by the safetensors package, with their contents as JSON, in Tests/Golden/safetensors.

    safetensors_files.py                writes them
    safetensors_files.py --verify FILE  checks that FILE, written by Minim, holds what mixed.safetensors holds
"""

import json
import pathlib
import sys

import numpy as np
import safetensors

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "Tests/Golden/safetensors"
TYPES = {
    "bool": "BOOL", "uint8": "U8", "int8": "I8", "float8_e5m2": "F8_E5M2", "float8_e4m3fn": "F8_E4M3",
    "int16": "I16", "uint16": "U16", "float16": "F16", "bfloat16": "BF16", "int32": "I32",
    "uint32": "U32", "float32": "F32", "float64": "F64", "int64": "I64", "uint64": "U64",
}


def array(values, dtype):
    values = np.array(values, dtype=dtype)
    return {"dtype": dtype, "shape": list(values.shape), "data": values.tobytes()}


def every_type():
    random = np.random.default_rng(7)
    sizes = {"bool": 1, "uint8": 1, "int8": 1, "float8_e5m2": 1, "float8_e4m3fn": 1, "int16": 2,
             "uint16": 2, "float16": 2, "bfloat16": 2, "int32": 4, "uint32": 4, "float32": 4}
    tensors = {}
    for index, name in enumerate(TYPES):
        data = random.integers(0, 2 if name == "bool" else 256, size=3 * sizes.get(name, 8), dtype=np.uint8)
        tensors[f"t{(index * 7) % len(TYPES)}"] = {"dtype": name, "shape": [3], "data": data.tobytes()}
    return tensors


def contents():
    mixed = {
        "layer.weight": array([[0.5, -1.25, 3.0e38], [1e-45, float("inf"), float("nan")]], "float32"),
        "layer.bias": array([0.1, -0.0], "float64"),
        "step": array(-9007199254740993, "int64"),
        "generator": array([2**64 - 1, 1], "uint64"),
        "mask": array([1, 2, 255], "uint8"),
        "empty": array(np.zeros((2, 0, 3)), "float32"),
        'quote" \\ tab\t \u00e9 \u6c34 \U0001d11e \u0001': array([7], "uint8"),
    }
    return {
        "mixed": (mixed, {'ké"y': "line one\nline two \\ \u0007 \U0001d11e"}),
        "types": (every_type(), None),
        "nothing": ({}, None),
    }


def serialize(tensors, metadata):
    buffers = {name: np.frombuffer(t["data"], dtype=np.uint8) for name, t in tensors.items()}
    specs = {
        name: safetensors.TensorSpec(
            dtype=t["dtype"], shape=t["shape"], data_ptr=buffers[name].ctypes.data, data_len=len(t["data"]))
        for name, t in tensors.items()
    }
    return bytes(safetensors.serialize(specs, metadata))


def write():
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, (tensors, metadata) in contents().items():
        (FOLDER / f"{name}.safetensors").write_bytes(serialize(tensors, metadata))
        expected = {
            "metadata": metadata or {},
            "entries": [
                {"name": key, "dtype": TYPES[t["dtype"]], "shape": t["shape"], "bytes": list(t["data"])}
                for key, t in tensors.items()
            ],
        }
        (FOLDER / f"{name}.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")


def verify(path):
    tensors, metadata = contents()["mixed"]
    found = dict(safetensors.deserialize(pathlib.Path(path).read_bytes()))
    assert found.keys() == tensors.keys(), found.keys() ^ tensors.keys()
    for name, tensor in tensors.items():
        assert found[name]["dtype"] == TYPES[tensor["dtype"]], name
        assert found[name]["shape"] == tensor["shape"], name
        assert bytes(found[name]["data"]) == tensor["data"], name
    with safetensors.safe_open(path, framework="np") as file:
        assert file.metadata() == metadata, file.metadata()
        print(f"{path}: {len(list(file.keys()))} tensors and the metadata are as expected")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--verify"]:
        verify(sys.argv[2])
    else:
        write()
