"""make_icc_profile.py OUT.icc: an RGB profile of tables (ICC.1:2010, 'mft1'), and what littleCMS makes of some colours.

Prints the colours that Pillow's profileToProfile (perceptual, as the reference trainer calls it) gives; they are the
golden values of ImageTests.swift.
"""
import io
import struct
import sys

from PIL import Image, ImageCms

def tag_text(text):
    return b"text" + bytes(4) + text + b"\0"

def tables():
    """RGB → Lab by a grid of 2×2×2 that turns hue a little, with curves that darken."""
    head = b"mft1" + bytes(4) + bytes([3, 3, 2, 0])
    head += b"".join(struct.pack(">i", 65536 if i % 4 == 0 else 0) for i in range(9))
    curves = b"".join(bytes(round(255 * (i / 255) ** power) for i in range(256)) for power in (1.2, 1.0, 0.9))
    grid = b""
    for r in range(2):
        for g in range(2):
            for b in range(2):
                lightness, a, bb = 30 * r + 55 * g + 15 * b, 70 * r - 75 * g + 50 * b, 55 * r + 70 * g - 100 * b
                if r and g and b:
                    a = bb = 0
                grid += bytes([round(lightness / 100 * 255), max(0, min(255, a + 128)), max(0, min(255, bb + 128))])
    straight = bytes(range(256)) * 3
    return head + curves + grid + straight

tags = [(b"desc", b"desc" + bytes(4) + struct.pack(">I", 7) + b"tables\0" + bytes(78)), (b"cprt", tag_text(b"none")),
        (b"wtpt", b"XYZ " + bytes(4) + struct.pack(">3i", 63190, 65536, 54061)), (b"A2B0", tables())]
body, entries, at = b"", b"", 128 + 4 + 12 * len(tags)
for name, data in tags:
    data += bytes(-len(data) % 4)
    entries += name + struct.pack(">II", at + len(body), len(data))
    body += data
header = struct.pack(">I4sI4s4s4s12s4s", 128 + 4 + len(entries) + len(body), bytes(4), 0x02400000, b"scnr", b"RGB ", b"Lab ",
                     bytes(12), b"acsp").ljust(68, b"\0") + struct.pack(">3i", 63190, 65536, 54061)
profile = header.ljust(128, b"\0") + struct.pack(">I", len(tags)) + entries + body
open(sys.argv[1], "wb").write(profile)

colours = [(128, 128, 128), (219, 0, 0), (100, 150, 200), (255, 255, 255), (10, 200, 60)]
image = Image.new("RGB", (len(colours), 1))
image.putdata(colours)
source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
print(list(ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB")).getdata()))
