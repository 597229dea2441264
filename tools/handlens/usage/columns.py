"""Which column of a console means what, from its header in English or Chinese."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum

from handlens.usage.reading import plain


class Field(StrEnum):
    """What a column can mean to us. The first eight are fields of a row; the others are told apart to be left alone."""

    TASK_NAME = "task_name"
    INSTANCE_TYPE = "instance_type"
    GPU = "gpu_utilization_percent"
    CPU = "cpu_utilization_percent"
    MEMORY = "memory"
    MEMORY_TOTAL = "memory_total"
    STATUS = "status"
    START_TIME = "start_time"
    GPU_MEMORY = "gpu_memory"
    GPU_MEMORY_TOTAL = "gpu_memory_total"


_GPU = r"(?:gpu|显卡|npu|accelerator|加速卡|加速器)"
_USE = (
    r"(?:utili[sz]ation|util|usage|used|use|load|busy|duty\s?cycle|%|pct|percent"
    r"|平均利用率|利用率|使用率|占用率|使用|占用|负载)"
)
_MEM = r"(?:memory|mem|ram|内存)"
_VRAM = rf"(?:显存|vram|gram|fb\s?memory|{_GPU}\s?{_MEM}|framebuffer)"
_UNIT = r"(?:\s?[(\[/_ ](?:%|[kmgtp]i?b?|bytes?)[)\]]?)?"
_LEAD = r"(?:avg|average|mean|current|max|peak|total|平均|当前|实时|最大)?\s?"

# Patterns are matched whole against the plain, lower-case header; the first number is how sure the word is.
_PATTERNS: tuple[tuple[Field, int, str], ...] = (
    (Field.TASK_NAME, 10, r"(?:task|job|workload|作业|任务|训练任务|服务|service)\s?(?:name|名称|名)"),
    (Field.TASK_NAME, 9, r"(?:task|job|workload|service|任务|作业|服务)(?:\s?(?:name|名称?))?\s?/\s?(?:id|名称?|name)"),
    (Field.TASK_NAME, 9, r"(?:task|job|任务|作业)\s?id\s?/\s?(?:name|名称)"),
    (Field.TASK_NAME, 8, r"tasks?|jobs?|workloads?|任务|作业|训练任务|推理服务"),
    (
        Field.TASK_NAME,
        7,
        r"(?:pod|container|deployment|experiment|run|app|application|endpoint|notebook|process|worker"
        r"|instance|replica|trial|model|容器|应用|实例|实验|模型|进程|节点|node|host|工作负载)\s?(?:name|名称|名)",
    ),
    (Field.TASK_NAME, 6, r"name|名称|名字|名"),
    (
        Field.TASK_NAME,
        5,
        r"services?|deployments?|pods?|containers?|experiments?|applications?|apps?|workers?|process(?:es)?"
        r"|command|notebooks?|endpoints?|runs?|host\s?/\s?worker process name|服务|容器|应用|实验|进程|命令",
    ),
    (
        Field.TASK_NAME,
        3,
        r"(?:task|job|pod|instance|worker|任务|作业|实例)\s?id|hosts?|hostname|nodes?|instances?|主机名?|节点|实例",
    ),
    (
        Field.INSTANCE_TYPE,
        10,
        r"(?:instance|machine|node|resource|server|vm|compute)\s?(?:type|class|spec|size|flavou?r|shape)"
        r"|(?:实例|机器|资源|节点|计算|任务|服务器)?(?:规格|机型|类型规格)|实例类型|机器类型|资源类型|节点类型",
    ),
    (Field.INSTANCE_TYPE, 8, r"flavou?r|sku|specs?|specification|资源配置|配置|实例规格族|shape"),
    (Field.INSTANCE_TYPE, 6, rf"{_GPU}\s?(?:type|model|型号|类型|卡型|name)|卡型|gpu卡型|hardware|accelerators?"),
    (Field.INSTANCE_TYPE, 3, r"instances?|resources?|资源"),
    (Field.GPU, 10, rf"{_LEAD}{_GPU}(?:\s?core)?\s?{_USE}(?:\s?(?:rate|率|%|percent))?{_UNIT}|{_LEAD}{_GPU}-util"),
    (Field.GPU, 8, rf"{_GPU}\s?[(\[]?\s?(?:%|pct|percent)?\s?[)\]]?|{_USE}\s?(?:of\s)?{_GPU}|sm\s?util(?:i[sz]ation)?"),
    (Field.CPU, 10, rf"{_LEAD}(?:cpu|处理器|vcpu)\s?{_USE}(?:\s?(?:rate|率|%|percent))?{_UNIT}"),
    (Field.CPU, 8, r"(?:cpu|处理器)\s?[(\[]?\s?(?:%|pct|percent)?\s?[)\]]?|%\s?cpu"),
    (
        Field.MEMORY,
        10,
        rf"{_LEAD}{_MEM}\s?(?:{_USE}|in use|用量|使用量|占用量|已用|consumption|footprint|\(?rss\)?){_UNIT}",
    ),
    (Field.MEMORY, 10, rf"(?:used|已用|已使用)\s?{_MEM}{_UNIT}"),
    (
        Field.MEMORY,
        9,
        rf"{_MEM}\s?(?:used|usage|已用|用量)?\s?[/(（|]\s?(?:total|limit|capacity|总量|总|上限)\s?[)）]?{_UNIT}",
    ),
    (Field.MEMORY, 8, rf"{_MEM}{_UNIT}|res|rss"),
    (
        Field.MEMORY_TOTAL,
        10,
        rf"(?:total|max|总|总共)\s?{_MEM}{_UNIT}|{_MEM}\s?(?:total|limit|capacity|size|总量|总计|上限|容量|大小|规格|限制){_UNIT}",
    ),
    (
        Field.GPU_MEMORY,
        10,
        rf"{_LEAD}{_VRAM}\s?(?:{_USE}|用量|使用量|占用量|已用)?{_UNIT}|(?:used|已用|已使用)\s?{_VRAM}{_UNIT}",
    ),
    (
        Field.GPU_MEMORY,
        9,
        rf"{_VRAM}\s?(?:used|usage|已用|用量)?\s?[/(（|]\s?(?:total|limit|总量|总|上限)\s?[)）]?{_UNIT}",
    ),
    (
        Field.GPU_MEMORY_TOTAL,
        10,
        rf"(?:total|总)\s?{_VRAM}{_UNIT}|{_VRAM}\s?(?:total|limit|capacity|size|总量|总计|上限|容量|大小){_UNIT}",
    ),
    (Field.STATUS, 10, r"(?:task|job|run|running|current|任务|作业|运行|当前|服务|实例)?\s?(?:status|state|状态)"),
    (Field.STATUS, 6, r"phase|condition|health|阶段|健康状态|stage"),
    (
        Field.START_TIME,
        10,
        r"(?:start(?:ed|ing)?|began|begin|launch(?:ed)?)(?:\s?(?:time|at|on|date))?(?:\s?\((?:utc|local|gmt)[^)]*\))?"
        r"|(?:开始|启动|起始|开始运行|运行开始)(?:时间|日期|于)",
    ),
    (
        Field.START_TIME,
        6,
        r"(?:creat(?:ed|ion)|submit(?:ted)?|submission|queued)(?:\s?(?:time|at|on|date))?|(?:创建|提交)(?:时间|日期|于)",
    ),
)
_FURTHER = re.compile(
    r"(?:.*\s)?(?:id|uid|uuid|pid)|users?|owners?|creators?|created by|submitted by"
    r"|tenant|team|project|namespace|group|queue"
    r"|actions?|operations?|details?|logs?|labels?|tags?|ip(?:\s?/\s?pid)?|address|port|image|version|region|zone|cluster"
    r"|priority|age|duration|run\s?time|elapsed|uptime|restarts?|retries|replicas?|ready|count|number|(?:gpu|cpu)s?\s(?:count|number)"
    r"|disk.*|sent|received|rx|tx|network|bandwidth|temp(?:erature)?|power|finished|ended|end(?:ed)?\s(?:time|at)|updated|last\s.*"
    r"|virt|thr(?:eads)?|ni|mem%|swap|time\+|description|message|reason|type|kind|worker|progress|epoch|step|loss"
    r"|操作|所有者|创建人|创建者|负责人|用户|提交人|优先级|(?:gpu|cpu)?\s?(?:数量|卡数|核数)|卡数|编号|序号|时长|运行时长|耗时|结束时间|更新时间"
    r"|项目|队列|命名空间|镜像|版本|地域|区域|标签|备注|描述|日志|副本数?|重启次数|进度|类型|工作空间|集群|ip地址|磁盘.*|网络.*|温度|功耗"
)
"""Headers of columns that mean nothing to us, but tell a line of headers from others."""
_SIZES = (Field.MEMORY, Field.MEMORY_TOTAL, Field.GPU_MEMORY, Field.GPU_MEMORY_TOTAL)
_COMPILED = tuple((field, sure, re.compile(pattern)) for field, sure, pattern in _PATTERNS)
_DECORATION = re.compile(r"[↑↓▲▼△▽⇅⇵↕⬍*:：?？ⓘ①-⑳]|\bsort(?:able)?\b")
_GROUP = re.compile(
    r"^(?:resources?|metrics|monitoring|performance|live|资源|监控|指标|实时)(?:\s?(?:usage|utili[sz]ation|用量|使用|使用情况|信息))?(?:\s|(?<=[一-鿿])(?=\S))"
)
"""The name over several columns, which says nothing of what each of them is."""
_BRACKETS = re.compile(r"\s*[(\[（【][^)\]）】]*[)\]）】]\s*")


def header_words(header: str) -> str:
    """The header without sorting arrows and punctuation, plain and in lower case."""
    return plain(_DECORATION.sub(" ", header.replace("_", " "))).lower().strip(" .,-|")


def meaning(header: str) -> dict[Field, int]:
    """What a header may mean, each with how sure its words are (1 to 10)."""
    words = header_words(header)
    camel = plain(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", header)).lower()
    found: dict[Field, int] = {}
    share = re.search(r"[%率]|\bpct\b|percent", words)
    for text in dict.fromkeys((words, camel, _BRACKETS.sub(" ", words).strip(), _GROUP.sub("", words))):
        for field, sure, pattern in _COMPILED:
            if share and field in _SIZES:
                continue
            if sure > found.get(field, 0) and pattern.fullmatch(text):
                found[field] = sure
    return found


def is_group(text: str) -> bool:
    """Whether a text is what consoles write over several columns: "Resources", "资源用量"."""
    return _GROUP.fullmatch(header_words(text) + " ") is not None


def is_further_header(text: str) -> bool:
    """Whether a text is what consoles write over columns other than those that mean something to us."""
    return _FURTHER.fullmatch(header_words(text)) is not None


def assign(headers: Sequence[str], stated: Mapping[str, str] | None = None) -> dict[Field, int]:
    """Each field's column, by position. No column serves twice; the surer header wins, then the one further left.

    Args:
        stated: a profile's own words, header (as `header_words` has it) → field.
    """
    assigned: dict[Field, int] = {}
    taken: set[int] = set()
    words = [header_words(header) for header in headers]
    for header, field in (stated or {}).items():
        if header in words and Field(field) not in assigned and words.index(header) not in taken:
            assigned[Field(field)] = position = words.index(header)
            taken.add(position)
    claims = [
        (-sure, position, field) for position, header in enumerate(headers) for field, sure in meaning(header).items()
    ]
    order = list(Field)
    for _, position, field in sorted(claims, key=lambda claim: (claim[0], claim[1], order.index(claim[2]))):
        if field not in assigned and position not in taken:
            assigned[field] = position
            taken.add(position)
    return assigned
