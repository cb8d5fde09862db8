"""Words that tell one matter from the next: what it is about, what is wrong, what joins two.

Data of ``bot.language.matters``. Phrases are found by sound too, except those marked ``=``, whose
sound is also that of something ordinary (水管 and 谁管, 对了 and 堆了).
"""

from __future__ import annotations

import re

TOPICS = {
    "light": "=灯 灯泡 灯管 路灯 楼道灯 声控灯 感应灯 吸顶灯",
    "socket": "插座 =开关 插排",
    "tap": "水龙头 =龙头 花洒 淋浴头? 角阀",
    "pipe": "=水管 =管道 =管子 总?阀门",
    "drain": "下水(道|管|口) =下水 地漏",
    "toilet": "马桶 坐便器? 蹲(坑|便) =水箱",
    "basin": "水槽 洗(手|脸|菜)(池|盆|台) 台盆 水池子?",
    "heater": "热水器 壁挂炉",
    "stove": "燃气灶 煤气灶 灶台 打火灶",
    "radiator": "=暖气 暖气(片|管) 地暖",
    "aircon": "空调 外机",
    "hood": "抽?油烟机 抽烟机 排气扇 换气扇 排风扇 浴霸",
    "appliance": "洗衣机 冰箱 电视机?",
    "intercom": "对讲机? 紧急呼叫",
    "gate": "单元门 =门禁 闸机 梯控 小区大门 自动门 可视门铃",
    "barrier": "=道闸 抬杆 车牌(识别)?",
    "door": "门锁 =房门 防盗门 入户门 门把手 锁芯 密码锁 指纹锁 柜门",
    "window": "窗户 =窗子 纱窗 推拉门",
    "wall": "墙皮 墙面 墙壁 外墙 天花板 吊顶 =墙 =墙角 阳台顶",
    "floor": "地板 地砖 瓷砖 =地面 木地板",
    "lift": "电梯",
    "gas": "燃气 天然气 煤气",
    "net": "网络 宽带 =网 机顶盒",
    "fee": "物业费 管理费 公摊费? 取暖费 暖气费 垃圾费 维修基金 滞纳金",
    "water_fee": "=水费 =电费 水电费 =燃气费",
    "invoice": "发票 收据",
    "parking": "车位 停车(费|位|卡|证|场)? 月租车?",
    "charging": "充电桩 电动车 电瓶车",
    "card": "门禁卡 电梯卡 门卡 钥匙 人脸",
    "renovation": "装修",
    "rubbish": "垃圾",
    "cleaning": "=保洁 =卫生",
    "guard": "=保安 门卫 岗亭",
    "staff": "=管家 =前台 =客服 工作人员",
    "dog": "=狗 遛狗 狗屎 流浪狗 流浪猫 野猫",
    "pest": "蟑螂 老鼠 =蚊子 白蚁 =虫子",
    "parcel": "=快递 快递柜",
    "green": "=树 树枝 草坪 =绿化 花坛 灌木",
    "playground": "健身器材 滑梯 秋千 游乐(场|区|设施)",
    "pool": "游泳池 =泳池 健身房 会所",
    "camera": "监控 摄像头",
    "road": "=路面 井盖 减速带 =台阶 =扶手 =栏杆 =围栏",
    "housework": "=家政 擦玻璃 开荒 钟点工 月嫂 保姆",
    "moving": "=搬家 放行条",
    "residence": "居住证 暂住证 入住证明",
    "corridor_stuff": "=杂物 堆(放|的)东西 鞋柜",
    "hire": "租出去 =出租 =租房 =卖房",
    "meter": "=水表 =电表 =气表",
    "theft": "小偷 =偷",
}
"""Things callers call about."""

IMPLIED = {
    "power": "=没电 =没有电 =停电 =跳闸 电闸(也|都|又|老)?跳 =断电",
    "supply": "=停水 停水停电 =没水 =没有水 水压(太|很|特别)?(小|低) 水(发|变)?黄 水(太|很)浑",
    "noise": "噪音 广场舞 敲墙 电钻 =扰民",
    "drain": "下水(太|很|特别|有点)?慢 =下水不畅",
    "smell": "=有味 =臭味 =臭死 =很臭 =太臭 =异味 =返臭 =返味 有股味 一股味",
    "danger": (
        "=着火 =起火 =失火 =困人 =被困 =困在 =困住 =晕倒 =昏倒 =打人 =打架 =拿刀 =撬门 =触电 =爆炸 =煤气味 =燃气味 "
        "=天然气味 漏煤气 煤气泄漏 燃气泄漏 喘不上气 =摔倒 =救命 =爆管 水管爆 =漏电"
    ),
    "dirt": "没人(打)?扫 =太脏 =很脏 没人清理?",
    "neighbour": "高空抛物 占(了|用)?(我|楼道|消防|通道) 违建 群租",
    "hours": "几点(上班|下班|开门|关门|开始办公) 上班到几点 什么时候(上班|下班|开门|办公)",
    "manners": "态度(太|很|特别|极其|非常)?(差|恶劣|不好|凶)",
}
"""Words that say what is wrong and thereby what it is about."""

FAULTS = {
    "leak": "=漏 =漏水 =渗水 =滴水 =渗 滴答 (一直|老|在|老是|不停)(流|滴) 往下淌 =爆了 =爆裂",
    "blocked": "=堵 =堵了 =不通 =堵住 下不去 =返水 倒灌 =溢",
    "dead": (
        "=坏 =坏了 =坏掉 老(是)?(坏|卡|停|掉|跳|堵) 不亮 不制冷 不制热 不热 =不转 不出(水|风|热水) 不工作 =不动 没反应 =失灵 =不灵 =失效 "
        "用不了 不能用 没法用 刷不(开|上|了) 打不(开|着|上) 开不(开|了|开门) 关不(上|住|严|紧|了) "
        "锁不(上|住) 按不(动|了) 不好(使|用) 没信号 出(了|点)?问题 出(了)?故障 有(点|些)?问题 "
        "进不(去|来) 上不(了|去)网 =停了 停运 停用 识别不(了|到|出来?) =连不上 抽不(动|上|走) 冲不(下去|动|干净|了水?) "
        "=一闪一闪 =老闪 =卡住 不凉 =没暖气 没热水 =没气"
    ),
    "broken": (
        "裂(了|开|缝) =掉(了|下来|皮|漆) =脱落 =松了 =松动 =断了 =断 =碎了 =碎 生锈 =变形 =烂了 鼓包 起皮 "
        "翘起来? =塌 发霉 =歪了 =倒了 =冒烟"
    ),
    "sound": "异响 =嗡嗡 =响 咯吱 哐当 =吱吱 =抖",
}
"""Something does not work."""

COMPLAINTS = (
    "太吵 吵死 很吵 吵得 =吵 没人管 不管 没人来 不作为 =投诉 不合理 乱收费? 多收 乱(停|扔|放|堆|丢|贴) 占着? =堆满 堆(着|了|在) 骂人 不负责 "
    "睡觉 没人(收|修|处理|理|倒|捡|牵) 不(打扫|牵绳|拴绳) 没(牵绳|拴绳) =满了 到处都是 =乱叫 叫个不停 一直叫 "
    "=太差 =太慢 =不让进 凭什么 =抽烟 =拉屎 =太乱"
)
"""Something is not as it should be."""

QUESTIONS = (
    "怎么(交|办|收|算|弄|装|补|领|用|去|扔|开通|缴纳|绑|改|换|拿|取|打印|申请|缴|开|走|报名?|联系|停|续|退|查|登记|处理|预约|打) 怎样 多少钱? 几(点|号|块|层|折) "
    "什么时候 啥时候 什么时间 在(哪|哪儿|哪里|什么地方) 去哪(儿|里)? 哪(儿|里|个|天) 多久 "
    "能不能 可不可以 可以(不可以)?吗 要不要 需不需要 有没有 =谁 需要(什么|带|哪些) 要(什么|带|哪些) 什么(手续|流程|材料|规定|标准) "
    "怎么个 =吗 =没有呢 允许 给不给 让不让 还有(没有|没) 什么价 =收费吗 贵不贵 啥(手续|流程|价) 咋(交|办|弄|收|整|算)"
)
"""Something is asked."""

WISHES = (
    "想(办|装|换|约|请|租|申请|找|加|开|补|买|订|洗|取|借|查|做|登记|取消|退) 预约 建议 希望 "
    "帮(我|忙|我们)(修|换|看|通|办|约|查|装|弄|清|擦|登记|取|代|处理) 麻烦(修|换|看|通|查|帮) "
    "来人(修|换|看|通) (要|得|需要)(修|换|办|补|装|找人修)(一下|一个|个|一张|张)? 修(一修|一下|下|修) "
    "换(一下|个|一个|下) 通(一下|下) 看(一下|看) 处理(一下|下) 清理(一下|下) 办(一张|张|个|一个) 补(一张|张|个|办)"
)
"""Something is wanted."""

ANNOUNCED = "(想|要|来)?(问一?问|咨询|了解|打听|反映|投诉)(一下|下|一个|个)? 想问(一下|下|一个|个)? 请问(一下|下)? 关于 查(一下|下|一查)"
"""Something is wanted of what is named next."""

NOT_THERE = (
    "没(有)?(坏|漏|堵|响|断|裂|停|掉) 不(漏|堵|响|吵|臭) 修好了? 好了 恢复了 没(有)?(漏电|着火|煤气味|困人) 不是坏 没问题 没有问题 弄坏 "
    "卫生间 有没有电话 打爆 手机(快|也)?没电 红灯 绿灯 指示灯 漏(油|风|音|网|报|掉) 有没有(道理|搞错|良心|人管|办法|完) 怎么(回事|了|搞的|这样) 怎么不 怎么还 怎么又 怎么老 哪(有|能|知道) 谁知道 谁(家|也|都|受得了) 什么都 是吗 吗的 "
    "多少(次|遍|回|人|年) 干什么吗 占地方 占线 漏了没 有没有人 多久没 好多久 不管(怎么|是|怎样|什么|谁)"
)
"""Looks like a fault or a question and is none."""

STRONG = (
    "另外(呢|的话|啊|还有|再|就是|一个事|一件事|还有一?个?件?事)? 此外 除此之外 除了这个 =对了 =对啦 =哦对 "
    "还有(一个|个|一件|件|一|几个|两个)(事情?|问题|情况|东西) 还有就是 还有一件 还有一个是? "
    "=再一个(就是|是|呢)? 再有(就是|一个就是|一个|呢) =再就是 =再者 =再来就是? =其次 "
    "还(想|要|得)(再)?(问|说|反映|咨询|投诉|报|麻烦|跟你们?说)(一下|一个|下|个)? "
    "再(问|咨询|反映|投诉|报)(一下|个|一个|下)? 再跟你们?(说|讲|反映)(一下|个|一个)? "
    "=另外一个(是|事|问题) 另一(件|个)(事|问题)"
)
"""What follows is another matter."""

ASIDE = (
    "顺便(问一?下?|再|帮我|看一?下?|说一?下?|也)? 顺带(着|问一?下?|再)? 捎带着? =再帮(我|忙) 再麻烦"
)
"""What follows is another matter if it names one."""

WEAK = "还有 =然后 =而且 并且 =再有 =完了 =同时 =以及 =再加上 =加上"
"""What follows may be another matter."""

NO_JOINT = (
    "另外(一(部|台|户|家|栋|间|边|头|层|套|辆|半|条|面|扇|侧|位|张)|那|半|几|两|的|三) =再一个(小时|星期|月|钟头|单元) "
    "=说对了 =核对了 =不对了 =对了(吗|么|没|吧|半|几|三|两|好|账|表) 还有(没有|没|点|一点|些|一些|味|多久|多少|人在) =一个(事|月)"
)
"""Sounds like a joint and is none."""

ITEMS = (
    "=第(一|二|三|四)(个|件|点)?(就)?是? =第(一|二|三|四)(个|件|点)?(问题|事情?) =一是 =二是 =三是 =首先 =其次 =最后 "
    "=一个(呢|就)?是 =另一个(呢|就)?是 =再一个(呢|就)?是?"
)
"""Items of an enumeration: with two of them, each after the first is another matter."""

KIN = (
    "light socket power",
    "tap basin pipe leak supply",
    "drain basin pipe leak blocked toilet smell",
    "toilet pipe leak smell supply",
    "heater tap gas supply pipe leak",
    "stove gas hood smell",
    "radiator pipe leak supply heater",
    "aircon leak power",
    "lift card camera moving smell intercom",
    "gate intercom door",
    "gate card guard door neighbour",
    "door card",
    "barrier parking guard card",
    "charging power neighbour parking",
    "fee invoice staff meter water_fee",
    "water_fee meter invoice",
    "invoice parking",
    "rubbish smell dirt pest cleaning corridor_stuff staff",
    "dog smell dirt noise green",
    "noise renovation neighbour guard staff",
    "renovation rubbish neighbour wall fee",
    "wall floor window leak smell",
    "camera theft guard",
    "manners staff guard cleaning",
    "moving guard parking",
    "neighbour corridor_stuff guard staff smell",
    "parcel guard theft",
    "housework window floor rubbish dirt",
    "meter pipe power leak",
    "camera parking",
    "road green",
    "door theft",
    "hours staff",
)
"""Things of which one is a part or a sign of the other."""

EFFECTS = {
    "leak": "floor wall light socket power lift door appliance smell supply noise water_fee meter window hood gate",
    "blocked": "floor smell toilet basin drain leak pest supply",
    "power": "light socket aircon heater net lift gate hood appliance supply radiator barrier charging camera",
    "supply": "tap toilet heater appliance drain",
    "sound": "noise smell",
    "broken": "leak wall floor window noise",
    "smell": "window",
}
"""Faults and what they make go wrong: even after 还有 no matter of its own."""

LOOSE_EFFECTS = {
    "lift": "parcel moving noise",
    "renovation": "noise wall lift rubbish leak supply power dirt floor net pipe",
    "noise": "wall window",
    "net": "appliance camera",
    "rubbish": "pest smell lift",
    "gate": "theft parcel",
    "camera": "theft",
    "dog": "lift cleaning",
}
"""Things and what they bring with them, unless a joint sets it off."""

# What a clause begins with that goes on with the same matter.
GOES_ON = re.compile(
    r"不对|不是|错了|说错|应该是|也?不知道?是不是|是不是|会不会|可能|估计|怕是|好像是|我?怀疑|我?觉得|我?感觉|"
    r"结果|所以|导致|害得|弄得|搞得|连|因为|由于|比如|例如|就像|像|譬如|就是|都|其实|本来|而不是|但|可是?|不过|除了|"
    r"要不|不然|如果|万一|要是|反正|你看|你说|什么|.{1,5}的话"
)
# Asked or wanted about the matter that was just told, not another one.
FOLLOW_UP = re.compile(
    r"来(?:人|修|看|不|吗|啊|$)|修好|收费|要钱|多少钱|费用|怎么办|咋办|快点|上门|派人|师傅|处理|解决|"
    r"回(?:个)?电话|联系|等|到$"
)
# Why should I pay: an argument, no question about fees.
ARGUES = re.compile(r"凭什么|还收|还要收|白交|都交了|不想交|不交")
# Everything is bad: what follows are examples.
EVERYTHING = re.compile(
    r"(?:什么|啥|哪样)(?:事情?)?(?:都|也)(?:不管|不干|不做|没人管)|不作为|服务(?:太|很|真)?差|"
    r"(?:收|拿)了?钱不|物业费(?:都|白|年年)?交|没有?一样"
)
