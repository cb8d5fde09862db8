"""The one closed question to ask when the spotter is unsure (SCR-023).

Anything but a clear no is then put through.
"""

from bot.language.emergency.kinds import EmergencyKind

QUESTIONS: dict[EmergencyKind, str] = {
    EmergencyKind.ELEVATOR_TRAPPED: "请问现在是不是有人困在电梯里？",
    EmergencyKind.FIRE: "请问现在是不是着火了，或者在冒烟？",
    EmergencyKind.GAS_LEAK: "请问您现在是不是闻到了燃气味？",
    EmergencyKind.BURST_PIPE: "请问水现在是不是还在往外喷，止不住？",
    EmergencyKind.ELECTRIC_HAZARD: "请问现在是不是有人触电，或者电线在冒火花？",
    EmergencyKind.MEDICAL: "请问现在是不是有人需要急救？",
    EmergencyKind.VIOLENCE_INTRUSION: "请问现在是不是有人正受到伤害或者威胁？",
    EmergencyKind.FALLING_OBJECT: "请问是不是有人被砸到，或者东西随时会掉下来？",
    EmergencyKind.FLOOD: "请问现在是不是还在进水，水越来越深？",
}


def question_for(kind: EmergencyKind) -> str:
    """The closed question for a kind, in Chinese, ready to be spoken."""
    return QUESTIONS[kind]
