"""A classifier trained in a moment on a few sentences, packed as the real trainer packs its own."""

from __future__ import annotations

import io
import math
import tarfile
from pathlib import Path

from bot.language.fragments import fragments_of
from bot.language.intents import WEIGHTS_FILE, IntentReader
from bot.language.linear import read_model, softmax, write_model
from bot.language.pinyin import sounds_of

SENTENCES = {
    "leak": "厨房水管漏水 卫生间天花板渗水 水龙头关了还滴水 家里漏水了 阳台顶上在滴水 楼上漏水漏到我家",
    "lift_fault": "电梯坏了 电梯停运了 电梯按钮不亮 电梯一直晃 电梯有异响 二单元电梯不动了",
    "fee_inquiry": "物业费怎么收 物业费多少钱 怎么交物业费 水费怎么算 物业费能开发票吗 滞纳金怎么算",
    "parking": "停车费多少钱 怎么办月卡 车位怎么租 访客车怎么进 地下车位多少钱 停车月卡怎么续",
    "complaint_noise": "楼上半夜太吵了 装修噪音太大 广场舞吵得睡不着 邻居家狗一直叫 楼上天天蹦吵死了 夜里施工太吵",
    "ticket_progress": "我报的修怎么样了 师傅什么时候来 上次的事处理了吗 查一下工单进度 维修到哪一步了 我的报修有结果了吗",
    "human_request": "转人工 我要找人工 帮我转人工客服 给我接人工 叫个真人来 我要人工服务",
    "emergency_fire": "着火了 家里冒烟了起火了 楼道着火快来人 厨房烧起来了 我家着火了 有明火烧起来了",
    "greet": "你好 您好 喂你好 你好啊 喂 早上好",
}
"""By intent, separated by spaces."""

_ROUNDS = 30
_STEP = 0.5


def train_tiny(path: Path) -> IntentReader:
    """Fit a linear model to ``SENTENCES`` by gradient steps, write it and read it back."""
    labels = sorted(SENTENCES)
    examples = [
        (fragments_of(sounds_of(text)), labels.index(intent))
        for intent in labels
        for text in SENTENCES[intent].split()
    ]
    rows: dict[str, list[float]] = {f: [0.0] * len(labels) for found, _ in examples for f in found}
    for _ in range(_ROUNDS):
        for found, right in examples:
            scale = 1 / math.sqrt(len(found))
            scores = [
                scale * sum(weights) for weights in zip(*(rows[f] for f in found), strict=True)
            ]
            for place, chance in enumerate(softmax(scores)):
                step = _STEP * ((place == right) - chance)
                for fragment in found:
                    rows[fragment][place] += step
    write_model(path, labels, [0.0] * len(labels), rows)
    return IntentReader(read_model(path.read_bytes()))


def pack(weights: Path, archive: Path) -> Path:
    """Put weights where a trained model's archive has them, among other things."""
    with tarfile.open(archive, "w:gz") as files:
        for name, content in (
            ("metadata.json", b"{}"),
            (f"components/train_classifier/{WEIGHTS_FILE}", weights.read_bytes()),
        ):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            files.addfile(member, io.BytesIO(content))
    return archive
