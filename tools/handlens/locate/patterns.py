"""The grammar of descriptions, as regular expressions over folded text. Quoted parts stand in it as marks."""

from __future__ import annotations

import re

from handlens.locate.vocabulary import CONTAINERS, ORDINALS

ROW = "row|line|entry|record|list item|item|card|tile|message|post|comment|email|mail|listing|task|file|product|conversation|thread|notification"
QUOTES = re.compile(
    r"“([^”]{1,200})”|「([^」]{1,200})」|『([^』]{1,200})』|‘([^’]{1,200})’|《([^》]{1,200})》|\"([^\"]{1,200})\"|`([^`]{1,200})`|(?<!\w)'([^']{1,200})'(?!\w)"
)
MARK = re.compile("\ue000(\\d+)\ue001")
VERBS_EN = re.compile(
    r"^(?:please |now |then |i want to |i'd like to |can you |could you |go ahead and |find and )*"
    r"(?:(?:left[- ]|right[- ]|double[- ])?click(?: on)?|press(?: on)?|tap(?: on)?|hit|choose(?! (?:an? |the )?files?\b)|pick(?! (?:an? |the )?files?\b)|push|activate|focus(?: on| into)?|go(?: back)? to|return to|navigate to|jump to|switch over to|show me|take me to|hover(?: over)?|find|locate|select(?! all| (?:an? |the )?files?\b)|switch to|check|tick)\s+(?=\S)"
)
VERBS_ZH = re.compile(
    r"^(?:请|帮我|麻烦|我要|我想)*(?:切换到|切换至|跳转到|转到|前往|点击一下|单击|双击|右击|点击|点一下|点按|点开|点|按下|按一下|选择(?!全部|所有|文件)|选中|勾选|聚焦到?|找到) ?(?=\S)"
)
_MEASURE = "封条张篇份件位本部款台只枚幅段则首笔"
MEASURED_ZH = re.compile(rf"(?<=[这那该此某])[{_MEASURE}]|(?<=[这那该此某])一[{_MEASURE}个]")
"""Words that count what follows: 这封邮件 is this mail."""
STEP_ZH = re.compile(rf"(?<!第)([上下前后]一)[{_MEASURE}](?=.)")
"""上一封邮件 goes one mail back."""
NAME_EN = re.compile(
    r"\b(?:(?:which |that )?(?:is |are )?(?:labell?ed|named|called|titled|captioned|marked)(?: with| as)?|(?:that |which )?(?:says|reads)|saying|reading|with (?:the |a )?(?:text|label|name|title|caption|words?|placeholder|value)s?(?: of)?|whose (?:label|name|text|title|value) is)\s+"
)
NAME_ZH = re.compile(
    r"(?:名为|名叫|叫做|叫作|名称为|名称是|名字是|名字叫|标有|标着|标为|写着|写有|显示为|文字为|文字是|文本为|标签为|标签是|标题为|内容为|占位符为)"
)
NOT_EN = re.compile(
    r"(?:,|;|\(|\b(?:but|and|that is|which is|that's|who is))?\s*\b(?:(?:not|except|excluding)(?: for)?|other than|rather than|instead of)\b\s*(?:the one |the )?(?P<what>[^,;)]+)\)?"
)
NOT_ZH = re.compile(
    r"[，,；(（]?(?:但|而)?(?:不是|除了|而非|并非|不要|不在)(?P<what>[^，,；)）]+)[)）]?(?:以外|之外)?(?:的那个|的)?"
)

_WITH = r"(?:of|for|with|containing|that (?:contains|has|says|reads)|named|called|labell?ed|titled|about|from|by|where|whose \w+ is|which (?:contains|has))"
CONTAINER_WORDS = "|".join(re.escape(w) for w in sorted((w for w in CONTAINERS if w.isascii()), key=len, reverse=True))
_ORDINAL_WORDS = "|".join(ORDINALS)
_ASIDE = r"\b(?:above|below|under|beneath|over|beside|between|near|next|left|right|before|after|inside|within)\b"
RELATIONS_EN: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        ("row_nth", rf"\b(?:in|on|at|from|of|for) (?:the )?(?P<nth>{_ORDINAL_WORDS}) (?:{ROW})\b(?: of the (?:table|list))?"),
        ("row_nth", rf"\b(?:in|on|of|for|from) (?:the )?(?P<nth>{_ORDINAL_WORDS}) \w+$"),
        ("row", rf"\b(?:in|on|at|from|of|for|within|inside|next to|beside) (?:the |this |that )?(?:same )?(?:table )?(?:{ROW}) {_WITH}(?: the)?\b"),
        ("row_pre", rf"\b(?:in|on|at|from|of|for|within|inside) (?:the )?(?P<what>(?!(?:an?|any|this|that) (?:{ROW})\b)(?:(?!{_ASIDE})[^,])+?)(?:'s)? (?:{ROW})\b(?! \w)"),
        ("before", r"\bin front of(?: the)?\b"),
        ("left", r"\b(?:just |directly |immediately )?(?:on|to|at)? ?(?:the )?left(?:-hand side| side)? (?:of|from)(?: the)?\b"),
        ("right", r"\b(?:just |directly |immediately )?(?:on|to|at)? ?(?:the )?right(?:-hand side| side)? (?:of|from)(?: the)?\b"),
        ("above", r"\b(?:just |directly |immediately |right )?(?:above|over|on top of)(?: the)?\b"),
        ("heading", r"\b(?:under|below|beneath|in|following)(?: the)? (?:heading|header|section heading|title|caption)(?: of| for)?\b(?=\s+\S)"),
        ("below", r"\b(?:just |directly |immediately |right )?(?:below|under|beneath|underneath)(?: the)?\b"),
        ("between", r"\b(?:in )?between(?: the)?\b"),
        ("near", r"\b(?:right |just |directly )?(?:next to|beside|near|close to|nearest|adjacent to|alongside|by the side of|accompanying)(?: to)?(?: the)?\b"),
        ("after", r"\bwith (?:the |an? )?(?=\S+(?: \S+){0,3} (?:in front|before it|to its left|on its left)\b)"),
        ("after", r"\b(?:right |just |directly |immediately )?(?:after|following)(?: the)?\b"),
        ("before", r"\b(?:right |just |directly |immediately )?(?:before|preceding)(?: the)?\b"),
        ("in", rf"\b(?:in|on|at|inside|within|from|of|under)(?: the| this| a| its)? (?P<what>(?:[^,]*? )??)(?P<box>{CONTAINER_WORDS})\b(?P<tail> (?:{_WITH})(?: the)?\b)?(?! (?:button|icon|link|item|page)\b)"),
        ("of", r"\b(?:for|of|from|by|belonging to|about|in|on|inside|within|at|to|with|that)(?: the)?\b"),
    )
)  # fmt: skip
_ZH_CONTAINERS = "|".join(sorted((w for w in CONTAINERS if not w.isascii()), key=len, reverse=True))
SIDES_ZH = {
    "左": "left",
    "右": "right",
    "上": "above",
    "下": "below",
    "旁": "near",
    "附": "near",
    "后": "after",
    "前": "before",
    "边": "near",
}
_ZH_INSIDE = r"(?:里面|里边|里|中间|中|上面|上|内部|内|下面|下)?"
RELATIONS_ZH: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("between", re.compile(r"^(?:在)?(?P<what>.+?)(?:之间|中间)的?(?P<rest>.+)$")),
    ("row_nth", re.compile(rf"^(?:在)?(?:表格|列表)?(?:的)?(?P<last>最后|倒数)?第?(?P<nth>[一二两三四五六七八九十]|\d{{1,3}})(?:行|条|张卡片|个卡片|条记录){_ZH_INSIDE}的?(?P<rest>.+)$")),
    ("row", re.compile(rf"^(?:在)?(?P<what>.+?)(?:所在的?|所在|那一|这一|那|这|一|的那一|的)?(?:(?<![银发执进运旅流平步飞通])行(?![业动为程李情政星驶人])|条目|条(?!目)|记录|卡片|那栏|一栏){_ZH_INSIDE}(?:的|末尾的|后面的)?(?P<rest>.+)$")),
    ("side", re.compile(r"^(?:在)?(?P<what>.+?)的?(?P<side>左边|左侧|左面|右边|右侧|右面|上方|上面|上边|下方|下面|下边|旁边|附近|后面|前面|旁)的?(?P<rest>.+)$")),
    ("in", re.compile(rf"^(?:在)?(?P<what>.*?)(?P<box>{_ZH_CONTAINERS}){_ZH_INSIDE}的(?P<rest>.+)$")),
    ("in", re.compile(rf"^(?:在)?(?P<what>)(?P<box>{_ZH_CONTAINERS}){_ZH_INSIDE}(?P<rest>(?:最后一|倒数第|第[一二三四五六七八九十\d]|最[左右上下]|首个).+)$")),
    ("inside", re.compile(r"^(?:在)?(?P<what>.+?)(?:里面|里边|里|中|内)的(?P<rest>.+)$")),
    ("of", re.compile(r"^(?P<what>.+)的(?P<rest>.+)$")),
)  # fmt: skip

CORNER_OF = re.compile(
    r"((?:top|upper|bottom|lower)[ -](?:left|right))(?:-?hand)? (?:corner|side|part|area) of (?=the|an?|this)"
)
PLACES_EN = (
    (r"(?:at |in |on )?(?:the )?(?:very )?(?:top|upper)[\s-]*left(?:-?hand)?(?: (?:corner|side|part|area))?", ("top", "left")),
    (r"(?:at |in |on )?(?:the )?(?:very )?(?:top|upper)[\s-]*right(?:-?hand)?(?: (?:corner|side|part|area))?", ("top", "right")),
    (r"(?:at |in |on )?(?:the )?(?:very )?(?:bottom|lower)[\s-]*left(?:-?hand)?(?: (?:corner|side|part|area))?", ("bottom", "left")),
    (r"(?:at |in |on )?(?:the )?(?:very )?(?:bottom|lower)[\s-]*right(?:-?hand)?(?: (?:corner|side|part|area))?", ("bottom", "right")),
    (r"(?:top|upper)most", ("top", "most")), (r"(?:bottom|lower)most", ("bottom", "most")),
    (r"left[\s-]?most|furthest (?:to the )?left", ("left", "most")), (r"right[\s-]?most|furthest (?:to the )?right", ("right", "most")),
    (r"(?:at|on|in|along|across) the (?:very )?top(?: (?:part|edge|area|half))?", ("top",)),
    (r"(?:at|on|in|along|across) the (?:very )?bottom(?: (?:part|edge|area|half))?", ("bottom",)),
    (r"(?:at|on|in|along) the (?:far )?left(?:-?hand)?(?: (?:side|edge|part|half))?", ("left",)),
    (r"(?:at|on|in|along) the (?:far )?right(?:-?hand)?(?: (?:side|edge|part|half))?", ("right",)),
    (r"in the (?:middle|cent(?:er|re))", ("centre",)),
)  # fmt: skip
PLACES_ZH = (
    (r"(?:左上角|左上方|左上)", ("top", "left")), (r"(?:右上角|右上方|右上)", ("top", "right")),
    (r"(?:左下角|左下方|左下)", ("bottom", "left")), (r"(?:右下角|右下方|右下)", ("bottom", "right")),
    (r"(?:最上面|最上方|最顶部|最上边|最顶上|顶部(?![栏菜导工面])|顶端|最上)", ("top",)), (r"(?:最下面|最下方|最底部|最底下|最下边|底部(?![栏菜导工面])|底端|最下)", ("bottom",)),
    (r"(?:最左边|最左侧|最左面|最左)", ("left", "most")), (r"(?:最右边|最右侧|最右面|最右)", ("right", "most")),
    (r"(?:正中间|正中央|中间位置)", ("centre",)),
)  # fmt: skip

DEEDS = (
    "(?:un)?(?:star|mute|pin|follow|block|lock|check|archive|like|subscribe)|delete|remove|edit|rename|open|view|show|copy|"
    "download|reply to|forward|share|collapse|expand|hide|cancel|approve|reject|clone|duplicate|move|print|export|stop|"
    "start|restart|close|buy|select|choose|call|message|invite|report|ban|mark"
)
"""What is done to one thing of a list by a control that stands with it."""

VERB_FIRST = re.compile(
    r"^(?:add|insert|upload|create|attach|embed|delete|remove|edit|rename|copy|move|merge|download|share|close|open new|take|capture)"
    r" (?:(?:an?|the|new|this) )*(?:image|picture|photo|video|link|table|row|cell|text|label|heading|title|item|option|node|tab)s?$"
    r"|^(?:插入|添加|新建|新增|上传|删除|编辑|复制|移动|合并|下载|分享)(?:一个|新)?(?:图片|图像|照片|链接|超链接|标题|文字|文本|节点|单元格|选项卡|标签页|项目|选项)$"
)
