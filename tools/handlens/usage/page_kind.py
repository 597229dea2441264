"""What a page is when it is no console: a login, a challenge, an error, an empty list, or still loading."""

from __future__ import annotations

import re

from handlens.usage.structure import PageFacts

_CHALLENGE = re.compile(
    r"captcha|verify (?:that )?you(?:'re| are) (?:a )?human|are you a robot|checking your browser|security check"
    r"|滑动验证|拖动滑块|请完成(?:安全)?验证|人机验证|安全验证|请输入验证码",
    re.IGNORECASE,
)
_LOGIN = re.compile(
    r"\b(?:log|sign)[ -]?in\b|session (?:has )?expired|登录|登陆|登入|扫码|会话已过期|请先登录|重新登录", re.IGNORECASE
)
_ERROR = re.compile(
    r"^\W*(?:error\s*)?(?:4\d\d|5\d\d)\b(?!\s*(?:tasks?|jobs?|rows?|%))"
    r"|not found|forbidden|access denied|unauthori[sz]ed"
    r"|bad gateway|service unavailable|gateway time-?out|internal server error|something went wrong|no permission"
    r"|页面不存在|无权限|没有权限|禁止访问|系统错误|服务器错误|服务异常|出错了|加载失败|请求失败",
    re.IGNORECASE | re.MULTILINE,
)
_EMPTY = re.compile(
    r"no (?:data|tasks?|jobs?|results?|rows?|records?|items?|entries|workers?|matching)|nothing (?:here|to show|found)"
    r"|empty|0 (?:results|items|records|条)|暂无|没有(?:数据|任务|找到)|无数据|空空如也|共 ?0 ?条",
    re.IGNORECASE,
)


def why_not_a_console(facts: PageFacts) -> str | None:
    """What the page is instead, said to the caller with what to do; None where it may be an empty console."""
    short = len(facts.text) < 1_500
    if facts.challenges or (short and _CHALLENGE.search(facts.text)):
        return "The page asks for a captcha. A person has to solve it in a visible browser; then read again."
    if facts.passwords or (short and _LOGIN.search(f"{facts.title}\n{facts.text[:400]}") and not facts.tables):
        return (
            "The page is a login, not a console: the saved login is missing or has expired. "
            "Open the page in a logged-in session, or save the login anew, and read again."
        )
    if (facts.status or 0) >= 400 or (short and _ERROR.search(f"{facts.title}\n{facts.text[:600]}")):
        said = " ".join(facts.text.split())[:120]
        return f"The page is an error page ({facts.status or facts.title!r}): {said!r}. Check the address."
    return None


def says_empty(facts: PageFacts) -> bool:
    """Whether the page says that there is nothing to list, or shows a list's header with nothing under it."""
    return any(_EMPTY.search(aside) for table in facts.tables for aside in table.asides) or bool(
        _EMPTY.search(facts.text)
    )
