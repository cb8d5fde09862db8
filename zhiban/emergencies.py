"""Chinese names of emergency kinds, as callers, agents and tickets read them."""

from __future__ import annotations

EMERGENCY_LABELS: dict[str, str] = {
    "elevator_trapped": "电梯困人",
    "fire": "火灾",
    "gas_leak": "燃气泄漏",
    "burst_pipe": "水管爆裂",
    "electric_hazard": "漏电触电",
    "medical": "医疗急救",
    "violence_intrusion": "暴力或闯入",
    "falling_object": "高空坠物",
    "flood": "大面积进水",
}
"""By the kind's name in the contracts."""
