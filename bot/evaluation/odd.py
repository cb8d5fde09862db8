"""Texts no caller says but a line, a recogniser or a stranger may deliver; how long they take."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping

from bot.evaluation.clock import cpu_ms
from bot.evaluation.figures import Figure, Report, Target

LONGEST = 10_000
_MOST_MS = Target(50.0, at_least=False)
_WORDS = (
    "电梯 困 卡住 关在里面 出不来 着火 冒烟 没 不是 煤气 味 漏水 水管 爆了 上次 如果 演习 怎么办 晕倒 叫不醒 触电 五 栋 二 单元 "
    "幺 零 一 十 百 千 万 亿 号 楼 - 负 层 期 A 座 不对 是 我姓 李 欧阳 先生 一三八 1234 5678 就这个号码 RP 2023 1115 001 "
    "明天 下午 三点 半 以后 小时 前 了 天 周 号码 ， 。 ？ 呃 有没有 物业费 怎么收 😀 \n \t"
).split(" ")
_ALPHABETS = (
    "零一二两三四五六七八九十百千万幺洞拐0123456789点半月号年个天周.-:",
    "abcXYZ电梯ａＢ１①한국ひらがなкот مرحبا",
    "\x00\x01\x1b\u200b\u200d\ufeff\u202e\ufffd\ud800\udfff啊",
    "😀🔥👨‍👩‍👧🇨🇳\U00020000\U000e0041",
    " \n\t\r，。！？、…\u3000",
)


def odd_texts(count: int, seed: int = 0) -> Iterator[str]:
    """Yield texts of up to ``LONGEST`` characters: domain words thrown together, odd scripts.

    The same seed always gives the same texts.
    """
    chance = random.Random(seed)
    for number in range(count):
        length = int(LONGEST ** chance.random())
        if number % 4 == 0:
            words = chance.choices(_WORDS, k=length)
        elif number % 4 == 1:
            # One thing said over and over is what makes patterns backtrack.
            words = ["".join(chance.choices(_WORDS, k=chance.randint(1, 6)))] * length
        elif number % 4 == 2:
            words = chance.choices(chance.choice(_ALPHABETS), k=length)
        else:
            words = [chr(_character(chance)) for _ in range(length)]
        yield "".join(words)[:length]


def _character(chance: random.Random) -> int:
    """A code point: half of them Chinese, the rest from anywhere."""
    return chance.randint(0x4E00, 0x9FFF) if chance.random() < 0.5 else chance.randint(0, 0x10FFFF)


def score_odd(readers: Mapping[str, Callable[[str], object]], count: int = 1000) -> Report:
    """Report the longest time (processor, ms) each reader takes for any odd text.

    Args:
        readers: By name.
        count: How many texts.
    """
    longest = dict.fromkeys(readers, 0.0)
    for text in odd_texts(count):
        for name, reader in readers.items():
            longest[name] = max(longest[name], cpu_ms(reader, text)[1])
    return Report(
        [
            Figure(
                f"odd.{name}.ms",
                f"{count} 条怪文本最慢 slowest odd text, {name}",
                spent,
                "ms",
                count,
                target=_MOST_MS,
            )
            for name, spent in longest.items()
        ]
    )
