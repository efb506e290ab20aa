#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""embed.py [--whole] GUEST.elf OUT.h: the loadable part of the guest, or the whole file, as an array of bytes."""
import struct
import sys

BASE = 0x100000  # guest.ld, GUEST_IMAGE_GPA


def load(elf):
    """The bytes of all PT_LOAD segments, from BASE on. (memory size, image)."""
    phoff, = struct.unpack_from('<Q', elf, 32)
    entry, = struct.unpack_from('<Q', elf, 24)
    size, count = struct.unpack_from('<HH', elf, 54)
    image, end = bytearray(), BASE
    for i in range(count):
        kind, _, offset, address, _, filled, memory, _ = struct.unpack_from('<IIQQQQQQ', elf,
                                                                           phoff + i * size)
        if kind != 1 or not memory:
            continue
        if address < BASE:
            sys.exit(f'embed.py: a segment at {address:#x}, below {BASE:#x}')
        image.extend(bytes(max(0, address - BASE + filled - len(image))))
        image[address - BASE:address - BASE + filled] = elf[offset:offset + filled]
        end = max(end, address + memory)
    if entry != BASE or end > 0x200000:
        sys.exit(f'embed.py: entry {entry:#x}, end {end:#x}')
    return image


def main():
    whole = sys.argv[1] == '--whole'
    source, target = sys.argv[1 + whole:]
    with open(source, 'rb') as file:
        image = file.read() if whole else load(file.read())
    with open(target, 'w', encoding='ascii') as out:
        for at in range(0, len(image), 16):
            out.write(', '.join(f'{b:#04x}' for b in image[at:at + 16]) + ',\n')


main()
