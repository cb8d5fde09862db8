"""Chinese names of the enums an agent sees."""

from __future__ import annotations

from zhiban.emergencies import EMERGENCY_LABELS

KINDS = {
    **EMERGENCY_LABELS,
    "human": "要求转人工",
    "manager": "要求找经理",
    "caller_asked": "要求转人工",
    "manager_asked": "要求找经理",
    "not_understood": "机器人没听懂",
    "dialogue_down": "机器人故障",
    "complaint_escalated": "投诉升级",
    "identity_failed": "身份未核实",
    "unsatisfied": "回访不满意",
}
STATES = {
    "requested": "等待接听",
    "offered": "正在振铃",
    "declined": "已拒接，找下一位",
    "timed_out": "无人接听，找下一位",
    "busy": "改派中",
    "agent_lost": "坐席断线，重新找人",
    "accepted": "接通中",
    "briefing": "播报中",
    "bridged": "通话中",
    "returned": "已转回机器人",
    "caller_left": "业主已挂断",
    "callback_due": "待回拨",
    "closed": "已办结",
}
ROLES = {
    "agent": "坐席",
    "backup": "备岗",
    "leader": "班长",
    "manager": "经理",
    "admin": "管理员",
}
PRESENCE = {
    "ready": "就绪",
    "away": "离开",
    "dnd": "请勿打扰",
    "busy": "通话中",
    "ringing": "振铃",
}
PARTS = {
    "owner": "主接",
    "consult": "商量",
    "third": "三方",
    "three_way": "三方",
    "join": "三方",
    "listener": "监听",
    "listen": "监听",
    "coach": "耳语指导",
}
INVITATIONS = {"consult": "想请教您", "three_way": "请您加入通话"}
CATEGORIES = {
    "fee_inquiry": "费用咨询",
    "parking": "停车",
    "renovation_rules": "装修规定",
    "community_rules": "小区规定",
    "other_inquiry": "其他咨询",
    "repair_public": "公共报修",
    "repair_indoor": "户内报修",
    "repair_paid": "有偿维修",
    "leak": "漏水",
    "power_fault": "停电故障",
    "lift_fault": "电梯故障",
    "door_access": "门禁",
    "complaint_service": "投诉·服务",
    "complaint_quality": "投诉·质量",
    "complaint_repair": "投诉·维修",
    "complaint_facility": "投诉·设施",
    "complaint_environment": "投诉·环境",
    "complaint_noise": "投诉·噪音",
    "complaint_fee": "投诉·费用",
    "complaint_other": "投诉·其他",
    "security": "安防",
    "suggestion": "建议",
    "housekeeping": "家政",
    "value_added": "增值服务",
    "callback": "回电",
    "emergency": "紧急",
}
TICKET_STATES = {
    "incomplete": "待补全",
    "open": "待派单",
    "dispatched": "已派单",
    "in_progress": "处理中",
    "done": "已完成",
    "closed": "已关闭",
    "reopened": "重开",
    "withdrawn": "已撤销",
}
FLAGS = {
    "elderly": "老人",
    "elderly_alone": "独居老人",
    "infant": "婴幼儿",
    "pregnant": "孕妇",
    "disabled": "行动不便",
    "patient": "病人",
    "vip": "重点关怀",
    "complaint_repeat": "多次投诉",
}
DECLINE_REASONS = {
    "on_other_call": "正在处理别的电话",
    "not_my_area": "不是我的业务",
    "cannot_hear": "耳麦故障",
    "leaving": "即将离岗",
}
