"""What PyYAML's safe_load makes of scalars: writes yaml_scalars.json beside this file.

    pip install pyyaml && python Tests/Fixtures/make_yaml_scalars.py
"""
import datetime
import itertools
import json
import math
import pathlib

import yaml

FIXED = """~ null Null NULL nuLL yes Yes YES yEs no No NO on On ON off Off OFF true True TRUE tRUE false False FALSE y n Y N
0 -0 +0 1 -1 +1 42 007 010 -010 08 0o17 0b11 -0b101 0b2 0b 0b_ 0x1F 0X1f 0xfg 0x -0xFF 1_000 _1 1__2 1_ 0_ 00
9223372036854775807 9223372036854775808 -9223372036854775808 123456789012345678901234567890
1.0 -1.5 +2.25 1. .5 -.5 +.5 ._5 1e5 1e-5 2e-4 1.0e5 1.0e+5 1.0E-5 1.e+3 .5e-3 .5e3 1_0.5_0 5e 5.0e 5.0e+ 0.1.2
.inf -.inf +.inf .Inf .INF .iNF inf -inf .nan .NaN .NAN nan +.nan -.nan
1:30 1:60 01:30 0:30 190:20:30 190:20:30.15 1:2:3. 1:30:00 -1:30 12:5_0 1_0:30
1-2 1+2 -- +- - + . .. ... ._ -_ 0xdeadBEEF 0777 0789 1,000 1.5.2 12e03 -2E+05 6.8523015e+5 685.230_15e+03""".split()

ALPHABET = "0123.-+e_:xb"


def describe(text):
    value = yaml.safe_load("- " + text)
    if not (isinstance(value, list) and len(value) == 1):
        return None
    value = value[0]
    if isinstance(value, (datetime.date, datetime.datetime, list, dict)):
        return None
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return {"text": text, "type": type(value).__name__, "value": value}
    if isinstance(value, float):
        name = "nan" if math.isnan(value) else ("inf" if value > 0 else "-inf") if math.isinf(value) else repr(value)
        return {"text": text, "type": "float", "value": name}
    return {"text": text, "type": "int", "value": str(value)}


rows = []
combinations = ("".join(c) for n in (2, 3, 4) for c in itertools.product(ALPHABET, repeat=n))
chosen = [text for place, text in enumerate(combinations) if place % 19 == 0]
for text in FIXED + chosen:
    try:
        row = describe(text)
    except (yaml.YAMLError, ValueError, IndexError):
        continue  # PyYAML itself fails on these
    if row is not None and row not in rows:
        rows.append(row)
here = pathlib.Path(__file__).parent
body = ",\n".join(json.dumps(row) for row in rows)
(here / "yaml_scalars.json").write_text("[\n" + body + "\n]\n")
