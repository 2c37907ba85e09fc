"""Where the files are that pages load: as WhiteNoise says, and worked out once."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import override_settings
from whitenoise.storage import CompressedManifestStaticFilesStorage

from leadway_site.static_files import KnownAddresses

NAME = "numbers_app/desk.css"
COLLECTED = "numbers_app/desk.0123456789ab.css"


@pytest.fixture
def storage(tmp_path: Path) -> KnownAddresses:
    """Files that were collected: the manifest tells what each is called now."""
    manifest = f'{{"paths": {{"{NAME}": "{COLLECTED}"}}, "version": "1.1", "hash": ""}}'
    (tmp_path / "staticfiles.json").write_text(manifest)
    return KnownAddresses(location=tmp_path, base_url="/static/")


def test_address_names_what_is_in_the_file(storage: KnownAddresses) -> None:
    assert storage.url(NAME) == f"/static/{COLLECTED}"


def test_address_is_worked_out_once(storage: KnownAddresses, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str | None] = []
    work_out = CompressedManifestStaticFilesStorage.url

    def note(self: CompressedManifestStaticFilesStorage, name: str | None, force: bool = False) -> str:
        asked.append(name)
        return str(work_out(self, name, force))

    monkeypatch.setattr(CompressedManifestStaticFilesStorage, "url", note)

    assert storage.url(NAME) == storage.url(NAME)
    assert asked == [NAME]


def test_address_of_a_file_that_is_not_there_is_refused_each_time(storage: KnownAddresses) -> None:
    for _each in range(2):
        with pytest.raises(ValueError, match="Missing staticfiles manifest entry"):
            storage.url("numbers_app/nothing.css")


def test_developer_is_given_the_file_as_it_lies_there(storage: KnownAddresses) -> None:
    assert storage.url(NAME) == f"/static/{COLLECTED}"

    with override_settings(DEBUG=True):
        assert storage.url(NAME) == f"/static/{NAME}"
