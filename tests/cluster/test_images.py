"""Images without a container engine: what is in them, and what is not copied."""

import io
import json
import tarfile
from pathlib import Path

import pytest

from localkube.containerfile import build_image, instructions
from localkube.images import (
    Image,
    blobs_of,
    layer_from,
    layout_folder,
    pack_layout,
    read_layout,
    write_layout,
)
from localkube.progress import LocalkubeError

BASE = "localhost/base:1"
TAG = "localhost/app:dev"


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    layout = layout_folder(folder, BASE)
    layer = layer_from(lambda tar: tar.addfile(tarfile.TarInfo("etc/base")), blobs_of(layout))
    write_layout(layout, BASE, Image({"Env": ["PATH=/bin"], "Cmd": ["sh"]}, (layer,)))
    return folder


@pytest.fixture
def context(tmp_path: Path) -> Path:
    folder = tmp_path / "context"
    (folder / "site" / "package" / "__pycache__").mkdir(parents=True)
    (folder / "site" / "package" / "__init__.py").write_text("")
    (folder / "site" / "package" / "__pycache__" / "stale.pyc").write_text("")
    (folder / "tool").write_text("#!/bin/sh\n")
    (folder / "tool").chmod(0o700)
    return folder


def _build(images: Path, context: Path, text: str) -> Image:
    file = context / "Containerfile"
    file.write_text(text)
    build_image(file, context, TAG, {"BASE": BASE}, images)
    return read_layout(layout_folder(images, TAG))


def _entries(layer: Path) -> dict[str, tarfile.TarInfo]:
    with tarfile.open(layer) as tar:
        return {entry.name: entry for entry in tar}


def test_files_are_copied_on_top_of_the_base(images: Path, context: Path) -> None:
    image = _build(images, context, "ARG BASE\nFROM ${BASE}\nCOPY site/ /opt/app/\nCOPY tool /bin/\n")

    assert len(image.layers) == 3
    assert "opt/app/package/__init__.py" in _entries(image.layers[1])
    assert _entries(image.layers[2])["bin/tool"].mode == 0o755


def test_compiled_files_of_the_builder_stay_out(images: Path, context: Path) -> None:
    image = _build(images, context, f"FROM {BASE}\nCOPY site/ /opt/app/\n")

    assert not any("pycache" in name for name in _entries(image.layers[1]))


def test_files_belong_to_root_and_carry_no_time(images: Path, context: Path) -> None:
    image = _build(images, context, f"FROM {BASE}\nCOPY site/ /opt/app/\n")

    assert {(entry.uid, entry.mtime) for entry in _entries(image.layers[1]).values()} == {(0, 0)}


def test_building_twice_gives_the_same_layer(images: Path, context: Path) -> None:
    text = f"FROM {BASE}\nCOPY site/ /opt/app/\n"

    assert _build(images, context, text).layers == _build(images, context, text).layers


def test_the_base_layer_is_linked_and_not_copied(images: Path, context: Path) -> None:
    base = read_layout(layout_folder(images, BASE)).layers[0]

    assert _build(images, context, f"FROM {BASE}\n").layers[0].samefile(base)


def test_layers_of_an_earlier_build_are_dropped(images: Path, context: Path) -> None:
    _build(images, context, f"FROM {BASE}\nCOPY tool /bin/\n")
    (context / "tool").write_text("changed")
    _build(images, context, f"FROM {BASE}\nCOPY tool /bin/\n")

    assert len(list(blobs_of(layout_folder(images, TAG)).iterdir())) == 4  # base, tool, config, manifest


def test_settings_are_inherited_and_replaced(images: Path, context: Path) -> None:
    text = f'FROM {BASE}\nENV A=1 PATH=/usr/bin:$A\nUSER 65532:65532\nENTRYPOINT ["python3", "-m", "app"]\n'
    settings = _build(images, context, text).settings

    assert settings["Env"] == ["A=1", "PATH=/usr/bin:"]
    assert settings["User"] == "65532:65532"
    assert settings["Entrypoint"] == ["python3", "-m", "app"]
    assert "Cmd" not in settings


def test_an_instruction_that_would_execute_something_is_refused(images: Path, context: Path) -> None:
    with pytest.raises(LocalkubeError, match="line 2: RUN is not supported"):
        _build(images, context, f"FROM {BASE}\nRUN true\n")


def test_a_file_outside_of_the_context_is_refused(images: Path, context: Path) -> None:
    with pytest.raises(LocalkubeError, match="not in the build context"):
        _build(images, context, f"FROM {BASE}\nCOPY ../images /x/\n")


def test_a_base_image_that_is_missing_is_told_with_the_command_that_makes_it(
    images: Path, context: Path
) -> None:
    with pytest.raises(LocalkubeError) as refusal:
        _build(images, context, "FROM localhost/other:1\n")

    assert "base-image" in refusal.value.hint


def test_continued_lines_are_one_instruction_with_the_number_of_the_first() -> None:
    assert instructions("# comment\nENV A=1 \\\n    B=2\n\nUSER 1\n") == [(2, "ENV A=1 B=2"), (5, "USER 1")]


def test_an_archive_leaves_out_what_the_receiver_has(images: Path) -> None:
    layout = layout_folder(images, BASE)
    layer = read_layout(layout).layers[0].name
    sink = io.BytesIO()

    pack_layout(layout, sink, without=frozenset({layer}))

    with tarfile.open(fileobj=io.BytesIO(sink.getvalue())) as tar:
        names = tar.getnames()
    assert "index.json" in names
    assert f"blobs/sha256/{layer}" not in names


def test_an_archive_carries_its_full_name_for_containerd(images: Path) -> None:
    index = json.loads((layout_folder(images, BASE) / "index.json").read_text())

    assert index["manifests"][0]["annotations"]["io.containerd.image.name"] == BASE
