# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests of pictures share: what a refusal looks like, and how results are told."""


def refused(done, words):
    """What is wrong with it: a refusal is exit status 2 and one line with those words."""
    good = done.returncode == 2 and words in done.stderr and done.stderr.count('\n') == 1
    return [] if good else [f'exit {done.returncode}: {done.stderr}']


def tell(results):
    """Each case with what is wrong with it; then the counts. The exit status."""
    for name, wrong in results:
        print(f'{"FAIL" if wrong else "ok"}: {name}{"".join(chr(10) + "    " + w for w in wrong[:8])}')
    failed = sum(1 for _, wrong in results if wrong)
    print(f'{len(results) - failed} passed, {failed} failed, 0 skipped')
    return 1 if failed else 0
