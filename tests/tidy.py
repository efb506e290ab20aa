#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Rules of the house that no compiler checks. One rule is one test; ends with the counts.

usage: tidy.py [--sizes]     --sizes also prints how long functions and files are
"""
import os
import re
import statistics
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LINE_MAX, FUNCTION_MAX, FILE_MAX = 100, 70, 600

# What each room may include: other rooms, and system headers beyond libc.
LIBC = set('''assert.h ctype.h errno.h fcntl.h float.h inttypes.h limits.h locale.h math.h poll.h
    pthread.h signal.h stdalign.h stdarg.h stdatomic.h stdbool.h stddef.h stdint.h stdio.h stdlib.h
    stdnoreturn.h string.h strings.h time.h unistd.h sys/mman.h sys/resource.h sys/stat.h sys/types.h
    sys/wait.h'''.split())
PURE = {'limits.h', 'stdbool.h', 'stddef.h', 'stdint.h', 'string.h', 'strings.h'}  # no clock, heap, stdio
ROOMS = {
    'apf': (set(), PURE, ()),
    'sim/engine': (set(), LIBC, ()),
    'models/params': ({'apf', 'sim/engine'}, LIBC, ()),
    'models/fair': ({'apf', 'sim/engine', 'models/params'}, LIBC, ()),
    'models/pages': ({'apf', 'sim/engine', 'models/params'}, LIBC, ()),
    'models/guest': ({'apf', 'sim/engine', 'models/params', 'models/fair'}, LIBC, ()),
    'models': ({'apf', 'sim/engine', 'models/params', 'models/fair', 'models/pages', 'models/guest'}, LIBC, ()),
    'models/script': ({'apf', 'sim/engine', 'models/params', 'models', 'models/pages', 'models/guest'}, LIBC, ()),
    'sim/config': ({'apf', 'sim/engine', 'models/params'}, LIBC, ('glib', 'gio/', 'yaml.h', 'xxhash.h')),
    'sim/trace': ({'sim/engine'}, LIBC, ('zstd.h', 'zlib.h')),
    'calibrate': ({'apf'}, LIBC, ('linux/', 'sys/', 'dirent.h', 'sched.h')),
    'calibrate/linux_guest': ({'calibrate'}, LIBC, ('linux/', 'sys/')),
    'sim/capture': ({'apf'}, LIBC, ('glib',)),
    'sim/picture': ({'sim/engine', 'sim/report'}, LIBC, ('glib',)),
    'sim/report': ({'sim/engine', 'sim/trace'}, LIBC, ('glib', 'gio/', 'csv.h', 'xxhash.h')),
}
GENERATED = {'guest_image.h', 'linux_init.h'}  # by the build
# Words that are not to stand in a room's code, and why.
NO_HEAP = r'\b(malloc|calloc|realloc|free|strdup)\s*\('
BANNED_CALLS = [
    ('', r'\b(strcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|atol|atof|alloca)\s*\(',
     'unbounded or unchecked'),
    ('', r'\b(rand|srand|random|drand48|g_random_\w+)\s*\(', 'not our random streams'),
    ('', r'\bg_return_(val_)?if_fail\b', 'reports a bug and goes on'),
    ('apf sim/engine models sim/trace sim/capture sim/config sim/picture sim/report', r'\b_?exit\s*\(', 'only sim/cli ends'),
    ('apf models', NO_HEAP, 'nothing is allocated here'),
    ('apf models', r'\b(f|s|v|d)?printf\s*\(', 'models do not print'),
    ('apf sim/engine models', r'\b(time|clock|gettimeofday|clock_gettime)\s*\(', 'no wall clock'),
    ('apf sim/engine models', r'\b(log|log2|log10|exp|pow|sin|cos|tan|log1p|expm1)f?\s*\(',
     'libm is not bit-identical between machines'),
]
# Functions that may use the heap in models: they run before the first event or after the last.
HEAP_ALLOWED_IN = re.compile(r'(_(create|destroy|load|init|finish|free|new)|^make\w*|^allocate)\b')
SOURCE = ('.c', '.h', '.py', '.sh', '.build')
TEXT = SOURCE + ('.md', '.yaml', '.options', '.json', '.gp')
UNFINISHED = re.compile(r'\b(TO' + r'DO|FIX' + r'ME|X' + r'XX)\b')
MACHINE_PATH = re.compile(r'(?<![\w.$}])/(home|root|work|Users|build)/\w')


class Source:
    """One file: its path from the root, its lines, and its code without comments and strings."""

    def __init__(self, path):
        self.path = path
        with open(os.path.join(ROOT, path), encoding='utf-8') as file:
            self.text = file.read()
        self.lines = self.text.split('\n')
        if self.lines and self.lines[-1] == '':
            self.lines.pop()
        self.is_c = path.endswith(('.c', '.h'))

    def room(self):
        return room_of(self.path)

    def code_lines(self):
        """(number, line) of C code with comments and string contents blanked."""
        text = re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'',
                      lambda m: re.sub(r'[^\n]', ' ', m.group()), self.text, flags=re.S)
        return list(enumerate(text.split('\n'), 1))

    def includes(self):
        """(line number, '<' or '"', header)."""
        for number, line in enumerate(self.lines, 1):
            found = re.match(r'\s*#\s*include\s+([<"])([^>"]+)', line)
            if found:
                yield number, found[1], found[2]

    def functions(self):
        """(first line, name, length): from the opening brace in column 0 to the closing one."""
        start = name = None
        for number, line in self.code_lines():
            if line.startswith('{'):
                heads = [l for l in self.lines[max(0, number - 8):number - 1]
                         if re.match(r'[A-Za-z_]', l) and '(' in l]
                names = re.findall(r'(\w+)\s*\(', heads[-1]) if heads else []
                start, name = number, names[0] if names else '?'
            elif line.startswith('}') and start:
                yield start, name, number - start + 1
                start = None


def room_of(path):
    for room in sorted(ROOMS, key=len, reverse=True):
        if path.startswith(room + '/'):
            return room
    return None


def all_sources():
    for folder, folders, files in os.walk(ROOT):
        relative = os.path.relpath(folder, ROOT)
        folders[:] = sorted(f for f in folders if not f.startswith(('.git', 'build')) and
                            os.path.join(relative, f) != 'results/local' and f != '__pycache__')
        for name in sorted(files):
            if name.endswith(TEXT) or name in ('dev', 'run'):
                yield Source(os.path.normpath(os.path.join(relative, name)))


def headers_by_name(sources):
    return {os.path.basename(s.path): s.path for s in sources if s.path.endswith('.h')}


def within(room, rooms):
    """Is it one of these rooms, or a room inside one of them?"""
    return room is not None and any(room == r or room.startswith(r + '/') for r in rooms)


def check_rooms(sources):
    """a room includes only what it may know"""
    headers = headers_by_name(sources)
    for s in sources:
        if not s.is_c or s.room() is None:
            continue
        rooms, libc, more = ROOMS[s.room()]
        for number, mark, header in s.includes():
            where = headers.get(os.path.basename(header))
            if mark == '<':
                if header not in libc and not header.startswith(more or ('\0',)):
                    yield f'{s.path}:{number}: {s.room()} may not include <{header}>'
            elif where and room_of(where) not in rooms | {s.room()}:
                yield f'{s.path}:{number}: {s.room()} may not include {where}'
            elif not where and header not in GENERATED:
                yield f'{s.path}:{number}: {header} is not in the tree'


def private_headers(sources):
    """A header that has no .c and includes a header of its own folder belongs to that module."""
    paths = {s.path for s in sources}
    headers = headers_by_name(sources)
    owner = {}
    for s in sources:
        if s.path.endswith('.h') and s.path[:-2] + '.c' not in paths:
            same = [headers[h][:-2] for _, mark, h in s.includes() if mark == '"' and h in headers
                    and headers[h][:-2] + '.c' in paths
                    and os.path.dirname(headers[h]) == os.path.dirname(s.path)]
            near = [m for m in same if s.path.startswith(m.rsplit('_', 1)[0])]
            if near:
                owner[s.path[:-2]] = near[0]
    return owner


def module_of(path):
    return os.path.splitext(path)[0]


def check_cycles(sources):
    """modules (a .c with its .h) do not include each other in a circle"""
    headers = headers_by_name(sources)
    owner = private_headers(sources)
    edges = {}
    for s in sources:
        if s.is_c and not s.path.startswith(('tests/', 'check/')):
            own = owner.get(module_of(s.path), module_of(s.path))
            known = (headers.get(os.path.basename(h)) for _, m, h in s.includes() if m == '"')
            modules = {module_of(h) for h in known if h}
            edges.setdefault(own, set()).update({owner.get(m, m) for m in modules} - {own})
    state = {}

    def visit(module, trail):
        state[module] = 'open'
        for other in sorted(edges.get(module, ())):
            if state.get(other) == 'open':
                yield 'circle: ' + ' -> '.join(trail[trail.index(other):] + [other])
            elif other not in state:
                yield from visit(other, trail + [other])
        state[module] = 'done'

    for module in sorted(edges):
        if module not in state:
            yield from visit(module, [module])


def check_lines(sources):
    """no line of C or shell is longer than 100 characters"""
    for s in sources:
        if s.path.endswith(SOURCE) or s.path in ('dev', '.ci/run'):
            for number, line in enumerate(s.lines, 1):
                if len(line) > LINE_MAX and not s.path.endswith(('meson.build', '.py')):
                    yield f'{s.path}:{number}: {len(line)} characters'


def check_functions(sources):
    """no function is longer than 70 lines"""
    for s in sources:
        if s.is_c:
            for number, name, length in s.functions():
                if length > FUNCTION_MAX:
                    yield f'{s.path}:{number}: {name} has {length} lines'


def check_files(sources):
    """no source file is longer than 600 lines (a test: 700)"""
    for s in sources:
        limit = FILE_MAX + 100 if s.path.startswith('tests/') else FILE_MAX
        if s.path.endswith(SOURCE) and len(s.lines) > limit:
            yield f'{s.path}: {len(s.lines)} lines'


def check_spdx(sources):
    """every source names its licence in the first two lines"""
    for s in sources:
        if s.path.endswith(SOURCE) or s.path in ('dev', '.ci/run'):
            if not any('SPDX-License-Identifier: GPL-2.0-or-later' in l for l in s.lines[:2]):
                yield f'{s.path}: no SPDX line'


def check_opening(sources):
    """every C file of a room says at its top what it is"""
    for s in sources:
        if s.is_c and s.room() and not re.match(
                r'/\* SPDX[^\n]*\n/\*\n \* ' + re.escape(os.path.basename(s.path)) + r' - ', s.text):
            yield f'{s.path}: does not open with " * {os.path.basename(s.path)} - what it is"'


def heap_is_allowed(s, number):
    """Creation and destruction in models may use the heap."""
    return any(start <= number < start + length and HEAP_ALLOWED_IN.search(name)
               for start, name, length in s.functions())


def check_calls(sources):
    """no room calls what is banned there"""
    for s in sources:
        if not s.is_c or s.path.startswith('tests/'):
            continue
        for rooms, pattern, why in BANNED_CALLS:
            if rooms and not within(s.room(), rooms.split()):
                continue
            for number, line in s.code_lines():
                found = re.search(pattern, line)
                if found and not (pattern is NO_HEAP and heap_is_allowed(s, number)):
                    yield f'{s.path}:{number}: {found[0]}...: {why}'


def check_unfinished(sources):
    """nothing is marked as unfinished"""
    for s in sources:
        for number, line in enumerate(s.lines, 1):
            if UNFINISHED.search(line):
                yield f'{s.path}:{number}: {line.strip()}'


def check_paths(sources):
    """no absolute path of somebody's machine"""
    for s in sources:
        for number, line in enumerate(s.lines, 1):
            if MACHINE_PATH.search(line):
                yield f'{s.path}:{number}: {line.strip()}'


def check_white(sources):
    """no tab, no blank at the end of a line, a newline at the end of a file"""
    for s in sources:
        if s.text and not s.text.endswith('\n'):
            yield f'{s.path}: no newline at the end'
        for number, line in enumerate(s.lines, 1):
            if s.is_c and '\t' in line or line != line.rstrip():
                yield f'{s.path}:{number}: tab or trailing blank'


def check_built(sources):
    """every .c file is named in the meson.build beside it"""
    builds = {os.path.dirname(s.path): s.text for s in sources if s.path.endswith('meson.build')}
    for s in sources:
        if s.path.endswith('.c') and not s.path.startswith('bench/'):
            stem = os.path.splitext(os.path.basename(s.path))[0]
            text = builds.get(os.path.dirname(s.path), '')
            if not re.search(rf"['/]{stem}(\.c)?'", text) and not (
                    stem.startswith('test_') and f"'{stem[5:]}'" in text):
                yield f'{s.path}: not built'


def check_questions(sources):
    """every workload opens with the question that it asks"""
    for s in sources:
        if s.path.startswith('workloads/') and s.path.endswith('.yaml'):
            if not re.match(r'# .*\?$', s.lines[0] if s.lines else ''):
                yield f'{s.path}:1: the first line is not a comment that asks a question'


def print_sizes(sources):
    lengths = sorted(n for s in sources if s.is_c and s.room() for _, _, n in s.functions())
    files = sorted(len(s.lines) for s in sources if s.path.endswith('.c') and s.room())
    print(f'functions: {len(lengths)}, median {statistics.median(lengths)}, longest {lengths[-1]}')
    print(f'files: {len(files)}, median {statistics.median(files)}, longest {files[-1]}')


def main():
    sources = list(all_sources())
    failed = 0
    checks = [f for name, f in sorted(globals().items()) if name.startswith('check_')]
    for check in checks:
        findings = list(check(sources))
        failed += bool(findings)
        print(f'{"FAIL" if findings else "ok"}: {check.__doc__}')
        for finding in findings:
            print('  ' + finding)
    if '--sizes' in sys.argv[1:]:
        print_sizes(sources)
    print(f'{len(checks) - failed} passed, {failed} failed, 0 skipped')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
