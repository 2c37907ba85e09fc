"""Gathers what people can read into the catalogues of the languages, and compiles them: ``messages.py [--check]``.

With --check nothing is written: it fails, and names them, where the sources have sentences that the catalogues lack or
the other way round. It needs GNU gettext; what it compiles is committed, so that the desk needs none.
"""

import os
import sys
import tempfile
from datetime import UTC, datetime
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
CATALOGUES = ROOT / "numbers_app" / "locale"
WHENEVER = datetime(2026, 1, 1, tzinfo=UTC)  # so that the same sentences make the same file
LEFT_OUT = ["tests/*", "docs/*", "var/*", ".venv/*", "numbers_app/locale/*"]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")


def extract(root: Path, left_out: list[str]) -> Catalog:
    """What Django's own makemessages finds below the folder."""
    import django
    from django.core.management import call_command
    from django.test.utils import override_settings

    django.setup()
    here = Path.cwd()
    with tempfile.TemporaryDirectory() as folder, override_settings(LOCALE_PATHS=[folder]):
        os.chdir(root)
        try:
            call_command(
                "makemessages", locale=["es"], keep_pot=True, no_location=True, verbosity=0,
                extensions=["html", "txt", "py"], ignore_patterns=left_out,
            )  # fmt: skip
        finally:
            os.chdir(here)
        template = (Path(folder) / "django.pot").read_bytes()
    return read_po(BytesIO(template.replace(b"nplurals=INTEGER; plural=EXPRESSION", b"nplurals=2; plural=(n != 1)")))


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.parts[-3])


def ids(messages: Catalog) -> set[tuple[str | None, object]]:
    return {(message.context, message.id) for message in messages if message.id}


def save(path: Path, found: Catalog) -> list[object]:
    """The sentences in the order of the sources, with the translations that are known; returns those without."""
    known, missing = read(path), []
    header, _blank, _old = path.read_text().partition("\n\n")
    merged = read_po(BytesIO(f"{header}\n".encode()), locale=path.parts[-3])
    for message in found:
        if message.id:
            earlier = known.get(message.id, context=message.context)
            words = earlier.string if earlier and not earlier.fuzzy else ""
            if not any(words) or isinstance(words, str) == message.pluralizable:
                words = ("",) * known.num_plurals if message.pluralizable else ""
                missing.append(message.id)
            merged.add(message.id, words, context=message.context, flags=message.flags)
    body = BytesIO()
    write_po(body, merged, width=0, omit_header=True, include_lineno=False, no_location=True)
    path.write_text(f"{header}\n\n{body.getvalue().decode().strip()}\n")
    return missing


def compile_catalogue(path: Path) -> None:
    messages = read(path)
    messages.creation_date = messages.revision_date = WHENEVER
    with path.with_suffix(".mo").open("wb") as file:
        write_mo(file, messages)


def show(package: str, *left_out: str) -> int:
    """The sentences of an installed package, for the test that looks whether they are translated."""
    folder = Path(find_spec(package).origin).parent
    found = extract(folder, [f"{name}/*" for name in left_out])
    said = [message.id if isinstance(message.id, str) else message.id[0] for message in found if message.id]
    print("\0".join(said), end="")  # noqa: T201
    return 0


def main() -> int:
    if "--list" in sys.argv:
        return show(*sys.argv[2:])
    found = extract(ROOT, LEFT_OUT)
    stale = 0
    for path in sorted(CATALOGUES.glob("*/LC_MESSAGES/django.po")):
        known = read(path)
        if "--check" in sys.argv:
            for sign, differing in (("+", ids(found) - ids(known)), ("-", ids(known) - ids(found))):
                stale += len(differing)
                print(*(f"{path}: {sign} {one}" for _context, one in sorted(differing, key=str)), sep="\n")  # noqa: T201
        else:
            missing = save(path, found)
            compile_catalogue(path)
            print(path.relative_to(ROOT), f"lacks {len(missing)} translations", *missing, sep="\n")  # noqa: T201
    if stale:
        print("Run `make messages`, and translate what is new.")  # noqa: T201
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
