"""What the tests of holds have measured, as a table for people."""

from support.paths import ROOT

FOLDER = ROOT / "build" / "test-results"
HEAD = ("| web server, configuration | keeper | hops and hand-offs | of them seen by the client "
        "| longest held |\n|---|---|---:|---:|---:|\n")


def write_measured(file, rows):
    """rows: HeldRows that have run"""
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / file).write_text(HEAD + "".join(map(line_of, rows)))


def line_of(row):
    try:
        longest = f"{max(row.held_seconds().values()):.1f} s"
    except (OSError, ValueError):
        longest = "-"
    result = "" if row.failure is None else " (failed)"
    return (f"| {row.name}{result} | {', '.join(row.keepers()) or '-'} | {row.hand_offs()} "
            f"| {row.redirects()} | {longest} |\n")
