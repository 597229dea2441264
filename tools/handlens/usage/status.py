"""The many words for a task's state, to one small vocabulary. What is not known stays ``unknown``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, cast, get_args

from handlens.usage.reading import is_missing, plain

Status = Literal["running", "pending", "succeeded", "failed", "stopped", "unknown"]
STATUSES: tuple[str, ...] = get_args(Status)

_WORDS: dict[Status, str] = {
    "running": "running run active alive healthy online started up ready in-progress inprogress progress processing"
    " executing serving busy working normal ok available deployed training live"
    " 运行中 运行 正在运行 活跃 在线 正常 进行中 执行中 服务中 已启动 训练中 使用中 健康 已部署 工作中 忙碌",
    "pending": "pending queued queuing queueing waiting wait scheduled scheduling creating created initializing init"
    " initialising starting provisioning preparing submitted submitting received restarting retry retrying resuming"
    " accepted backoff containercreating podinitializing pulling enqueued envpreparing deploying updating"
    " 等待 等待中 排队 排队中 待运行 待调度 调度中 创建中 已创建 初始化 初始化中 启动中 准备中 准备 已提交 提交中"
    " 环境准备中 资源准备中 重启中 部署中 更新中 待处理 未开始",
    "succeeded": "succeeded success successful complete completed finished done passed"
    " 成功 已成功 完成 已完成 已结束 运行成功 执行成功 结束",
    "failed": "failed failure fail error errored err crashed dead fault faulted unhealthy abnormal aborted exception"
    " fatal oomkilled crashloopbackoff imagepullbackoff errimagepull evicted timeout timedout lost broken zombie"
    " 失败 已失败 错误 异常 出错 运行失败 执行失败 创建失败 故障 超时 崩溃 不健康 启动失败",
    "stopped": "stopped stop stopping terminated terminating cancelled canceled cancelling canceling killed suspended"
    " paused offline inactive revoked deleted deleting disabled idle released shutdown down exited closed halted"
    " 停止 已停止 停止中 已终止 终止 终止中 取消 已取消 取消中 暂停 已暂停 挂起 离线 已释放 释放中 已关机 关机 关闭"
    " 已关闭 已删除 删除中 闲置 空闲 已下线 未运行 未启动",
}
_KNOWN: dict[str, Status] = {word: status for status, words in _WORDS.items() for word in words.split()}
_NEGATED = re.compile(r"\bnot[- ]+(?:running|ready|active|started)\b|\bunready\b|未就绪", re.IGNORECASE)


def normalise_status(text: str, known: Mapping[str, str] | None = None) -> Status:
    """One of the vocabulary for a status as shown; ``known`` (of a profile) goes first, with lower-case keys."""
    shown = plain(text).lower()
    if is_missing(shown):
        return "unknown"
    if known and shown in known:
        return cast("Status", known[shown])
    if _NEGATED.search(shown):
        return "pending" if "ready" in shown or "就绪" in shown else "stopped"
    joined = re.sub(r"[\s_-]+", "", shown)
    if joined in _KNOWN:
        return _KNOWN[joined]
    return _by_words(shown)


def _by_words(shown: str) -> Status:
    """A status that is dressed up: "● Running (2/3)", "Failed: OOM", "任务运行中". The first known word decides."""
    words = re.findall(r"[a-z]+|[一-鿿]+", shown)
    for word in words:
        if word in _KNOWN:
            return _KNOWN[word]
        if "一" <= word[0] <= "鿿":
            inside = [known for known in _KNOWN if len(known) > 1 and known in word and "一" <= known[0] <= "鿿"]
            if inside:
                return _KNOWN[max(inside, key=lambda known: (len(known), word.index(known)))]
    return "unknown"
