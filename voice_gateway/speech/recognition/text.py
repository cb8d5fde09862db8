"""Recognised text made uniform: simplified characters, plain digits, one kind of comma."""

from __future__ import annotations

import re

_TRADITIONAL = (
    "萬與東絲兩嚴個豐臨為麗舉麼義烏樂習鄉書買亂爭於雲亞產親億僅從倉儀們價眾優會傘偉傳傷倫偽體餘側債傾償"
    "兒內兌黨蘭關興養獸寫軍農馮沖決況凍淨涼減湊鳳憑凱擊創劃劉則剛別刪劑勁動務勞勢勳勻匯區醫華協單賣盧衛卻"
    "廠廳歷壓厭廁廂廈廚縣參雙發變敘葉號嘆後嚇嗎啟員聽呂問嗚鳴響啞喚嘗嘩嗆噴嘍嘯囑園圍圖圓聖場壞塊堅壇墳墜"
    "墊壘牆壯聲殼處備複夠頭夾奪奮獎妝婦媽姐嬌娛嬰孫學寧寶實寵審憲宮寬賓對尋導將爾塵嘗層屬歲島崗帥師帳簾幣"
    "幫幹並廣莊慶應廟庫廢開異棄張彌彎歸當錄徹徑禦憶憂懷態憐總戀懇惡惱懸驚懼慘慚慣憤願懶戲戰戶撲執擴掃揚擾"
    "撫拋搶護報擔擬攏揀擁攔擰撥擇掛擋擠揮損換據攜攝擺搖撐敵數齋鬥斬斷無舊時曠曬晝顯暫術機殺雜權條來楊極構"
    "槍櫃標棧欄樹樣檔橋橫樓檢歡歐殘毆毀氣漢湯溝沒淚澤潔灑淺測濟渾濃塗濤潤澇漲漬漸漁滲溫灣濕潰濺滾滿濾濫濱"
    "滅燈靈災爐點煉熱煩燒燙營牽狀獨獅獄獲環現瑪電畫暢療瘋癢瘡癥皺盤監蓋盜盞睜瞞礦碼磚確碍禮禍禪離種積稱稅"
    "穩窮竊窯競筆築簽簡籃類糧糾紅約級紀緯純紙紗納縱紛紋紡線練組細織終絆經綁結繞給絡絕統絹繡繼績緒續維綿網緊"
    "緩編緣縮繳罰羅聯聰職肅腸膚腎腫脹脈脅腦腳脫臉臘臟艱藝節蘇蘋範薦藥蓮虛蟲雖蝦補襯襲裝褲見觀規覓視覽覺觸譽"
    "計訂認討讓訓議訊記講許論設訪證評識訴診詞譯試詩話誠該詳語誤說請諸課誰調談謀謊謝謹謎譴豎貓貝負財責賢敗貨質"
    "販貪貧購貴貸費賀賊資賬賭賞賠賴贏趕趙趨躍踐蹤車軌軟轉輪輕載較輔輛輸轟辦辭邊達遷過運還這進遠違連遲適選遺鄰"
    "醬釋裡針釘釣鈔鋼鑰鐘鈴鉛銀鋪鏈銷鎖鍋錯錢錘鍵鎮鏡長門閃閉間悶閘鬧聞閥閱闖陽陰陣階際陸陳險隨隱隻難霧靜韓"
    "頁頂項順須顧頓預領頻題額顏風飄飛飯飲飽餓館饅馬駕駛驗騎騙騷魚鮮鳥雞鴨麥黃齊齒齡龍龜衝灘鹼籠屍喪臺檯著迴錶麽説衞綫裏為爲啓産"
)
_SIMPLIFIED = (
    "万与东丝两严个丰临为丽举么义乌乐习乡书买乱争于云亚产亲亿仅从仓仪们价众优会伞伟传伤伦伪体余侧债倾偿"
    "儿内兑党兰关兴养兽写军农冯冲决况冻净凉减凑凤凭凯击创划刘则刚别删剂劲动务劳势勋匀汇区医华协单卖卢卫却"
    "厂厅历压厌厕厢厦厨县参双发变叙叶号叹后吓吗启员听吕问呜鸣响哑唤尝哗呛喷喽啸嘱园围图圆圣场坏块坚坛坟坠"
    "垫垒墙壮声壳处备复够头夹夺奋奖妆妇妈姐娇娱婴孙学宁宝实宠审宪宫宽宾对寻导将尔尘尝层属岁岛岗帅师帐帘币"
    "帮干并广庄庆应庙库废开异弃张弥弯归当录彻径御忆忧怀态怜总恋恳恶恼悬惊惧惨惭惯愤愿懒戏战户扑执扩扫扬扰"
    "抚抛抢护报担拟拢拣拥拦拧拨择挂挡挤挥损换据携摄摆摇撑敌数斋斗斩断无旧时旷晒昼显暂术机杀杂权条来杨极构"
    "枪柜标栈栏树样档桥横楼检欢欧残殴毁气汉汤沟没泪泽洁洒浅测济浑浓涂涛润涝涨渍渐渔渗温湾湿溃溅滚满滤滥滨"
    "灭灯灵灾炉点炼热烦烧烫营牵状独狮狱获环现玛电画畅疗疯痒疮症皱盘监盖盗盏睁瞒矿码砖确碍礼祸禅离种积称税"
    "稳穷窃窑竞笔筑签简篮类粮纠红约级纪纬纯纸纱纳纵纷纹纺线练组细织终绊经绑结绕给络绝统绢绣继绩绪续维绵网紧"
    "缓编缘缩缴罚罗联聪职肃肠肤肾肿胀脉胁脑脚脱脸腊脏艰艺节苏苹范荐药莲虚虫虽虾补衬袭装裤见观规觅视览觉触誉"
    "计订认讨让训议讯记讲许论设访证评识诉诊词译试诗话诚该详语误说请诸课谁调谈谋谎谢谨谜谴竖猫贝负财责贤败货质"
    "贩贪贫购贵贷费贺贼资账赌赏赔赖赢赶赵趋跃践踪车轨软转轮轻载较辅辆输轰办辞边达迁过运还这进远违连迟适选遗邻"
    "酱释里针钉钓钞钢钥钟铃铅银铺链销锁锅错钱锤键镇镜长门闪闭间闷闸闹闻阀阅闯阳阴阵阶际陆陈险随隐只难雾静韩"
    "页顶项顺须顾顿预领频题额颜风飘飞饭饮饱饿馆馒马驾驶验骑骗骚鱼鲜鸟鸡鸭麦黄齐齿龄龙龟冲滩碱笼尸丧台台着回表么说卫线里为为启产"
)
_SIMPLIFY = str.maketrans(_TRADITIONAL, _SIMPLIFIED)
# Whisper spells full-width punctuation with two tokens and now and then gets the second wrong:
# the full-width letter or digit that results was meant as a comma. Real ones come out narrow.
_MISSPELT = {code: "，" for code in range(0xFF10, 0xFF5B) if chr(code).isalnum()}

_SPACE_BY_HAN = re.compile(r"(?<=[一-鿿])\s+|\s+(?=[一-鿿])")
_BREAKS = re.compile(r"[^\w\s%.·:-]+|(?<!\d)[.:-]|[.:-](?!\d)|_+")


def normalise(text: str) -> str:
    """Return text as the rest of the house reads it.

    Traditional characters that a Mandarin model slips in are simplified, spaces beside characters
    removed, and every run of punctuation between clauses becomes one ``，``; none is left at the
    ends. A hyphen between digits stays: ``5-2-1001``.
    """
    text = text.replace("�", "，").translate(_MISSPELT).translate(_SIMPLIFY)
    text = _SPACE_BY_HAN.sub("", text)
    pieces = (piece.strip() for piece in _BREAKS.sub("，", text).split("，"))
    return "，".join(piece for piece in pieces if piece)


def spoken_length(text: str) -> int:
    """Return the number of characters that were spoken, punctuation left out."""
    return sum(char.isalnum() for char in text)
